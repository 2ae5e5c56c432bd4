"""Whether image, modules, configuration and tree are of one kernel. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracecfg.errors import escaped, number
from tracecfg.model import Finding, Severity
from tracecfg.verify.evidence import Evidence
from tracecfg.verify.held import Held

_ARCHES = {
    "EM_X86_64": ("x86", "x86_64", "um"),
    "EM_AARCH64": ("arm64",),
    "EM_RISCV": ("riscv",),
    "EM_LOONGARCH": ("loongarch",),
}
"""What make's ARCH is for the machine of an ELF file."""
_SHOWN = 3
"""Modules in one message."""


def strangers(held: Held, evidence: Evidence) -> Iterator[Finding]:
    """What is of another kernel than the rest; nothing that it says can be relied on."""
    config = "" if evidence.config is None else evidence.config.source
    if not same_version(held.release, evidence.version):
        yield _other(
            "other-configuration",
            config,
            f"a configuration of Linux {escaped(evidence.version)}, and {held.path} is of "
            f"{escaped(held.release)}",
            "name the configuration that the kernel was built with",
        )
    if evidence.arch not in _ARCHES.get(held.machine, (evidence.arch,)) and evidence.arch:
        yield _other(
            "other-configuration",
            config,
            f"a configuration for {escaped(evidence.arch)}, and {held.path} is for "
            f"{_ARCHES[held.machine][0]}",
            "name the configuration that the kernel was built with",
        )
    if not same_version(evidence.tree_version, evidence.version):
        yield _other(
            "other-tree",
            config,
            f"a configuration of Linux {escaped(evidence.version)}, and the tree is of "
            f"{escaped(evidence.tree_version)}",
            "name the tree that the kernel was built from with --tree",
        )
    for release, paths in held.foreign.items():
        more = ", ..." if len(paths) > _SHOWN else ""
        yield _other(
            "other-modules",
            paths[0],
            f"{number(len(paths), 'module')} of Linux {escaped(release)}, and {held.path} is "
            f"of {escaped(held.release)}: {', '.join(paths[:_SHOWN])}{more}",
            "--modules names those of the same build",
        )


def same_version(release: str, version: str) -> bool:
    """Whether a kernel's release may be of a version as `make kernelversion` prints it; True when
    one of them is not known.

    Distributions may write 0 for the third number: 6.1.0-18-amd64 of Debian is 6.1.76.
    """
    both = [re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", each, re.ASCII) for each in (release, version)]
    a, b = ([int(part or 0) for part in match.groups()] if match else [] for match in both)
    return not a or not b or (a[:2] == b[:2] and (a[2] == b[2] or a[2] == 0))


def _other(rule: str, file: str, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.ERROR, file, None, message, hint)
