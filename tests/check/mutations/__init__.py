"""Mistakes that people make, made one at a time in a clean converted tree.

Each kind says which findings it must bring: exactly these. Where something stands is found in the
text, not asked of the code under test; which subsystem has which files is `scan --json`'s word.
"""

from tests.check.mutations import events, guards, headers
from tests.check.mutations.frame import KINDS, Clean, Expected, Mutation, apply, choose

__all__ = [
    "KINDS",
    "Clean",
    "Expected",
    "Mutation",
    "apply",
    "choose",
    "events",
    "guards",
    "headers",
]
