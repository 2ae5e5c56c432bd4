"""Events that nothing calls, against what the compiler made of the same source."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel import waste
from tests.kernel.lab.build import Build, tracepoints_in
from tests.kernel.objects import called_in

pytestmark = pytest.mark.kernel

FEW = 12
"""Objects, two seconds each."""


@pytest.mark.parametrize("name", ["tiny_build", "runtime_build"])
def test_no_object_of_a_whole_kernel_calls_a_reported_event(
    request: pytest.FixtureRequest, name: str
) -> None:
    build: Build = request.getfixturevalue(name)
    _, by_header = waste.never_called(build.tree)
    reported = set().union(*by_header.values())
    objects = [path for path in build.out.rglob("*.o") if not path.name.startswith("vmlinux")]
    called = set().union(*(called_in(path.read_bytes()) for path in objects))
    there = tracepoints_in(build.vmlinux)
    assert not called & reported
    # in a kernel with this many tracepoints a few are waste, and most are not
    assert there & reported
    assert len(called & there) > 300


def test_no_object_of_a_wide_kernel_calls_a_reported_event(linux_tree: Path) -> None:
    totals = waste.prove_waste(waste.lab_of(linux_tree), FEW)
    print(totals)
    assert not totals.problems, str(totals)
    assert totals.counts["reported events in them"]
