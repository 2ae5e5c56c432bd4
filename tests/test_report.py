"""JSON as text: what the standard library gives, only sooner."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tracecfg.report import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(VALUES)
def test_as_the_standard_library_writes_it(value: object) -> None:
    assert json_text(value) == json.dumps(value, indent=1)
