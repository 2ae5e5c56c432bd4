"""kconf on small trees: the words kconfiglib lacks, values, bad input, nothing run or leaked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracecfg.errors import TracecfgError, UsageError
from tracecfg.kernel import kconf
from tracecfg.kernel.arch import architectures
from tracecfg.kernel.kconf import KernelConfig
from tracecfg.kernel.toolchain import Toolchain
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.model import Place

FIXTURES = Path(__file__).parent / "kconfig"
MAKEFILE = """\
VERSION = 6
PATCHLEVEL = 12
SUBLEVEL = 3
EXTRAVERSION = -rc1
ARCH ?= $(SUBARCH)
SRCARCH := $(ARCH)
ifeq ($(ARCH),i386)
        SRCARCH := x86
endif
ifeq ($(ARCH),x86_64)
        SRCARCH := x86
endif
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return make_tree(tmp_path / "linux")


def make_tree(root: Path) -> Tree:
    for folder in ("include/linux", "arch/x86/um", "arch/arm64", "arch/um"):
        (root / folder).mkdir(parents=True)
    (root / "Makefile").write_text(MAKEFILE)
    (root / "Kconfig").write_text('source "arch/$(SRCARCH)/Kconfig"\n')
    for arch in ("x86", "arm64", "um", "x86/um"):
        (root / f"arch/{arch}/Kconfig").write_text(f"config {arch.upper().replace('/', '_')}\n")
    return open_tree(root)


def load(tree: Tree, text: str, **files: str) -> KernelConfig:
    overlay = {"Kconfig": text, **{name.replace("__", "/"): it for name, it in files.items()}}
    return kconf.load(tree, arch="x86", overlay=overlay)


def failure(tree: Tree, text: str, **files: str) -> TracecfgError:
    with pytest.raises(TracecfgError) as caught:
        load(tree, text, **files)
    assert "\n" not in caught.value.message
    assert caught.value.message.isprintable()
    return caught.value


def configured(tree: Tree, fixture: str, config: str, tmp_path: Path) -> KernelConfig:
    path = tmp_path / "base.config"
    path.write_text(config)
    text = (FIXTURES / fixture).read_text()
    return kconf.load(tree, arch="x86", overlay={"Kconfig": text}, config=path)


class TestNewWords:
    def test_modules(self, tree: Tree) -> None:
        config = load(tree, (FIXTURES / "modules.kconfig").read_text())
        assert config.value("MODULES") == "y"
        assert config.value("DRIVER") == "m"
        assert config.text().startswith(
            "#\n# Automatically generated file; DO NOT EDIT.\n"
            "# Linux/x86 6.12.3-rc1 Kernel Configuration\n#\n"
        )

    @pytest.mark.parametrize("value", ["y", "n"])
    def test_transitional_hands_its_value_on(self, tree: Tree, tmp_path: Path, value: str) -> None:
        line = "CONFIG_OLD_NAME=y" if value == "y" else "# CONFIG_OLD_NAME is not set"
        config = configured(tree, "transitional.kconfig", f"{line}\n", tmp_path)
        assert config.value("NEW_NAME") == value
        assert "OLD_NAME" not in config.text()

    @pytest.mark.parametrize(
        ("bus", "platform", "other", "device", "pair", "negated"),
        [
            ("n", "n", "n", "y", "y", "n"),
            ("n", "m", "n", "n", "n", "y"),
            ("m", "m", "n", "m", "n", "y"),
            ("m", "n", "y", "y", "m", "m"),
            ("y", "y", "y", "y", "y", "y"),
        ],
    )
    def test_conditional_depends(
        self, tree: Tree, tmp_path: Path, bus: str, platform: str, other: str,
        device: str, pair: str, negated: str,
    ) -> None:  # fmt: skip
        base = f"CONFIG_BUS={bus}\nCONFIG_PLATFORM={platform}\nCONFIG_OTHER={other}\n"
        config = configured(tree, "conditional_depends.kconfig", base, tmp_path)
        assert config.value("DEVICE") == device
        assert config.value("PAIR") == pair
        assert config.value("NEGATED") == negated

    def test_next_unknown_word(self, tree: Tree) -> None:
        error = failure(tree, "config A\n\tbool\n\tmandatory if B\n")
        assert error.message == "Kconfig:3: unknown word 'mandatory'"
        assert "newer than tracecfg" in error.hint

    def test_line_numbers_stay(self, tree: Tree) -> None:
        text = (FIXTURES / "modules.kconfig").read_text()
        symbol = load(tree, text).symbol("DRIVER")
        assert symbol is not None
        line = text.splitlines().index("config DRIVER") + 1
        assert symbol.places == (Place("Kconfig", line),)


class TestValues:
    def test_written_as_conf_does(self, tree: Tree, tmp_path: Path) -> None:
        base = """\
CONFIG_LIMITED=99
CONFIG_FIRST=y
CONFIG_THIRD=y
CONFIG_IN_MENU=y
CONFIG_GONE=y
CONFIG_NEVER=maybe
noise
"""
        config = configured(tree, "values.kconfig", base, tmp_path)
        assert (
            config.text().split("\n", 4)[4]
            == """\
CONFIG_LIMITED=20
CONFIG_ADDRESS=0x10
# CONFIG_IMPLIED is not set
# CONFIG_NEVER is not set
CONFIG_IMPLIER=y
CONFIG_NAME="say \\"hi\\""
# CONFIG_FIRST is not set
# CONFIG_SECOND is not set
CONFIG_THIRD=y

#
# Empty menu
#
# end of Empty menu

#
# Menu
#
CONFIG_IN_MENU=y
# end of Menu

CONFIG_NEEDS_NEVER=y
"""
        )
        assert config.unknown == ("GONE",)
        said = {(place and place.line, text) for place, text in config.warnings}
        assert any(line == 7 and "unexpected data: noise" in text for line, text in said)
        assert any(line == 6 and "no valid value for NEVER" in text for line, text in said)
        assert any("NEEDS_NEVER" in text and "NEVER with value n" in text for _, text in said)

    def test_symbol(self, tree: Tree) -> None:
        config = load(tree, (FIXTURES / "values.kconfig").read_text())
        symbol = config.symbol("NEEDS_NEVER")
        assert symbol is not None
        assert (symbol.type, symbol.value, symbol.visibility) == ("bool", "n", "n")
        assert symbol.prompts == ("Selected all the same",)
        assert symbol.depends == "NEVER"
        assert symbol.selected_by == "IN_MENU"
        assert symbol.user_value is None
        assert config.symbol("NOWHERE") is None
        assert config.value("NOWHERE") is None
        assert "NEEDS_NEVER" in config.names()

    def test_write_config(self, tree: Tree, tmp_path: Path) -> None:
        config = load(tree, "config A\n\tbool\n\tdefault y\n")
        config.write_config(tmp_path / "written")
        assert (tmp_path / "written").read_text() == config.text()
        again = kconf.load(
            tree,
            arch="x86",
            overlay={"Kconfig": "config A\n\tbool\n\tdefault y\n"},
            config=tmp_path / "written",
        )
        assert again.text() == config.text()

    def test_bytes_that_are_no_utf8_survive(self, tree: Tree, tmp_path: Path) -> None:
        (tree.root / "Kconfig").write_bytes(b'menu "caf\xe9"\nendmenu\n')
        kconf.load(tree, arch="x86").write_config(tmp_path / "written")
        assert b"# end of caf\xe9\n" in (tmp_path / "written").read_bytes()

    def test_crlf(self, tree: Tree) -> None:
        config = load(tree, "config A\r\n\tbool\r\n\tdefault y\r\n\thelp\r\n\t  Text.\r\n")
        assert config.value("A") == "y"


class TestEnvironment:
    def test_nothing_of_the_callers_is_read_or_changed(
        self, tree: Tree, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "kconfigfunctions.py").write_text("raise SystemExit('imported')\n")
        (tmp_path / "evil.py").write_text("raise SystemExit('imported')\n")
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in ("ARCH", "CONFIG_", "srctree", "KCONFIG_STRICT", "CC"):
            monkeypatch.setenv(name, "/nonsense")
        monkeypatch.setenv("KCONFIG_FUNCTIONS", "evil")
        before = dict(os.environ)
        config = load(tree, 'config A\n\tstring\n\tdefault "$(ARCH) $(CC) $HOME $(srctree)"\n')
        assert config.value("A") == f"x86 gcc $HOME {tree.root}"
        failure(tree, "endmenu\n")
        assert dict(os.environ) == before

    def test_unset_variable_is_told(self, tree: Tree) -> None:
        config = load(tree, 'config A\n\tstring\n\tdefault "[$(VENDOR)]$(CLANG_FLAGS)"\n')
        assert config.value("A") == "[]"
        (assumed,) = config.assumed
        assert (assumed.place, assumed.question, assumed.answer) == (
            Place("Kconfig", 3), "$(VENDOR)", "",
        )  # fmt: skip

    def test_nothing_is_printed(self, tree: Tree, capfd: pytest.CaptureFixture[str]) -> None:
        config = load(tree, "$(info,hello)\n$(warning-if,y,careful)\nconfig A\n")
        config.text()
        assert capfd.readouterr() == ("", "")
        assert [text for _, text in config.warnings][:2] == ["hello", "careful"]

    @pytest.mark.parametrize(
        ("arch", "symbol"),
        [("x86", "X86"), ("x86_64", "X86"), ("i386", "X86"), ("arm64", "ARM64"), ("um", "UM")],
    )
    def test_architectures(self, tree: Tree, arch: str, symbol: str) -> None:
        config = kconf.load(tree, arch=arch)
        assert config.names() == (symbol,)
        assert architectures(tree) == ("arm64", "um", "x86")

    def test_um_has_a_host(self, tree: Tree) -> None:
        overlay = {"Kconfig": 'source "arch/$(HEADER_ARCH)/um/Kconfig"\n'}
        assert kconf.load(tree, arch="um", overlay=overlay).names() == ("X86_UM",)

    def test_unknown_architecture(self, tree: Tree) -> None:
        with pytest.raises(UsageError, match="vax: not an architecture") as caught:
            kconf.load(tree, arch="vax")
        assert "i386" in caught.value.hint

    def test_missing_config(self, tree: Tree) -> None:
        with pytest.raises(UsageError, match="cannot be read"):
            kconf.load(tree, arch="x86", config=tree.root / "none")

    def test_importing_the_module_does_not_import_kconfiglib(self) -> None:
        code = "import sys, tracecfg.kernel.kconf; sys.exit('kconfiglib' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


PROBES = {
    "{ gcc -Werror  -fshort-enums -c -x c /dev/null -o .tmp_$$/tmp.o; }": "y",
    "{ gcc -Werror  -mllvm -foo -c -x c /dev/null -o .tmp_$$/tmp.o; }": "n",
    "{ ld -v --gc-sections; }": "y",
    '{ printf "%b\\n" "nop" | gcc  -Wa,--fatal-warnings -c -x assembler-with-cpp -o /dev/null -; }':
        "y",
    '{ test -z ""; }': "y",
    '{ test "GCC" = Clang; }': "n",
    "{ [ 120200 -ge 40800 ]; }": "y",
    "{ test -f Makefile; }": "y",
    "{ test -e arch/x86; }": "y",
    "{ test -d Makefile; }": "n",
    "{ test -e /etc/passwd; }": "n",
    "{ test -e ../../etc/passwd; }": "n",
    "{ command -v gcc; }": "y",
}  # fmt: skip


class TestToolchain:
    @pytest.mark.parametrize("probe", PROBES)
    def test_profile(self, tree: Tree, probe: str) -> None:
        command = f'{probe} >/dev/null 2>&1 && echo "y" || echo "n"'
        config = load(tree, _shell(command))
        assert (config.value("A"), config.assumed) == (PROBES[probe], ())

    @pytest.mark.parametrize(
        ("command", "answer"),
        [
            ("set -- GCC 120200 && echo $1", "GCC"),
            ("set -- GCC 120200 && echo $2", "120200"),
            ("expr 190107 / 10000", "19"),
            ("/x/scripts/rustc-version.sh rustc", "0"),
            ("echo __XTENSA_EB__ | gcc -E -P -", "__XTENSA_EB__"),
        ],
    )
    def test_profile_output(self, tree: Tree, command: str, answer: str) -> None:
        assert load(tree, _shell(command)).value("A") == answer

    def test_unknown_probe_is_told_and_not_run(self, tree: Tree, tmp_path: Path) -> None:
        mark = tmp_path / "was-run"
        config = load(tree, _shell(f"touch {mark}; echo y"))
        assert config.value("A") == ""
        assert [it.question for it in config.assumed] == [f"touch {mark}; echo y"]
        assert not mark.exists()

    def test_unknown_success_fails(self, tree: Tree) -> None:
        config = load(tree, _shell('{ odd; } >/dev/null 2>&1 && echo "then" || echo "else"'))
        assert config.value("A") == "else"
        assert len(config.assumed) == 1

    def test_real_one_is_asked(self, tree: Tree) -> None:
        overlay = {"Kconfig": _shell("pwd; echo $ARCH $CC $0")}
        config = kconf.load(tree, arch="x86", overlay=overlay, toolchain=Toolchain(cc="mygcc"))
        value = config.value("A")
        assert value is not None
        assert value.endswith(" x86 mygcc sh")
        assert not value.startswith((str(tree.root), str(Path.cwd())))

    def test_cross(self) -> None:
        names = Toolchain(cross_compile="aarch64-linux-gnu-").variables()
        assert names["CC"] == "aarch64-linux-gnu-gcc"
        assert names["LD"] == "aarch64-linux-gnu-ld"


def _shell(command: str) -> str:
    command = command.replace(",", "$(comma)")
    return f'comma := ,\ntext := $(shell,{command})\nconfig A\n\tstring\n\tdefault "$(text)"\n'


BAD: Mapping[str, tuple[str, str]] = {
    "conflict": ("config A\n<<<<<<< HEAD\n\tbool\n", "Kconfig:2: merge conflict marker"),
    "conflict in help": (
        "config A\n\tbool\n\thelp\n\t  Text.\n=======\n", "Kconfig:5: merge conflict marker",
    ),
    "missing": ('config A\nsource "none/Kconfig"\n', "Kconfig:2: none/Kconfig: cannot be read"),
    "out": ('source "../../x"\n', "Kconfig:1: source leads out of the tree: ../../x"),
    "absolute": ('source "/etc/passwd"\n', "Kconfig:1: source leads out of the tree"),
    "folder": ('source "arch"\n', "Kconfig:1: arch: cannot be read"),
    "empty": ('source ""\n', "Kconfig:1: .: cannot be read"),
    "itself": ('\nsource "Kconfig"\n', "Kconfig:2: source of Kconfig within itself"),
    "other word": ('osource "Kconfig"\n', "Kconfig:1: unknown word 'osource'"),
    "garbage": ("\x00\x01 %\n", "Kconfig:1: "),
    "no string": ("menu\n", "Kconfig:1: expected string"),
    "unterminated": ('menu "x\n', "Kconfig:1: unterminated string"),
    "open menu": ('config A\n\nmenu "x"\nconfig B\n', "Kconfig:4: "),
    "long line": ("# x\n# " + "x" * 1_000_000 + "\n", "Kconfig:2: line longer than"),
    "joined lines": ("#\n" + "x \\\n" * 100_000, "Kconfig:2: line longer than"),
    "nesting": ("if " + "(" * 20_000 + "A\nendif\n", "Kconfig:1: nested too deeply"),
    "own macro": ("f = $(f)\n$(f)\n", "Kconfig:2: Preprocessor variable f recursively"),
    "macro doubling": (
        "".join(f"v{i} = $(v{i + 1})$(v{i + 1})\n" for i in range(40)) + "v40 = x\n$(v0)\n",
        "Kconfig:42: macros expand without end",
    ),
    "macro growing": (
        "f = $(f,$(1)$(1))\n$(f,xxxxxxxx)\n", "Kconfig:2: ",
    ),
    "error-if": ("$(error-if,y,this is\\no good)\n", "Kconfig:1: this is"),
    "loop": (
        "config A\n\tbool\n\tdepends on B\nconfig B\n\tbool\n\tdepends on A\n",
        "Kconfig:1: dependency loop: A -> B -> A",
    ),
    "type of a menu": ('menu "m"\n\tbool\n', "Kconfig:2: cannot stand here in 'bool'"),
    "bad default": ("config A\n\tint\n\tdefault 1 && 2\n", "Kconfig:1: "),
}  # fmt: skip


class TestBadInput:
    @pytest.mark.parametrize("case", BAD)
    def test_one_line_with_the_place(self, tree: Tree, case: str) -> None:
        text, message = BAD[case]
        assert failure(tree, text).message.startswith(message)

    def test_deep_dependencies(self, tree: Tree) -> None:
        chain = "".join(f"config A{i}\n\tbool\n\tdefault A{i + 1}\n" for i in range(20_000))
        config = load(tree, chain)
        with pytest.raises(TracecfgError, match="nested too deeply"):
            config.value("A0")

    def test_files_without_end(self, tree: Tree) -> None:
        files = {f"k{i}": f'source "k{i + 1}"\nsource "k{i + 1}"\n' for i in range(40)}
        assert "sources without end" in failure(tree, 'source "k0"\n', **files, k40="").message

    def test_place_is_in_the_sourced_file(self, tree: Tree) -> None:
        error = failure(tree, 'source "a/Kconfig"\n', a__Kconfig="# one\nnonsense word\n")
        assert error.message.startswith("a/Kconfig:2: unknown word 'nonsense'")

    def test_source_in_a_circle(self, tree: Tree) -> None:
        error = failure(tree, 'source "a"\n', a='source "b"\n', b='\nsource "a"\n')
        assert error.message == "b:2: source of a within itself: Kconfig -> a -> b -> a"

    def test_symlink_out_of_the_tree(self, tree: Tree) -> None:
        (tree.root / "out").symlink_to("/etc/hostname")
        assert failure(tree, 'source "out"\n').message.startswith("Kconfig:1: out: leads out")

    def test_undecodable_word(self, tree: Tree) -> None:
        (tree.root / "bad").write_bytes(b"\xff\xfe bool\n")
        assert failure(tree, 'source "bad"\n').message.startswith("bad:1: unknown token")


WORDS = st.sampled_from(
    r"""
config A ; config B ; menuconfig C ; config MODULES ; config A=B ; choice ; choice A ; endchoice
if A = m || B ; endif ; menu "m" ; endmenu ; comment "c" ; mainmenu "$(ARCH)" ; source "Kconfig"
source "arch/x86/Kconfig" ; \toption defconfig_list
\tbool ; \tbool "b" ; \ttristate ; \tint ; \thex ; \tstring ; \tdef_tristate m ; \tprompt "p" if A
\tdefault A if B ; \tdefault 0x1 ; \tdefault "$(f,a)" ; \tdefault y if A<B && 0x10 >= A
\tdepends on A if !B ; \tdepends on ; \tdepends on $(success,true) ; \tvisible if A
\tselect B if m ; \timply A ; \trange 1 A ; \trange 5 1 ; \thelp ; \t  text
\tmodules ; \ttransitional ; \toptional ; \toption env="X" ; \toption modules
f = $(f,$(1)) ; g := $(shell,echo) ; g += $(h) ; $(f,$(g)) ; (( ; $( ; $() ; $(,) ; ' ; \
""".strip()
    .replace("\n", " ; ")
    .replace(r"\t", "\t")
    .split(" ; ")
)


@pytest.fixture(scope="module")
def fixed_tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return make_tree(tmp_path_factory.mktemp("fuzz") / "linux")


@settings(
    max_examples=300, deadline=5_000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.lists(WORDS | st.text(max_size=20), max_size=30).map("\n".join),
    config=st.lists(
        st.sampled_from(
            ["CONFIG_A=y", "CONFIG_B=m", "CONFIG_A=-5", "CONFIG_B=0xzz", 'CONFIG_A="\\"',
             "# CONFIG_C is not set", "CONFIG_A=99999999999999999999999"]
        ) | st.text(max_size=10),
        max_size=5,
    ).map("\n".join),
)  # fmt: skip
def test_any_text_loads_or_is_refused(fixed_tree: Tree, text: str, config: str) -> None:
    base = fixed_tree.root / "fuzz.config"
    base.write_text(config, errors="surrogatepass")
    try:
        loaded = kconf.load(fixed_tree, arch="x86", overlay={"Kconfig": text}, config=base)
        written = loaded.text()
        for name in loaded.names():
            assert loaded.symbol(name) is not None
    except TracecfgError as error:
        written = error.message
    assert written.startswith("#\n# Automatically generated file") or written.isprintable()
