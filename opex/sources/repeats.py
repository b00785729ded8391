"""Records that a load holds twice: exact repeats are counted, contradictions are refused or the newest one counts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Positions of the rows that go, in order: ``again`` says the same as the row that stays, ``other`` something else.

    ``stays`` gives for each row of ``other`` the position of the row that stays in its place.
    """

    again: Positions
    other: Positions
    stays: Positions


def repeats(keys: npt.NDArray[np.uint64], digests: npt.NDArray[np.int64], *, newest: bool = False) -> Repeats:
    """Rows whose key an earlier row has (with ``newest``: a later one, so that the last row of each key stays).

    Parameters
    ----------
    keys, digests
        One number a row, (n,): what identifies it, and what it says.
    newest
        Whether the last row of a key stays, in place of the first.

    Returns
    -------
    Repeats
        Nothing repeated gives three empty arrays.
    """
    count = len(keys)
    order = np.argsort(keys[::-1] if newest else keys, kind="stable")
    positions = count - 1 - order if newest else order
    sorted_keys = keys[positions]
    begins = np.append(True, sorted_keys[1:] != sorted_keys[:-1])[:count]
    kept = positions[np.flatnonzero(begins)][np.cumsum(begins) - 1] if count else positions
    going = np.flatnonzero(~begins)
    gone, stays = positions[going], kept[going]
    in_order = np.argsort(gone, kind="stable")
    gone, stays = gone[in_order], stays[in_order]
    same = digests[gone] == digests[stays]
    return Repeats(again=gone[same], other=gone[~same], stays=stays[~same])
