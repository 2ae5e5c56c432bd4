"""Runs one command in QEMU, on a given kernel, with this machine's files and Python.

The guest's root is the host's, read-only over 9p, so what is installed here is there as well.
Nothing needs KVM, a disk image, a network or root.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.kernel.lab.cache import program
from tests.vm.initramfs import newc, trailer

INIT = Path(__file__).parent / "guest/init"
SHARE = "/run/share"
"""Where the guest sees the folder that it shares with the host, writable."""


class VMError(Exception):
    """The guest did not get as far as the end of its command: timeout, panic, no boot."""

    def __init__(self, what: str, **printed: str) -> None:
        ends = [f"--- {where}:\n{text[-3000:].rstrip()}" for where, text in printed.items()]
        super().__init__("\n".join([what, *ends]))


@dataclass(frozen=True, kw_only=True)
class Result:
    """code: as a shell's $?, 128 + n after signal n
    seconds: from QEMU's start to its end
    console: all that the kernel printed
    """

    code: int
    stdout: str
    stderr: str
    seconds: float
    console: str

    def check(self) -> Result:
        assert self.code == 0, f"exit code {self.code}\n{self.stdout}\n{self.stderr}"
        return self


@dataclass(frozen=True, kw_only=True)
class VM:
    """kernel: a bzImage with VIRTIO_PCI, 9P_FS, SERIAL_8250_CONSOLE, TMPFS and DEVTMPFS built in
    command_line: more kernel parameters
    bootconfig: its text, appended to the initramfs; the command line then has `bootconfig`
    qemu: more QEMU arguments
    """

    kernel: Path
    memory: str = "512M"
    cpus: int = 2
    command_line: str = ""
    bootconfig: str = ""
    qemu: Sequence[str] = ()

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | str = "/",
        env: Mapping[str, str] | None = None,
        share: Path | None = None,
        timeout: float = 60,
    ) -> Result:
        """Boot, run the command as root and power off.

        share: a host folder, at SHARE in the guest, for files that go in or come out; otherwise
        only /run is writable, and HOME and TMPDIR are there
        Raises VMError when the command did not come to its end.
        """
        with tempfile.TemporaryDirectory(prefix="tracecfg-vm-") as scratch:
            folder = share or Path(scratch, "share")
            exchange = folder / ".vm"
            exchange.mkdir(parents=True, exist_ok=True)
            (exchange / "code").unlink(missing_ok=True)
            (exchange / "stdout").write_text("")
            (exchange / "stderr").write_text("")
            (exchange / "command").write_text(_script(argv, cwd, env or {}))
            console = Path(scratch, "console")
            start = time.monotonic()
            how = self._boot(self._argv(Path(scratch), folder, console), timeout)
            seconds = time.monotonic() - start
            printed = {
                "stdout": (exchange / "stdout").read_text(errors="replace"),
                "stderr": (exchange / "stderr").read_text(errors="replace"),
                "console": console.read_text(errors="replace") if console.exists() else "",
            }
            if not (exchange / "code").exists():
                raise VMError(_reason(how, printed["console"]), **printed)
            code = int((exchange / "code").read_text())
            return Result(code=code, seconds=seconds, **printed)

    def _argv(self, scratch: Path, share: Path, console: Path) -> list[str]:
        initramfs = scratch / "initramfs"
        busybox = Path(program("busybox", "busybox-static"))
        files = newc({"bin/busybox": busybox.read_bytes(), "init": INIT.read_bytes()})
        initramfs.write_bytes(files + (trailer(self.bootconfig) if self.bootconfig else b""))
        argv = [program("qemu-system-x86_64", "qemu-system-x86"), "-nodefaults", "-no-reboot"]
        argv += ["-accel", "tcg,thread=multi", "-cpu", "max"]
        argv += ["-m", self.memory, "-smp", str(self.cpus)]
        argv += ["-display", "none", "-serial", f"file:{console}"]
        for tag, path, mode in (("root", "/", ",readonly=on"), ("share", share, "")):
            # the host's other file systems show through 9p; remap keeps their inodes apart
            device = f"local,id={tag},path={path},security_model=none,multidevs=remap{mode}"
            argv += ["-fsdev", device, "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
        # a panic or the end of init's work resets the machine, and -no-reboot makes that an exit;
        # the tiny kernel has no ACPI to power off with
        parameters = f"console=ttyS0 panic=-1 reboot=t {self.command_line}"
        if self.bootconfig:
            parameters += " bootconfig"
        argv += ["-kernel", str(self.kernel), "-initrd", str(initramfs), "-append", parameters]
        return [*argv, *self.qemu]

    def _boot(self, argv: Sequence[str], timeout: float) -> str:
        """What QEMU itself had to say; empty when the guest ended by itself."""
        try:
            done = subprocess.run(argv, timeout=timeout, check=False, capture_output=True)
        except subprocess.TimeoutExpired:
            return f"no end after {timeout:g} s"
        return done.stderr.decode(errors="replace").strip()


def _script(argv: Sequence[str], cwd: Path | str, env: Mapping[str, str]) -> str:
    variables = {
        # python3 is the interpreter that runs these tests, so its packages are there
        "PATH": f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/run/home",
        "TMPDIR": "/run/tmp",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **env,
    }
    exports = [f"export {shlex.join([f'{name}={value}'])}" for name, value in variables.items()]
    return "\n".join([*exports, f"cd {shlex.quote(os.fspath(cwd))}", f"exec {shlex.join(argv)}\n"])


def _reason(how: str, console: str) -> str:
    for line in console.splitlines():
        if "Kernel panic" in line:
            return line.split("] ", 1)[-1]
    return how or "the guest ended before its command did"
