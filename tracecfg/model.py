"""The data that flows from the readers through the rules to the writers; all of it frozen."""

from __future__ import annotations

import textwrap
from enum import StrEnum
from typing import NamedTuple

from tracecfg.gate import Gate


class Place(NamedTuple):
    """file: relative to the tree's root; line: from 1"""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class EventKind(StrEnum):
    """What stands in the trace header.

    EVENT: TRACE_EVENT, DEFINE_EVENT and their variants: a directory under events/
    TRACEPOINT: DECLARE_TRACE: a hook without an event
    SYSCALL: TRACE_EVENT_SYSCALL: an event whose probe may fault
    """

    EVENT = "event"
    TRACEPOINT = "tracepoint"
    SYSCALL = "syscall"


class Event(NamedTuple):
    """event_class: the DECLARE_EVENT_CLASS it is made from; its own name for a TRACE_EVENT;
    None for a bare tracepoint"""

    name: str
    kind: EventKind
    event_class: str | None
    place: Place


class GateResult(NamedTuple):
    """gate: None when the Makefiles do not tell; `unknown` then says at which line they stop"""

    gate: Gate | None
    unknown: Place | None = None
    reason: str = ""


class Creator(NamedTuple):
    """A .c file that defines CREATE_TRACE_POINTS and includes the trace header.

    header: the trace header it instantiates
    module: whether the Makefiles name it for modules alone, whatever the gate
    """

    place: Place
    header: str
    gate: GateResult
    module: bool = False


class Export(NamedTuple):
    """EXPORT_TRACEPOINT_SYMBOL(_GPL) or EXPORT_SYMBOL(__tracepoint_x)."""

    event: str
    place: Place


class Use(NamedTuple):
    """Code that needs the tracepoint to exist or asks whether it is on.

    place: of the call
    macro: register_trace_*, tracepoint_enabled, DECLARE_TRACEPOINT, ...
    """

    event: str
    macro: str
    place: Place


class Consumer(NamedTuple):
    """In-kernel code that registers a probe on another system's tracepoint.

    configs: the Kconfig symbols that govern the code, the object's own first, then those of the
    #ifdefs around it from the outside in; empty when it is always built
    """

    event: str
    place: Place
    configs: tuple[str, ...]
    gate: GateResult


class TraceSystem(NamedTuple):
    """One trace system with everything in the tree that belongs to it.

    own_option: the Kconfig symbol by which its headers define its events away, or None
    variable: TRACE_SYSTEM_VAR, given where the name is no C identifier
    switch: the option that a series applied earlier gave it, or None
    """

    name: str
    headers: tuple[str, ...]
    events: tuple[Event, ...]
    creators: tuple[Creator, ...]
    exports: tuple[Export, ...]
    uses: tuple[Use, ...]
    consumers: tuple[Consumer, ...]
    own_option: str | None = None
    variable: str | None = None
    switch: str | None = None


class Inventory(NamedTuple):
    """What a scan found. problems: what could not be read, by place, with the reason"""

    root: str
    version: str
    systems: tuple[TraceSystem, ...]
    problems: tuple[tuple[Place, str], ...] = ()


class Reason(NamedTuple):
    """Why a decision is as it is. rule: its name in rules.toml; says: what it decided"""

    rule: str
    says: str


class Select(NamedTuple):
    """A `select <option> if <condition>` line that a consumer's Kconfig entry gets.

    config: the consumer's symbol; condition: "" for none; place: the entry
    """

    config: str
    condition: str
    place: Place


class Option(NamedTuple):
    """The Kconfig entry of one trace system. depends: "" for none; explained: the
    paragraphs of its help text"""

    name: str
    prompt: str
    depends: str
    default: str
    explained: tuple[str, ...]
    selects: tuple[Select, ...]

    @property
    def help_text(self) -> str:
        """Paragraphs of lines that fit behind a Kconfig help text's indent."""
        return "\n\n".join(
            textwrap.fill(part, 68, break_long_words=False, break_on_hyphens=False)
            for part in self.explained
        )


class Decision(NamedTuple):
    """What is done with one trace system: an option, or a skip with its reason.

    gate: of the whole system
    notes: what a user of the option should know, a sentence each
    """

    system: TraceSystem
    gate: GateResult
    option: Option | None
    skipped: str | None
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...] = ()


class Plan(NamedTuple):
    """Every decision, by the systems' names."""

    root: str
    version: str
    decisions: tuple[Decision, ...]
    problems: tuple[tuple[Place, str], ...] = ()


class Severity(StrEnum):
    """ERROR: it is not as it was meant; WARNING: it seldom is meant so; NOTE: it is otherwise for
    a known reason"""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(NamedTuple):
    """What a check found. rule: the kind of finding; line, column: from 1, None for a file as a
    whole"""

    rule: str
    severity: Severity
    file: str
    line: int | None
    message: str
    hint: str
    column: int | None = None
