"""Images and modules that are damaged, of another machine, or none at all."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cost.small import image, module, stripped
from tests.small import Ran, needed, run_there
from tracecfg.cost.attribute import attribute
from tracecfg.errors import TracecfgError
from tracecfg.kernel.image import read_image, read_module

Cli = Callable[..., Ran]


def refused(ran: Ran, code: int, words: str) -> None:
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err.splitlines()[0]
    assert "Traceback" not in ran.err


@pytest.fixture(scope="module")
def vmlinux(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return image(tmp_path_factory.mktemp("image"), "-DCALLS", "-DJUMPS").read_bytes()


def header(bits: int, order: str) -> bytes:
    """An ELF header without sections."""
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    form = "HHIQQQIHHHHHH" if bits == 64 else "HHIIIIIHHHHHH"
    size = 64 if bits == 64 else 52
    section = 64 if bits == 64 else 40
    return ident + struct.pack(order + form, 2, 62, 1, 0, 0, 0, 0, size, 0, 0, section, 0, 0)


@pytest.mark.parametrize(
    ("bits", "order", "words"),
    [(32, "<", "32-bit little"), (32, ">", "32-bit big"), (64, ">", "64-bit big")],
)
def test_other_machines_are_named(
    cli: Cli, tmp_path: Path, bits: int, order: str, words: str
) -> None:
    (tmp_path / "vmlinux").write_bytes(header(bits, order))
    refused(cli("cost", tmp_path / "vmlinux"), 3, words)


def test_a_bzimage_says_where_the_vmlinux_is(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "vmlinuz").write_bytes(b"MZ" + bytes(0x200) + b"HdrS" + bytes(2000))
    ran = cli("cost", tmp_path / "vmlinuz")
    refused(ran, 2, "a bzImage")
    assert "name the vmlinux" in ran.err


@pytest.mark.parametrize("data", [b"", b"text\n", b"\x7fELF", b"\x7fELF" + bytes(60)])
def test_what_is_no_elf_file_is_wrong_use(cli: Cli, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "vmlinux").write_bytes(data)
    refused(cli("cost", tmp_path / "vmlinux"), 2, "no kernel image")


def test_another_program_is_no_kernel(cli: Cli, tmp_path: Path, vmlinux: bytes) -> None:
    (tmp_path / "vmlinux").write_bytes(vmlinux.replace(b"linux_banner", b"other_banner"))
    refused(cli("cost", tmp_path / "vmlinux"), 2, "it has no linux_banner")


def test_a_module_is_no_image_and_an_image_no_module(
    cli: Cli, tmp_path: Path, vmlinux: bytes
) -> None:
    (tmp_path / "vmlinux").write_bytes(vmlinux)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/kernel.ko").write_bytes(vmlinux)
    refused(cli("cost", module(tmp_path)), 2, "an object or a module")
    ran = cli("cost", tmp_path / "vmlinux", tmp_path / "modules")
    assert ran.code == 0
    assert "kernel.ko: not read: it is no module" in ran.err


def test_missing_files_and_empty_folders_are_wrong_use(
    cli: Cli, tmp_path: Path, vmlinux: bytes
) -> None:
    refused(cli("cost", tmp_path / "vmlinux"), 2, "cannot be read: No such file")
    refused(cli("cost", tmp_path), 2, "no regular file")
    (tmp_path / "vmlinux").write_bytes(vmlinux)
    (tmp_path / "none").mkdir()
    refused(cli("cost", tmp_path / "vmlinux", tmp_path / "none"), 2, "no modules")
    refused(cli("cost", tmp_path / "vmlinux", tmp_path / "nowhere"), 2, "no modules")
    refused(cli("cost", tmp_path / "vmlinux", "--compare", tmp_path / "nowhere"), 2, "nowhere")


def test_fifos_and_devices_are_not_read(tmp_path: Path, vmlinux: bytes) -> None:
    (tmp_path / "vmlinux").write_bytes(vmlinux)
    (tmp_path / "modules").mkdir()
    os.mkfifo(tmp_path / "modules/a.ko")
    (tmp_path / "modules/b.ko").symlink_to("/dev/zero")
    refused(run_there("cost", tmp_path / "vmlinux", tmp_path / "modules"), 2, "no modules")
    bare = stripped(tmp_path / "vmlinux")
    refused(run_there("cost", "/dev/zero"), 2, "no regular file")
    os.mkfifo(tmp_path / "fifo")
    refused(run_there("cost", tmp_path / "fifo"), 2, "no regular file")
    needed("nm", "strip")
    for endless in ("/dev/zero", tmp_path / "fifo"):
        refused(run_there("cost", bare, "--map", endless), 2, "no regular file")


def test_a_damaged_module_is_named_and_the_others_count(
    cli: Cli, tmp_path: Path, vmlinux: bytes
) -> None:
    (tmp_path / "vmlinux").write_bytes(vmlinux)
    data = module(tmp_path).read_bytes()
    folder = tmp_path / "modules"
    folder.mkdir()
    for name, content in {
        "good.ko": data,
        "half.ko": data[: len(data) // 2],
        "text.ko": b"text",
        "broken.ko.xz": b"\xfd7zXZ\0broken",
        "broken.ko.gz": b"\x1f\x8bbroken",
        "broken.ko.zst": b"broken",
    }.items():
        (folder / name).write_bytes(content)
    needed("zstd")
    ran = cli("cost", tmp_path / "vmlinux", folder)
    assert ran.code == 0
    assert len(ran.err.splitlines()) == 5
    assert "good.ko" not in ran.err


def test_a_cut_image_is_an_error_at_every_length(tmp_path: Path, vmlinux: bytes) -> None:
    path = tmp_path / "vmlinux"
    for length in range(0, len(vmlinux) - 1, len(vmlinux) // 50):
        path.write_bytes(vmlinux[:length])
        with pytest.raises(TracecfgError):
            read_image(path)


def test_a_module_of_a_machine_that_is_not_known_is_named(
    cli: Cli, tmp_path: Path, vmlinux: bytes
) -> None:
    (tmp_path / "vmlinux").write_bytes(vmlinux)
    data = bytearray(module(tmp_path).read_bytes())
    data[18:20] = struct.pack("<H", 243)
    (tmp_path / "radio.ko").write_bytes(data)
    ran = cli("cost", tmp_path / "vmlinux", tmp_path / "radio.ko")
    assert (ran.code, "EM_RISCV: its relocations are not known" in ran.err) == (0, True)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_damaged_header_breaks_or_hangs_it(
    data: st.DataObject, vmlinux: bytes, tmp_path: Path
) -> None:
    """Of the file, and of the sections, which say where everything else is."""
    (sections,) = struct.unpack_from("<Q", vmlinux, 40)
    places = st.one_of(st.integers(0, 63), st.integers(sections, len(vmlinux) - 1))
    damaged = bytearray(vmlinux)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(places)] = data.draw(st.integers(0, 255))
    path = tmp_path / "vmlinux"
    path.write_bytes(damaged)
    try:
        attribute(read_image(path), {})
    except TracecfgError:
        return


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_damage_breaks_or_hangs_it(data: st.DataObject, vmlinux: bytes, tmp_path: Path) -> None:
    damaged = bytearray(vmlinux)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "vmlinux"
    path.write_bytes(damaged)
    try:
        attribute(read_image(path), {})
    except TracecfgError:
        return


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_damaged_module_breaks_or_hangs_it(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "radio.ko"
    if not path.exists():
        module(tmp_path, "-DCALLS", "-DJUMPS")
    whole = path.read_bytes()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    other = tmp_path / "damaged.ko"
    other.write_bytes(damaged)
    try:
        loaded = read_module(other)
    except (ValueError, TracecfgError):
        return
    if loaded is not None:
        attribute(loaded, {})
