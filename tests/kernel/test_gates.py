"""Gates on a real tree: every creator's is known, and the objects of a real build agree."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kernel.lab.build import Build
from tracecfg.gate import holds
from tracecfg.gatetext import to_kconfig
from tracecfg.kernel.kbuild import Makefiles, object_of
from tracecfg.kernel.tree import Tree, open_tree

pytestmark = pytest.mark.kernel

NOT_THE_KERNEL = {"Documentation", "samples", "scripts", "tools", "usr", "rust"}
CREATOR = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+CREATE_TRACE_POINTS\b", re.MULTILINE)

WITHOUT_GATE: frozenset[str] = frozenset()
"""Creators whose Makefiles do not tell; each needs a reason here."""


@dataclass(frozen=True)
class Mismatch:
    """built: whether the build has an object that the source is compiled into"""

    source: str
    gate: str
    built: bool


def sources(tree: Tree) -> Iterator[str]:
    for path, folders, files in os.walk(tree.root):
        relative = os.path.relpath(path, tree.root)
        if relative == ".":
            folders[:] = sorted(set(folders) - NOT_THE_KERNEL)
        yield from (
            os.path.normpath(os.path.join(relative, name))  # noqa: PTH118
            for name in sorted(files)
            if name.endswith(".c")
        )


def read_config(path: Path) -> dict[str, str]:
    lines = (line.split("=", 1) for line in path.read_text().splitlines())
    return {
        line[0].removeprefix("CONFIG_"): line[1].strip('"')
        for line in lines
        if len(line) == 2 and line[0].startswith("CONFIG_")
    }


def check_against_build(tree: Tree, build: Path) -> tuple[int, list[Mismatch]]:
    """How many of the tree's .c files have a known gate, and where the gate is wrong.

    build: an O= folder with .config and the objects of vmlinux and all modules. A gate must hold
    if and only if there is the object; a source that others #include has theirs, which is there
    also where the #include is not.
    """
    makefiles = Makefiles(tree)
    config = read_config(build / ".config")
    known, wrong = 0, []
    for source in sources(tree):
        result = makefiles.gate_of(source)
        if result.gate is None:
            continue
        known += 1
        objects = makefiles.objects_of(source)
        built = any((build / name).exists() for name in objects)
        expected = holds(result.gate, config)
        if expected != built and (expected or object_of(source) in objects):
            wrong.append(Mismatch(source, to_kconfig(result.gate), built))
    return known, wrong


def test_every_creator_has_a_gate(linux_tree: Path) -> None:
    tree = open_tree(linux_tree)
    creators = [source for source in sources(tree) if CREATOR.search(tree.read_bytes(source))]
    assert len(creators) > 300
    makefiles = Makefiles(tree)
    results = {source: makefiles.gate_of(source) for source in creators}
    unknown = {source: result for source, result in results.items() if result.gate is None}
    assert unknown.keys() == WITHOUT_GATE, "\n".join(
        f"{source}: {result.unknown}: {result.reason}" for source, result in unknown.items()
    )


@pytest.mark.parametrize(
    ("source", "gate", "config"),
    [
        ("drivers/gpio/gpiolib.c", "GPIOLIB", "GPIOLIB"),
        ("net/core/drop_monitor.c", "NET && NET_DROP_MONITOR", "NET_DROP_MONITOR"),
        ("fs/xfs/xfs_trace.c", "XFS_FS", "XFS_FS"),
        ("drivers/gpu/drm/amd/amdgpu/amdgpu_trace_points.c", None, "DRM_AMDGPU"),
        ("kernel/trace/blktrace.c", None, "BLK_DEV_IO_TRACE"),
        ("kernel/sched/core.c", "y", None),
        ("arch/s390/kvm/kvm-s390.c", "S390 && KVM", "KVM"),
    ],
)
def test_well_known_gates(
    linux_tree: Path, source: str, gate: str | None, config: str | None
) -> None:
    makefiles = Makefiles(open_tree(linux_tree))
    result = makefiles.gate_of(source)
    assert result.gate is not None
    assert gate is None or to_kconfig(result.gate) == gate
    assert makefiles.config_of(source) == config


def test_gates_agree_with_the_objects_of_a_build(linux_tree: Path, tiny_build: Build) -> None:
    known, wrong = check_against_build(open_tree(linux_tree), tiny_build.out)
    assert not wrong
    assert known > 25_000
