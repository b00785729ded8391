"""TOML out of plain data: whatever we write, Python reads back as it was."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opex.domain.toml import dumps

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.floats(allow_nan=False),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_is_written_is_read_back_as_it_was(document: dict[str, Any]) -> None:
    assert tomllib.loads(dumps(document)) == document


def test_what_nobody_said_is_left_out() -> None:
    assert tomllib.loads(dumps({"a": None, "b": {"c": None, "d": 1}})) == {"b": {"d": 1}}


def test_tables_in_arrays_of_tables_stay_with_their_row() -> None:
    rows = [{"n": 1, "scale": {"low": 0, "steps": [[0, 0.5], [1, 1.0]]}}, {"n": 2, "rows": [{"a": 1}, {"a": 2}]}]
    assert tomllib.loads(dumps({"rows": rows, "name": "x"})) == {"rows": rows, "name": "x"}


def test_a_number_that_is_none_stays_none() -> None:
    read = tomllib.loads(dumps({"low": float("-inf"), "high": float("inf"), "none": float("nan"), "big": 1e300}))
    assert (read["low"], read["high"], read["big"]) == (float("-inf"), float("inf"), 1e300)
    assert read["none"] != read["none"]


def test_what_toml_has_no_word_for_is_a_bug_and_rises() -> None:
    with pytest.raises(TypeError, match="TOML has no word for object"):
        dumps({"a": object()})
