"""Which installed module defines which events: an index of the .ko files' symbols.

modinfo does not know events. Each tracepoint of a module is a symbol __tracepoint_NAME that it
defines (include/linux/tracepoint.h), each trace system a string str__SYSTEM__trace_system_name
(include/trace/trace_events.h).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from tracecfg import osio
from tracecfg.errors import TracecfgError
from tracecfg.explain.facts import ModuleIndex
from tracecfg.kernel import modules
from tracecfg.kernel.elf import defined_symbols, surely_without

_SCHEMA = "tracecfg.modules/1"
_TRACEPOINT = "__tracepoint_"
_SYSTEM = ("str__", "__trace_system_name")


def build(folder: Path, release: str) -> tuple[ModuleIndex, list[str]]:
    """Read every module under /lib/modules/RELEASE; also what could not be read, a line each.

    Raises TracecfgError when the folder is not there, or .ko.zst files are and zstd is not.
    """
    if not folder.is_dir():
        raise TracecfgError(
            f"{folder}: no modules of the kernel {release} are installed",
            "nothing to index: what this kernel has is built in",
        )
    events: dict[str, set[str]] = {}
    systems: dict[str, set[str]] = {}
    problems: list[str] = []
    for path in modules.modules(folder):
        try:
            data = modules.content(path)
            if surely_without(data, _TRACEPOINT.encode()):
                continue
            symbols = list(defined_symbols(data))
        except (OSError, ValueError) as error:
            problems.append(f"{path}: not read: {error}")
            continue
        name = modules.name(path)
        for symbol in symbols:
            if symbol.startswith(_TRACEPOINT):
                events.setdefault(symbol.removeprefix(_TRACEPOINT), set()).add(name)
            elif symbol.startswith(_SYSTEM[0]) and symbol.endswith(_SYSTEM[1]):
                system = symbol.removeprefix(_SYSTEM[0]).removesuffix(_SYSTEM[1])
                systems.setdefault(system, set()).add(name)
    return ModuleIndex(
        release=release,
        source=str(folder),
        events={name: tuple(sorted(of)) for name, of in sorted(events.items())},
        systems={name: tuple(sorted(of)) for name, of in sorted(systems.items())},
    ), problems


def store(index: ModuleIndex) -> Path:
    """Keep it for later calls. Raises OSError or ChangeFailedError when it cannot be written."""
    path = _path(index.release)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "schema": _SCHEMA,
        "stamp": _stamp(Path(index.source)),
        "source": index.source,
        "events": index.events,
        "systems": index.systems,
    }
    osio.write_atomic(path, json.dumps(document).encode())
    return path


def stored(folder: Path, release: str) -> tuple[ModuleIndex | None, str]:
    """The index that was kept, or None and why it is of no use."""
    if not folder.is_dir():
        return None, "no modules are installed"
    try:
        document = json.loads(_path(release).read_text())
        if document["schema"] != _SCHEMA or document["source"] != str(folder):
            return None, "no index of the installed modules"
        if document["stamp"] != _stamp(folder):
            return None, "modules were installed or removed since the index was built"
        events, systems = (
            {str(name): tuple(map(str, of)) for name, of in document[kind].items()}
            for kind in ("events", "systems")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, "no index of the installed modules"
    return ModuleIndex(release=release, source=str(folder), events=events, systems=systems), ""


def _path(release: str) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "tracecfg" / f"modules-{release.replace('/', '_')}.json"


def _stamp(folder: Path) -> int:
    """depmod writes modules.dep anew whenever a module comes or goes."""
    try:
        return (folder / "modules.dep").stat().st_ctime_ns
    except OSError:
        return 0
