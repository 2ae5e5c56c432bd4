"""From a Plan to patches: the core change, then one patch for each system. Reads the tree through
the reader it is given and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import first_conflict
from tracecfg.model import Decision, Plan
from tracecfg.series import core, edits
from tracecfg.series.core import Render
from tracecfg.series.patches import Change, Patch
from tracecfg.series.steps import SAYS, steps, token

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
        edited: dict[str, str] = {}
        also: dict[str, None] = {}
        for step in steps(decision, decision.option, texts.read, clobbering, render):
            edited[step.path] = step.new
            if step.kind in SAYS:
                also[SAYS[step.kind]] = None
        changes = texts.take(edited)
        if not changes:
            kept.append(name)
            continue
        message = render(
            "system.commit",
            system=decision.system,
            option=decision.option,
            decision=decision,
            also=list(also),
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
                    texts.read(path), system.name, token(system), clobbering[path]
                )
    return new


def _patch(message: str, changes: tuple[Change, ...], trailers: Trailers) -> Patch:
    subject, _, body = message.strip("\n").partition("\n")
    return Patch(
        subject=subject, body=body.strip("\n"), trailers=trailers(changes), changes=changes
    )
