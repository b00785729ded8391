"""Trust row 8: files that are honest and only look odd are read exactly, or asked about in words."""

from pathlib import Path

import pandas as pd
import pytest

from opex.domain.problems import Refused
from opex.sources import Reading, read
from tests.trust.hostile.odd import ODD, PACKED_OTHERWISE, Asked, Odd, asked


def rows(reading: Reading, columns: tuple[str, ...]) -> tuple[tuple[object, ...], ...]:
    """The rows as plain values in the order of the file, a missing one as None."""
    frame = reading.main[list(columns)].astype(object)
    return tuple(tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False))


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.says)
def test_an_odd_but_honest_file_is_read_exactly(tmp_path: Path, odd: Odd) -> None:
    (tmp_path / odd.name).write_bytes(odd.data)
    reading = read([tmp_path / odd.name], kind=odd.kind, **odd.options)
    assert rows(reading, odd.columns) == odd.rows
    assert (reading.refused, len(reading.problems)) == (odd.refused, odd.refused)
    assert reading.read == len(odd.rows) + odd.refused


@pytest.mark.parametrize("question", asked(), ids=lambda question: question.says)
def test_what_an_honest_file_leaves_open_is_asked_for(tmp_path: Path, question: Asked) -> None:
    (tmp_path / question.name).write_bytes(question.data)
    with pytest.raises(Refused) as refusal:
        read([tmp_path / question.name], kind="incidents", **question.options)
    assert [word for word in question.words if word not in str(refusal.value)] == []


@pytest.mark.parametrize("name", PACKED_OTHERWISE)
def test_what_is_packed_in_another_way_says_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PACKED_OTHERWISE[name])
    with pytest.raises(Refused, match=rf"{name} is packed with \w+; unpack it first\."):
        read([tmp_path / name], kind="incidents")
