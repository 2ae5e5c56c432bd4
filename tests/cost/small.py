"""A small image and the same as a module, compiled from radio.c."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.small import needed

SOURCE = Path(__file__).parent / "radio.c"


def module(folder: Path, *options: str) -> Path:
    """options: -DCALLS, -DJUMPS (-DABSOLUTE, -DODD, -DSITES), -DOTHER_LAYOUT, -DNO_BARE, -fPIE,
    -m32"""
    needed("gcc")
    out = folder / "radio.ko"
    flags = ["-O2", "-fno-pic", "-mcmodel=kernel", "-fno-reorder-functions", "-fcf-protection=none"]
    if {"-m32", "-fPIE"} & set(options):
        flags.remove("-mcmodel=kernel")
    gcc("-c", *flags, *options, SOURCE, "-o", out)
    return out


def image(folder: Path, *options: str) -> Path:
    """Linked at the addresses of an x86-64 kernel; with -fPIE as arm64's is linked."""
    out = folder / "vmlinux"
    where = "-Wl,-Ttext-segment=0xffffffff81000000"
    made = module(folder, *options)
    kind = ("-static-pie",) if "-fPIE" in options else ("-static", "-no-pie")
    gcc("-nostdlib", *kind, where, "-Wl,-e,work", made, "-o", out)
    return out


def stripped(vmlinux: Path) -> Path:
    """Without symbols, in a folder of its own; its System.map is there."""
    folder = vmlinux.parent / "stripped"
    folder.mkdir()
    listed = subprocess.run(["nm", "-n", vmlinux], check=True, capture_output=True).stdout
    (folder / "System.map").write_bytes(listed)
    subprocess.run(["strip", "-s", "-o", folder / "vmlinux", vmlinux], check=True)
    return folder / "vmlinux"


def gcc(*arguments: object) -> None:
    done = subprocess.run(
        ["gcc", *map(str, arguments)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
