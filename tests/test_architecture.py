"""Data flows one way: readers, rules, writers; only the ends touch the world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import tracecfg

PACKAGE = Path(tracecfg.__file__).parent
MAX_LINES = 330
"""About 300 is meant; a file that outgrows it is split."""

KINDS = ("cli", "planning", "rules", "series", "report", "templating", "config", "verify")
"""All that is made of what the readers find."""

PURE = [
    *(f"tracecfg.boot.{name}" for name in ("bootconfig", "line", "request", "unit")),
    *(f"tracecfg.check.{name}" for name in ("abi", "fieldchanges")),
    "tracecfg.check.fingerprint",
    *(f"tracecfg.check.{name}" for name in ("baseline", "explained", "formats", "github")),
    *(f"tracecfg.check.{name}" for name in ("judge", "report", "result", "sarif", "settings")),
    "tracecfg.check.suppress",
    *(f"tracecfg.check.{name}" for name in ("apart", "blocks", "creation", "facts", "garbage")),
    *(f"tracecfg.check.{name}" for name in ("guards", "headers", "reread", "undone")),
    "tracecfg.check.waste",
    *(f"tracecfg.config.{name}" for name in ("base", "choice", "forced", "needs", "report")),
    "tracecfg.config.result",
    *(f"tracecfg.cost.{name}" for name in ("attribute", "code", "names", "parts", "report")),
    *(f"tracecfg.cost.{name}" for name in ("selection", "summary", "systems", "tables")),
    *(f"tracecfg.cost.{name}" for name in ("treemap", "x86")),
    *(f"tracecfg.explain.{name}" for name in ("answer", "case", "decide", "facts")),
    *(f"tracecfg.explain.{name}" for name in ("gates", "hints", "kconfig", "names")),
    "tracecfg.gate",
    "tracecfg.gatelogic",
    "tracecfg.gatetext",
    "tracecfg.kconfigtext",
    "tracecfg.model",
    "tracecfg.report",
    "tracecfg.rules.engine",
    "tracecfg.runtime.control",
    "tracecfg.runtime.report",
    "tracecfg.runtime.traceline",
    "tracecfg.runtime.trigger",
    "tracecfg.selection",
    "tracecfg.tomlfile",
    "tracecfg.series.core",
    "tracecfg.series.edits",
    "tracecfg.series.generate",
    "tracecfg.series.kconfig",
    "tracecfg.series.patches",
    "tracecfg.series.steps",
    *(f"tracecfg.verify.{name}" for name in ("belongs", "compare", "evidence", "held")),
    *(f"tracecfg.verify.{name}" for name in ("known", "report")),
    # readers of text, whoever has read it from the disk
    "tracecfg.kernel.calls",
    "tracecfg.kernel.ctext",
    "tracecfg.kernel.events",
    "tracecfg.kernel.fieldmacros",
    "tracecfg.kernel.fields",
    "tracecfg.kernel.forms",
    "tracecfg.kernel.included",
    "tracecfg.kernel.kconffacts",
    "tracecfg.kernel.macros",
    "tracecfg.kernel.make",
    "tracecfg.kernel.makeexpand",
    "tracecfg.kernel.makefunc",
    "tracecfg.kernel.maketext",
    "tracecfg.kernel.makevalue",
    "tracecfg.kernel.pasting",
    "tracecfg.kernel.signs",
    "tracecfg.kernel.source",
    "tracecfg.kernel.symbols",
]
WORLD = {
    *("os", "pathlib", "io", "shutil", "tempfile", "glob", "fcntl", "mmap"),
    *("subprocess", "multiprocessing", "concurrent", "threading", "signal", "socket"),
    *("sys", "time", "random", "importlib"),
}
"""Modules by which a program touches files, processes, the clock or its environment."""
STARTS_PROCESSES = {"subprocess", "pty", "socket", "asyncio"}
STARTS_PROCESSES_BY_OS = {"system", "popen", "fork", "execv", "execvp", "posix_spawn", "spawnv"}


@cache
def modules() -> dict[str, Path]:
    """Every module of the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = [PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """What a module imports, at its top or in a function; not what only the type checker does."""
    found: set[str] = set()
    for node in at_run_time(parsed(module)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: a relative import"
            assert node.module
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in modules() else node.module)
    return frozenset(found)


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from at_run_time(child)


def ways_to(module: str, world: set[str]) -> list[str]:
    """Each chain of imports, within the package, that ends at a module of the world."""
    found: list[str] = []
    seen = {module}
    todo: list[tuple[str, ...]] = [(module,)]
    while todo:
        chain = todo.pop(0)
        for name in sorted(imports(chain[-1])):
            if name.partition(".")[0] in world:
                found.append(" -> ".join([*chain, name]))
            elif name in modules() and name not in seen:
                seen.add(name)
                todo.append((*chain, name))
    return found


def calls(module: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def test_the_list_of_pure_modules_is_of_modules_that_exist() -> None:
    assert set(PURE) <= set(modules())


def test_readers_know_nothing_of_what_is_made_of_their_findings() -> None:
    forbidden = tuple(f"tracecfg.{kind}" for kind in KINDS)
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if module.startswith("tracecfg.kernel")
        for name in imports(module)
        if name.startswith(forbidden)
    ]
    assert wrong == []


def test_only_the_command_line_knows_the_command_line() -> None:
    ends = ("tracecfg.cli", "tracecfg.__main__")
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if not module.startswith(ends)
        for name in imports(module)
        if name.startswith(("tracecfg.cli", "typer", "click", "rich"))
    ]
    assert wrong == []


@pytest.mark.parametrize("module", PURE)
def test_the_pure_middle_cannot_touch_the_world(module: str) -> None:
    assert ways_to(module, WORLD) == []
    names = {name for _, name in calls(module)}
    assert names & {"open", "input", "print", "exec", "eval", "__import__"} == set()


def test_processes_are_started_in_two_places() -> None:
    wrong = []
    for module in modules():
        if module in ("tracecfg.osio", "tracecfg.beside"):
            continue
        wrong += [f"{module}: {x}" for x in imports(module) if x in STARTS_PROCESSES]
        wrong += [
            f"{module}:{line}: {name}"
            for line, name in calls(module)
            if name.startswith("os.") and name[3:] in STARTS_PROCESSES_BY_OS
        ]
    assert wrong == []


def test_only_the_command_line_prints_or_exits() -> None:
    prints = ("print", "sys.stdout.write", "sys.stderr.write", "sys.exit", "exit", "os._exit")
    wrong = [
        f"{module}:{line}: {name}"
        for module in modules()
        if not module.startswith("tracecfg.cli")
        for line, name in calls(module)
        # a copy of the process ends there
        if name in prints and (module, name) != ("tracecfg.beside", "os._exit")
    ]
    assert wrong == []


@pytest.mark.parametrize("module", modules())
def test_no_module_outgrows_itself(module: str) -> None:
    lines = modules()[module].read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_LINES


@pytest.mark.parametrize("module", modules())
def test_every_module_says_what_it_is(module: str) -> None:
    if modules()[module].stat().st_size:
        assert ast.get_docstring(parsed(module))
