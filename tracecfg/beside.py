"""The only place that forks: two halves of a work on two cores."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")


def beside(work: Callable[[], _T]) -> Callable[[], _T]:
    """Start on something in a copy of this process, on another core; ask for it with what is
    returned. Whatever goes wrong there happens again here, once it is asked for.

    work: changes nothing but its result, which can be pickled
    """
    if (os.cpu_count() or 1) < 2:
        return work
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        # else it waits for itself to read, when the parent is gone
        os.close(reading)
        with suppress(BaseException), os.fdopen(writing, "wb") as stream:
            stream.write(pickle.dumps(work(), pickle.HIGHEST_PROTOCOL))
        os._exit(0)
    os.close(writing)

    def result() -> _T:
        with os.fdopen(reading, "rb") as stream:
            data = stream.read()
        try:
            done: _T = pickle.loads(data)  # noqa: S301 - of our own making
        except (EOFError, pickle.UnpicklingError):
            return work()
        else:
            return done
        finally:
            # last: it gives its memory back meanwhile
            os.waitpid(child, 0)

    return result
