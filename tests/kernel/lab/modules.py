"""The modules of Debian's own kernel."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.kernel.lab.cache import cached, missing, program

META = "linux-image-6.12-amd64"
"""Depends on the newest one of its kind."""


def debian_modules() -> Path:
    """The folder of some 4,000 .ko.xz, unpacked and not installed."""
    apt = {name: program(name, "apt") for name in ("apt-cache", "apt-get")}
    dpkg = program("dpkg-deb", "dpkg")
    depends = re.search(
        r"^ +Depends: (linux-image-\S+)$", output(apt["apt-cache"], "depends", META), re.MULTILINE
    )
    if depends is None:
        missing(f"{META} in apt's lists: apt-get update")
    package = depends[1]
    shown = output(apt["apt-cache"], "show", "--no-all-versions", package)

    def download(folder: Path) -> None:
        command = [apt["apt-get"], "-qq", "-o", "Acquire::Retries=3", "download", package]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            missing(f"{package}: apt-get download: {done.stderr.strip()}")
        (archive,) = folder.glob("*.deb")
        subprocess.run([dpkg, "-x", archive, folder], check=True)
        archive.unlink()

    (modules,) = cached("debian-modules", shown, download).glob("lib/modules/*")
    return modules


def output(*command: str) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
