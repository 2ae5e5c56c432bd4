"""A small process that puts the state back when the one it guards ends without doing so.

It knows by its input: a byte says that all is put back, the end of it without one that the process
was killed. kill -9 of a whole process group does not reach it, as it has a session of its own.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tracecfg.errors import TracecfgError

_READY = b"r"
_DONE = b"d"


class Guardian:
    """`with Guardian(root):` around all that a run changes; `dismiss()` once it is put back."""

    def __init__(self, root: str) -> None:
        """root: of tracefs. Raises TracecfgError when it does not start."""
        from tracecfg.osio import start_beside

        package = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        argv = [sys.executable, "-m", __name__, root, str(os.getpid())]
        try:
            self._process = start_beside(argv, env={**os.environ, "PYTHONPATH": path})
        except OSError as error:
            raise TracecfgError(f"the guardian does not start: {error.strerror}") from error
        assert self._process.stdout is not None
        if self._process.stdout.read(1) != _READY:
            raise TracecfgError("the guardian does not start", f"{sys.executable} -m {__name__}")

    def __enter__(self) -> Guardian:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Without `dismiss` before, it does what it is there for."""
        self._end()

    def dismiss(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            os.write(self._process.stdin.fileno(), _DONE)

    def _end(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait()


def watch(root: str, pid: int) -> None:
    """Wait for the end of the input; put back what the process `pid` did not."""
    from tracecfg.runtime import instance, putback
    from tracecfg.runtime.tracefs import Folder

    top = Folder(root)
    store = instance.store_of(top)
    os.write(1, _READY)
    if os.read(0, 1) == _DONE:
        return
    for journal in store.all().journals:
        if journal.run == pid:
            # what fails stays saved, and the next call says so
            with suppress(TracecfgError, OSError):
                putback.one(top, store, journal, putback.Request())


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]))
