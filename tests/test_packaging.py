"""What a user installs: the sdist and the wheel, away from the checkout; README's two commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.kernel.lab.cache import missing

ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "kconfig_fixtures/tree"
TEMPLATES = {path.name for path in (ROOT / "templates").iterdir()}
HEAVY = ("jinja2", "iced_x86", "kconfiglib", "elftools", "rich", "pydantic")


def run(
    argv: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(argv, cwd=cwd, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a fresh clone would hold, were the work tree committed."""
    copy = tmp_path_factory.mktemp("clone") / "tracecfg"
    if (ROOT / ".git").exists():
        listed = run(["git", "ls-files", "-z", "-co", "--exclude-standard"], ROOT).stdout
        names = [name for name in listed.split("\0") if name and os.path.lexists(ROOT / name)]
    else:
        names = [entry.name for entry in ROOT.iterdir() if entry.name != ".venv"]
    for name in names:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target, follow_symlinks=False)
    return copy


@pytest.fixture(scope="module")
def dist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An sdist, and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("dist")
    # without isolation: hatchling is here, and nothing need be downloaded
    run([sys.executable, "-m", "build", "--no-isolation", "-o", out, checkout], checkout)
    return out


def wheel_in(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def in_package(names: set[str]) -> set[str]:
    """The files that a tracecfg installed from any source must have."""
    return {name for name in names if name.startswith("tracecfg/")}


def test_wheel_has_every_file_of_the_package(dist: Path, checkout: Path) -> None:
    package = checkout / "tracecfg"
    expected = {
        str(path.relative_to(checkout))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected |= {f"tracecfg/templates/{name}" for name in TEMPLATES}
    assert {"tracecfg/py.typed", "tracecfg/rules/rules.toml"} <= expected
    assert in_package(names_in(wheel_in(dist))) == expected


def test_wheel_from_the_checkout_is_the_one_from_the_sdist(
    dist: Path, checkout: Path, tmp_path: Path
) -> None:
    run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", tmp_path, checkout],
        checkout,
    )
    assert wheel_in(tmp_path).read_bytes() == wheel_in(dist).read_bytes()


def test_wheel_names_its_license_and_nothing_but_the_package(dist: Path) -> None:
    names = names_in(wheel_in(dist))
    rest = names - in_package(names)
    assert {name.partition(".dist-info/")[2] for name in rest} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    }


def test_sdist_has_what_the_readme_needs(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "pyproject.toml", "kconfig_fixtures/tree/Makefile"} <= names
    assert {f"tracecfg/templates/{name}" for name in TEMPLATES} <= names


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel; what it depends on is borrowed from this one's."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(place, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin/python"), "install"]
    run([*pip, "--quiet", "--no-index", "--no-deps", wheel_in(dist)], place)
    scheme = {"base": str(place), "platbase": str(place)}
    borrowed = Path(sysconfig.get_path("purelib", vars=scheme)) / "borrowed.pth"
    # behind the environment's own packages, so that its tracecfg is the one that is found
    borrowed.write_text(sysconfig.get_path("purelib") + "\n")
    return place


def test_installed_wheel_generates_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "tree")
    # no git identity, no home, no settings of whoever runs the tests
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    tracecfg = installed / "bin/tracecfg"
    where = "import tracecfg; print(tracecfg.__file__)"
    assert run([installed / "bin/python", "-c", where], tmp_path).stdout.startswith(str(installed))
    author = ["--author", "Tracecfg Tests <tracecfg@example.org>"]
    run([tracecfg, "generate", "tree", "-o", "series", *author], tmp_path, env)
    patches = sorted((tmp_path / "series").iterdir())
    assert patches[0].name == "0000-cover-letter.patch"
    assert any("gpio" in path.name for path in patches)
    here = [sys.executable, "-m", "tracecfg", "generate", "tree", "-o", "editable", *author]
    run(here, tmp_path)
    assert {x.name: x.read_bytes() for x in (tmp_path / "editable").iterdir()} == {
        x.name: x.read_bytes() for x in patches
    }


def test_without_any_identity_generate_asks_for_one(installed: Path, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    env |= {"EMAIL": "", "GIT_CONFIG_COUNT": "1"}
    env |= {"GIT_CONFIG_KEY_0": "user.useConfigOnly", "GIT_CONFIG_VALUE_0": "true"}
    tracecfg = str(installed / "bin/tracecfg")
    argv = [tracecfg, "generate", str(FIXTURE), "-o", str(tmp_path / "series")]
    done = subprocess.run(argv, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--author" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "series").exists()


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_templates_are_found_in_the_wheel(installed: Path, template: str) -> None:
    (inside,) = installed.glob(f"lib/python3*/site-packages/tracecfg/templates/{template}")
    assert inside.read_bytes() == (ROOT / "templates" / template).read_bytes()


def test_the_command_line_loads_nothing_heavy(tmp_path: Path) -> None:
    """Help, completion and a mistyped word must not wait for what only the work needs."""
    script = "import sys, tracecfg.cli; print(*(set(sys.modules) & set(sys.argv[1:])))"
    assert run([sys.executable, "-c", script, *HEAVY], tmp_path).stdout.split() == []


def test_help_works_without_the_heavy_ones(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "for name in sys.argv[1:]: sys.modules[name] = None\n"
        "from tracecfg.cli import run\n"
        "sys.exit(run(['--help']) or run(['scan', '--help']) or run(['--version']))"
    )
    assert "Usage: tracecfg" in run([sys.executable, "-c", script, *HEAVY], tmp_path).stdout


def command(mark: str) -> str:
    """The command line that README marks."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"^<!-- {mark} -->\n+```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (line,) = block.splitlines()
    assert isinstance(line, str)
    return line


def test_readme_marks_one_test_command_that_checks_everything() -> None:
    words = command("test")
    for tool in ("'.[dev]'", "ruff check", "ruff format --check", "mypy", "pytest"):
        assert tool in words


@pytest.mark.index
def test_readme_run_command_works_in_a_fresh_clone(checkout: Path, tmp_path: Path) -> None:
    ask = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "hatchling"]
    if subprocess.run(ask, cwd=tmp_path, check=False, capture_output=True).returncode != 0:
        missing("a package index that pip can ask")
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    shown = run(["sh", "-c", command("run")], checkout, env).stdout
    assert "TRACING_GPIO" in shown
    assert list((checkout / "series").glob("*gpio*.patch"))
