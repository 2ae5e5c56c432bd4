"""A line on a terminal for what takes longer than a second; nothing when piped."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

_DELAY = 1.0
"""Seconds before anything shows."""


class Progress:
    """`with Progress("scanning"):` shows what goes on and for how long, and leaves no trace."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            self._thread = threading.Thread(target=self._show, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.done()

    def done(self) -> None:
        """Stop showing; called before anything is printed."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _show(self) -> None:
        start = time.monotonic()
        if self._over.wait(_DELAY):
            return
        while not self._over.wait(0.2):
            seconds = time.monotonic() - start
            print(f"\r{self._what} ... {seconds:.0f} s", end="", file=sys.stderr, flush=True)
        print("\r\033[K", end="", file=sys.stderr, flush=True)
