"""From a Plan to patches: the core change, then one patch for each system. Reads the tree through
the reader it is given and writes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import first_conflict
from tracecfg.model import Decision, Option, Plan, TraceSystem
from tracecfg.series import core, edits, kconfig
from tracecfg.series.core import Render
from tracecfg.series.edits import Switch
from tracecfg.series.patches import Change, Patch

Trailers = Callable[[tuple[Change, ...]], tuple[str, ...]]
"""The trailer lines of a patch (Signed-off-by, Cc), from what it changes."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """patches: in order, the core change first (unless the tree has it); skipped: (system, reason)
    of those asked for that get none; kept: systems that have their option already"""

    patches: tuple[Patch, ...]
    converted: tuple[Decision, ...]
    kept: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


@dataclass
class _Texts:
    """The tree's files as the series has changed them so far."""

    read_tree: Callable[[str], str]
    exists: Callable[[str], bool]
    texts: dict[str, str | None] = field(default_factory=dict)

    def read(self, path: str) -> str:
        return self.old(path) or ""

    def old(self, path: str) -> str | None:
        if path not in self.texts:
            text = self.read_tree(path) if self.exists(path) else None
            if text and (marker := first_conflict(path, text)):
                raise UnsupportedTreeError(
                    f"{marker}: merge conflict markers", "resolve them first"
                )
            self.texts[path] = text
        return self.texts[path]

    def take(self, new: Mapping[str, str]) -> tuple[Change, ...]:
        """Record new texts; the changes that they are."""
        changes = tuple(
            Change(path=path, old=self.old(path), new=text)
            for path, text in sorted(new.items())
            if text != self.old(path)
        )
        self.texts.update(new)
        return changes


def generate(
    plan: Plan,
    chosen: Collection[str],
    *,
    read: Callable[[str], str],
    exists: Callable[[str], bool],
    sourcing: str | None,
    clobbering: Mapping[str, Collection[str]],
    render: Render,
    trailers: Trailers,
) -> Series:
    """The series for the chosen systems of a plan.

    sourcing: the Kconfig file that sources kernel/trace/Kconfig
    clobbering: for each trace header, the #include arguments behind which TRACE_SYSTEM may have
    changed (see series.includes). Raises UnsupportedTreeError for a core of unknown shape.
    """
    texts = _Texts(read, exists)
    decisions = [each for each in plan.decisions if each.system.name in chosen]
    patches: list[Patch] = []
    core_texts = core.core_texts(texts.read, sourcing, plan.version, render)
    if core_texts:
        # of all systems: whether one is on must not hang on another that is converted or not
        core_texts |= _set_again(plan, texts, clobbering)
    core_changes = texts.take(core_texts)
    if core_changes:
        message = render("core.commit", set_again=len(core_changes) > core.FILES)
        patches.append(_patch(message, core_changes, trailers))
    converted, kept, skipped = [], [], []
    for decision in decisions:
        name = decision.system.name
        if decision.option is None:
            skipped.append((name, decision.skipped or ""))
            continue
        edited, also = _system_texts(decision, decision.option, texts, clobbering, render)
        changes = texts.take(edited)
        if not changes:
            kept.append(name)
            continue
        message = render(
            "system.commit",
            system=decision.system,
            option=decision.option,
            decision=decision,
            also=also,
        )
        patches.append(_patch(message, changes, trailers))
        converted.append(decision)
    if not converted and core_changes:
        patches = []
    return Series(
        patches=tuple(patches), converted=tuple(converted), kept=tuple(kept), skipped=tuple(skipped)
    )


def _set_again(
    plan: Plan, texts: _Texts, clobbering: Mapping[str, Collection[str]]
) -> dict[str, str]:
    """The trace headers that include another one behind their own name."""
    new = {}
    for decision in plan.decisions:
        system = decision.system
        for path in system.headers:
            if clobbering.get(path):
                new[path] = edits.set_again(
                    texts.read(path), system.name, _token(system), clobbering[path]
                )
    return new


def _token(system: TraceSystem) -> str:
    """The identifier that macros paste for a system."""
    return system.name if re.fullmatch(r"\w+", system.name) else system.variable or system.name


def _patch(message: str, changes: tuple[Change, ...], trailers: Trailers) -> Patch:
    subject, _, body = message.strip("\n").partition("\n")
    return Patch(
        subject=subject, body=body.strip("\n"), trailers=trailers(changes), changes=changes
    )


def _system_texts(
    decision: Decision,
    option: Option,
    texts: _Texts,
    clobbering: Mapping[str, Collection[str]],
    render: Render,
) -> tuple[dict[str, str], list[str]]:
    """The new texts of every file that one system's patch touches, and a sentence for the commit
    message on each kind of change that is more than the option itself."""
    system = decision.system
    if not re.fullmatch(r"\w+", system.variable or system.name):
        raise UnsupportedTreeError(
            f"{system.headers[0]}: {system.name} is no C identifier and has no TRACE_SYSTEM_VAR"
        )
    token = _token(system)
    switch = Switch(system=system.name, token=token, symbol=f"CONFIG_{option.name}")
    events = {event.name for event in system.events}
    new: dict[str, str] = {}
    said: dict[str, None] = {}

    def now(path: str) -> str:
        return new[path] if path in new else texts.read(path)

    def step(path: str, edited: str, says: str) -> None:
        if edited != now(path):
            new[path] = edited
            said[says] = None

    for path in system.headers:
        includes = clobbering.get(path, ())
        named = edits.name_always(now(path))
        step(
            path,
            named,
            "Its header names the system for every reader, not only where the "
            "tracepoints are created.",
        )
        again = edits.set_again(now(path), system.name, token, includes)
        new[path] = edits.add_option(again, switch, includes)
    for path in _files(system.exports):
        step(
            path,
            edits.guard_exports(now(path), switch, events),
            "Its tracepoints are exported where they exist.",
        )
    for path in _files(system.uses):
        step(
            path,
            edits.guard_enabled(now(path), switch, events),
            "Code that asks whether one of them is on asks the option first.",
        )
    always = {each.place.file for each in system.consumers if not each.configs}
    creators = {creator.place.file for creator in system.creators}
    guarded = [
        path for path in sorted({*system.headers, *creators, *always}) if "TRACEPOINTS" in now(path)
    ]
    needs = _cannot_do_without(decision) if guarded else []
    for path in guarded:
        step(
            path,
            edits.guard_blocks(now(path), switch, needs),
            "Code that cannot do without them is compiled with them, not with CONFIG_TRACEPOINTS.",
        )
    for path in sorted(creators):
        made = [creator.header for creator in system.creators if creator.place.file == path]
        step(
            path,
            edits.mark_unused(now(path), switch, [now(header) for header in made]),
            "Functions that only its events call may now be unused.",
        )
    selecting = {select.config for select in option.selects}
    left = {
        each.place.file
        for each in system.consumers
        if each.configs and not selecting & set(each.configs)
    }
    for path in sorted(left):
        step(
            path,
            edits.refuse_without(now(path), switch, events),
            "Where a write relies on their probes, it fails with -EOPNOTSUPP without them.",
        )
    new[core.MENU_KCONFIG] = kconfig.add_entry(texts.read(core.MENU_KCONFIG), option, render)
    for select in option.selects:
        path = select.place.file
        new[path] = kconfig.add_select(now(path), path, select, option.name)
    return new, list(said)


def _files(places: Collection[object]) -> list[str]:
    return sorted({each.place.file for each in places})  # type: ignore[attr-defined]


def _cannot_do_without(decision: Decision) -> list[re.Pattern[str]]:
    """What code contains that does not build, or is dead, without this system: the struct that
    an event class makes, a probe registered by code that is always built."""
    system = decision.system
    classes = sorted({event.event_class for event in system.events if event.event_class})
    patterns = (
        [re.compile(rf"\btrace_event_raw_(?:{'|'.join(map(re.escape, classes))})\b")]
        if classes
        else []
    )
    always = sorted({each.event for each in system.consumers if not each.configs})
    if always:
        patterns.append(re.compile(rf"\bregister_trace_(?:prio_)?(?:{'|'.join(always)})\b"))
    return patterns
