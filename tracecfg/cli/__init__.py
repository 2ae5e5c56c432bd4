"""The command line: arguments in, exit codes out. One place turns errors into both."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper

from tracecfg import errors
from tracecfg.cli.app import application


def main() -> None:
    """Run the command line and exit with its documented code."""
    # nothing lives long enough for looking after garbage to be worth a tenth of the time
    gc.disable()
    _streams()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        # what Ctrl-C undoes, these must undo as well; whoever started us may have them ignored
        if signal.getsignal(ending) is signal.SIG_DFL:
            signal.signal(ending, signal.default_int_handler)
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    # nor is taking all of it apart again
    os._exit(code)


def _streams() -> None:
    """Standard streams that are open and take any text: names come from others."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            # otherwise the next file that is opened would be standard output
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(arguments: list[str]) -> int:
    """Run one command; the exit code."""
    wanted = arguments[0] if arguments else None
    if wanted != "run":
        return _run(wanted, arguments, [])
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return _run(wanted, arguments[:end], arguments[end + 1 :])


def _run(wanted: str | None, arguments: list[str], command: list[str]) -> int:
    """command: what stands after the `--` of `run`, whose exit codes are its own"""
    try:
        result = application(wanted)(
            args=arguments, prog_name="tracecfg", standalone_mode=False, obj=command
        )
        if result == errors.INTERRUPTED:
            # typer turns the interrupt into this code, without a word
            raise KeyboardInterrupt
        sys.stdout.flush()
    except errors.TracecfgError as error:
        print(error.shown(), file=sys.stderr)
        return _failed(wanted, error.exit_code)
    except KeyboardInterrupt:
        print("tracecfg: interrupted; nothing was left half done", file=sys.stderr)
        return errors.INTERRUPTED
    except SystemExit as ending:
        # typer ends so when the reader of its output has gone away, which is no failure
        broken = isinstance(ending.__context__, BrokenPipeError)
        return 0 if broken else int(ending.code or 0)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            return 0
        print(f"tracecfg: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return _failed(wanted, errors.ENVIRONMENT)
    except Exception as error:
        return _failed(wanted, _usage(error))
    return result if isinstance(result, int) else 0


def _failed(wanted: str | None, code: int) -> int:
    """`run` keeps the small codes for its command; those of 126 and 127 are about it."""
    return errors.RUN_FAILED if wanted == "run" and code < errors.RUN_FAILED else code


def _usage(error: Exception) -> int:
    """Typer's own errors are wrong use; anything else is a defect of ours and shows itself."""
    from typer import Abort, TyperException

    if isinstance(error, Abort):
        return errors.INTERRUPTED
    if isinstance(error, TyperException):
        message = error.format_message()
        if message.startswith("Usage:"):
            # no argument at all: the message is the help text
            print(message, file=sys.stderr)
        else:
            print(f"tracecfg: {message}", file=sys.stderr)
            print("  hint: tracecfg --help, or tracecfg COMMAND --help", file=sys.stderr)
        return errors.USAGE
    raise error
