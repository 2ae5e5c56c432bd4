"""What Kconfig learns from the toolchain: a built-in profile, or the user's own programs."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from tracecfg import osio
from tracecfg.kernel.tree import Tree

_BINUTILS = ("ld", "ar", "nm", "objcopy", "objdump", "readelf", "strip")
_HOST = {
    "HOSTCC": "gcc", "HOSTCXX": "g++", "HOSTLD": "ld", "HOSTRUSTC": "rustc", "RUSTC": "rustc",
    "BINDGEN": "bindgen", "PAHOLE": "pahole", "PYTHON3": "python3", "PERL": "perl", "AWK": "awk",
    "BASH": "bash", "CONFIG_SHELL": "sh", "MAKE": "make", "LEX": "flex", "YACC": "bison",
}  # fmt: skip
_EMPTY = ("CLANG_FLAGS", "USERCFLAGS", "USERLDFLAGS", "CROSS_COMPILE_COMPAT", "CROSS_COMPILE_ARM32")
"""What the top Makefile leaves empty unless the user sets it (CLANG_FLAGS: for GCC)."""

VERSIONS = {
    "CC_VERSION_TEXT": "gcc (GCC) 12.2.0", "RUSTC_VERSION_TEXT": "", "PAHOLE_VERSION": "0",
}  # fmt: skip
"""Variables that the top Makefile fills with what a program prints; here what the profile says."""


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """Whom to ask. Without both, nobody: the profile below answers and no program is run.

    cc: the compiler as `make CC=` takes it
    cross_compile: a prefix as `make CROSS_COMPILE=` takes it, such as aarch64-linux-gnu-
    """

    cc: str = ""
    cross_compile: str = ""

    @property
    def is_profile(self) -> bool:
        return not (self.cc or self.cross_compile)

    def variables(self) -> dict[str, str]:
        """The programs' names as the top Makefile exports them."""
        tools = {name.upper(): self.cross_compile + name for name in _BINUTILS}
        return {
            **_HOST,
            **tools,
            "CROSS_COMPILE": self.cross_compile,
            "CC": self.cc or f"{self.cross_compile}gcc",
        }


PROFILE = Toolchain()


class Profile:
    """GCC 12.2 with binutils 2.40 for whatever architecture, no Rust, no pahole, no plugins.

    Options of the compiler, the linker and the assembler count as known unless the table says
    otherwise, as a kernel's Kconfig asks for little that a distribution's compiler of 2023 lacks.
    """

    def __init__(self, tree: Tree, srcarch: str) -> None:
        self._tree = tree
        self._srcarch = srcarch

    def variable(self, name: str) -> str | None:
        """What $(name) is when no program's name; None: not known."""
        return "" if name in _EMPTY else VERSIONS.get(name)

    def shell(self, command: str) -> str | None:
        """What `$(shell,command)` prints, without its last newline; None: not known."""
        probe = _IF_SUCCESS(command)
        if probe:
            success = self._success(probe[1].strip())
            return None if success is None else probe[2] if success else probe[3]
        return self._output(command.strip())

    def _success(self, command: str) -> bool | None:
        if _CC_OPTION(command):
            return not any(re.search(refused, command) for refused in _GCC12_REFUSES)
        bits = _MACHINE_BITS(command)
        if bits:
            return bits[1] in _BITS.get(self._srcarch, ())
        for known, success in _PROBES:
            if known(command):
                return success
        return self._test(command)

    def _test(self, command: str) -> bool | None:
        try:
            words = shlex.split(command)
        except ValueError:
            return None
        if words[:1] == ["["] and words[-1] == "]":
            words = ["test", *words[1:-1]]
        match words:
            case ["test", "-z" | "-n" as wanted, text]:
                return (text == "") == (wanted == "-z")
            case ["test", left, "=", right]:
                return left == right
            case ["test", left, "-ge", right] if left.isdigit() and right.isdigit():
                return int(left) >= int(right)
            case ["test", "-e" | "-f" | "-d" as kind, path]:
                return self._exists(path, want_file=kind == "-f", want_folder=kind == "-d")
            case _:
                return None

    def _exists(self, path: str, *, want_file: bool, want_folder: bool) -> bool:
        full = os.path.normpath(self._tree.root / path)
        if not Path(full).is_relative_to(self._tree.root):
            return False
        relative = os.path.relpath(full, self._tree.root)
        return (not want_folder and self._tree.is_file(relative)) or (
            not want_file and self._tree.is_dir(relative)
        )

    def _output(self, command: str) -> str | None:
        for known, text in _OUTPUTS:
            if known(command):
                return text
        word = _NTH_WORD(command)
        if word:
            words, number = word[1].split(), int(word[2])
            return words[number - 1] if 0 < number <= len(words) else ""
        division = _DIVISION(command)
        if division:
            return str(int(division[1]) // int(division[2]))
        echoed = _PREPROCESSED(command)
        # no macro of this name is predefined: the preprocessor gives the name back
        return echoed[1] if echoed else None


class Asked:
    """The real programs, run by a shell in an empty folder as the kernel's conf runs them."""

    def __init__(self, tree: Tree, environment: Mapping[str, str]) -> None:
        self._tree = tree
        self._environment = {**os.environ, **environment}
        self._makefile = tree.read("Makefile")
        self._printed: dict[str, bytes] = {}
        self._coming: dict[str, Iterator[tuple[str, Path]]] = {}
        self._running = ExitStack()

    def variable(self, name: str) -> str | None:
        """As the top Makefile fills it from a program's output, or else as the user has it."""
        command = {
            "CC_VERSION_TEXT": "LC_ALL=C $CC --version 2>/dev/null | head -n 1",
            "RUSTC_VERSION_TEXT": "$RUSTC --version 2>/dev/null",
            "PAHOLE_VERSION": '"$srctree"/scripts/pahole-version.sh $PAHOLE',
        }.get(name)
        if command is None or name not in self._makefile:
            return os.environ.get(name, "" if name in _EMPTY else None)
        text = self.shell(command)
        # the Makefile takes `#` out since it exists as a comment's start in make
        return text.replace("#", "") if "$(subst $(pound)" in self._makefile else text

    def shell(self, command: str) -> str:
        """As do_shell() in scripts/kconfig/preprocess.c, of which C sees what is before a NUL."""
        if command not in self._printed:
            for done, output in self._coming.pop(command, ()):
                self._printed[done] = output.read_bytes()
                if done == command:
                    break
            else:
                self._printed[command] = self._run(command)
        printed = self._printed[command]
        text = printed.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return text.rstrip("\n").replace("\n", " ")

    def _run(self, command: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="tracecfg.") as folder:
            argv = ["sh", "-c", command]
            return osio.run(argv, cwd=Path(folder), env=self._environment, ok=_ANY)

    def prepare(self, commands: Iterable[str]) -> None:
        """Start to run what shell() will be asked, in that order, on all processors.

        close() ends it, whether asked or not.
        """
        each = list(dict.fromkeys(commands))
        if sum(map(len, each)) > _MAX_ARGUMENTS:
            return
        # what still runs when it ends may write once more
        made = tempfile.TemporaryDirectory(prefix="tracecfg.", ignore_cleanup_errors=True)
        folder = Path(self._running.enter_context(made))
        # two for each: one starts its next program while the other runs
        jobs = 2 * (os.cpu_count() or 1)
        for job in range(min(jobs, len(each))):
            mine = each[job::jobs]
            outputs = [folder / f"{job}.{number}.out" for number in range(len(mine))]
            for output in outputs:
                output.with_suffix("").mkdir()
            words = (str(word) for pair in zip(outputs, mine, strict=True) for word in pair)
            argv = ["sh", "-c", _ONE_BY_ONE, "sh", *words]
            ends = osio.pieces(argv, cwd=folder, end=b"\n", env=self._environment)
            self._running.enter_context(closing(ends))
            # a job that ends early leaves the rest to be asked one after the other
            coming = ((it, output) for it, output, _ in zip(mine, outputs, ends, strict=False))
            self._coming |= dict.fromkeys(mine, coming)

    def close(self) -> None:
        self._running.close()


_ANY = range(-64, 256)
"""Exit codes; conf does not ask how its commands ended, be it by a signal."""
_MAX_ARGUMENTS = 1 << 18
"""Characters; Linux takes 2 MB of arguments with the environment. Kernels need 20,000."""
_ONE_BY_ONE = """
while [ $# -gt 0 ]; do
	(cd "${1%.out}" && exec sh -c "$2") >"$1" 2>/dev/null
	echo
	shift 2
done
"""
"""Arguments: a file for the output, which stands beside a folder, the command to run there, ..."""

_IF_SUCCESS = re.compile(
    r'\{ (.*); \} >/dev/null 2>&1 && echo "(.*?)" \|\| echo "(.*?)"', re.DOTALL
).fullmatch
_CC_OPTION = re.compile(r".*\bgcc -Werror .* (?:-c|-S) -x c /dev/null -o \S+", re.DOTALL).fullmatch
_MACHINE_BITS = re.compile(r"gcc -Werror (-m32|-m64) -E -x c /dev/null -o /dev/null").fullmatch
_NTH_WORD = re.compile(r"set -- (.*) && echo \$(\d)").fullmatch
_DIVISION = re.compile(r"expr (\d+) / ([1-9]\d*)").fullmatch
_PREPROCESSED = re.compile(r"echo (\w+) \| gcc .*-E -P -(?: 2>/dev/null)?").fullmatch

_BITS = {
    "x86": ("-m32", "-m64"), "powerpc": ("-m32", "-m64"), "sparc": ("-m32", "-m64"),
    "s390": ("-m64",), "um": ("-m32", "-m64"),
}  # fmt: skip

_GCC12_REFUSES = (
    # a builtin of every 64-bit target: defining it again is a warning
    r"-D__SIZEOF_INT128__=0",
    # clang's
    r"-mllvm", r"-Wunreachable-code-fallthrough", r"-Werror=unused-command-line-argument",
    r"-fsanitize=(?:kcfi|array-bounds|local-bounds|implicit|kernel-memory|unsigned-integer)",
    r"-fsanitize-(?:ignorelist|undefined|coverage-stack)", r"-frandomize-layout-seed-file",
    r"-fms-anonymous-structs", r"--param (?:asan-kernel-mem|tsan-compound)",
    # of one architecture only
    r"-fsanitize=kernel-hwaddress",
    # of later versions
    r"-gz=zstd", r"-fmin-function-alignment", r"-finline-stringops", r"_za(?:cas|bha)", r"_zicfi",
    r"=z17", r"-mannotate-tablejump", r"-Wa,-mthin-add-sub",
)  # fmt: skip
_BINUTILS240_REFUSES = r"lsui|zvkb|ULEB128|\b(?:xvld|vld|movscr2gr|movfcsr2gr|sc\.q)\b"

_PROBES = tuple(
    (re.compile(pattern, re.DOTALL).search, success)
    for pattern, success in (
        (r"^command -v (?:gcc|ld)$", True),
        (r"\bgrep -qv llvm$", True),
        (r"\bgrep -q gcc$", True),
        (r"\bgrep -q(?:i llvm| clang| LLD| gold)$", False),
        (r"^ld -v --", True),
        (rf"^printf .*(?:{_BINUTILS240_REFUSES}).* \| gcc .*-x assembler", False),
        (r"^printf .* \| gcc .*-x assembler", True),
        (r"__counted_by__|__nonstring__", False),
        (r"^echo '.*(?:asm goto|asm inline|__seg_fs|no_profile_instr).*\| (?:gcc|\$CC) ", True),
        (r"/scripts/cc-can-link\.sh .*-m32", False),
        (r"/scripts/(?:cc-can-link|gcc-goto|gcc-x86_\d\d-has-stack-protector)\.sh ", True),
        (r"/powerpc/tools/\S*check-[\w-]+\.sh |/s390/tools/gcc-thunk-extern\.sh ", True),
        (r"/scripts/gcc-plugin\.sh ", False),
        (r"/scripts/tools-support-relr\.sh$", True),
        (r"/scripts/rust_is_available\.sh$|^trap .* rustc ", False),
        (r"^python3 -c |^openssl ", False),
    )
)  # fmt: skip
_OUTPUTS = tuple(
    (re.compile(pattern, re.DOTALL).search, text)
    for pattern, text in (
        (r"/scripts/cc-version\.sh gcc$", "GCC 120200"),
        (r"/scripts/as-version\.sh gcc\s*$", "GNU 24000"),
        (r"/scripts/ld-version\.sh ld$", "BFD 24000"),
        # until 5.11
        (r"^ld --version \| \S+/scripts/ld-version\.sh$", "240000000"),
        (r"/scripts/gcc-version\.sh (?:-p )?gcc", "120200"),
        (r"/scripts/(?:clang|lld|pahole|rustc|rustc-llvm)-version\.sh ", "0"),
        (r"/scripts/gcc-plugin\.sh |^(?:bindgen|rustc) --version", ""),
        (r"^command -v (?:rustc|bindgen) ", "n"),
        (r"^gcc -print-file-name=plugin$", "plugin"),
        # only names the host's own configuration, which is not this kernel's
        (r"^uname -r$", "unknown"),
    )
)
