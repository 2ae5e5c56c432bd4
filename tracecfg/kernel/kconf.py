"""A kernel tree's Kconfig, loaded: which symbols there are, what they depend on and their values.

kconfiglib is imported by load() only; nothing else of tracecfg needs it.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tracecfg import osio
from tracecfg.errors import UsageError
from tracecfg.kernel.arch import arch_variables, srcarch
from tracecfg.kernel.toolchain import PROFILE, Asked, Profile, Toolchain
from tracecfg.kernel.tree import Tree
from tracecfg.model import Place

if TYPE_CHECKING:
    from tracecfg.kernel.kconffacts import Facts
    from tracecfg.kernel.kconflib import Item
    from tracecfg.kernel.kconfread import Reader


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A question of the Kconfig that was not asked of a real program.

    place: the line that asks
    question: a shell command, or $(NAME) for an environment variable
    answer: what Kconfig was told
    """

    place: Place
    question: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class KconfigSymbol:
    """One Kconfig symbol with its present value.

    type: bool, tristate, string, int, hex or unknown
    value: as in a .config, without quotes
    user_value: what the .config asked for, None when it did not
    visibility: n, m or y: the most that a user can set it to; n: not at all
    prompts: in the order of `places`, where it has one
    places: each `config` line that defines it; empty: it is only referred to
    depends: the expression over all its definitions, "y" without any
    selected_by, implied_by: expressions over the symbols that do so, "n" without any
    """

    name: str
    type: str
    value: str
    user_value: str | None
    visibility: str
    prompts: tuple[str, ...]
    places: tuple[Place, ...]
    depends: str
    selected_by: str
    implied_by: str


class KernelConfig:
    """Symbols and values of one tree for one architecture; made by load().

    arch, srcarch: make's ARCH and the folder under arch/
    assumed: what the toolchain profile could not know; it answered n or nothing
    unknown: names that the .config sets and the tree does not define
    files: the Kconfig files that were read, in order
    """

    def __init__(
        self,
        *,
        reader: Reader,
        arch: str,
        srcarch: str,
        assumed: list[Assumption],
    ) -> None:
        self.arch = arch
        self.srcarch = srcarch
        self.assumed = tuple(assumed)
        self.unknown: tuple[str, ...] = ()
        self.files: tuple[str, ...] = tuple(reader.kconfig_filenames)
        self._reader = reader

    @property
    def warnings(self) -> tuple[tuple[Place | None, str], ...]:
        """What Kconfig complained about so far; values are computed when they are asked for."""
        return tuple(self._reader.found)

    def names(self) -> tuple[str, ...]:
        """Every symbol that the tree defines, in the order of the files."""
        return tuple(symbol.name for symbol in self._reader.unique_defined_syms)

    def take_over(self, text: str, file: str) -> None:
        """Take over the values of a .config, as `make olddefconfig` would. file: for warnings"""
        from tracecfg.kernel.kconfdot import read_config

        with self._reader.guarded():
            self.unknown = read_config(self._reader, text, file)

    def value(self, name: str) -> str | None:
        """The present value as in a .config, None for a symbol that the tree does not define."""
        symbol = self._reader.syms.get(name)
        if symbol is None or not symbol.nodes:
            return None
        with self._reader.guarded():
            return str(symbol.str_value)

    def symbol(self, name: str) -> KconfigSymbol | None:
        """All about one symbol, None when the Kconfig files do not mention it."""
        symbol = self._reader.syms.get(name)
        if symbol is None:
            return None
        with self._reader.guarded():
            return _view(symbol)

    def facts(self, name: str) -> Facts | None:
        """What decides a bool or tristate symbol, None for any other."""
        from tracecfg.kernel.kconfwhy import facts

        symbol = self._reader.syms.get(name)
        if symbol is None:
            return None
        with self._reader.guarded():
            return facts(symbol)

    def prompts(self, file: str) -> tuple[tuple[str, str, Place], ...]:
        """Name, prompt and place of each bool or tristate of a Kconfig file, in order."""
        from tracecfg.kernel.kconflib import LIB

        return tuple(
            (node.item.name, node.prompt[0], Place(file, node.linenr))
            for symbol in self._reader.unique_defined_syms
            if symbol.orig_type in LIB._BOOL_TRISTATE
            for node in symbol.nodes
            if node.filename == file and node.prompt
        )

    def assign(self, values: Mapping[str, str]) -> None:
        """Set bool and tristate symbols, which are no members of a choice, to n, m or y, as lines
        at the end of a .config would. What Kconfig makes of it, value() tells."""
        from tracecfg.kernel.kconfdot import assign

        assign(self._reader, values)

    @cached_property
    def answered(self) -> tuple[str, ...]:
        """The symbols without a prompt whose values are answers of the toolchain."""
        from tracecfg.kernel.kconfwhy import answered

        return answered(self._reader, self._reader.asking)

    def answer(self, values: Mapping[str, str]) -> None:
        """Give symbols of `answered` other values, as in a .config."""
        from tracecfg.kernel.kconfdot import answer

        answer(self._reader, values)

    @contextmanager
    def trial(self, values: Mapping[str, str]) -> Iterator[None]:
        """assign(), for as long as the block lasts."""
        from tracecfg.kernel.kconfdot import assign

        before = assign(self._reader, values)
        try:
            yield
        finally:
            assign(self._reader, before)

    def text(self) -> str:
        """The .config, as `make olddefconfig` writes it with the same toolchain."""
        from tracecfg.kernel.kconfdot import config_lines

        with self._reader.guarded():
            return "".join(
                (
                    "#\n# Automatically generated file; DO NOT EDIT.\n",
                    f"# {self._reader.mainmenu_text}\n#\n",
                    *config_lines(self._reader),
                )
            )

    def write_config(self, path: Path) -> None:
        """Replace `path` with text(). Raises ChangeFailedError."""
        osio.write_atomic(path, self.text().encode("utf-8", "surrogateescape"))


def load(
    tree: Tree,
    *,
    arch: str,
    toolchain: Toolchain = PROFILE,
    overlay: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> KernelConfig:
    """Load the tree's Kconfig for one architecture.

    arch: a folder under arch/, or what `make ARCH=` takes: x86_64, i386, sparc64, ...
    toolchain: by default the built-in profile, which runs no program
    overlay: new or replaced files, text by path relative to the tree's root
    config: a .config whose values are taken over, as `make olddefconfig` would

    Raises UsageError for an unknown architecture or an unreadable `config`, TracecfgError with
    file:line for a Kconfig that cannot be loaded.
    """
    from tracecfg.kernel.kconfread import Reader
    from tracecfg.kernel.kconfvalue import dialect

    folder = srcarch(tree, arch)
    variables = {**toolchain.variables(), **arch_variables(tree, arch, folder)}
    asked = None if toolchain.is_profile else Asked(tree, variables)
    answers = asked or Profile(tree, folder)
    assumed: list[Assumption] = []

    def variable(name: str) -> str | None:
        if name not in variables:
            text = answers.variable(name)
            if text is None:
                return None
            variables[name] = text
        return variables[name]

    def shell(command: str, place: Place) -> str:
        answer = answers.shell(command)
        if answer is None:
            answer = _failing(command)
            assumed.append(Assumption(place=place, question=command, answer=answer))
        return answer

    with _no_collection(), closing(asked) if asked else nullcontext():
        reader = Reader(
            tree=tree,
            overlay=overlay or {},
            dialect=dialect(tree),
            variable=variable,
            shell=shell,
            prepare=asked.prepare if asked else None,
        )
    assumed += (
        Assumption(place=place, question=f"$({name})", answer="")
        for name, place in reader.unset_variables.items()
    )
    loaded = KernelConfig(reader=reader, arch=arch, srcarch=folder, assumed=assumed)
    if config:
        try:
            text = config.read_bytes().decode("utf-8", "surrogateescape")
        except OSError as error:
            raise UsageError(f"{config}: cannot be read: {error.strerror}") from error
        loaded.take_over(text, str(config))
    return loaded


@contextmanager
def _no_collection() -> Iterator[None]:
    """Half a million objects that all stay: looking for garbage among them costs a third more."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            # what is there counts as looked at, or the next new object would start the search
            gc.freeze()
            gc.unfreeze()
            gc.enable()


def _failing(command: str) -> str:
    """What an `if-success` macro prints when its command fails; nothing for another command."""
    match = re.search(r'\|\| echo "([^"]*)"$', command)
    return match[1] if match else ""


def _view(symbol: Item) -> KconfigSymbol:
    from tracecfg.kernel.kconflib import LIB

    user = symbol.user_value
    return KconfigSymbol(
        name=symbol.name,
        type=LIB.TYPE_TO_STR[symbol.orig_type],
        value=symbol.str_value,
        user_value=LIB.TRI_TO_STR[user] if isinstance(user, int) else user,
        visibility=LIB.TRI_TO_STR[symbol.visibility],
        prompts=tuple(node.prompt[0] for node in symbol.nodes if node.prompt),
        places=tuple(Place(node.filename, node.linenr) for node in symbol.nodes),
        depends=LIB.expr_str(symbol.direct_dep),
        selected_by=LIB.expr_str(symbol.rev_dep),
        implied_by=LIB.expr_str(symbol.weak_rev_dep),
    )
