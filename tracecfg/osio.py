"""The only place that starts programs and replaces files."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from collections.abc import Generator, Mapping, Sequence
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path

from tracecfg.errors import ChangeFailedError, ProgramFailedError, TracecfgError, UsageError

_PIPE = 1 << 20
"""Bytes, as many as any user may ask for: a program that is far ahead need not wait."""


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    ok: Sequence[int] = (0,),
) -> bytes:
    """Run one program without a shell and return its standard output.

    Raises TracecfgError when the program is missing, and ProgramFailedError, with the first line of
    standard error, when its exit code is not in `ok`.
    """
    try:
        done = subprocess.run(argv, cwd=cwd, env=env, input=stdin, capture_output=True, check=False)
    except OSError as error:
        raise _not_run(argv, error) from error
    if done.returncode not in ok:
        raise _failed(argv, done.returncode, done.stderr)
    return done.stdout


def pieces(
    argv: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path,
    end: bytes,
    env: Mapping[str, str] | None = None,
    ok: Sequence[int] = (0,),
    complaints: list[str] | None = None,
) -> Generator[bytes]:
    """Start one program without a shell and return what it prints, cut at each `end`, as it comes.

    complaints: gets the lines of its standard error, behind the last piece
    Raises TracecfgError as run() does: at once when the program is missing, and for its exit code
    behind the last piece. Given up before, it ends the program.
    """
    running = _pieces(argv, cwd, env, end, ok, complaints)
    next(running)
    return running


def _pieces(
    argv: Sequence[str | os.PathLike[str]],
    cwd: Path,
    env: Mapping[str, str] | None,
    end: bytes,
    ok: Sequence[int],
    complaints: list[str] | None,
) -> Generator[bytes]:
    with os.fdopen(os.memfd_create("stderr"), "w+b") as errors:
        try:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        except OSError as error:
            raise _not_run(argv, error) from error
        with process:
            try:
                assert process.stdout is not None
                output = process.stdout.fileno()
                with contextlib.suppress(OSError):
                    fcntl(output, F_SETPIPE_SZ, _PIPE)
                yield b""
                rest = b""
                while data := os.read(output, 1 << 16):
                    *whole, rest = (rest + data).split(end)
                    yield from whole
                code = process.wait()
            finally:
                process.kill()
        errors.seek(0)
        said = errors.read()
        if code not in ok:
            raise _failed(argv, code, said)
        if complaints is not None:
            complaints += os.fsdecode(said).splitlines()


def _not_run(argv: Sequence[str | os.PathLike[str]], error: OSError) -> TracecfgError:
    return TracecfgError(f"{os.fspath(argv[0])}: cannot be run: {error.strerror}")


def _failed(argv: Sequence[str | os.PathLike[str]], code: int, stderr: bytes) -> ProgramFailedError:
    said = stderr.decode(errors="replace").strip().splitlines() or ["no message"]
    return ProgramFailedError(os.fspath(argv[0]), code, said[0])


def start(argv: Sequence[str | os.PathLike[str]]) -> subprocess.Popen[bytes]:
    """Start a program of the user's, with this process's input, output and environment.

    Raises OSError.
    """
    return subprocess.Popen(argv)


def start_beside(
    argv: Sequence[str | os.PathLike[str]], *, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a helper in a session of its own, out of reach of the terminal's Ctrl-C.

    Its input and output are pipes to this process. Raises OSError.
    """
    return subprocess.Popen(
        argv,
        cwd="/",
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644, sync: bool = True) -> None:
    """Replace `path` as a whole or not at all; its mode survives, unchanged data is not written.

    mode: of a file that is new; sync: wait until it is on the disk
    Raises ChangeFailedError (disk full, no permission, no regular file); no temporary file is left
    behind.
    """
    try:
        try:
            there: int | None = path.lstat().st_mode
        except FileNotFoundError:
            there = None
        if there is not None:
            if not stat.S_ISREG(there):
                raise ChangeFailedError(f"{path}: not written: {_sort(there)}, no regular file")
            if path.read_bytes() == data:
                return
        name = f"{path.parent}/.{path.name[:200]}.{os.urandom(8).hex()}"
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                if sync:
                    os.fsync(stream.fileno())
            Path(name).chmod(mode if there is None else stat.S_IMODE(there))
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise ChangeFailedError(f"{path}: not written: {error.strerror}") from error


def write_named(path: Path, data: bytes) -> None:
    """As write_atomic, for a path that the user named: a character device or a FIFO, such as
    /dev/stdout often is, is written into.

    Raises ChangeFailedError, and UsageError for a symbolic link, a folder and the like.
    """
    try:
        link = path.lstat()
        # /dev/stdout is a link of root's; one that somebody else left in /tmp is not followed
        followed = stat.S_ISLNK(link.st_mode) and link.st_uid in (0, os.geteuid())
        there = (path.stat() if followed else link).st_mode
    except FileNotFoundError:
        there = stat.S_IFLNK if path.is_symlink() else stat.S_IFREG
    except OSError as error:
        raise ChangeFailedError(f"{path}: not written: {error.strerror}") from error
    if stat.S_ISCHR(there) or stat.S_ISFIFO(there):
        try:
            with path.open("wb", buffering=0) as stream:
                while data:
                    data = data[stream.write(data) :]
        except OSError as error:
            raise ChangeFailedError(f"{path}: not written: {error.strerror}") from error
    elif path.is_symlink() or not stat.S_ISREG(there):
        what = "a symbolic link" if path.is_symlink() else _sort(there)
        raise UsageError(f"{path}: not written: {what}", "name a file, or - for standard output")
    else:
        write_atomic(path, data)


def keep_old(path: Path, data: bytes) -> None:
    """Copy a regular file that is about to become `data` to the same name with .old behind.

    Raises ChangeFailedError.
    """
    try:
        there = path.lstat().st_mode
        old = path.read_bytes() if stat.S_ISREG(there) else data
    except FileNotFoundError:
        return
    except OSError as error:
        raise ChangeFailedError(f"{path}: not written: {error.strerror}") from error
    if old != data:
        write_atomic(path.with_name(f"{path.name}.old"), old, mode=stat.S_IMODE(there))


def _sort(mode: int) -> str:
    sorts = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
    }
    return sorts.get(stat.S_IFMT(mode), "a device")
