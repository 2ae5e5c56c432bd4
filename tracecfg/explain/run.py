"""From names to explanations: the facts are read, then each name is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tracecfg.errors import ChangeFailedError, UsageError, escaped, shortened
from tracecfg.explain import modindex
from tracecfg.explain.answer import Cause, Explanation
from tracecfg.explain.decide import explain as decide
from tracecfg.explain.read import modules_folder, read, shipped_hints
from tracecfg.runtime import completion


@dataclass(frozen=True)
class Result:
    release: str
    answers: tuple[Explanation, ...]

    @property
    def unknown(self) -> bool:
        return any(answer.cause is Cause.UNKNOWN_NAME for answer in self.answers)


def explain(names: Sequence[str], *, config: Path | None, tracefs: Path | None) -> Result:
    """Raises UsageError for what is no name, and a `config` that is no kernel configuration."""
    names = [escaped(name) for name in names]
    for name in names:
        if not all(name.split(":", 1)) or set(name) & set("*?[!"):
            raise UsageError(
                f"explain: '{shortened(name)}' is no name",
                "it takes names of subsystems and events; `tracecfg list` takes globs and "
                "exclusions as well",
            )
    facts = read(names, config=config, tracefs=tracefs)
    return Result(facts.release, tuple(decide(name, facts) for name in names))


def index() -> list[str]:
    """Build and keep the index of the running kernel's modules; what to tell the user about it.

    Raises TracecfgError when no modules are installed or the index cannot be kept.
    """
    found, problems = modindex.build(*modules_folder())
    try:
        where = modindex.store(found)
    except OSError as error:
        raise ChangeFailedError(f"the index is not kept: {error}") from error
    return [*problems, f"{where}: {len(found.events)} tracepoints in modules of {found.release}"]


def candidates(incomplete: str) -> list[str]:
    """Names that begin so, for the shell's completion: subsystems, and events after a colon."""
    system, colon, _ = incomplete.partition(":")
    known = shipped_hints().systems
    if not colon:
        names = set(known)
    else:
        names = (
            {f"{system}:{event}" for event in known[system].events} if system in known else set()
        )
    names.update(completion.candidates(incomplete))
    return sorted(name for name in names if name.startswith(incomplete))
