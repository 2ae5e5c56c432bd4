"""The only place that starts processes and replaces files."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tracecfg.errors import ChangeFailedError, TracecfgError


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    ok: Sequence[int] = (0,),
) -> bytes:
    """Run one program without a shell and return its standard output.

    Raises TracecfgError, with the first line of standard error, when the program is
    missing or its exit code is not in `ok`.
    """
    name = os.fspath(argv[0])
    try:
        done = subprocess.run(argv, cwd=cwd, env=env, input=stdin, capture_output=True, check=False)
    except OSError as error:
        raise TracecfgError(f"{name}: cannot be run: {error.strerror}") from error
    if done.returncode not in ok:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise TracecfgError(f"{name}: exit code {done.returncode}: {said[0]}")
    return done.stdout


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
    Raises ChangeFailedError (disk full, no permission); no temporary file is left behind.
    """
    try:
        if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
            return
        name = f"{path.parent}/.{path.name[:200]}.{os.urandom(8).hex()}"
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                if sync:
                    os.fsync(stream.fileno())
            Path(name).chmod(path.stat().st_mode & 0o7777 if path.exists() else mode)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise ChangeFailedError(f"{path}: not written: {error.strerror}") from error
