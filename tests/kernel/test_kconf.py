"""kconf against the kernel's own conf: what `make olddefconfig` writes is what we write.

The same programs answer both sides, so a second architecture needs no cross compiler: what the
host's gcc refuses is refused to both.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kernel.lab.cache import program
from tests.kernel.lab.conf import Conf
from tracecfg.kernel import kconf
from tracecfg.kernel.arch import architectures
from tracecfg.kernel.toolchain import Toolchain
from tracecfg.kernel.tree import open_tree

pytestmark = pytest.mark.kernel

ARCHES = ("x86_64", "arm64")
GIVEN = ("defconfig", "tinyconfig", "allnoconfig", "allmodconfig")
SEEDS = (1, 2)


@pytest.fixture(scope="module", params=ARCHES)
def conf(
    request: pytest.FixtureRequest, linux_tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> Conf:
    return Conf(linux_tree, request.param, tmp_path_factory.mktemp(request.param))


def ours(conf: Conf, base: Path) -> str:
    config = kconf.load(
        open_tree(conf.tree), arch=conf.arch, toolchain=Toolchain(cc="gcc"), config=base
    )
    assert config.assumed == ()
    return config.text()


@pytest.mark.parametrize("target", GIVEN)
def test_given_configurations(conf: Conf, target: str) -> None:
    base = conf.given(target)
    assert ours(conf, base) == conf.olddefconfig(base)


def test_no_configuration(conf: Conf, tmp_path: Path) -> None:
    base = tmp_path / "base.config"
    base.touch()
    assert ours(conf, base) == conf.olddefconfig(base)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_configurations(conf: Conf, seed: int, tmp_path: Path) -> None:
    base = conf.make("randconfig", tmp_path / "base.config", KCONFIG_SEED=str(seed))
    assert ours(conf, base) == conf.olddefconfig(base)


@pytest.mark.parametrize("seed", SEEDS)
def test_contradictory_configurations(conf: Conf, seed: int, tmp_path: Path) -> None:
    """allmodconfig with lines left out and values that nobody checked."""
    base = tmp_path / "base.config"
    base.write_text(disturbed(conf.given("allmodconfig").read_text(), seed))
    assert ours(conf, base) == conf.olddefconfig(base)


def test_every_architecture_loads_without_a_toolchain(linux_tree: Path) -> None:
    tree = open_tree(linux_tree)
    found = architectures(tree)
    assert len(found) > 20
    for arch in found:
        config = kconf.load(tree, arch=arch)
        assert len(config.names()) > 15_000, arch
        assert config.assumed == (), arch
        assert config.value("MODULES") is not None, arch
        assert config.text().count("\n") > 1_000, arch


def test_profile_is_close_to_this_compiler(linux_tree: Path) -> None:
    """What differs between the profile and a real GCC is about the toolchain, nothing else."""
    tree = open_tree(linux_tree)
    program("gcc", "gcc")
    assumed, asked = (
        set(kconf.load(tree, arch="x86_64", toolchain=it).text().splitlines())
        for it in (Toolchain(), Toolchain(cc="gcc"))
    )
    assert len(assumed ^ asked) < 60


def disturbed(text: str, seed: int) -> str:
    chance = random.Random(seed)
    return "".join(
        _disturbed(line, chance) if chance.random() < 0.15 else line
        for line in text.splitlines(keepends=True)
    )


def _disturbed(line: str, chance: random.Random) -> str:
    name, _, value = line.strip().removeprefix("# ").partition("=")
    name = name.removesuffix(" is not set")
    if not name.startswith("CONFIG_") or chance.random() < 0.4:
        return ""
    if value.startswith('"'):
        return f'{name}="x{chance.randint(0, 9)}\\"y"\n'
    if value.startswith("0x"):
        return f"{name}={chance.randint(0, 1 << 40):#x}\n"
    if value[:1] in "-0123456789" and value:
        return f"{name}={chance.randint(-5, 100_000)}\n"
    return chance.choice([f"{name}=y\n", f"{name}=m\n", f"# {name} is not set\n"])
