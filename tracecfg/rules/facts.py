"""What the rules are asked about: one trace system's gate and the feature it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from tracecfg.gate import ALWAYS, All, Sym, any_of
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.model import GateResult, Place, TraceSystem

_NAMED_FOR_EVENTS = re.compile(r"^TRACE_|EVENTS$|TRACEPOINTS?$")


def _system_gate(system: TraceSystem) -> GateResult:
    """The OR over the creators' gates; unknown with place and reason when one of them is."""
    if not system.creators:
        return GateResult(None, Place(system.headers[0], 1), "no creator found")
    for creator in system.creators:
        if creator.gate.gate is None:
            return creator.gate._replace(unknown=creator.gate.unknown or creator.place)
    return GateResult(any_of(creator.gate.gate or ALWAYS for creator in system.creators))


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One trace system and what of the tree's Kconfig bears on it.

    switch: the option that its headers ask for, when it is no other system's
    name_taken: the option that its name would give is another's; unusable: why its headers cannot
    be converted, with the place
    """

    system: TraceSystem
    kconfig: KconfigIndex
    prefix: str
    switch: str | None
    name_taken: bool
    unusable: tuple[Place, str] | None

    @cached_property
    def gate(self) -> GateResult:
        return _system_gate(self.system)

    @cached_property
    def feature(self) -> str | None:
        """The symbol whose feature these tracepoints are: it alone governs the creator, and its
        entry speaks of tracepoints (or has no prompt and a name that does, and is on only where
        something selects it)."""
        gate, _, _ = self.gate
        if gate is None or len(self.system.creators) != 1:
            return None
        innermost = gate.of[-1] if isinstance(gate, All) else gate
        if not isinstance(innermost, Sym):
            return None
        named = _NAMED_FOR_EVENTS.search(innermost.name)
        if not named and not self.kconfig.may_say(innermost.name, "tracepoint"):
            return None
        entry = self.kconfig.main_entry(innermost.name)
        if entry is None or innermost.name in self.kconfig.with_tracing:
            return None
        if entry.prompt is None:
            always = any(
                word in ("def_bool", "def_tristate") or (word, rest) == ("default", "y")
                for word, rest, _ in entry.attributes
            )
            return innermost.name if named and not always else None
        offers = f"{entry.prompt}\n{entry.help_text}".lower()
        return innermost.name if "tracepoint" in offers else None
