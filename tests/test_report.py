"""JSON as text: what was given comes back, whatever is in it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tracecfg.report import json_text

# with what stands for bytes that are no UTF-8 in the names of files
TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    assert json.loads(json_text(value)) == value
