"""The command line: arguments in, exit codes out. One place turns errors into both."""

from __future__ import annotations

import sys

from tracecfg import errors
from tracecfg.cli.app import application


def main() -> None:
    """Run the command line and exit with its documented code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; the exit code."""
    try:
        result = application(args=arguments, prog_name="tracecfg", standalone_mode=False)
        if result == errors.INTERRUPTED:
            # typer turns the interrupt into this code, without a word
            raise KeyboardInterrupt
    except errors.TracecfgError as error:
        print(f"tracecfg: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  hint: {error.hint}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("tracecfg: interrupted; nothing was left half done", file=sys.stderr)
        return errors.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return errors.ENVIRONMENT
    except SystemExit as wanted:
        return int(wanted.code or 0)
    except Exception as error:
        return _usage(error)
    return result if isinstance(result, int) else 0


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
