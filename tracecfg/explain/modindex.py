"""Which installed module defines which events: an index of the .ko files' symbols.

modinfo does not know events. Each tracepoint of a module is a symbol __tracepoint_NAME that it
defines (include/linux/tracepoint.h), each trace system a string str__SYSTEM__trace_system_name
(include/trace/trace_events.h).
"""

from __future__ import annotations

import gzip
import json
import lzma
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

from tracecfg import osio
from tracecfg.errors import TracecfgError
from tracecfg.explain.elf import defined_symbols
from tracecfg.explain.facts import ModuleIndex

_SCHEMA = "tracecfg.modules/1"
_SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")
_MAX_SIZE = 1 << 28
"""Bytes: the largest modules, with debug information, stay below."""
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
    for path in _modules(folder):
        try:
            symbols = list(defined_symbols(_content(path)))
        except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
            problems.append(f"{path}: not read: {error}")
            continue
        except TracecfgError as error:
            if shutil.which("zstd") is None:
                raise TracecfgError(
                    error.message, "the modules are .ko.zst: install zstd"
                ) from error
            problems.append(f"{path}: not read: {error.message}")
            continue
        name = _name(path)
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


def _modules(folder: Path) -> Iterator[Path]:
    # os.walk: build and source are symlinks out of here, which it does not follow
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith(_SUFFIXES):
                yield Path(place, name)


def _name(path: Path) -> str:
    """As /proc/modules has it."""
    return path.name.partition(".ko")[0].replace("-", "_")


def _content(path: Path) -> bytes:
    if path.suffix == ".zst":
        # the standard library has no zstd before Python 3.14
        return osio.run(["zstd", "-dcq", "--", path], cwd=path.parent)
    if path.suffix == ".gz":
        with gzip.open(path) as unzipped:
            data = unzipped.read(_MAX_SIZE + 1)
    elif path.suffix == ".xz":
        with lzma.open(path) as unpacked:
            data = unpacked.read(_MAX_SIZE + 1)
    else:
        with path.open("rb") as stream:
            data = stream.read(_MAX_SIZE + 1)
    if len(data) > _MAX_SIZE:
        raise ValueError(f"larger than {_MAX_SIZE} bytes")
    return data
