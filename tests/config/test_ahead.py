"""The questions to the toolchain: found beforehand, asked beside the reading, the same answers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.small import FIXTURES
from tracecfg.errors import TracecfgError
from tracecfg.kernel import kconf, toolchain
from tracecfg.kernel.kconf import KernelConfig
from tracecfg.kernel.kconfahead import commands_ahead
from tracecfg.kernel.toolchain import Asked, Toolchain
from tracecfg.kernel.tree import open_tree

MACROS = {"success": "$(shell,{ $(1); } $(2)&& echo y)", "comma": ",", "loop": "$(loop)$(loop)"}


def ahead(**files: str) -> list[str]:
    texts = {name.replace("__", "/"): text for name, text in files.items()}
    macros = {name: SimpleNamespace(value=value) for name, value in MACROS.items()}
    return commands_ahead(lambda file: texts.get(file, ""), macros, {"ARCH": "x86", "CC": "cc"}.get)


def test_of_all_files_in_order() -> None:
    assert ahead(
        Kconfig='config A\n\tdef_bool $(success,$(CC) -a$(comma)b)\nsource "arch/$(ARCH)/Kconfig"\n'
        "config B\n\tdepends on A || \\\n\t\t$(success,b) && $(shell,c)\n",
        arch__x86__Kconfig='if X\n  source "more"\n  source "none"\n  source "Kconfig"\nendif\n',
        more='config C\n\tstring\n\tdefault "$(shell,d)" if $(success,e)\n',
    ) == ["{ cc -a,b; } && echo y", "d", "{ e; } && echo y", "{ b; } && echo y", "c"]


@pytest.mark.parametrize(
    "line",
    [
        "\thelp\n\t  default $(shell,x)\n\n\t  bool $(shell,x)",
        "\thelp\n\n\n\t  Text\n\t    default $(shell,x)",
        "\t---help---\n\t  default $(shell,x)",
        "\tdefault y # $(shell,x)",
        '\tdefault "\\$(shell,x)"',
        "# default $(shell,x)",
        "default := $(shell,x)",
        "f = $(shell,x)",
        "\tdefault $(success,$(shell,x",
        "\tdefault $(unknown,$(CC))",
        "\tdefault $(success,$(UNKNOWN))",
        "\tdefault $(loop)",
        f"\tdefault $(shell,{'x' * 5000})",
        'source "$(shell,x)"',
    ],
)
def test_what_nobody_asks_is_not_found(line: str) -> None:
    found = ahead(Kconfig=f"config A\n{line}\nconfig B\n\tdefault $(shell,y)\n")
    assert [command for command in found if command != "x" or "source" not in line] == ["y"]


def test_what_depends_on_an_answer_is_left_for_later() -> None:
    assert ahead(Kconfig="config A\n\tdefault $(success,test $(shell,x) = y)\n") == ["x"]


KCONFIG = """\
f = $(shell,$(1))
first := $(shell,echo first)
where = pwd; ls -A; touch file; echo $ARCH $0 $# $1
lines = printf 'a\\n\\nb\\n\\n'
nul = printf 'x\\000y'; kill -9 $$
config A
\tstring
\tdefault "$(f,$(where))"
config B
\tstring
\tdefault "$(f,$(lines))"
config C
\tstring
\tdefault "$(f,$(nul))"
config D
\tstring
\tdefault "$(f,exec >&2; echo lost)"
config E
\tstring
\tdefault "$(f,cat; echo $(first))"
config F
\tdef_bool $(f,echo y)
config G
\tdef_bool $(f,echo y)
"""


def load(text: str) -> KernelConfig:
    tree = open_tree(FIXTURES / "tree")
    return kconf.load(tree, arch="x86", overlay={"Kconfig": text}, toolchain=Toolchain(cc="true"))


def test_the_answers_are_those_of_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    alone: list[str] = []
    run = Asked._run

    def noted(self: Asked, command: str) -> bytes:
        alone.append(command)
        return run(self, command)

    monkeypatch.setattr(Asked, "_run", noted)
    together = load(KCONFIG)
    assert alone == ["echo first"]
    monkeypatch.setattr(Asked, "prepare", lambda self, commands: None)
    single = load(KCONFIG)
    assert len(alone) == 8
    names = single.names()
    assert names == tuple("ABCDEFG")
    _, *rest = (single.value("A") or "").split()
    assert rest == ["x86", "sh", "0"]
    assert (together.value("A") or "").split()[1:] == rest
    for name in names[1:]:
        assert together.value(name) == single.value(name), name
    assert [together.value(name) for name in "BCDEFG"] == ["a  b", "x", "", "first", "y", "y"]
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_when_the_kconfig_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    text = "config A\n\tdef_bool $(shell,echo y)\nconfig B\n\todd\n"
    with pytest.raises(TracecfgError, match="Kconfig:4: unknown word"):
        load(text)
    assert list(tmp_path.iterdir()) == []


def test_more_than_a_call_takes_is_asked_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(toolchain, "_MAX_ARGUMENTS", 10)
    assert load(KCONFIG).value("F") == "y"


def test_a_nul_byte_is_refused() -> None:
    with pytest.raises(TracecfgError, match="Kconfig:2: a NUL byte"):
        load("config A\n\tdef_bool $(shell,echo \0y)\n")
