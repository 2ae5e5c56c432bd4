"""The scan of a real tree against what that tree builds and boots."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.lab.build import Build, tracepoints_in
from tests.kernel.lab.cache import program
from tests.small import candidates
from tests.vm.machine import VM
from tracecfg.kernel.search import Searcher
from tracecfg.kernel.tree import open_tree

pytestmark = pytest.mark.kernel

NOT_FROM_HEADERS = {"ftrace", "syscalls", "header_page", "header_event"}
"""Under events/ but made by no trace header: the ring buffer's own entries (trace_export.c) and
the events that SYSCALL_DEFINE makes."""


@pytest.fixture(scope="module")
def scanned(linux_tree: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tracecfg", "scan", str(linux_tree), "--json", "--no-cache"]
    result: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True).stdout
    )
    return result


def by_system(scanned: dict[str, Any]) -> dict[str, set[str]]:
    return {
        each["name"]: {event["name"] for event in each["events"]} for each in scanned["subsystems"]
    }


def test_every_system_and_header_is_found(scanned: dict[str, Any], linux_tree: Path) -> None:
    """Against the plainest possible search: who defines TRACE_SYSTEM and includes define_trace.h."""
    headers = {
        str(path.relative_to(linux_tree))
        for path in linux_tree.rglob("*.h")
        if path.relative_to(linux_tree).parts[0]
        not in ("samples", "tools", "Documentation", "scripts")
        for text in [path.read_text(errors="replace")]
        if "define TRACE_SYSTEM" in text and "trace/define_trace.h" in text
    }
    assert {header for each in scanned["subsystems"] for header in each["headers"]} == headers
    assert (len(scanned["subsystems"]), len(headers)) == (351, 383)
    assert scanned["problems"] == []


def test_every_tracepoint_of_a_built_kernel_is_found(
    scanned: dict[str, Any], tiny_build: Build
) -> None:
    known = set().union(*by_system(scanned).values())
    assert tracepoints_in(tiny_build.vmlinux) - known == set()


@pytest.mark.vm
def test_every_event_of_a_booted_kernel_is_under_its_system(
    scanned: dict[str, Any], tiny_build: Build
) -> None:
    script = "cd /sys/kernel/tracing/events && ls -d */*/"
    out = VM(kernel=tiny_build.bzimage).run(["sh", "-c", script]).check().stdout
    booted = defaultdict(set)
    for line in out.split():
        system, event = line.strip("/").split("/")
        booted[system].add(event)
    ours = by_system(scanned)
    assert len(booted) > 30
    for system in booted.keys() - NOT_FROM_HEADERS:
        assert booted[system] <= ours[system], system


def test_all_searchers_find_the_same_files(linux_tree: Path) -> None:
    program("rg", "ripgrep")
    tree = open_tree(linux_tree)
    found = {each: candidates(tree, each) for each in Searcher}
    assert found[Searcher.RIPGREP] == found[Searcher.OWN] == found[Searcher.GIT]


def test_the_cache_sees_every_kind_of_change(linux_tree: Path, tmp_path: Path) -> None:
    """An edit of the same size and modification time, a new file and a removed one."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for part in ("Makefile", "Kconfig", "include", "kernel", "drivers/gpio", "init", "scripts"):
        source = linux_tree / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        (tree / part).parent.mkdir(parents=True, exist_ok=True)
        copy(source, tree / part)
    (tree / "Kconfig").write_text('source "kernel/trace/Kconfig"\n')
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}

    def events(system: str) -> list[str]:
        command = [sys.executable, "-m", "tracecfg", "scan", str(tree), "--json"]
        done = subprocess.run(command, check=True, capture_output=True, env=environment)
        systems = {each["name"]: each for each in json.loads(done.stdout)["subsystems"]}
        return [event["name"] for event in systems[system]["events"]] if system in systems else []

    # a tree changed just before the scan is not remembered: let its newest file grow old
    settle = ["sh", "-c", "sleep 1.2"]
    subprocess.run(settle, check=True)
    assert events("gpio") == events("gpio") == ["gpio_direction", "gpio_value"]
    assert list((tmp_path / "cache/tracecfg").iterdir())

    header = tree / "include/trace/events/gpio.h"
    before = header.stat()
    header.write_text(header.read_text().replace("gpio_value", "gpio_volts"))
    os.utime(header, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert header.stat().st_size == before.st_size
    assert events("gpio") == ["gpio_direction", "gpio_volts"]

    subprocess.run(settle, check=True)
    assert events("fresh") == []
    fresh = header.with_name("fresh.h")
    fresh.write_text(header.read_text().replace("gpio", "fresh").replace("_GPIO_H", "_FRESH_H"))
    assert events("fresh") == ["fresh_direction", "fresh_volts"]

    subprocess.run(settle, check=True)
    assert events("fresh") != []
    fresh.unlink()
    assert events("fresh") == []
