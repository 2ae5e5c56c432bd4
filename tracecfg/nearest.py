"""The names that someone may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known names, the likeliest first; [] when none is near."""
    # imported here, as it costs a command that makes no mistake a millisecond
    from difflib import get_close_matches

    return get_close_matches(name, list(known), n=3, cutoff=0.5)
