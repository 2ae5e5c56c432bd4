"""Changes as patches: unified diffs in git's form, mail that `git am` takes, a quilt series."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from email.header import Header
from email.utils import format_datetime

_CONTEXT = 3
_MARGIN = 40
"""Lines: an inserted text that begins like what follows it may slide back by as much."""
_STAT_WIDTH = 70


@dataclass(frozen=True, kw_only=True)
class Change:
    """One file before and after; `old` is None for a new file. Undecodable bytes stand as
    surrogates."""

    path: str
    old: str | None
    new: str


@dataclass(frozen=True, kw_only=True)
class Author:
    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One commit to be. body: without subject and trailers; trailers: whole lines"""

    subject: str
    body: str
    trailers: tuple[str, ...]
    changes: tuple[Change, ...]


def diff(change: Change) -> str:
    """The change as git shows it, index line included."""
    old = _lines(change.old or "")
    new = _lines(change.new)
    head = f"diff --git a/{change.path} b/{change.path}\n"
    blobs = f"{_blob(change.old)}..{_blob(change.new)}"
    if change.old is None:
        head += f"new file mode 100644\nindex {blobs}\n--- /dev/null\n"
    else:
        head += f"index {blobs} 100644\n--- a/{change.path}\n"
    return head + f"+++ b/{change.path}\n" + "".join(_hunks(old, new))


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) if "\r" not in text else _split_newline(text)


def _split_newline(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _blob(text: str | None) -> str:
    if text is None:
        return "0" * 12
    data = text.encode("utf-8", "surrogateescape")
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()[:12]


def _hunks(old: list[str], new: list[str]) -> Iterable[str]:
    # Matching only what differs keeps this linear: edits are few and far apart, files are long.
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    start = max(0, head - _MARGIN)
    old_end = min(len(old), len(old) - tail + _MARGIN)
    new_end = min(len(new), len(new) - tail + _MARGIN)
    matcher = SequenceMatcher(None, old[start:old_end], new[start:new_end], autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield (f"@@ -{_range(start, first[1], last[2])} +{_range(start, first[3], last[4])} @@\n")
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from _marked(" ", old[start + old_from : start + old_to])
                continue
            yield from _marked("-", old[start + old_from : start + old_to])
            yield from _marked("+", new[start + new_from : start + new_to])


def _range(start: int, begin: int, end: int) -> str:
    length = end - begin
    first = start + begin + 1 if length else start + begin
    return str(first) if length == 1 else f"{first},{length}"


def _marked(mark: str, lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        yield (
            mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
        )


def diffstat(changes: Iterable[Change]) -> str:
    """As `git diff --stat --summary` writes it, plain."""
    rows = []
    created = []
    for change in changes:
        added = removed = 0
        for line in diff(change).splitlines():
            added += line.startswith("+") and not line.startswith("+++")
            removed += line.startswith("-") and not line.startswith("---")
        rows.append((change.path, added, removed))
        if change.old is None:
            created.append(f" create mode 100644 {change.path}\n")
    width = max((len(path) for path, _, _ in rows), default=0)
    most = max((added + removed for _, added, removed in rows), default=0)
    scale = min(1.0, (_STAT_WIDTH - 20) / most) if most else 1.0
    digits = len(str(most))

    def bar(mark: str, count: int) -> str:
        # a change that there is shows, however small
        return mark * -(-int(count * scale * 100) // 100)

    text = "".join(
        f" {path:<{width}} | {added + removed:>{digits}} {bar('+', added)}{bar('-', removed)}\n"
        for path, added, removed in rows
    )
    plus = sum(added for _, added, _ in rows)
    minus = sum(removed for _, _, removed in rows)
    total = f" {len(rows)} file{'s' if len(rows) != 1 else ''} changed"
    if plus:
        total += f", {plus} insertion{'s' if plus != 1 else ''}(+)"
    if minus:
        total += f", {minus} deletion{'s' if minus != 1 else ''}(-)"
    return text + total + "\n" + "".join(created)


def mail(patch: Patch, *, author: Author, date: datetime, number: int, total: int) -> bytes:
    """The patch as one mbox message."""
    message = patch.body.strip("\n") + "\n"
    if patch.trailers:
        message += "\n" + "".join(f"{line}\n" for line in patch.trailers)
    content = f"{message}---\n{diffstat(patch.changes)}\n"
    content += "".join(diff(change) for change in patch.changes)
    subject = f"[PATCH {number:0{len(str(total))}d}/{total}] {patch.subject}"
    return envelope(subject, content + "-- \ntracecfg\n\n", author=author, date=date)


def envelope(subject: str, content: str, *, author: Author, date: datetime) -> bytes:
    """An mbox message as `git format-patch` writes it. A content with carriage returns is sent
    as base64: git am drops them from plain text."""
    data = content.encode("utf-8", "surrogateescape")
    encoding = "8bit"
    if b"\r" in data:
        encoding = "base64"
        data = base64.encodebytes(data)
    name = author.name if author.name.isascii() else Header(author.name, "utf-8").encode()
    quoted = f'"{name}"' if any(char in name for char in ".,:;@()<>[]") and name.isascii() else name
    header = (
        f"From {'0' * 40} Mon Sep 17 00:00:00 2001\n"
        f"From: {quoted} <{author.email}>\n"
        f"Date: {format_datetime(date.astimezone(UTC))}\n"
        f"Subject: {subject if subject.isascii() else Header(subject, 'utf-8').encode()}\n"
        "X-Generator: tracecfg\n"
        "MIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\n"
        f"Content-Transfer-Encoding: {encoding}\n\n"
    )
    return header.encode() + data


def quilt(patch: Patch, *, author: Author) -> bytes:
    """The patch with a DEP-3 header, as quilt, Debian and Yocto carry it."""
    body = "\n".join(f" {line}" if line else " ." for line in patch.body.strip("\n").split("\n"))
    header = f"Description: {patch.subject}\n{body}\nAuthor: {author}\n"
    header += "".join(f"{line}\n" for line in patch.trailers) + "X-Generator: tracecfg\n---\n"
    text = header + diffstat(patch.changes) + "\n" + "".join(diff(c) for c in patch.changes)
    return text.encode("utf-8", "surrogateescape")
