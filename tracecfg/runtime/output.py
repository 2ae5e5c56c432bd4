"""The file of `run -o`: as it was, unless there is something to write to it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from tracecfg.errors import UsageError


class Output:
    """`with Output(path) as file:`; what the file holds goes with the first write(), if any."""

    def __init__(self, path: Path) -> None:
        """Raises UsageError when it cannot be written."""
        self._path = path
        self._new = not path.exists()
        self._used = False
        try:
            # not truncated: what fails from here on may come before the first write
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}") from error

    def write(self, lines: Iterable[str]) -> None:
        """The first one empties the file, without lines as well. Raises OSError."""
        if not self._used and stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            self._file.truncate(0)
        self._used = True
        self._file.writelines(lines)
        self._file.flush()

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if self._new and not self._used:
            self._path.unlink(missing_ok=True)
