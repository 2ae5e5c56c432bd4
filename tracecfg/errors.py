"""What can go wrong in a way that the user can mend, with the exit code that says so."""

from __future__ import annotations

FINDINGS = 1
USAGE = 2
ENVIRONMENT = 3
ROLLED_BACK = 4
INTERRUPTED = 130
RUN_FAILED = 125
"""Of `run`, for what is not its command's."""


LONG = 120
"""Characters of a text of the user's that a message shows."""


def shortened(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}..."


def number(count: int, noun: str) -> str:
    """With the plural of a noun that takes an s."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def escaped(text: str) -> str:
    """Without control characters, which a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\t" else each.encode("unicode_escape").decode()
        for each in text
    )


def in_a_log(text: str) -> str:
    """A line that no terminal and no log of GitHub Actions obeys: the old form of a command to
    Actions may stand anywhere in it."""
    return escaped(text).replace("##[", "##\\[")


class TracecfgError(Exception):
    """One line that says what is wrong and where, a hint what to do next, and an exit code.

    message: what happened, with file:line where there is one
    hint: the next step for the user, or "" when the message says it all
    """

    exit_code = ENVIRONMENT

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def shown(self) -> str:
        """What the user reads, without a newline at the end; each has the lines it was made of."""
        text = f"tracecfg: {self.message}" + (f"\n  hint: {self.hint}" if self.hint else "")
        return "\n".join(map(in_a_log, text.split("\n")))


class UsageError(TracecfgError):
    """The call itself is wrong: a path that is no kernel tree, a bad rules file."""

    exit_code = USAGE


class UnknownNameError(TracecfgError):
    """A subsystem or event that does not exist; the hint holds the nearest names."""

    exit_code = FINDINGS


class UnsupportedTreeError(TracecfgError):
    """A kernel tree whose shape tracecfg does not know or cannot read."""

    exit_code = ENVIRONMENT


class ProgramFailedError(TracecfgError):
    """A program ended with an exit code that tells of a failure. said: its first complaint"""

    def __init__(self, program: str, code: int, said: str) -> None:
        super().__init__(f"{program}: exit code {code}: {said}")
        self.code = code
        self.said = said


class ChangeFailedError(TracecfgError):
    """A change failed half way and was rolled back; nothing is left behind."""

    exit_code = ROLLED_BACK
