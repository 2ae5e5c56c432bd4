"""Kernel builds: the same bits for the same source, whatever its folder and whenever built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.kernel.lab.cache import cached, program
from tests.kernel.lab.trees import content

CONFIGS = Path(__file__).parent.parent / "configs"
TINY = CONFIGS / "tiny.config"
RUNTIME = CONFIGS / "runtime.config"

SAME_BITS = {
    "KBUILD_BUILD_USER": "tracecfg",
    "KBUILD_BUILD_HOST": "tracecfg",
    "KBUILD_BUILD_TIMESTAMP": "Thu Jan  1 00:00:00 UTC 2026",
    "KBUILD_BUILD_VERSION": "1",
    # set but empty: or else setlocalversion appends what git says about the tree
    "LOCALVERSION": "",
    "LC_ALL": "C",
    "TZ": "UTC",
}
TOOLS = ("make", "gcc", "bc", "bison", "flex")
"""Each is in the Debian package of its name. libelf-dev and libssl-dev are needed as well."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """out: the folder of the objects; seconds: wall time of the compilation"""

    tree: Path
    out: Path
    seconds: float

    @property
    def bzimage(self) -> Path:
        return self.out / "arch/x86/boot/bzImage"

    @property
    def vmlinux(self) -> Path:
        return self.out / "vmlinux"

    @property
    def options(self) -> dict[str, str]:
        return options(self.out / ".config")

    @property
    def warnings(self) -> list[str]:
        return warnings_in(_log(self.out), self.tree)


def build(
    name: str,
    tree: Path,
    fragments: Sequence[Path],
    targets: Sequence[str] = ("bzImage",),
    start: Build | None = None,
) -> Build:
    """Compile tinyconfig with the fragments on top; cached by source, options and compiler.

    tree: a git repository, as made by tests.kernel.lab.trees
    start: a build of the same tree, whose objects are taken where the options let them be
    """
    tools = {name: program(name, package=name) for name in TOOLS}
    version = subprocess.run([tools["gcc"], "--version"], check=True, capture_output=True)
    wanted = [fragment.read_text() for fragment in fragments]

    def compile_all(out: Path) -> None:
        if start:
            unlogged = shutil.ignore_patterns(_log(out).name)
            shutil.copytree(start.out, out, symlinks=True, ignore=unlogged, dirs_exist_ok=True)
        configure(tree, out, fragments)
        began = time.monotonic()
        _make(tree, out, *targets)
        _seconds(out).write_text(f"{time.monotonic() - began:.1f}")

    key = [content(tree), *wanted, *targets, repr(SAME_BITS), version.stdout.decode()]
    out = cached(f"build-{name}", "\n".join(key), compile_all)
    return Build(tree=tree, out=out, seconds=float(_seconds(out).read_text()))


def external_module(against: Build, source: Path, folder: Path) -> Path:
    """Compile a module's source, copied into `folder`, for a kernel that was built."""
    shutil.copytree(source, folder)
    symbols = f"KBUILD_EXTRA_SYMBOLS={against.out}/vmlinux.symvers"
    make: list[str | Path] = ["make", "-C", against.tree, f"O={against.out}"]
    _logged([*make, "modules_prepare"], folder)
    _logged([*make, f"M={folder}", symbols, "modules"], folder)
    return folder


def configure(tree: Path, out: Path, fragments: Sequence[Path]) -> None:
    """Write out/.config. Every option that a fragment sets and that did not take is an error."""
    _make(tree, out, "tinyconfig")
    merge = tree / "scripts/kconfig/merge_config.sh"
    _logged([merge, "-m", "-O", out, out / ".config", *fragments], out)
    _make(tree, out, "olddefconfig")
    got = options(out / ".config")
    wanted = {name: value for path in fragments for name, value in options(path).items()}
    refused = [name for name, value in wanted.items() if got.get(name, "n") != value]
    if refused:
        raise RuntimeError(f"olddefconfig did not keep {' '.join(refused)}: see {_log(out)}")


def options(config: Path) -> dict[str, str]:
    """NAME: value of all that a .config or fragment sets to something; unset ones are absent."""
    return dict(re.findall(r"^CONFIG_(\w+)=(.*)$", config.read_text(), re.MULTILINE))


def fragment(values: Mapping[str, bool]) -> str:
    """The lines that turn each option on or off."""
    lines = {True: "CONFIG_{}=y\n", False: "# CONFIG_{} is not set\n"}
    return "".join(lines[on].format(name) for name, on in values.items())


def tracepoints_in(vmlinux: Path) -> set[str]:
    """Names of the tracepoints that an image or object defines."""
    names = subprocess.run(
        [program("nm", "binutils"), "--defined-only", vmlinux],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return set(re.findall(r" __tracepoint_(\w+)$", names, re.MULTILINE))


def warnings_in(log: Path, tree: Path) -> list[str]:
    """Warnings of compiler, linker, objtool, modpost and Kconfig, sorted; comparable between two
    trees: without the tree's own path and without line numbers."""
    lines = log.read_text(errors="replace").replace(f"{tree}/", "").splitlines()
    found = [line for line in lines if re.search(r"\bwarning:", line, re.IGNORECASE)]
    return sorted(re.sub(r":\d+(?=:)", "", line) for line in found)


def _make(tree: Path, out: Path, *targets: str) -> None:
    # an absolute O= outside the tree: kbuild then maps the tree's path out of __FILE__ by itself
    _logged(["make", "-C", tree, f"O={out}", f"-j{os.cpu_count()}", *targets], out)


def _logged(argv: Sequence[str | Path], out: Path) -> None:
    """Run a program in the build folder; its output goes to the log, its last lines into the
    error."""
    with _log(out).open("a") as log:
        done = subprocess.run(
            argv,
            cwd=out,
            # nothing else of the caller's: ARCH, KCFLAGS or MAKEFLAGS would change the bits
            env={"PATH": os.environ["PATH"], **SAME_BITS},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        tail = _log(out).read_text(errors="replace").splitlines()[-30:]
        command = " ".join(map(str, argv))
        raise RuntimeError(f"exit code {done.returncode}: {command}\n" + "\n".join(tail))


def _log(out: Path) -> Path:
    return out / "build.log"


def _seconds(out: Path) -> Path:
    return out / "build.seconds"
