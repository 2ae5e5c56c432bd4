"""Changes as patches: git and patch must read them as what they were made from."""

from __future__ import annotations

import email
import email.policy
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.small import committed, git, needed
from tracecfg.series.patches import Author, Change, Patch, mail, quilt

AUTHOR = Author(name="Ann Author", email="ann@example.org")
DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

lines = st.lists(
    st.sampled_from(["", "a", "b", "c", "-x", "+++ y", "--- z", "@@ -1 +1 @@", "From me", "\x0c",
                     "caf\udce9", "ü", "\u2028", "\x1c", "tab\t", "\r", "d\r", "-- "]),
    max_size=30,
)  # fmt: skip
texts = st.builds(lambda parts, end: "\n".join(parts) + end, lines, st.sampled_from(["", "\n"]))
PROPERTY = settings(max_examples=40, deadline=20_000, suppress_health_check=[HealthCheck.too_slow])


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def change(old: str | None, new: str, path: str = "a/file.h") -> Change:
    return Change(path=path, old=old, new=new)


def patch(*changes: Change, body: str = "Why.", subject: str = "x: Do it") -> Patch:
    return Patch(subject=subject, body=body, trailers=(), changes=changes)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    (root / "README").write_text("x\n")
    return committed(root)


def result_of(repository: Path, old: str, message: bytes, how: list[str]) -> bytes:
    """The file after a patch was applied to its old text."""
    file = repository / "a/file.h"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(encoded(old))
    git(repository, "add", "--all", ".")
    git(repository, "commit", "--quiet", "--allow-empty", "--message=old")
    inbox = repository.parent / "one.patch"
    inbox.write_bytes(message)
    if how[0] == "git":
        shutil.rmtree(repository / ".git/rebase-apply", ignore_errors=True)
        git(repository, *how[1:], inbox)
    else:
        done = subprocess.run([*how, "-i", inbox], cwd=repository, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stdout.decode()
    return file.read_bytes()


@PROPERTY
@example("a\x0cb\nc\n", "a\x0cb\nd\n")
@example("a\nb", "a\nb\nc")
@example("x\r\ny\r\n", "x\r\nz\r\n")
@given(texts, texts)
def test_git_am_gives_the_new_text(repository: Path, old: str, new: str) -> None:
    if old == new or not old or not new:
        return
    message = mail(patch(change(old, new)), author=AUTHOR, date=DATE, number=1, total=1)
    assert result_of(repository, old, message, ["git", "am", "--quiet"]) == encoded(new)


@PROPERTY
@example("a\x0cb\nc\n", "a\x0cb\nd\n")
@given(texts, texts)
def test_patch_gives_the_new_text(repository: Path, old: str, new: str) -> None:
    if old == new or not old or not new:
        return
    needed("patch")
    message = quilt(patch(change(old, new)), author=AUTHOR)
    how = ["patch", "-p1", "--fuzz=0", "--binary", "--silent", "--no-backup-if-mismatch"]
    assert result_of(repository, old, message, how) == encoded(new)


@PROPERTY
@given(texts, texts)
def test_diffstat_counts_as_git_does(repository: Path, old: str, new: str) -> None:
    if old == new or not old or not new:
        return
    file = repository.parent / "counted.patch"
    file.write_bytes(quilt(patch(change(old, new)), author=AUTHOR))
    added, removed = map(int, git(repository, "apply", "--numstat", file).split()[:2])
    text = file.read_text(errors="replace")
    words = next(line for line in text.splitlines() if " changed" in line)
    assert (f" {added} insertion" in words) == (added > 0)
    assert (f" {removed} deletion" in words) == (removed > 0)


def test_a_new_file_and_a_long_one() -> None:
    new = quilt(patch(change(None, "a\nb\n")), author=AUTHOR).decode()
    assert (
        "\nnew file mode 100644\nindex 000000000000..422c2b7ab3b3\n"
        "--- /dev/null\n+++ b/a/file.h\n@@ -0,0 +1,2 @@\n+a\n+b\n"
    ) in new
    old = "".join(f"line {number}\n" for number in range(100_000))
    changed = old.replace("line 500\n", "line 500\nmore\n").replace("line 90000\n", "less\n")
    text = quilt(patch(change(old, changed)), author=AUTHOR).decode()
    hunks = [line for line in text.splitlines() if line.startswith("@@")]
    assert hunks == ["@@ -499,6 +499,7 @@", "@@ -89998,7 +89999,7 @@"]


def test_mail_headers() -> None:
    author = Author(name="Ümit, Ann", email="ann@example.org")
    data = mail(patch(change("a\n", "b\n"), subject="x: Größe"), author=author, date=DATE,
                number=2, total=12)  # fmt: skip
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert message["From"] == '"Ümit, Ann" <ann@example.org>'
    assert message["Subject"] == "[PATCH 02/12] x: Größe"
    assert message["Date"] == "Fri, 02 Jan 2026 03:04:05 +0000"
    assert data.startswith(b"From 0000000000000000000000000000000000000000 Mon Sep 17")


def test_trailers_stand_above_the_line() -> None:
    signed = Patch(subject="x", body="Why.", trailers=(f"Signed-off-by: {AUTHOR}",),
                   changes=(change("a\n", "b\n"),))  # fmt: skip
    for text in (mail(signed, author=AUTHOR, date=DATE, number=1, total=1).decode(),
                 quilt(signed, author=AUTHOR).decode()):  # fmt: skip
        assert text.index("Signed-off-by: Ann Author <ann@example.org>\n") < text.index("\n---\n")


def test_a_message_that_looks_like_mail_survives(repository: Path) -> None:
    body = "From the start it was so.\n\nFrom: nobody\n\nIt ends."
    message = mail(patch(change("a\n", "b\n"), body=body), author=AUTHOR, date=DATE, number=1,
                   total=1)  # fmt: skip
    result_of(repository, "a\n", message, ["git", "am", "--quiet"])
    assert git(repository, "log", "-1", "--format=%b").strip() == body
