"""check --config: options that a configuration asks for and does not get."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.small import converted_tree, copy_tree
from tracecfg.check import run
from tracecfg.errors import UsageError
from tracecfg.model import Finding


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return converted_tree(tmp_path)


def found(tree: Path, *configs: Path) -> list[Finding]:
    request = run.Request(tree=tree, rules=None, prefix="TRACING_", configs=configs)
    return [x for x in run.check(request).findings if x.rule.startswith("TC5")]


def test_what_kconfig_wrote(tree: Path) -> None:
    assert found(tree, tree / ".config") == []


def test_each_request_that_is_not_so(tree: Path) -> None:
    config = tree / "arch/x86/configs/board_defconfig"
    config.parent.mkdir(parents=True)
    config.write_text(
        "CONFIG_TRACING_GPIO=y\n"
        "# CONFIG_GPIOLIB is not set\n"
        "CONFIG_TRACING_GPOI=y\n"
        "# CONFIG_TRACING_OLD is not set\n"
        "CONFIG_BLOCK=y\n"
        "CONFIG_QUEUE_TRACER=y\n"
        "# CONFIG_TRACING_QUEUE is not set\n"
    )
    findings = found(tree, config)
    path = "arch/x86/configs/board_defconfig"
    assert [(x.rule, x.file, x.line) for x in findings] == [
        ("TC501", path, 1),
        ("TC503", path, 3),
        ("TC502", path, 7),
    ]
    off, unknown, selected = findings
    assert "GPIOLIB" in off.message
    assert unknown.hint == "did you mean TRACING_GPIO?"
    assert "QUEUE_TRACER (kernel/trace/Kconfig:" in selected.message


def test_wrong_use(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        found(tree, tree / "nothing.config")
    (tmp_path / "text").write_text("hello\n")
    with pytest.raises(UsageError, match="no line of a"):
        found(tree, tmp_path / "text")
    with pytest.raises(UsageError, match="no options for trace systems"):
        found(copy_tree(tmp_path / "other"), tree / ".config")


def test_a_file_outside_is_none_of_the_tree(tree: Path, tmp_path: Path) -> None:
    """Its path is whole, and what a file of that name in the tree says does not count."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_text("CONFIG_TRACING_NOPE=y\n")
    (tree / "mine").write_text("# tracecfg: off TC503 this is another file\n")
    with contextlib.chdir(outside):
        (only,) = found(tree, Path("mine"))
    assert (only.rule, only.file) == ("TC503", str(outside / "mine"))
