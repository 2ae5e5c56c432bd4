"""Architectures as make knows them: ARCH, SRCARCH and what follows from them."""

from __future__ import annotations

import os
import re

from tracecfg.errors import UsageError
from tracecfg.kernel.tree import Tree

_MACHINES = {
    r"i.86|x86_64": "x86", r"sun4u": "sparc64", r"arm.*|sa110": "arm", r"s390x": "s390",
    r"ppc.*": "powerpc", r"mips.*": "mips", r"sh[234].*": "sh", r"aarch64.*": "arm64",
    r"riscv.*": "riscv", r"loongarch.*": "loongarch",
}  # fmt: skip


def architectures(tree: Tree) -> tuple[str, ...]:
    """The folders under arch/ that have a Kconfig, sorted."""
    return _holding(tree, "Kconfig")


def _holding(tree: Tree, path: str) -> tuple[str, ...]:
    folders = sorted(tree.listed("arch").folders)
    return tuple(folder for folder in folders if tree.is_file(f"arch/{folder}/{path}"))


def host() -> str:
    """The ARCH that make takes when nobody names one (scripts/subarch.include)."""
    machine = os.uname().machine
    known = (arch for pattern, arch in _MACHINES.items() if re.fullmatch(pattern, machine))
    return next(known, machine)


def srcarch(tree: Tree, arch: str) -> str:
    """SRCARCH for an ARCH, from the `ifeq ($(ARCH),...)` lines of the top Makefile.

    Raises UsageError for an architecture that the tree does not have.
    """
    renamed = dict(
        re.findall(
            r"^ifeq \(\$\(ARCH\),([\w-]+)\)\s*\n\s*SRCARCH\s*:=\s*([\w-]+)\s*$",
            tree.read("Makefile"),
            re.MULTILINE,
        )
    )
    folder = str(renamed.get(arch, arch))
    if folder not in architectures(tree):
        known = ", ".join((*architectures(tree), *sorted(renamed)))
        raise UsageError(f"{arch}: not an architecture of this tree", f"one of {known}")
    return folder


def arch_variables(tree: Tree, arch: str, folder: str) -> dict[str, str]:
    """What the top Makefile and arch/um/Makefile export to conf. folder: SRCARCH"""
    # an um kernel runs on the architecture that has a folder for it
    hosts = _holding(tree, "um/Kconfig")
    subarch = hosts[0] if folder == "um" and hosts else folder
    return {
        "ARCH": arch,
        "SRCARCH": folder,
        "SUBARCH": subarch,
        "HEADER_ARCH": subarch,
        "UTS_MACHINE": arch,
        "KERNELVERSION": tree.version,
        "srctree": str(tree.root),
        "objtree": ".",
    }
