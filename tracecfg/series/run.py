"""The generate command's work: read the tree, plan, make the series, write it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tracecfg import __version__, osio, planning, report
from tracecfg.beside import beside
from tracecfg.errors import TracecfgError, UnsupportedTreeError, UsageError
from tracecfg.kernel import gitrepo, kconf
from tracecfg.kernel.arch import architectures
from tracecfg.kernel.kindex import read_index
from tracecfg.kernel.search import best_searcher, search
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.series import write
from tracecfg.series.core import SOURCES_TRACE, TRACEPOINT_H
from tracecfg.series.generate import Series
from tracecfg.series.generate import generate as generate_series
from tracecfg.series.includes import clobbering_includes
from tracecfg.series.patches import Author, Change, diff, diffstat, envelope, mail, quilt
from tracecfg.templating import Templates

STYLES = ("mbox", "quilt")
_AUTHOR = re.compile(r"^\s*(?P<name>[^<>\n]+?)\s*<(?P<email>[^<>\s]+@[^<>\s]+)>\s*$")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked for; see `tracecfg generate --help`."""

    tree: Path
    subsystems: tuple[str, ...]
    output: Path | None
    style: str
    in_place: bool
    force: bool
    dry_run: bool
    author: str | None
    signoff: bool
    cc: bool
    templates: Path | None
    rules: Path | None
    prefix: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """files: names written (or that would be) below `where`; notes: for standard error"""

    series: Series
    where: Path
    files: tuple[str, ...]
    written: bool
    notes: tuple[str, ...]


def generate(request: Request) -> Result:
    """Do it all; nothing is written unless everything can be.

    Raises UsageError, UnknownNameError, UnsupportedTreeError, ChangeFailedError.
    """
    if request.style not in STYLES:
        raise UsageError(f"--format {request.style}: no such format", f"one of {', '.join(STYLES)}")
    if request.in_place == (request.output is not None):
        raise UsageError("generate: where to?", "give either -o FOLDER or --in-place")
    templates = Templates(request.templates)
    tree = open_tree(request.tree)
    if request.output is not None:
        write.check_folder(request.output, request.force)
    author = _author(tree, request.author)
    candidates = search(tree, best_searcher(tree))
    kconfig = read_index(tree)
    conflicts = kconfig.conflicts()
    if conflicts:
        raise UnsupportedTreeError(f"{conflicts[0]}: merge conflict markers", "resolve them first")
    plan = planning.plan_from(
        tree, candidates, rules=request.rules, prefix=request.prefix, kconfig=kconfig
    )
    chosen = planning.choose(plan, request.subsystems)
    changed = beside(lambda: gitrepo.local_changes(tree))
    headers = [path for each in plan.decisions for path in each.system.headers]
    series = generate_series(
        plan,
        chosen,
        read=tree.read,
        exists=tree.is_file,
        sourcing=kconfig.file_with(SOURCES_TRACE),
        clobbering=clobbering_includes(tree, headers),
        render=templates.render,
        trailers=_trailers(tree, author, request),
    )
    notes = report.problems(plan)
    notes += [said] if (said := changed()) else []
    check = beside(lambda: _kconfig_check(tree, series))
    if request.in_place:
        changes = _final_changes(series)
        notes += check()
        if not request.dry_run:
            write.in_place(tree.root, changes)
        new = [each.path for each in changes if each.old is None]
        notes += [
            f"{path} is new, and git ignores it here: git add --force {path}"
            for path in gitrepo.ignored(tree, new)
        ]
        return Result(
            series=series,
            where=tree.root,
            files=tuple(each.path for each in changes),
            written=not request.dry_run,
            notes=tuple(notes),
        )
    assert request.output is not None
    files = _files(series, author, _date(tree), request.style, templates, plan.version)
    notes += check()
    if not files and write.earlier(request.output):
        notes.append(f"{request.output}: holds an earlier series, which is left as it is")
    if not request.dry_run and files:
        write.folder(request.output, files)
    return Result(
        series=series,
        where=request.output,
        files=tuple(files),
        written=not request.dry_run,
        notes=tuple(notes),
    )


def _files(
    series: Series, author: Author, date: datetime, style: str, templates: Templates, version: str
) -> dict[str, bytes]:
    """The output folder's files; none for a series that has nothing to do."""
    if not series.patches:
        return {}
    total = len(series.patches)
    if style == "quilt":
        files = {
            _name(number, patch.subject): quilt(patch, author=author)
            for number, patch in enumerate(series.patches, 1)
        }
        files["series"] = ("# X-Generator: tracecfg\n" + "".join(f"{n}\n" for n in files)).encode()
        return files
    changes = _final_changes(series)
    cover = templates.render(
        "cover-letter.txt",
        converted=series.converted,
        with_core=any(each.path == TRACEPOINT_H for each in series.patches[0].changes),
        version=version,
        skipped=series.skipped,
        patches=series.patches,
        author=author,
        generator=__version__,
        diffstat=diffstat([diff(change) for change in changes]),
    )
    subject, _, body = cover.partition("\n")
    files = {
        "0000-cover-letter.patch": envelope(
            f"[PATCH {0:0{len(str(total))}d}/{total}] {subject}",
            body.lstrip("\n") + "-- \ntracecfg\n\n",
            author=Author(name=write.COVER_AUTHOR, email=author.email),
            date=date,
        )
    }
    for number, patch in enumerate(series.patches, 1):
        files[_name(number, patch.subject)] = mail(
            patch, author=author, date=date, number=number, total=total
        )
    return files


def _name(number: int, subject: str) -> str:
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", subject).strip("-.")[:52].rstrip("-.")
    return f"{number:04d}-{slug}.patch"


def _final_changes(series: Series) -> tuple[Change, ...]:
    """All patches as one: each file before the first and after the last."""
    first: dict[str, Change] = {}
    last: dict[str, Change] = {}
    for patch in series.patches:
        for change in patch.changes:
            first.setdefault(change.path, change)
            last[change.path] = change
    return tuple(
        Change(path=path, old=first[path].old, new=last[path].new) for path in sorted(first)
    )


def _author(tree: Tree, given: str | None) -> Author:
    if given is None:
        try:
            ident = gitrepo.git(tree, "var", "GIT_AUTHOR_IDENT")
        except TracecfgError as error:
            raise UsageError(
                "no author: git has no identity for you",
                "git config --global user.name/user.email, or --author 'Name <email>'",
            ) from error
        given = ident.decode("utf-8", "replace").rpartition(">")[0] + ">"
    match = _AUTHOR.match(given)
    if match is None or not given.isprintable():
        shown = given.encode("ascii", "backslashreplace").decode()
        raise UsageError(
            f"--author {shown}: not of the form 'Name <email>'", "quote it for the shell"
        )
    return Author(name=match["name"], email=match["email"])


def _date(tree: Tree) -> datetime:
    """The same tree gives the same bytes: the date is the tree's, not today's."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise UsageError(
                f"SOURCE_DATE_EPOCH={epoch}: no time", "seconds since 1970, or unset it"
            ) from error
    committed = gitrepo.commit_time(tree)
    if committed is not None:
        return datetime.fromtimestamp(committed, UTC)
    return datetime.fromtimestamp(int((tree.root / "Makefile").stat().st_mtime), UTC)


def _trailers(
    tree: Tree, author: Author, request: Request
) -> Callable[[tuple[Change, ...]], tuple[str, ...]]:
    def lines(changes: tuple[Change, ...]) -> tuple[str, ...]:
        found: list[str] = []
        if request.cc:
            found += _maintainers(tree, changes)
        if request.signoff:
            found.append(f"Signed-off-by: {author}")
        return tuple(found)

    return lines


def _maintainers(tree: Tree, changes: tuple[Change, ...]) -> list[str]:
    script = tree.root / "scripts/get_maintainer.pl"
    if not script.is_file():
        raise UnsupportedTreeError("scripts/get_maintainer.pl: not there", "leave out --cc")
    paths = [change.path for change in changes if change.old is not None]
    said = osio.run(
        ["perl", script, "--no-rolestats", "--no-git", "--no-git-fallback", "-f", *paths],
        cwd=tree.root,
    )
    people = said.decode("utf-8", "replace").splitlines()
    return [f"Cc: {person}" for person in dict.fromkeys(people) if "@" in person]


def _kconfig_check(tree: Tree, series: Series) -> list[str]:
    """Load the Kconfig as it will be, before anything is written: every option must be there.

    A note when the tree's own Kconfig cannot be loaded. Raises UnsupportedTreeError when it is
    the series that breaks it: a defect of tracecfg, better found here than by the user.
    """
    overlay = {change.path: change.new for change in _final_changes(series)
               if "Kconfig" in change.path.rpartition("/")[2]}  # fmt: skip
    arches = architectures(tree)
    if not overlay or not arches:
        return []
    arch = "x86" if "x86" in arches else arches[0]
    try:
        loaded = kconf.load(tree, arch=arch, overlay=overlay)
    except TracecfgError as error:
        try:
            kconf.load(tree, arch=arch)
        except TracecfgError as theirs:
            return [f"the result was not checked by loading it: {theirs.message}"]
        raise UnsupportedTreeError(
            f"the series would break the Kconfig: {error.message}"
        ) from error
    names = [each.option.name for each in series.converted if each.option]
    missing = [name for name in names if loaded.symbol(name) is None]
    if missing:
        raise UnsupportedTreeError(f"the series does not define {', '.join(missing)}")
    return []
