"""A rule as a value: what it matches and what it decides. rules.toml explains each key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, kw_only=True)
class Match:
    """What must hold for a rule to apply; None where the rule does not care."""

    system: tuple[str, ...] | None = None
    header: tuple[str, ...] | None = None
    consumer: tuple[str, ...] | None = None
    own_option: bool | None = None
    name_taken: bool | None = None
    feature: bool | None = None
    consumer_with_tracing: bool | None = None
    consumer_always_built: bool | None = None
    gate: str | None = None

    @cached_property
    def on_consumer(self) -> bool:
        """Does the rule speak of one consumer of a system, not of the system?"""
        return any(
            value is not None
            for value in (self.consumer, self.consumer_with_tracing, self.consumer_always_built)
        )


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: what it matches and what it decides (None: nothing on that)."""

    name: str
    why: str
    match: Match
    skip: str | None = None
    option: str | None = None
    prompt: str | None = None
    default: str | None = None
    help: str | None = None
    depends: str | None = None
    note: str | None = None
    select: bool | None = None
