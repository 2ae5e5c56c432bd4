"""What is set again is computed again, with all that depends on it; as if read in one go."""

from __future__ import annotations

import random

import pytest

from tests.small import FIXTURES
from tracecfg.kernel import kconf
from tracecfg.kernel.kconf import KernelConfig
from tracecfg.kernel.tree import open_tree

KCONFIG = """\
config MODULES
	bool "modules"
	option modules
config A
	tristate "a"
config B
	tristate "b" if A
	select C
	default m
config C
	tristate
	imply D
config D
	tristate "d"
	depends on A != m
config OLD
	bool "old"
	transitional
	default A
config E
	def_bool OLD || (A && B = y)
choice
	prompt "one of them"
	depends on A
config F
	bool "f"
	depends on D
config G
	bool "g"
endchoice
config H
	int "h"
	range 1 3 if F
	range 2 5
	default 4 if G
config I
	def_bool H = 4
comment "visible"
	depends on I
"""
SET = ("MODULES", "A", "B", "D", "OLD")


def load() -> KernelConfig:
    return kconf.load(open_tree(FIXTURES / "tree"), arch="x86", overlay={"Kconfig": KCONFIG})


@pytest.mark.parametrize("seed", range(20))
def test_in_whatever_order(seed: int) -> None:
    chance = random.Random(seed)
    config = load()
    values: dict[str, str] = {}
    for _ in range(12):
        new = {name: chance.choice("nmy") for name in chance.sample(SET, chance.randint(1, 2))}
        if chance.random() < 0.3:
            before = config.text()
            with config.trial(new):
                fresh = load()
                fresh.assign({**values, **new})
                assert config.text() == fresh.text()
            assert config.text() == before
            continue
        config.assign(new)
        values |= new
        # only some have a value when the next is set
        for name in chance.sample(config.names(), 4):
            config.value(name)
        if chance.random() < 0.6:
            fresh = load()
            fresh.assign(values)
            assert config.text() == fresh.text()
