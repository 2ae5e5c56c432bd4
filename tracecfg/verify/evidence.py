"""What a configuration says of why something is there, or is not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tracecfg.explain.gates import built_in, lacking
from tracecfg.explain.hints import Hints
from tracecfg.explain.kconfig import KernelConfig
from tracecfg.gate import ALWAYS, Gate, holds
from tracecfg.kernel.kconffacts import Selector
from tracecfg.verify.held import Held, Source
from tracecfg.verify.known import Known

_SHOWN = 5
"""Names in one message."""


class Evidence(NamedTuple):
    """config: that of what is verified, where there is one; arch, version: of its header
    has_series: it has options of a series
    selectors: of options that are on, the consumers that select them; None when no tree tells
    tree_version: of that tree
    """

    hints: Hints
    config: KernelConfig | None = None
    arch: str = ""
    version: str = ""
    has_series: bool = True
    selectors: Mapping[str, Sequence[Selector]] | None = None
    tree_version: str = ""

    @property
    def is_unpatched(self) -> bool:
        """There are tracepoints, and nothing in the configuration leaves one out."""
        has_tracepoints = self.config is not None and self.config.on("TRACEPOINTS")
        return has_tracepoints and not self.has_series

    def gate(self, subsystem: str) -> Gate:
        """The condition under which it is built, in the tree of the hints."""
        system = self.hints.systems.get(subsystem)
        gate = None if system is None else system.gate(None)
        return ALWAYS if gate is None else gate

    def on(self, of: Known) -> bool:
        return self.config is not None and self.config.on(of.name)

    def of_modules(self, of: Known) -> str:
        """The symbols that are m and make it a subsystem of modules alone, "" when none do."""
        values = {} if self.config is None else self.config.values
        gate = self.gate(of.subsystem)
        if not holds(gate, values) or built_in(gate, values):
            return ""
        yes = {name: value for name, value in values.items() if value != "m"}
        return ", ".join(f"CONFIG_{name}=m" for name in lacking(gate, yes) if name in values)

    def selected(self, of: Known) -> str:
        """By whom, with their places."""
        by = (self.selectors or {}).get(of.name, ())
        return ", ".join(f"{each.name} ({each.place})" for each in by[:_SHOWN])


def why_missing(of: Known, held: Held, evidence: Evidence) -> str:
    config = evidence.config
    if config is None:
        return f"CONFIG_{of.name}=y puts it in, in a kernel built with what it depends on"
    if config.on(of.name):
        says = config.says(of.name)
        if held.source is Source.LIVE:
            return f"{says}: `tracecfg explain {of.subsystem}` says why"
        if modules := evidence.of_modules(of):
            says = f"{says} with {modules}"
        more = "; --modules names more" if held.without_modules else ""
        return f"{says}: it is in no file that was given{more}"
    if config.off(of.name):
        return f"CONFIG_{of.name}=y puts it in"
    if not evidence.has_series and not config.on("TRACEPOINTS"):
        return "without CONFIG_TRACEPOINTS a kernel has no tracepoints at all"
    gate = evidence.gate(of.subsystem)
    if not holds(gate, config.values):
        needs = ", ".join(f"CONFIG_{name}" for name in lacking(gate, config.values))
        return f"without {needs} Linux {evidence.hints.version} does not build it"
    if not evidence.has_series:
        return f"no CONFIG_{of.name}: is it a kernel with the series of `tracecfg generate`?"
    return f"{config.says(of.name)}; `tracecfg config` says what it needs"


def why_extra(of: Known, evidence: Evidence) -> str:
    config = evidence.config
    if config is None or config.on(of.name):
        hint = f"CONFIG_{of.name}=n takes it out"
        if evidence.selectors is None:
            hint += ", unless a consumer selects it: --config and --tree tell"
        return hint
    if config.off(of.name):
        return f"{config.says(of.name)}: the kernel was not built with this configuration"
    return f"no CONFIG_{of.name}: is it a kernel with the series of `tracecfg generate`?"
