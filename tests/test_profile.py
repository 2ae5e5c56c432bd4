"""tracecfg.toml: what it means, and each mistake with its place."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernel.lab.cache import missing
from tracecfg import userfile
from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.profile import find, load, parse
from tracecfg.tomlplace import places

GOOD = """\
[profile.gpio-debug]
events = ["gpio", "irq:irq_handler_*", "!irq:irq_handler_exit", ":mod:e1000"]
instance = "gpio"
buffer_size_kb = 64
clock = "mono"
pids = [1, 42]
[profile.gpio-debug.filters]
"gpio:gpio_value" = "value == 1"
[profile.gpio-debug.triggers]
"gpio:gpio_value" = ["stacktrace:5", "traceoff if value > 0"]
"irq:irq_handler_entry" = "stacktrace"
[profile.plain]
events = ["sched"]
"""


def test_a_profile_says_all_that_a_command_line_can() -> None:
    profile = parse(GOOD, "f.toml")["gpio-debug"]
    assert profile.events == ("gpio", "irq:irq_handler_*", "!irq:irq_handler_exit", ":mod:e1000")
    assert profile.filters == {"gpio:gpio_value": "value == 1"}
    assert profile.triggers == {
        "gpio:gpio_value": ("stacktrace:5", "traceoff if value > 0"),
        "irq:irq_handler_entry": ("stacktrace",),
    }
    assert (profile.instance, profile.buffer_size_kb, profile.clock) == ("gpio", 64, "mono")
    assert (profile.pids, profile.place) == ((1, 42), "f.toml:1")


def test_what_is_not_said_stays_as_it_is() -> None:
    profile = parse(GOOD, "f.toml")["plain"]
    assert (profile.filters, profile.triggers, profile.pids) == ({}, {}, ())
    assert (profile.instance, profile.buffer_size_kb, profile.clock) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[profile.x]\nevents = [\n'gpio',\n7,\n]", 4, "7 is no name"),
        ("[profile.x]\nevents = [\n'gpio', 'a b'\n]", 3, "'a b' is no subsystem"),
        ("[profile.x]\nevents = ['a',\n'!b:c:d']", 3, "'b:c:d' is no subsystem"),
        ("[profile.x]\nevents = []", 2, "must be a list of names"),
        ("[profile.x]\nevents = 'gpio'", 2, "must be a list of names"),
        ("[profile.x]\nevents = ['!gpio']", 2, "only excludes"),
        ("\n[profile.x]\nclock = 'mono'", 2, "needs events"),
        ("[profile.x]\nevents = ['a']\nevent = ['a']", 3, "'event', did you mean events?"),
        ("[profile.x]\nevents = ['a']\nbuffer_kb = 4", 3, "did you mean buffer_size_kb?"),
        ("[profile.x]\nevents = ['a']\nbuffer_size_kb = 0", 3, "no number of KiB"),
        ("[profile.x]\nevents = ['a']\nbuffer_size_kb = true", 3, "no number of KiB"),
        ("[profile.x]\nevents = ['a']\nclock = 'a b'", 3, "no name of a clock"),
        ("[profile.x]\nevents = ['a']\ninstance = '../a'", 3, "name of an instance"),
        ("[profile.x]\nevents = ['a']\ninstance = '..'", 3, "name of an instance"),
        ("[profile.x]\nevents = ['a']\npids = [1,\n2,\n'3']", 5, "'3' is no process id"),
        ("[profile.x]\nevents = ['a']\npids = [-1]", 3, "-1 is no process id"),
        ("[profile.x]\nevents = ['a']\npids = [0]", 3, "0 is no process id"),
        ("[profile.x]\nevents = ['a']\npids = [4194305]", 3, "4194305 is no process id"),
        ("[profile.x]\nevents = ['a']\nfilters = 'x'", 3, "must be a table"),
        (
            '[profile.x]\nevents = ["a"]\n[profile.x.filters]\n"a:b" = "x > 1"\ngpio = "y"',
            5,
            "'gpio' is not of the form system:event",
        ),
        (
            '[profile.x]\nevents = ["a"]\n[profile.x.filters]\n"a:b" = "x\\ny"',
            4,
            "not a filter of one line",
        ),
        (
            '[profile.x]\nevents = ["a"]\ntriggers = { "a:b" = [\n"" ] }',
            3,
            "not a trigger of one line",
        ),
        ("[profile.x]\nevents = ['a']\n[profiles.y]\nevents = []", 3, "did you mean profile?"),
        ("[[profile]]\nevents = ['a']", 1, "profiles stand in"),
        ('[profile."a\\nb"]\nevents = ["a"]', 1, "cannot be the name"),
        ("profile.x = 3", 1, "profiles stand in"),
        ("[profile.x]\nevents = ['a'\n\nclock", 4, "no valid TOML"),
    ],
)
def test_a_mistake_has_its_line_and_says_what_is_meant(text: str, line: int, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "f.toml")
    assert caught.value.message.startswith(f"f.toml:{line}: ")
    assert says in caught.value.message


def test_all_mistakes_are_named_at_once() -> None:
    text = "[profile.x]\nevents = [1]\nclok = 'a'\n[profile.y]\nevents = ['a']\npids = 1\n"
    with pytest.raises(UsageError) as caught:
        parse(text, "f")
    assert [line.split(":")[1] for line in caught.value.message.splitlines()] == ["2", "3", "6"]


def test_all_mistakes_of_one_key_are_named_at_once() -> None:
    text = """[profile.x]
events = [
  "a b",
  7,
]
pids = [
  -1,
  "x",
]
[profile.x.filters]
"a:b" = ""
"c" = ""
[profile.x.triggers]
"a:b" = ["", 3]
"c:d" = []
"""
    with pytest.raises(UsageError) as caught:
        parse(text, "f")
    lines = [line.split(":")[1] for line in caught.value.message.splitlines()]
    assert lines == ["3", "4", "7", "8", "11", "12", "12", "14", "14", "15"]


def test_a_hostile_file_is_an_error_and_no_traceback() -> None:
    with pytest.raises(UsageError, match="nested too deep"):
        parse("a = " + "[" * 100_000, "f")


def test_an_unknown_profile_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(GOOD)
    with pytest.raises(UnknownNameError) as caught:
        load(tmp_path / "t.toml", "gpio-debgu")
    assert caught.value.hint == "it has gpio-debug"


def test_the_file_is_found_upward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tracecfg.toml").write_text(GOOD)
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert load(None, "plain").place == f"{tmp_path}/tracecfg.toml:12"
    nearer = inner.parent / "tracecfg.toml"
    nearer.write_text("[profile.plain]\nevents = ['gpio']\n")
    assert find(inner) == nearer


def test_another_users_file_above_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tracecfg.toml"
    path.write_text(GOOD)
    mine = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    if mine == 0:
        if os.getuid() != 0:
            missing("root, to give a file away")
        os.chown(path, 4242, -1)
        mine = 4242
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"another user .uid {mine}."):
        load(None, "plain")
    assert load(path, "plain").name == "plain"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", str(mine))
    assert load(None, "plain").name == "plain"


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), (b"a = 1\n\xff", ":2: it is no UTF-8"), (b"#" * 300_000, "larger")],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "t.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        load(path, "x")


KEY = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", '"h\\"#=["', "1"])
SCALAR = st.sampled_from(['"x#"', "'[y'", "1.5", "true", '"""\n["q\n"""', "'''a\n'b\n'''", "-3"])
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: "[ # ]c\n" + ", # d\n".join(each) + "\n]"),
        st.dictionaries(KEY, inner, max_size=3).map(
            lambda each: "{" + ", ".join(f"{k} = {v}" for k, v in each.items()) + "}"
        ),
    ),
    max_leaves=8,
)


ENTRIES = st.lists(st.tuples(KEY, VALUE), max_size=3, unique_by=lambda entry: entry[0])
TABLES = st.lists(st.tuples(KEY, KEY, ENTRIES), max_size=3, unique_by=lambda table: table[0])


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_every_key_of_any_file_has_a_place(tables: list[tuple[str, str, list[Any]]]) -> None:
    """The line of a key holds the key, whatever strings, comments and arrays stand before it."""
    lines: list[str] = []
    for first, second, entries in tables:
        lines += [f"[{first} . {second}] # x", *(f"{key} = {value}" for key, value in entries)]
    text = "\n".join(lines) + "\n"
    document = tomllib.loads(text)
    found = places(text)
    split = text.split("\n")
    for path in paths(document, ()):
        if 0 < len(path) <= 8:
            here = split[found[path] - 1]
            assert isinstance(path[-1], int) or path[-1].replace('"', '\\"') in here


def paths(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from paths(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from paths(each, (*path, index))


def test_a_file_that_was_found_is_not_somebody_elses_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.getuid() != 0:
        missing("root, to give a link away")
    public, path = tmp_path / "public", tmp_path / "mine.toml"
    public.mkdir()
    public.chmod(0o1777)
    path.write_text(GOOD)
    link = public / "tracecfg.toml"
    link.symlink_to(path)
    monkeypatch.chdir(public)
    assert load(None, "plain").name == "plain"
    os.chown(link, 4242, 4242, follow_symlinks=False)
    with pytest.raises(UsageError, match="belongs to another user"):
        load(None, "plain")
    assert load(link, "plain").name == "plain"
    link.unlink()
    path.rename(link)
    for mode in (0o664, 0o646):
        link.chmod(mode)
        with pytest.raises(UsageError, match="others may write to it"):
            load(None, "plain")
    link.chmod(0o644)
    assert load(None, "plain").name == "plain"
    public.chmod(0o777)
    with pytest.raises(UsageError, match="others may write to its folder"):
        load(None, "plain")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """A pipe is one that the user names, not one that is found: anybody may have left it there."""
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError, match="no regular file"):
        userfile.read(tmp_path / "fifo", "--config", found=True)
    reading, writing = os.pipe()
    os.write(writing, b'[profile.x]\nevents = ["gpio"]\n')
    os.close(writing)
    assert load(Path(f"/dev/fd/{reading}"), "x").name == "x"
    os.close(reading)
    with pytest.raises(UsageError, match="Is a directory"):
        load(tmp_path, "x")
