"""Facts in, a Plan out: which option each trace system gets, and why. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tracecfg.errors import UsageError
from tracecfg.gate import ALWAYS, All, Gate, Sym, all_of, any_of, symbols
from tracecfg.gatelogic import implies
from tracecfg.gatetext import to_kconfig
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.model import (
    Consumer,
    Decision,
    Inventory,
    Option,
    Plan,
    Reason,
    Select,
    TraceSystem,
)
from tracecfg.rules.facts import Facts
from tracecfg.rules.helptext import paragraphs
from tracecfg.rules.rule import Match, Rule

PREFIX = "TRACING_"

_NOT_SYMBOL = re.compile(r"[^A-Z0-9]")

_MENU = Sym("TRACEPOINTS")
"""What the menu of the options depends on."""


def decide(
    inventory: Inventory, kconfig: KconfigIndex, rules: Iterable[Rule], prefix: str = PREFIX
) -> Plan:
    """The plan for every system of an inventory.

    Raises UsageError when the rules give two systems one option.
    """
    rules = tuple(rules)
    wanted = Counter(default_option(system.name, prefix) for system in inventory.systems)
    switches = Counter(system.switch for system in inventory.systems)
    given: set[str] = set()
    decisions = []
    unusable = {
        place.file: (place, reason)
        for place, reason in inventory.problems
        if reason == "merge conflict markers"
    }
    for system in inventory.systems:
        name = default_option(system.name, prefix)
        entry_is_ours = _converted(system, kconfig, name)
        facts = Facts(
            system=system,
            kconfig=kconfig,
            prefix=prefix,
            # one that is another system's was copied with its line: a mistake that `check` tells
            switch=system.switch
            if system.switch == name
            or (switches[system.switch] == 1 and system.switch not in wanted)
            else None,
            name_taken=(name in kconfig and not entry_is_ours)
            or (wanted[name] > 1 and name in given),
            unusable=next((unusable[path] for path in system.headers if path in unusable), None),
        )
        decision = _Decider(facts, rules).decision()
        if decision.option:
            if decision.option.name in given:
                raise UsageError(
                    f"rules give {system.name} the option {decision.option.name}, "
                    "which another system has",
                    "a rule's option needs {SYSTEM} in it, or a match for one system",
                )
            given.add(decision.option.name)
        decisions.append(decision)
    return Plan(
        root=inventory.root,
        version=inventory.version,
        decisions=tuple(decisions),
        problems=inventory.problems,
    )


def default_option(system: str, prefix: str = PREFIX) -> str:
    """TRACING_XHCI_HCD for xhci-hcd."""
    return prefix + _NOT_SYMBOL.sub("_", system.upper())


def _converted(system: TraceSystem, kconfig: KconfigIndex, name: str) -> bool:
    """Is the symbol of that name the one an earlier series gave this very system?"""
    return system.switch == name and name in kconfig


@dataclass
class _Decider:
    facts: Facts
    rules: tuple[Rule, ...]
    reasons: list[Reason] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def decision(self) -> Decision:
        facts = self.facts
        system = facts.system
        if facts.unusable:
            place, reason = facts.unusable
            return Decision(
                system=system,
                gate=facts.gate,
                option=None,
                skipped=f"{place}: {reason}",
                reasons=(),
            )
        gate, unknown, why = facts.gate
        texts = self._texts(gate)
        decided: dict[str, str] = {}
        feature_selects = False
        for rule in self.rules:
            if rule.match.on_consumer or not self._applies(rule.match, gate):
                continue
            for key in ("skip", "option", "prompt", "default", "depends", "help"):
                value = getattr(rule, key)
                if value is not None:
                    decided[key] = _fill(value, texts)
                    self._because(rule, f"{key} {decided[key] or 'nothing'}")
            if rule.note:
                self._note(rule, rule.note)
            if rule.select is not None and rule.match.feature:
                feature_selects = rule.select
                self._because(rule, f"{facts.feature} selects it")
        if unknown is not None:
            self.reasons.append(Reason(rule="gate-unknown", says=f"{unknown}: {why}"))
        if "skip" in decided:
            return Decision(
                system=system,
                gate=facts.gate,
                option=None,
                skipped=decided["skip"],
                reasons=tuple(self.reasons),
            )
        selects = self._selects(gate)
        if feature_selects and facts.feature:
            selects += self._select(facts.feature, gate or ALWAYS, ALWAYS)
        option = Option(
            # what a series has given a system once, its headers name: it stays
            name=facts.switch or decided["option"],
            prompt=decided["prompt"],
            depends=decided.get("depends", ""),
            default=decided["default"],
            explained=paragraphs(
                system, [*self.notes, *filter(None, [decided.get("help")])], decided["default"]
            ),
            selects=tuple(sorted(set(selects))),
        )
        return Decision(
            system=system,
            gate=facts.gate,
            option=option,
            skipped=None,
            reasons=tuple(dict.fromkeys(self.reasons)),
            notes=tuple(self.notes),
        )

    def _texts(self, gate: Gate | None) -> Mapping[str, str]:
        system = self.facts.system
        return {
            "prefix": self.facts.prefix,
            "SYSTEM": default_option(system.name, ""),
            "system": system.name,
            "gate": _depends(gate),
            "own_option": system.own_option or "",
        }

    def _applies(self, match: Match, gate: Gate | None) -> bool:
        system = self.facts.system
        state = "unknown" if gate is None else "always" if gate == ALWAYS else "known"
        return (
            (match.system is None or _any_glob(match.system, [system.name]))
            and (match.header is None or _any_glob(match.header, system.headers))
            and match.own_option in (None, system.own_option is not None)
            and match.name_taken in (None, self.facts.name_taken)
            and match.gate in (None, state)
            and match.feature in (None, self.facts.feature is not None)
        )

    def _selects(self, gate: Gate | None) -> list[Select]:
        """Which consumers select the option."""
        found: dict[str, list[tuple[Gate, Consumer]]] = {}
        for consumer in self.facts.system.consumers:
            config, condition = self._governing(consumer)
            chosen: Rule | None = None
            for rule in self.rules:
                if (
                    rule.match.on_consumer
                    and self._applies(rule.match, gate)
                    and self._consumer_applies(rule.match, consumer, config)
                ):
                    chosen = rule
            if chosen is None:
                continue
            who = config or " ".join(consumer.configs) or "code that is always built"
            if config is None or not chosen.select:
                self._because(chosen, f"{who} does not select it ({consumer.place.file})")
                continue
            found.setdefault(config, []).append((condition, consumer))
            self._because(chosen, f"{who} selects it ({consumer.place.file})")
        return [
            select
            for config, uses in found.items()
            for select in self._select(
                config,
                all_of([gate or ALWAYS, any_of(condition for condition, _ in uses)]),
                uses[0][1].gate.gate or ALWAYS,
            )
        ]

    def _governing(self, consumer: Consumer) -> tuple[str | None, Gate]:
        """The symbol whose feature the consumer is, and the further condition of its code."""
        choices = [
            config for config in consumer.configs if config not in self.facts.kconfig.with_tracing
        ]
        if not choices:
            return None, ALWAYS
        return choices[0], all_of(Sym(config) for config in choices[1:])

    def _consumer_applies(self, match: Match, consumer: Consumer, config: str | None) -> bool:
        return (
            (match.consumer is None or _any_glob(match.consumer, [config] if config else []))
            and match.consumer_with_tracing in (None, config is None and bool(consumer.configs))
            and match.consumer_always_built in (None, not consumer.configs)
        )

    def _select(self, config: str, needs: Gate, built: Gate) -> list[Select]:
        """One for each of the symbol's entries.

        needs: what must hold for the option to be there and the code to use it;
        built: when the consumer is built, which need not be asked again
        """
        kconfig = self.facts.kconfig
        entries = kconfig.editable(config)
        if not entries:
            self.notes.append(f"{config}, which needs it, is defined by no Kconfig file.")
        own = self.facts.system.own_option
        known = [built, Sym(config)]
        if kconfig.brings_tracepoints(config):
            known.append(_MENU)
        # without a condition, the select of an option that is not there is an unmet dependency
        left = _beyond(all_of([_MENU, needs, *([Sym(own)] if own else [])]), all_of(known))
        condition = "" if left == ALWAYS else to_kconfig(left)
        return [Select(config=config, condition=condition, place=entry.place) for entry in entries]

    def _because(self, rule: Rule, says: str) -> None:
        self.reasons.append(Reason(rule=rule.name, says=says))

    def _note(self, rule: Rule, note: str) -> None:
        self.notes.append(note)
        self._because(rule, note)


def _depends(gate: Gate | None) -> str:
    """A gate as a `depends on` within the menu; "" for none."""
    left = ALWAYS if gate is None else _beyond(gate, _MENU)
    return "" if left == ALWAYS else to_kconfig(left)


def _beyond(gate: Gate, known: Gate) -> Gate:
    """What a gate asks for besides what is known to hold."""
    if symbols(gate).isdisjoint(symbols(known)):
        return gate
    together = all_of([known, gate])
    parts = together.of if isinstance(together, All) else (together,)
    return all_of(part for part in parts if not implies(known, part))


def _any_glob(globs: Iterable[str], names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for name in names for glob in globs)


def _fill(value: str, texts: Mapping[str, str]) -> str:
    if "{" in value:
        for key, text in texts.items():
            value = value.replace("{" + key + "}", text)
    return value
