"""Events on for a while, in a private instance: what `run` and `stream` have in common."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

from tracecfg.errors import TracecfgError
from tracecfg.runtime import change, instance, putback, state, traceline
from tracecfg.runtime.control import Write
from tracecfg.runtime.guardian import Guardian
from tracecfg.runtime.instance import Place
from tracecfg.runtime.journal import Store
from tracecfg.runtime.lock import locked
from tracecfg.runtime.request import Request
from tracecfg.runtime.tracefs import Folder, problem

Sink = Callable[[Sequence[str], Mapping[str, str]], None]
"""Gets lines of trace_pipe, without their ends, and event to subsystem. `run` calls it without
lines once the command has started."""


class Session:
    """The events of a selection, while they are on.

    counts: by event; lost: overwritten or dropped since the start
    limit: of events that are passed on; None: all
    """

    def __init__(
        self,
        folder: Folder,
        selected: Sequence[tuple[str, str]],
        sink: Sink,
        stop: Callable[[], None],
        lost: int,
    ) -> None:
        """stop: ends the recording; lost: events, before it began"""
        self.folder = folder
        self.systems = traceline.systems_of(selected)
        self.counts: Counter[str] = Counter()
        self.lost = 0
        self.limit: int | None = None
        self._sink = sink
        self._stop = stop
        self._before = lost
        self._rest = b""
        try:
            # of the instance: the top level's would take what others wait for
            self._pipe = folder.open("trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise problem(error, folder.shown("trace_pipe")) from error

    def read(self) -> bool:
        """Pass on what there is; False when there was nothing."""
        lines: list[str] = []
        with suppress(BlockingIOError):
            while data := os.read(self._pipe, 65536):
                *complete, self._rest = (self._rest + data).split(b"\n")
                lines += [line.decode(errors="replace") for line in complete]
        if not lines:
            return False
        kept: Sequence[str] = lines
        if self.limit is not None:
            kept = traceline.first(lines, self.limit - self.counts.total())
        if kept:
            self._sink(kept, self.systems)
        self.counts.update(line.event for line in traceline.parse(kept))
        return True

    def finish(self) -> None:
        """Nothing more is recorded; the last of it is read and the pipe closed."""
        # to stop may be to put back a clock or a size, which takes what is not read yet
        self.read()
        lost = state.lost_events(self.folder)
        self._stop()
        while self.read():
            pass
        self.lost = max(lost, state.lost_events(self.folder)) - self._before
        self.close()

    def close(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


@contextmanager
def session(place: Place, request: Request, sink: Sink, notes: list[str]) -> Iterator[Session]:
    """The request carried out, and put back at the end, whatever the end is.

    Without an instance in `place`, in one that is made for this and removed.
    Raises TracecfgError.
    """
    pid = os.getpid()
    top = instance.root(place)
    store = instance.store_of(top)
    notes += change.left_over(store, place.instance)
    terms, chosen = change.resolve(top, request)
    if not chosen.whole and not chosen.events:
        change.empty(request)
    missing = place.instance is not None and not top.exists(f"instances/{place.instance}")

    def put_back() -> None:
        for saved in store.all().journals:
            if saved.run == pid:
                putback.one(top, store, saved, putback.Request())

    with (
        _unmade_on_error(top, store, place if missing else Place()),
        Guardian(top.root) as guardian,
    ):
        try:
            folder = _opened(place, top, store, request.action, pid)
            with locked(folder):
                own = place.instance is None
                ours = own or instance.journal_of(folder, store).made
                journal = instance.journal_of(folder, store, pid)._replace(made=own)
                lost = state.lost_events(folder)
                _, more = change.change_locked(
                    folder, store, journal, request, terms, chosen, fresh=ours
                )
                # another clock clears the buffer, and the counts with it
                lost = min(lost, state.lost_events(folder))
            notes += more

            def pause() -> None:
                with suppress(OSError):
                    folder.write(Write("tracing_on", "0"))

            stop = pause if own else put_back
            active = Session(folder, change.selected(folder, chosen), sink, stop, lost)
            try:
                yield active
            finally:
                active.close()
        finally:
            put_back()
            guardian.dismiss()


@contextmanager
def _unmade_on_error(top: Folder, store: Store, place: Place) -> Iterator[None]:
    """A call that fails takes back the instance of `place`, which it made."""
    try:
        yield
    except TracecfgError:
        if place.instance is not None and top.exists(f"instances/{place.instance}"):
            journal = instance.journal_of(Folder(top.root, place.instance), store)
            if journal.made and not journal.cells:
                instance.unmade(top, store, journal)
        raise


def _opened(place: Place, top: Folder, store: Store, action: str, pid: int) -> Folder:
    if place.instance is not None:
        return instance.made(place, top, store)[0]
    own = Place(top.root, f"tracecfg-{action}-{pid}")
    try:
        return instance.made(own, top, store, pid)[0]
    except TracecfgError as error:
        raise TracecfgError(error.message, error.hint or "a private instance is needed") from error


class Quiet:
    """Within it, signals that would end this process only call `do` with their number."""

    def __init__(self, do: Callable[[int], None], *numbers: int) -> None:
        import signal

        self._signal = signal.signal
        self._before = {number: signal.getsignal(number) for number in numbers}
        for number in numbers:
            signal.signal(number, lambda received, _: do(received))

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            self._signal(number, handler)
