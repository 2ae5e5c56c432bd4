"""A series is written as a whole or not at all, and nobody else's file is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.small import contents
from tracecfg.errors import ChangeFailedError, UsageError
from tracecfg.series import write
from tracecfg.series.patches import Change

OURS = b"X-Generator: tracecfg\n"
FILES = {f"{number:04d}.patch": OURS + str(number).encode() for number in range(5)}


def test_a_new_folder_with_parents(tmp_path: Path) -> None:
    write.folder(tmp_path / "a/b", FILES)
    assert contents(tmp_path / "a/b") == FILES


@pytest.mark.parametrize("name", ["notes.txt", "theirs.patch", ".hidden"])
def test_a_folder_that_holds_something_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("theirs")
    with pytest.raises(UsageError) as caught:
        write.check_folder(tmp_path, force=False)
    assert "not empty" in caught.value.message
    assert "--force" in caught.value.hint
    write.check_folder(tmp_path, force=True)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="no folder"):
        write.check_folder(tmp_path / "file", force=True)


def test_only_our_earlier_files_go(tmp_path: Path) -> None:
    theirs = {"0009-theirs.patch": b"From: them\n", "notes.txt": OURS, "sub/0001.patch": OURS}
    for name, data in {**theirs, "0099-old.patch": OURS, "series": b"# " + OURS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    write.folder(tmp_path, FILES)
    assert contents(tmp_path) == {**theirs, **FILES}


@pytest.mark.parametrize("kind", ["file", "folder", "symlink"])
def test_somebody_elses_file_in_the_way(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "0077-old.patch").write_bytes(OURS)
    (tmp_path / "elsewhere").write_bytes(OURS)
    way = target / "0003.patch"
    if kind == "file":
        way.write_text("theirs")
    elif kind == "folder":
        way.mkdir()
    else:
        way.symlink_to(tmp_path / "elsewhere")
    before = contents(target)
    with pytest.raises(ChangeFailedError, match=r"0003\.patch: in the way"):
        write.folder(target, FILES)
    assert contents(target) == before
    assert sorted(path.name for path in target.iterdir()) == ["0003.patch", "0077-old.patch"]


class Boom(BaseException):
    """Stands for an interrupt or the end of the disk."""


@pytest.mark.parametrize("call", ["write_bytes", "rename", "unlink", "mkdir"])
@pytest.mark.parametrize("error", [Boom(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("after", [0, 2, 4])
def test_a_failure_at_any_point_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: BaseException, after: int
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    old = {f"{number:04d}-old.patch": OURS for number in range(4)} | {"theirs": b"x"}
    for name, data in old.items():
        (target / name).write_bytes(data)
    real = getattr(Path, call)
    count = 0

    def failing(self: Path, *arguments: object, **options: object) -> object:
        nonlocal count
        count += 1
        if count == after + 1:
            raise error
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, call, failing)
    try:
        write.folder(target, FILES)
    except (ChangeFailedError, Boom):
        monkeypatch.undo()
        assert contents(target) == old
    else:
        monkeypatch.undo()
        assert contents(target) == {**FILES, "theirs": b"x"}


def test_a_failure_in_a_new_folder_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", failing)
    with pytest.raises(ChangeFailedError, match="No space left on device"):
        write.folder(tmp_path / "out", FILES)
    assert not (tmp_path / "out").exists()


def tree(root: Path) -> list[Change]:
    (root / "a.h").write_bytes(b"caf\xe9\r\n")
    (root / "b.h").write_bytes(b"old\n")
    (root / "b.h").chmod(0o755)
    return [
        Change(path="a.h", old="caf\udce9\r\n", new="caf\udce9\r\nnew\r\n"),
        Change(path="b.h", old="old\n", new="new\n"),
        Change(path="c.h", old=None, new="fresh\n"),
    ]


def test_in_place_keeps_bytes_and_modes(tmp_path: Path) -> None:
    write.in_place(tmp_path, tree(tmp_path))
    assert contents(tmp_path) == {
        "a.h": b"caf\xe9\r\nnew\r\n", "b.h": b"new\n", "c.h": b"fresh\n"
    }  # fmt: skip
    assert (tmp_path / "b.h").stat().st_mode & 0o777 == 0o755


def test_in_place_puts_everything_back_when_it_fails(tmp_path: Path) -> None:
    changes = tree(tmp_path)
    before = contents(tmp_path)
    changes.append(Change(path="missing/d.h", old=None, new="x\n"))
    with pytest.raises(ChangeFailedError):
        write.in_place(tmp_path, changes)
    assert contents(tmp_path) == before
