"""Compiles and runs the small tree: what Kconfig says is what the program has."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path

from tests.small import needed
from tracecfg.gate import holds
from tracecfg.kernel import kconf
from tracecfg.kernel.kbuild import Makefiles
from tracecfg.kernel.tree import open_tree

EVERYTHING = ("RADIO_TRACING", "TRACE_PORTIO", "TASK_STATS", "WATCH", "WATCH_WAKE")
"""What is off by default."""

HARNESS = """\
#include <linux/start.h>
#include <linux/printk.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>
#include <stdarg.h>

int vprintf(const char *format, va_list values);

int printk(const char *format, ...)
{
	va_list values;
	int length;

	va_start(values, format);
	length = vprintf(format, values);
	va_end(values);
	return length;
}

extern struct trace_event_call __start_trace_event_calls[] __attribute__((weak));
extern struct trace_event_call __stop_trace_event_calls[] __attribute__((weak));

int main(void)
{
	struct trace_event_call *call;

	for (call = __start_trace_event_calls; call < __stop_trace_event_calls; call++)
		tracepoint_probe_register(call->tp, call->probe, call);
	start_kernel();
	return 0;
}
"""
"""Boots the small tree: switches every event on, lets each subsystem work once."""


def symbols_on(root: Path, off: Iterable[str] = (), on: Iterable[str] = ()) -> list[str]:
    """What Kconfig makes of the default configuration with some symbols changed."""
    config = root / ".config"
    lines = [f"# CONFIG_{name} is not set\n" for name in off] + [f"CONFIG_{n}=y\n" for n in on]
    config.write_text("".join(lines))
    loaded = kconf.load(open_tree(root), arch="x86", config=config)
    values = {name: loaded.value(name) for name in loaded.names()}
    assert loaded.warnings == ()
    return sorted(name for name, value in values.items() if value in ("y", "m"))


FLAGS = ("-std=gnu11", "-O1", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
         "-Iinclude", "-include", "include/linux/kconfig.h")  # fmt: skip


def boot(root: Path, config: Collection[str], program: Path) -> list[str]:
    """Compile the tree with these symbols on, without a warning, and run it: the lines that its
    events print. Objects follow the Makefiles."""
    harness = program.with_name("harness.c")
    harness.write_text(HARNESS)
    _gcc(root, config, *_built(root, config), harness, "-o", program)
    ran = subprocess.run([program], capture_output=True, timeout=60, check=True)
    return ran.stdout.decode().splitlines()


def compiled(root: Path, source: str, config: Collection[str]) -> dict[str, str]:
    """One more source file, compiled alone: its symbols and nm's letter for each."""
    file = root / "unit.c"
    file.write_text(source)
    _gcc(root, config, "-c", "unit.c", "-o", "unit.o")
    return symbols_of(root / "unit.o")


def _gcc(root: Path, config: Collection[str], *arguments: object) -> None:
    needed("gcc", "nm")
    defines = [f"-DCONFIG_{name}=1" for name in config]
    done = subprocess.run(
        ["gcc", *FLAGS, *defines, *map(str, arguments)], cwd=root, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()[:4000]


def symbols_of(program: Path) -> dict[str, str]:
    listed = subprocess.run(["nm", program], capture_output=True, timeout=60, check=True)
    rows = [line.split() for line in listed.stdout.decode().splitlines()]
    return {row[-1]: row[-2] for row in rows}


def _built(root: Path, on: Iterable[str]) -> list[str]:
    """The sources that the Makefiles name under a configuration."""
    makefiles = Makefiles(open_tree(root))
    sources = sorted(str(path.relative_to(root)) for path in root.rglob("*.c"))
    built = []
    for source in sources:
        gate = makefiles.gate_of(source).gate
        assert gate is not None, source
        if holds(gate, dict.fromkeys(on, "y")):
            built.append(source)
    return built
