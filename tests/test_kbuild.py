"""Gates from Makefiles: every construct of kbuild on small made-up trees, and bad input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracecfg.errors import TracecfgError
from tracecfg.gatetext import to_kconfig
from tracecfg.kernel.kbuild import Makefiles
from tracecfg.kernel.tree import Tree
from tracecfg.model import Place

TOP = {"Kbuild": "obj-y += d/ arch/$(SRCARCH)/ $(ARCH_CORE)\n", "Makefile": "export ARCH_CORE\n"}


def makefiles(root: Path, files: Mapping[str, str | bytes], top: bool = True) -> Makefiles:
    for name, text in {**(TOP if top else {}), **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Makefiles(Tree(root=root.resolve(), version="6.0"))


def gate(root: Path, text: str, source: str = "d/it.c", **more: str) -> str:
    result = makefiles(root, {"d/Makefile": text} | more).gate_of(source)
    return f"? {result.reason}" if result.gate is None else to_kconfig(result.gate)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("obj-y += it.o", "y"),
        ("obj-y := other.o it.o", "y"),
        ("obj-m += it.o", "y"),
        ("lib-y += it.o", "y"),
        ("extra-y += it.o", "y"),
        ("always-$(KBUILD_BUILTIN) += it.o", "y"),
        ("obj-$(CONFIG_A) += it.o", "A"),
        ("obj-${CONFIG_A} += it.o", "A"),
        ("obj-$(CONFIG_A)+=it.o", "A"),
        ("lib-$(CONFIG_A) += it.o", "A"),
        ("obj-$(CONFIG_A) += it.o\nobj-$(CONFIG_B) += it.o", "A || B"),
        ("obj-$(CONFIG_A) += \\\n\tone.o \\\n\tit.o # note", "A"),
        ("obj-$(CONFIG_A) += it.o\r\n", "A"),
        # composite objects
        ("obj-$(CONFIG_A) += a.o\na-y := it.o", "A"),
        ("obj-$(CONFIG_A) += a.o\na-objs := x.o it.o", "A"),
        ("obj-$(CONFIG_A) += a.o\na-$(CONFIG_B) += it.o", "A && B"),
        ("obj-$(CONFIG_A) += a.o\na-objs-$(CONFIG_B) += it.o\na-objs += $(a-objs-y)", "A && B"),
        ("obj-$(CONFIG_A) += a.o b.o\na-y := it.o\nb-$(CONFIG_B) := it.o", "A"),
        ("obj-$(CONFIG_A) += it.o\nit-y := x.o", "? no Makefile names it.o"),
        ("obj-$(CONFIG_A) += it.o\nit-$(CONFIG_B) := x.o", "? no Makefile names it.o"),
        ("obj-$(CONFIG_A) += it.o\nifdef CONFIG_B\nit-y := x.o\nendif", "A && !B"),
        # y and m
        ("obj-$(subst m,y,$(CONFIG_A)) += it.o", "A"),
        ("obj-$(CONFIG_A:m=y) += it.o", "A"),
        ("ifeq ($(CONFIG_A),y)\nobj-y += it.o\nendif", "A=y"),
        ("ifeq ($(CONFIG_A),m)\nobj-m += it.o\nendif", "A=m"),
        ("ifeq (y,$(CONFIG_A))\nobj-y += it.o\nendif", "A=y"),
        ('ifeq "$(CONFIG_A)" "y"\nobj-y += it.o\nendif', "A=y"),
        ("ifneq ($(CONFIG_A),y)\nobj-y += it.o\nendif", "A!=y"),
        ("ifeq ($(CONFIG_N),64)\nobj-y += it.o\nendif", 'N="64"'),
        # conditionals
        ("ifdef CONFIG_A\nobj-y += it.o\nendif", "A"),
        ("ifndef CONFIG_A\nobj-y += it.o\nendif", "!A"),
        ("ifdef CONFIG_A\nobj-y += x.o\nelse\nobj-y += it.o\nendif", "!A"),
        (
            "ifdef CONFIG_A\nelse ifdef CONFIG_B\nobj-y += it.o\nelse\nobj-y += x.o\nendif",
            "!A && B",
        ),
        ("ifdef CONFIG_A\nelse ifdef CONFIG_B\nelse\nobj-y += it.o\nendif", "!A && !B"),
        ("ifdef CONFIG_A\n  ifdef CONFIG_B\n\tobj-y += it.o\n  endif\nendif", "A && B"),
        ("ifneq ($(CONFIG_A)$(CONFIG_B),)\nobj-y += it.o\nendif", "A || B"),
        ("ifeq ($(CONFIG_A)$(CONFIG_B),yy)\nobj-y += it.o\nendif", "A=y && B=y"),
        ("ifneq (,$(filter y m,$(CONFIG_A)))\nobj-y += it.o\nendif", "A"),
        ("ifneq ($(filter y,$(CONFIG_A) $(CONFIG_B)),)\nobj-y += it.o\nendif", "A=y || B=y"),
        ("ifneq ($(filter-out n,$(CONFIG_A)),)\nobj-y += it.o\nendif", "A"),
        ("ifeq ($(or $(CONFIG_A),$(CONFIG_B)),y)\nobj-y += it.o\nendif", "A=y || (!A && B=y)"),
        ("ifneq ($(and $(CONFIG_A),$(CONFIG_B)),)\nobj-y += it.o\nendif", "A && B"),
        ("ifneq ($(findstring y,$(CONFIG_A)),)\nobj-y += it.o\nendif", "A=y"),
        ("X := $(CONFIG_A)\nifdef X\nobj-y += it.o\nendif", "A"),
        # functions and variables
        ("obj-y += $(if $(CONFIG_A),it.o,x.o)", "A"),
        ("obj-y += $(if $(CONFIG_A),,it.o)", "!A"),
        ("obj-$(if $(CONFIG_A),y) += it.o", "A"),
        ("obj-$(or $(CONFIG_A),$(CONFIG_B)) += it.o", "A || B"),
        ("obj-$(and $(CONFIG_A),$(CONFIG_B)) += it.o", "A && B"),
        ("L = it x\nobj-y += $(addsuffix .o,$(L))", "y"),
        ("obj-$(CONFIG_A) += $(addprefix i,t.o x.o)", "A"),
        ("L = it.c\nobj-$(CONFIG_A) += $(L:.c=.o)", "A"),
        ("L = it.c\nobj-$(CONFIG_A) += $(patsubst %.c,%.o,$(L))", "A"),
        ("L = sub/it.o\nobj-$(CONFIG_A) += $(notdir $(L))", "A"),
        ("obj-$(CONFIG_A) += $(foreach x,a it,$(x).o)", "A"),
        ("one = $(1).o\nobj-$(CONFIG_A) += $(call one,it)", "A"),
        ("obj-$(CONFIG_A) += $(word 2,x.o it.o)", "A"),
        ("L-$(CONFIG_A) += it.o\nobj-y += $(L-y)", "A"),
        ("L := it.o\nobj-y += $(L)\nL := x.o", "y"),
        ("L = x.o\na-y += $(L)\nL = it.o\nobj-$(CONFIG_A) += a.o", "A"),
        ("L ?= it.o\nL ?= x.o\nobj-y += $(L)", "y"),
        ("ifdef CONFIG_A\nL := it.o\nelse\nL := x.o\nendif\nobj-y += $(L)", "A"),
        ("obj-y := it.o\nifdef CONFIG_A\nobj-y := x.o\nendif", "!A"),
        ("define L\nit.o\nendef\nobj-y += $(L)", "y"),
        ("obj-y += i$(CONFIG_A)t.o", "!A"),
        ("T := y\nobj-$(T) += it.o", "y"),
        ("obj-y += $(src)/../d/it.o", "? no Makefile names it.o"),
        # what cannot be evaluated matters only where something depends on it
        ("X := $(shell date)\nobj-$(CONFIG_A) += it.o", "A"),
        ("ifeq ($(call cc-option,-x),y)\nccflags-y += -x\nendif\nobj-$(CONFIG_A) += it.o", "A"),
        (
            "ifdef X\nobj-y += it.o\nelse\nobj-y += it.o\nendif\nX = $(shell date)",
            "y",
        ),
        ("ifeq ($(shell date),)\nobj-y += it.o\nendif", "? $(shell ...) is not evaluated"),
        ("obj-y += $(shell ls)", "? $(shell ...) is not evaluated"),
        ("obj-y += $(shell ls).dtb\nobj-$(CONFIG_A) += it.o", "A"),
        ("obj-y += $(wildcard *.o)\nobj-$(CONFIG_A) += it.o", "A"),
        ("$(eval obj-y += it.o)", "? $(eval ...) may set any variable"),
        ("$(shell echo obj)-y += it.o", "? $(shell ...) is not evaluated"),
        ("X != date\nifdef X\nobj-y += it.o\nendif", "? the output of a shell command"),
        # rules and recipes are not read
        ("all: it.o\n\tobj-y += it.o\nobj-$(CONFIG_A) += it.o", "A"),
        ("it.o: obj-y := it.o", "? no Makefile names it.o"),
        ("# obj-y += it.o\nobj-$(CONFIG_A) += it.o", "A"),
        # what make stops at
        ("obj-y += it.o\nifdef CONFIG_A", "? conditional without endif"),
        ("obj-y += it.o\nendif", "? else or endif without a conditional"),
        ("obj-y += it.o\n<<<<<<< HEAD", "? merge conflict left in the file"),
        ("obj-y += it.o\ndefine X\n", "? define without endef"),
        ("X = $(X)\nobj-y += $(X)", "? X refers to itself, or on and on"),
        ("X = $(Y\nobj-y += $(X) it.o", "? bracket that is not closed"),
        ("include d/Makefile\nobj-y += it.o", "? includes d/Makefile again and again"),
    ],
)
def test_one_makefile(tmp_path: Path, text: str, expected: str) -> None:
    assert gate(tmp_path, text) == expected


def test_folders_are_conjuncts(tmp_path: Path) -> None:
    files = {
        "d/Makefile": "obj-$(CONFIG_A) += b/\nobj-$(CONFIG_B) += b/c/\nobj-$(CONFIG_X) += e/",
        "d/b/Makefile": "obj-y += it.o",
        "d/b/c/Kbuild": "obj-$(CONFIG_C) += it.o",
        "d/b/c/Makefile": "obj-y += it.o",
        "d/e/Makefile": "obj-y += ../above.o",
        "d/f/Makefile": "obj-y += it.o",
    }  # fmt: skip
    tree = makefiles(tmp_path, files)
    text = {source: tree.gate_of(source) for source in
            ("d/b/it.c", "d/b/c/it.S", "d/above.c", "d/f/it.c")}  # fmt: skip
    gates = {source: to_kconfig(one.gate) for source, one in text.items() if one.gate}
    assert gates == {"d/b/it.c": "A", "d/b/c/it.S": "B && C"}
    assert text["d/f/it.c"].unknown == Place("d/f/Makefile", 1)
    assert text["d/f/it.c"].reason == "no Makefile descends into d/f/"


def test_objects_named_by_a_folder_above_or_beside(tmp_path: Path) -> None:
    files = {
        "d/Makefile": "obj-y += one/ gpu/",
        "d/gpu/Makefile": "obj-$(CONFIG_A) += core/",
        "d/gpu/core/Makefile": (
            "PATHS = $(src)/..\nREL = ..\ninclude $(PATHS)/shown/Makefile\n"
            "a-y += $(FILES)\nobj-$(CONFIG_B) += a.o"
        ),
        "d/gpu/shown/Makefile": "FILES = $(addprefix $(REL)/shown/deep/,it.o)\n",
        "d/one/Makefile": "obj-$(CONFIG_C) += two/it.o",
    }
    tree = makefiles(tmp_path, files)
    assert to_kconfig(tree.gate_of("d/gpu/shown/deep/it.c").gate) == "A && B"  # type: ignore[arg-type]
    assert to_kconfig(tree.gate_of("d/one/two/it.c").gate) == "C"  # type: ignore[arg-type]


ARCH = {
    "arch/x86/Kconfig": "config 64BIT\n\tbool \"64-bit\"\nconfig X86_64\n\tdef_bool y\n"
    "\tdepends on 64BIT\n\tselect A\n\tselect B\n\tselect C\n"
    "config X86\n\tdef_bool y\n\tselect A\n\tselect B\nconfig MMU\n\tdef_bool y\n",
    "arch/x86/Makefile": "ifeq ($(CONFIG_X86_32),y)\nBITS := 32\nelse\nBITS := 64\nendif\n"
    "export BITS\ndrivers-$(CONFIG_PCI) += arch/x86/pci/\nlibs-y += arch/x86/lib/\n",
    "arch/x86/Kbuild": "obj-y += kernel/\nobj-$(CONFIG_KVM) += kvm/",
    "arch/x86/kernel/Makefile": "obj-y += it_$(BITS).o",
    "arch/x86/pci/Makefile": "obj-y += it.o",
    "arch/x86/lib/Makefile": "lib-y := it.o",
    "arch/x86/kvm/Makefile": "include $(srctree)/virt/kvm/Makefile.kvm\nobj-y += kvm.o own.o",
    "arch/arm/Kconfig": "config ARM\n\tbool\n\tdefault y\n\tselect A\n",
    "arch/arm/Makefile": "core-y += arch/arm/kvm/ $(patsubst %,arch/arm/mach-%/,$(machine-y))\n"
    "machine-$(CONFIG_OLD) += old\ndrivers-y += d/arm/",
    "arch/arm/mach-old/Makefile": "obj-y += it.o",
    "arch/arm/kvm/Makefile": "KVM := ../../../virt/kvm\nkvm-y += $(KVM)/it.o\n"
    "obj-$(CONFIG_KVM_ARM) += kvm.o",
    "virt/kvm/Makefile.kvm": "KVM ?= ../../../virt/kvm\nkvm-y := $(KVM)/it.o",
    "d/arm/Makefile": "obj-y += it.o",
    "d/Makefile": "obj-$(CONFIG_X86) += a.o\nifeq ($(SRCARCH),arm)\nobj-y += b.o\nendif",
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("arch/x86/kernel/it_64.c", "X86 && X86_32!=y"),
        ("arch/x86/kernel/it_32.S", "X86 && X86_32=y"),
        ("arch/x86/pci/it.c", "X86 && PCI"),
        ("arch/x86/lib/it.c", "X86"),
        ("arch/arm/mach-old/it.c", "ARM && OLD"),
        ("virt/kvm/it.c", "(ARM && KVM_ARM) || (X86 && KVM)"),
        ("d/arm/it.c", "ARM"),
        ("d/a.c", "X86"),
        ("d/b.c", "ARM"),
    ],
)
def test_architectures(tmp_path: Path, source: str, expected: str) -> None:
    result = makefiles(tmp_path, ARCH).gate_of(source)
    assert result.gate is not None, result.reason
    assert to_kconfig(result.gate) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("arch/x86/pci/it.c", None),
        ("arch/x86/lib/it.c", None),
        ("arch/x86/kernel/it_64.c", None),
        ("arch/x86/kvm/own.c", "KVM"),
        ("d/a.c", None),
    ],
)
def test_an_architecture_is_no_feature(tmp_path: Path, source: str, expected: str | None) -> None:
    assert makefiles(tmp_path, ARCH).config_of(source) == expected


OLD_TOP = """
ifeq ($(KBUILD_SRC),)
ifneq ($(KBUILD_OUTPUT),)
skip-makefile := 1
endif
endif
ifeq ($(skip-makefile),)
ifeq ($(KBUILD_EXTMOD),)
core-y := d/
net-$(CONFIG_NET) := net/
endif
core-y := $(patsubst %/, %/built-in.a, $(core-y))
net-y := $(patsubst %/, %/built-in.a, $(net-y))
endif
"""


def test_top_makefile_without_kbuild(tmp_path: Path) -> None:
    files = {"Makefile": OLD_TOP, "d/Makefile": "obj-y += it.o", "net/Makefile": "obj-y += it.o"}
    tree = makefiles(tmp_path, files, top=False)
    assert to_kconfig(tree.gate_of("d/it.c").gate) == "y"  # type: ignore[arg-type]
    assert to_kconfig(tree.gate_of("net/it.c").gate) == "NET"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('#include "it.c"', "A"),
        ('#ifdef CONFIG_B\n# include "./it.c"\n#endif', "A && B=y"),
        ('#if defined(CONFIG_B) && !IS_ENABLED(CONFIG_C) // x\n#include "it.c"\n#endif',
         "A && B=y && !C"),
        ('#if IS_BUILTIN(CONFIG_B) || IS_MODULE(CONFIG_B)\n#include "it.c"\n#endif', "A && B"),
        ('#ifndef CONFIG_B\n#else\n#include "it.c"\n#endif', "A && B=y"),
        ('#ifdef CONFIG_B\n#elif defined CONFIG_C\n#include "it.c"\n#endif', "A && B!=y && C=y"),
        ('#if X > 2\n#endif\n#include "it.c"', "A"),
        ('#if X > 2\n#include "it.c"\n#endif',
         "? #include of it.c under a condition that cannot be told"),
        ('#include "itit.c"', "? no Makefile names it.o"),
    ],
)  # fmt: skip
def test_source_that_is_part_of_another(tmp_path: Path, text: str, expected: str) -> None:
    more = {"d/whole.c": text, "d/it.c": '#include "whole.c"\n'}
    assert gate(tmp_path, "obj-$(CONFIG_A) += whole.o", **more) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("obj-$(CONFIG_A) += it.o", "A"),
        ("obj-$(CONFIG_A) += a.o\na-$(CONFIG_B) += it.o", "B"),
        ("obj-$(CONFIG_A) += a.o\na-y += it.o", "A"),
        ("ifdef CONFIG_A\nobj-$(CONFIG_B) += it.o\nendif", "B"),
        ("ifdef CONFIG_A\nobj-y += it.o\nendif", "A"),
        ("obj-y += it.o", "TOP"),
        ("obj-$(CONFIG_A) += it.o\nobj-$(CONFIG_B) += it.o", None),
        ("obj-$(CONFIG_A) += a.o\nobj-$(CONFIG_B) += b.o\na-y := it.o\nb-y := it.o", None),
        ("ifeq ($(CONFIG_B),y)\nobj-$(CONFIG_C) += it.o\nendif\nobj-$(CONFIG_A) += it.o", "A"),
        ("ifndef CONFIG_A\nobj-$(CONFIG_B) += it.o\nendif", "B"),
        ("obj-n += it.o", None),
    ],
)
def test_config_of(tmp_path: Path, text: str, expected: str | None) -> None:
    files: dict[str, str | bytes] = {"d/Makefile": text, "Kbuild": "obj-$(CONFIG_TOP) += d/"}
    assert makefiles(tmp_path, files).config_of("d/it.c") == expected


def test_config_of_what_is_always_built(tmp_path: Path) -> None:
    assert makefiles(tmp_path, {"d/Makefile": "obj-y += it.o"}).config_of("d/it.c") is None


def test_unknown_names_the_line(tmp_path: Path) -> None:
    text = "\n\nifeq ($(shell date),)\nobj-y += it.o\nendif\n"
    result = makefiles(tmp_path, {"d/Makefile": text}).gate_of("d/it.c")
    assert (result.gate, result.unknown) == (None, Place("d/Makefile", 3))


def test_nothing_outside_the_tree_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("obj-y += it.o")
    root = tmp_path / "tree"
    for line in ("include ../secret", f"include {tmp_path}/secret", "include d/link"):
        tree = makefiles(root, {"d/Makefile": line})
        link = root / "d/link"
        if not link.is_symlink():
            link.symlink_to(tmp_path / "secret")
        assert tree.gate_of("d/it.c").gate is None


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00obj-y += x.o\n" * 1000,
        b"obj-y += " + b"x" * (1 << 20),
        b"$(" * 100_000,
        b"(" * 100_000,
        b"a$(b" * 50_000 + b" := c",
        b"ifdef CONFIG_A\n" * 3000,
        b"".join(b"X%d = $(X%d)$(X%d)\n" % (i, i + 1, i + 1) for i in range(60)) + b"obj-y+=$(X0)",
        b"".join(b"X := $(X) $(CONFIG_X%d)y\n" % at for at in range(300)) + b"obj-$(X) += it.o",
        b"obj-y += " + b"".join(b"$(CONFIG_X%d)" % at for at in range(100)) + b".o",
        b"include d/more d/more\n",
    ],
    ids=["binary", "long line", "open", "brackets", "nested", "ifdefs", "doubling", "growing",
         "product", "includes"],
)  # fmt: skip
def test_hostile_makefiles_end(tmp_path: Path, text: bytes) -> None:
    files: dict[str, str | bytes] = {"d/Makefile": text + b"\nobj-$(CONFIG_A) += it.o\n"}
    files |= {"d/more": b"include d/more2 d/more2\n", "d/more2": b"include d/more3 d/more3 d/more3"}
    tree = makefiles(tmp_path, files)
    tree.gate_of("d/it.c")
    tree.config_of("d/it.c")


LINES = """obj-y obj-$(CONFIG_A) it-y a-objs += := = ?= it.o a.o b/ ifdef ifeq else endif ) ( ,
$(X) $(CONFIG_B) X $ # : % include d/Makefile define endef $(if $(filter $(foreach $(call
$(subst $(patsubst $(word"""
pieces = st.sampled_from([*LINES.split(), " ", " ", "\n", "\n", "\n\t", "\\\n", "\0", "\x85"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.lists(st.one_of(pieces, st.text(max_size=4)), max_size=60).map("".join))
def test_any_text_is_survived(tmp_path: Path, text: str) -> None:
    tree = makefiles(tmp_path, {"d/Makefile": text.encode("utf-8", "surrogatepass")})
    for source in ("d/it.c", "d/b/it.c", "d/a.c"):
        try:
            result = tree.gate_of(source)
            assert (result.gate is None) == (result.unknown is not None)
            tree.config_of(source)
        except TracecfgError:
            pass
