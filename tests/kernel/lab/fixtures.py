"""The session's trees and kernels; each is made on first use and cached (TRACECFG_CACHE)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernel.lab import trees
from tests.kernel.lab.build import RUNTIME, TINY, Build, build, fragment
from tests.kernel.lab.modules import debian_modules as unpacked_modules


@pytest.fixture(scope="session")
def linux_tree() -> Path:
    """Debian's kernel source, a git repository with one commit; not to be written to."""
    return trees.linux_tree()


@pytest.fixture(scope="session")
def converted_tree(linux_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the series of all its systems applied, as a user would apply it."""
    series = tmp_path_factory.mktemp("generated") / "series"
    command = [sys.executable, "-m", "tracecfg", "generate", str(linux_tree), "-o", str(series)]
    command += ["--author", "Tracecfg Tests <tracecfg@example.org>"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stderr}"
    return trees.patched_tree(linux_tree, sorted(series.glob("*.patch"))[1:])


@pytest.fixture(scope="session")
def tiny_build(linux_tree: Path) -> Build:
    """Unpatched."""
    return build("tiny", linux_tree, [TINY])


@pytest.fixture(scope="session")
def runtime_build(converted_tree: Path) -> Build:
    """Converted, with every option on and all that the run-time commands can meet."""
    return build("runtime", converted_tree, [TINY, RUNTIME])


@pytest.fixture(scope="session")
def tiny_build_all_on(converted_tree: Path) -> Build:
    """Converted, with every option at its default, y."""
    return build("tiny-all-on", converted_tree, [TINY])


@pytest.fixture(scope="session")
def tiny_build_only_gpio(
    tiny_build: Build,
    tiny_build_all_on: Build,
    converted_tree: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Build:
    """Converted, with every option that the series added off except TRACING_GPIO."""
    added = tiny_build_all_on.options.keys() - tiny_build.options.keys()
    only = tmp_path_factory.mktemp("only-gpio") / "only-gpio.config"
    only.write_text(fragment({name: name == "TRACING_GPIO" for name in sorted(added)}))
    return build("tiny-only-gpio", converted_tree, [TINY, only])


@pytest.fixture(scope="session")
def runtime_build_without_gpio_events(
    runtime_build: Build, tmp_path_factory: pytest.TempPathFactory
) -> Build:
    """The same without TRACING_GPIO."""
    off = tmp_path_factory.mktemp("no-gpio") / "no-gpio.config"
    off.write_text(fragment({"TRACING_GPIO": False}))
    # make builds anew what hangs on the option: a minute instead of five
    return build("runtime-no-gpio", runtime_build.tree, [TINY, RUNTIME, off], start=runtime_build)


@pytest.fixture(scope="session")
def debian_modules() -> Path:
    """The modules of Debian's own kernel, of the tests' tree or a version near it."""
    return unpacked_modules()
