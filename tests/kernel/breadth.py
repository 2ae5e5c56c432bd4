"""Objects of a wide x86-64 kernel, compiled one by one, and the tracepoint symbols in them.

Kbuild is asked once for all compile commands (a dry run); after that no make stands between two
objects, and the same commands serve for a patched copy of the tree. Other architectures are not
built: their files are counted, not compiled.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath

from tests.kernel.lab.build import SAME_BITS
from tests.kernel.lab.cache import program
from tests.kernel.objects import called_in

ARCH = "x86"
JOBS = os.cpu_count() or 1

ASIDE = {
    # allmodconfig has it on; a warning is what we want to count, not to die of
    **dict.fromkeys(("WERROR", "KVM_WERROR", "DRM_WERROR", "DRM_I915_WERROR"), "n"),
    # instrument every load, branch or function: two to four times the compile time
    **dict.fromkeys(("KASAN", "KCSAN", "KMSAN", "UBSAN", "KCOV", "GCOV_KERNEL"), "n"),
    # plugins to build first, and objects of another compiler mode
    **dict.fromkeys(("GCC_PLUGINS", "RUST"), "n"),
    # only the linker or the installation would notice, or the objects grow for no symbol
    **dict.fromkeys(("DEBUG_INFO", "DEBUG_INFO_BTF", "MODVERSIONS", "MODULE_SIG"), "n"),
    **dict.fromkeys(("TRIM_UNUSED_KSYMS", "DRM_XE_WERROR"), "n"),
    "DEBUG_INFO_NONE": "y",
    # the one promptless feature that needs a trace system: off only with both that feed it
    **dict.fromkeys(("KPROBE_EVENTS", "UPROBE_EVENTS"), "n"),
}
"""Changes to allmodconfig. Lock debugging stays: it has events of its own and costs 8 %."""

TRACE_HEADER = ("trace/define_trace.h", "trace/define_custom_trace.h")
NOT_KERNEL = {"Documentation", "samples", "scripts", "tools", "usr", ".git"}

_COMMAND = re.compile(r"; (gcc [^;]*? -c -o (\S+\.o) (\S+\.c)) *(?=;|$)")
_MESSAGE = re.compile(r"^(\S+?):\d+(?::\d+)?: ((?:fatal )?(?:warning|error): .*)$", re.MULTILINE)
SYMBOL = re.compile(
    r"__(?:tracepoint_ptr|tracepoint|traceiter|probestub|tpstrtab)_(?P<event>\w+)"
    r"|__SC[KT]__tp_func_(?P<call>\w+)"
    r"|__bpf_trace_tp_map_(?P<bpf>\w+)"
    r"|(?:trace_event_raw_event|trace_raw_output|event_class|print_fmt|__bpf_trace)_(?P<class>\w+)"
    r"|str__(?P<system>\w+)__trace_system_name"
)
# made by other means than trace headers: the function tracer's own entries, system calls
_NOT_OURS = re.compile(r"(event_class|print_fmt)_(ftrace|syscall)_|trace_raw_output_prep$")


@dataclass(frozen=True, kw_only=True)
class Folder:
    """An O= folder of a tree."""

    tree: Path
    out: Path

    def make(self, *targets: str, **env: str) -> str:
        """Run make; what it printed. Raises RuntimeError."""
        done = self.try_make(*targets, **env)
        if done.returncode != 0:
            raise RuntimeError(f"make {' '.join(targets)} in {self.out}: {done.stderr[-2000:]}")
        return done.stdout + done.stderr

    def try_make(self, *targets: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program("make", "make"), "-C", self.tree, f"O={self.out}", f"-j{JOBS}", *targets],
            env={"PATH": os.environ["PATH"], **SAME_BITS, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def change(self, values: Mapping[str, str]) -> str:
        """Write options into .config and complete it; what olddefconfig said."""
        config = self.out / ".config"
        lines = config.read_text().splitlines()
        name = re.compile(r"(?:# )?CONFIG_(\w+)[= ]")
        kept = [x for x in lines if not ((m := name.match(x)) and m[1] in values)]
        config.write_text("\n".join(kept + [f"CONFIG_{k}={v}" for k, v in values.items()]) + "\n")
        return self.make("olddefconfig")

    def configure(self, values: Mapping[str, str]) -> None:
        """allmodconfig less what is set aside, with `values`; ready to compile."""
        self.out.mkdir(parents=True, exist_ok=True)
        self.make("allmodconfig")
        self.change({**ASIDE, **values})
        self.make("prepare")

    def enabled(self) -> set[str]:
        text = (self.out / ".config").read_text()
        return set(re.findall(r"^CONFIG_(\w+)=[ym]$", text, re.MULTILINE))


@dataclass(frozen=True, kw_only=True)
class Built:
    """One object, built or not.

    messages: warnings and errors without path of the tree and line numbers, which guards shift
    symbols: the tracepoint symbols that the object defines or refers to
    called: the tracepoints that its code calls
    """

    ok: bool
    messages: frozenset[str]
    symbols: frozenset[str]
    called: frozenset[str] = frozenset()


Recipes = Mapping[str, list[str]]
"""Source file, relative to the tree -> compile command, with the tree's path as {tree}."""


def recipes(folder: Folder) -> Recipes:
    """What Kbuild would run for every .c file of the kernel under the folder's configuration."""
    config = (folder.out / ".config").read_bytes()
    kept = folder.out / f"recipes-{hashlib.sha256(config).hexdigest()[:12]}.json"
    if kept.exists():
        known: Recipes = json.loads(kept.read_text())
        return known
    # ends with an error at the link, after all objects: there is nothing to link. Not parallel:
    # that would mix the lines, and gains little
    said = folder.try_make("-n", "-k", "-j1", "V=1", "vmlinux", "modules").stdout
    found = {}
    prefix = f"{folder.tree}/"
    for line in said.splitlines():
        for command, _, source in _COMMAND.findall(line) if " -c -o " in line else ():
            # vdso, boot code and host programs are compiled from some of the same sources
            if source.startswith(prefix) and "-D__KERNEL__" in command:
                words = [x for x in shlex.split(command) if not x.startswith("-Wp,-MMD")]
                found[source.removeprefix(prefix)] = [
                    x.replace(str(folder.tree), "{tree}") for x in words
                ]
    if not found:
        raise RuntimeError(f"{folder.out}: the dry run printed no compile command")
    kept.write_text(json.dumps(found))
    return found


def compile_all(folder: Folder, commands: Recipes, sources: Iterable[str]) -> dict[str, Built]:
    """Compile sources with commands of this or another folder of the same configuration."""
    wanted = sorted(sources)
    # in no order, so that what is wrong with one folder of the tree shows early
    random.Random(0).shuffle(wanted)
    done = _pool(lambda source: _compile(folder, commands[source]), wanted)
    # headers that only Kbuild can make: let it make the object, then do it again our way
    again = [s for s in wanted if any("No such file" in x for x in done[s].messages)]
    if again:
        objects = (commands[source][commands[source].index("-o") + 1] for source in again)
        folder.try_make("-k", *objects)
        done |= _pool(lambda source: _compile(folder, commands[source]), again)
    return done


def _compile(folder: Folder, command: list[str]) -> Built:
    with tempfile.TemporaryDirectory(prefix="object-") as scratch:
        target = f"{scratch}/x.o"
        words = [x.replace("{tree}", str(folder.tree)) for x in command]
        words[words.index("-o") + 1] = target
        env = {"PATH": os.environ["PATH"], **SAME_BITS}
        done = subprocess.run(
            words, cwd=folder.out, env=env, capture_output=True, text=True, check=False
        )
        symbols, called = frozenset[str](), frozenset[str]()
        if done.returncode == 0:
            names = subprocess.run(["nm", "-P", target], check=True, capture_output=True, text=True)
            first = (line.split(" ", 1)[0] for line in names.stdout.splitlines())
            symbols = frozenset(x for x in first if SYMBOL.match(x) and not _NOT_OURS.match(x))
            called = frozenset(called_in(Path(target).read_bytes()))
    said = done.stderr.replace(f"{folder.tree}/", "")
    return Built(
        ok=done.returncode == 0,
        messages=frozenset(f"{path}: {text}" for path, text in _MESSAGE.findall(said)),
        symbols=symbols,
        called=called,
    )


def _pool(work: Callable[[str], Built], names: list[str]) -> dict[str, Built]:
    done: dict[str, Built] = {}
    start = time.monotonic()
    with ThreadPoolExecutor(JOBS) as pool:
        for name, built in zip(names, pool.map(work, names), strict=True):
            done[name] = built
            for message in sorted(built.messages):
                print(f"  {name}: {message}", file=sys.stderr)
            if len(done) % 100 == 0:
                spent = time.monotonic() - start
                print(f"  {len(done)}/{len(names)} objects, {spent:.0f} s", file=sys.stderr)
    return done


class Includes:
    """Who includes whom, by the text of the #include lines: conditions are not looked at, so
    the answer may hold too many files, never too few."""

    def __init__(self, tree: Path) -> None:
        folders = sorted(x.name for x in tree.iterdir() if x.is_dir() and x.name not in NOT_KERNEL)
        pattern = r'^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]+[">]'
        found = subprocess.run(
            ["grep", "-rHoE", "--include=*.[ch]", pattern, *folders],
            cwd=tree,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
        lines: dict[str, list[tuple[bool, str]]] = defaultdict(list)
        for line in found.stdout.splitlines():
            path, _, directive = line.partition(":")
            opening = re.search('["<]', directive)
            assert opening
            lines[path].append((opening[0] == '"', directive[opening.end() : -1]))
        self._files = lines.keys()
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in lines:
            self._by_name[PurePosixPath(path).name].append(path)
        self._users: dict[str, set[str]] = defaultdict(set)
        for path, wanted in lines.items():
            for quoted, name in wanted:
                for target in self._resolve(path, quoted, name):
                    self._users[target].add(path)
        self.trace_headers = {
            path
            for path, wanted in lines.items()
            if path.endswith(".h") and any(name in TRACE_HEADER for _, name in wanted)
        }

    def reaching(self, files: Iterable[str]) -> set[str]:
        """The .c files that include one of the files, directly or through others."""
        seen = set(files)
        todo = list(seen)
        while todo:
            new = self._users[todo.pop()] - seen
            seen |= new
            todo += new
        return {path for path in seen if path.endswith(".c")}

    def _resolve(self, path: str, quoted: bool, name: str) -> list[str]:
        beside = os.path.normpath(f"{PurePosixPath(path).parent}/{name}")
        if quoted and beside in self._files:
            return [beside]
        arch = path.split("/")[1] if path.startswith("arch/") else ARCH
        for root in ("include", f"arch/{arch}/include", "include/uapi"):
            if (full := os.path.normpath(f"{root}/{name}")) in self._files:
                return [full]
        if name.startswith("asm/"):
            return [f"include/asm-generic/{name[4:]}"]
        # what is left is found through some -I of the Makefile: the nearest of that name
        ending = "/" + name.lstrip("./")
        parts = path.split("/")
        near = defaultdict(list)
        for other in self._by_name[PurePosixPath(name).name]:
            if other.endswith(ending) and not other.startswith("include/"):
                alike = zip(other.split("/"), parts, strict=False)
                near[sum(1 for _ in takewhile(lambda x: x[0] == x[1], alike))].append(other)
        best = max(near, default=0)
        return near[best] if best else []
