"""The facts, read from folders that look like a machine's, and from the one we are on."""

from __future__ import annotations

import contextlib
import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernel.lab.cache import missing
from tests.small import FIXTURES, Ran, needed
from tracecfg.errors import TracecfgError, UsageError
from tracecfg.explain import modindex
from tracecfg.explain.answer import Cause
from tracecfg.explain.decide import explain
from tracecfg.explain.facts import Access, Facts
from tracecfg.explain.read import read
from tracecfg.explain.run import candidates
from tracecfg.kernel.elf import defined_symbols

RELEASE = "6.12.0-test"
CONFIG = "CONFIG_EVENT_TRACING=y\n# CONFIG_TRACING_GPIO is not set\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    root = tmp_path / "machine"
    for folder in ("proc/sys/kernel", "proc/self", "boot", "sys/kernel/security", "t/events/irq"):
        (root / folder).mkdir(parents=True)
    (root / f"lib/modules/{RELEASE}/kernel").mkdir(parents=True)
    (root / "proc/sys/kernel/osrelease").write_text(RELEASE + "\n")
    (root / "proc/filesystems").write_text("nodev\tsysfs\nnodev\ttracefs\n")
    (root / "proc/modules").write_text("xfs 1 0 - Live 0x0\n")
    (root / "proc/kallsyms").write_text("0 t __traceiter_gpio_value\t[gpio]\n0 t other\n")
    (root / "sys/kernel/security/lockdown").write_text("none [integrity] confidentiality\n")
    (root / "proc/self/mounts").write_text(f"nodev {root}/t tracefs rw 0 0\n")
    (root / "t/available_events").write_text("irq:irq_handler_entry\n")
    return root


def facts(root: Path, *names: str, config: Path | None = None) -> Facts:
    return read(names, config=config, tracefs=None, root=root)


def test_what_a_machine_tells(machine: Path) -> None:
    (machine / "proc/config.gz").write_bytes(gzip.compress(CONFIG.encode()))
    found = facts(machine, "irq", "gpio")
    assert (found.release, found.has_modules) == (RELEASE, True)
    assert found.lockdown == ("/sys/kernel/security/lockdown", "integrity")
    assert found.loaded == frozenset({"xfs"})
    assert found.tracefs.events == frozenset({"irq:irq_handler_entry"})
    assert found.tracefs.by_path == {"irq": True, "gpio": False}
    assert found.config is not None
    assert found.config.place("TRACING_GPIO") == f"{machine}/proc/config.gz:2"
    assert explain("gpio", found).options == ("CONFIG_TRACING_GPIO",)


def test_lockdown_is_known_without_securityfs(machine: Path) -> None:
    (machine / "sys/kernel/security/lockdown").unlink()
    assert facts(machine).lockdown is None
    (machine / "proc/cmdline").write_text("ro nolockdown=x lockdown=confidentiality\n")
    assert facts(machine).lockdown == ("/proc/cmdline", "confidentiality")


@pytest.mark.parametrize("where", [f"boot/config-{RELEASE}", f"lib/modules/{RELEASE}/config"])
def test_the_configuration_is_found_where_distributions_put_it(machine: Path, where: str) -> None:
    (machine / where).write_text(CONFIG)
    found = facts(machine).config
    assert found is not None
    assert found.source == str(machine / where)


def test_no_configuration_says_where_it_was_looked_for(machine: Path) -> None:
    found = facts(machine)
    assert found.config is None
    assert f"{machine}/boot/config-{RELEASE}" in found.looked_for


@pytest.mark.parametrize("content", [b"", b"no config\n", b"\x1f\x8bbroken", None])
def test_a_file_that_is_no_configuration_is_wrong_use(
    machine: Path, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "given"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=str(path)):
        facts(machine, config=path)


def test_a_folder_that_is_no_tracefs_is_wrong_use(machine: Path) -> None:
    for wrong in (machine, machine / "missing", machine / "proc/modules"):
        with pytest.raises(UsageError, match=str(wrong)):
            read(["irq"], config=None, tracefs=wrong, root=machine)
    assert read(["irq"], config=None, tracefs=machine / "boot", root=machine).tracefs.empty


def test_only_folders_of_events_are_events(machine: Path) -> None:
    (machine / "t/events/enable").write_text("0")
    (machine / "t/events/irq/filter").write_text("none")
    (machine / "t/events/irq/irq_handler_entry").mkdir()
    names = ("enable", "irq:filter", "..", "irq:..", "irq/irq_handler_entry", "irq:", ":irq")
    assert not any(facts(machine, *names).tracefs.by_path.values())
    assert facts(machine, "irq:irq_handler_entry").tracefs.by_path["irq:irq_handler_entry"]


def test_a_mount_with_a_space_and_one_below_debugfs_are_found(machine: Path) -> None:
    place = machine / "a b/tracing"
    shutil.copytree(machine / "t", place)
    mounts = machine / "proc/self/mounts"
    mounts.write_text(f"nodev {machine}/a\\040b debugfs rw 0 0\n")
    assert facts(machine).tracefs.path == str(place)
    mounts.write_text(mounts.read_text() + f"nodev {machine}/t tracefs rw 0 0\n")
    assert facts(machine).tracefs.path == f"{machine}/t"


def test_not_mounted_and_not_in_the_kernel_are_told_apart(machine: Path) -> None:
    (machine / "proc/self/mounts").write_text("")
    assert facts(machine).tracefs.access is Access.NOT_MOUNTED
    assert facts(machine).tracepoints == frozenset({"gpio_value"})
    (machine / "proc/filesystems").write_text("nodev\tsysfs\n")
    assert facts(machine).tracefs.access is Access.NOT_IN_KERNEL


def test_what_any_user_may_read_needs_no_root(machine: Path) -> None:
    """As nobody, with a tracefs of mode 0700 as the kernel makes it."""
    if os.geteuid() != 0:
        missing("root, to become another user")
    (machine / f"boot/config-{RELEASE}").write_text(CONFIG)
    (machine / "t").chmod(0o700)
    for folder in (machine, *machine.parents):
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & 1 and "pytest" in str(folder):
            folder.chmod(0o755)
    script = (
        "import sys, os; from pathlib import Path\n"
        "from tracecfg.explain.read import read\n"
        "from tracecfg.explain.decide import explain\n"
        # what is imported on use may lie in root's home
        "read([], config=None, tracefs=None); explain('shced', read([], config=None, tracefs=None))\n"
        "root = Path(sys.argv[1]); os.setgid(65534); os.setuid(65534)\n"
        "facts = read(['gpio', 'irq'], config=None, tracefs=None, root=root)\n"
        "print(explain('gpio', facts).options, explain('irq', facts).cause)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, machine], capture_output=True, text=True, check=False
    )
    assert done.stdout == "('CONFIG_TRACING_GPIO',) no-permission\n", done.stderr


MODULE = """
int __tracepoint_radio_on, __tracepoint_radio_off;
static const char str__radio_hcd__trace_system_name[] __attribute__((used)) = "radio-hcd";
extern int __tracepoint_other;
int *use(void) { return &__tracepoint_other; }
"""


@pytest.fixture(scope="module", params=["-m64", "-m32"])
def module(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    needed("gcc")
    out = tmp_path_factory.mktemp("ko") / "radio.o"
    argv = ["gcc", request.param, "-c", "-x", "c", "-", "-o", out]
    subprocess.run(argv, input=MODULE.encode(), check=True, capture_output=True)
    return out.read_bytes()


def test_defined_symbols_are_those_that_nm_finds(module: bytes, tmp_path: Path) -> None:
    needed("nm")
    path = tmp_path / "radio.o"
    path.write_bytes(module)
    listed = subprocess.run(["nm", "--defined-only", path], capture_output=True, check=True).stdout
    expected = {line.split()[-1] for line in listed.decode().splitlines()}
    assert expected <= set(defined_symbols(module))
    assert "__tracepoint_other" not in set(defined_symbols(module))


def test_a_broken_elf_file_is_a_value_error(module: bytes) -> None:
    for length in (0, 3, 10, 40, 64, len(module) // 2, len(module) - 1):
        with pytest.raises(ValueError, match="ELF"):
            list(defined_symbols(module[:length]))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_no_file_hangs_or_breaks_the_reader(data: st.DataObject) -> None:
    header = bytearray(b"\x7fELF" + bytes(data.draw(st.binary(min_size=60, max_size=200))))
    header[4], header[5] = data.draw(st.sampled_from([1, 2])), data.draw(st.sampled_from([1, 2]))
    with contextlib.suppress(ValueError):
        list(defined_symbols(bytes(header)))


def install(machine: Path, module: bytes) -> None:
    folder = machine / f"lib/modules/{RELEASE}"
    (folder / "kernel/radio-a.ko").write_bytes(module)
    (folder / "kernel/radio-b.ko.gz").write_bytes(gzip.compress(module))
    (folder / "kernel/radio-c.ko.xz").write_bytes(lzma.compress(module))
    needed("zstd")
    subprocess.run(["zstd", "-q", folder / "kernel/radio-a.ko", "-o", folder / "d.ko.zst"])
    (folder / "kernel/broken.ko").write_bytes(module[:50])
    (folder / "kernel/broken.ko.xz").write_bytes(b"\xfd7zXZ\0broken")
    (folder / "kernel/broken.ko.zst").write_bytes(b"broken")
    (folder / "modules.dep").write_text("")
    (folder / "build").symlink_to("/")


def test_the_index_knows_every_kind_of_module_file(machine: Path, module: bytes) -> None:
    install(machine, module)
    folder = machine / f"lib/modules/{RELEASE}"
    index, problems = modindex.build(folder, RELEASE)
    everyone = ("d", "radio_a", "radio_b", "radio_c")
    assert index.events == {"radio_off": everyone, "radio_on": everyone}
    assert index.systems == {"radio_hcd": everyone}
    assert len(problems) == 3
    assert all("broken" in problem for problem in problems)


def test_the_index_is_kept_until_the_modules_change(machine: Path, module: bytes) -> None:
    install(machine, module)
    folder = machine / f"lib/modules/{RELEASE}"
    assert facts(machine).modules_note == "no index of the installed modules"
    modindex.store(modindex.build(folder, RELEASE)[0])
    answer = explain("radio-hcd:radio_on", facts(machine))
    assert (answer.cause, answer.modules[0]) == (Cause.MODULE_NOT_LOADED, "d")
    (folder / "modules.dep").unlink()
    (folder / "modules.dep").write_text("changed")
    assert "since the index was built" in facts(machine).modules_note


def test_a_kept_index_that_is_damaged_is_as_good_as_none(machine: Path, module: bytes) -> None:
    install(machine, module)
    folder = machine / f"lib/modules/{RELEASE}"
    path = modindex.store(modindex.build(folder, RELEASE)[0])
    whole = json.loads(path.read_text())
    for damaged in ("", "[]", "{}", json.dumps({**whole, "events": [1]})):
        path.write_text(damaged)
        assert facts(machine).modules is None


def test_without_zstd_the_error_says_what_to_install(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = machine / f"lib/modules/{RELEASE}"
    (folder / "a.ko.zst").write_bytes(b"")
    monkeypatch.setenv("PATH", str(machine))
    with pytest.raises(TracecfgError) as caught:
        modindex.build(folder, RELEASE)
    assert caught.value.hint == "the modules are .ko.zst: install zstd"


def test_no_modules_is_an_error_that_says_so(machine: Path) -> None:
    with pytest.raises(TracecfgError, match="no modules of the kernel 9"):
        modindex.build(machine / "lib/modules/9", "9")


def test_the_command_explains_with_a_configuration_that_is_named(
    cli: Callable[..., Ran], tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(CONFIG)
    ran = cli("explain", "gpio", "--json", "--kernel-config", config)
    assert ran.code == 0
    answer = json.loads(ran.out)
    assert (answer["event"], answer["cause"]) == ("gpio", "compiled-out")
    assert answer["options"] == ["CONFIG_TRACING_GPIO"]


def test_completion_offers_what_the_kernel_might_have() -> None:
    assert candidates("gpi") == ["gpio"]
    assert candidates("gpio:") == ["gpio:gpio_direction", "gpio:gpio_value"]
    assert candidates("qqq") == candidates("qqq:") == []


def test_explain_without_a_name_is_wrong_use(cli: Callable[..., Ran]) -> None:
    assert cli("explain").code == 2


def test_hints_are_the_same_for_the_same_tree(cli: Callable[..., Ran], tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert cli("hints", FIXTURES / "tree", "-o", tmp_path / name).code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert '"gpio":{"option":"TRACING_GPIO"' in (tmp_path / "a").read_text()
