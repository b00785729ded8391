"""What the company is made of: its systems, its words, what is planted; read from the TOML files here."""

import tomllib
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Times = NDArray[np.datetime64]

PRODUCTION = "production"


@cache
def read(name: str) -> dict[str, Any]:
    """The TOML file of that name: ``world``, ``wordings`` or ``planted``. Not to be edited."""
    with (Path(__file__).parent / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def world() -> dict[str, Any]:
    """Systems, branches, volumes, categories, changes, metrics."""
    return read("world")


def wordings() -> dict[str, Any]:
    """The words everyday incidents are made of."""
    return read("wordings")


def planted() -> dict[str, Any]:
    """What is planted."""
    return read("planted")


def stream(seed: int, name: str) -> np.random.Generator:
    """Randomness of its own for each part, so that a change to one part leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def picks(rng: np.random.Generator, options: Sequence[str], count: int) -> list[str]:
    """That many of the options, each drawn afresh."""
    return [options[i] for i in rng.integers(len(options), size=count)]


def deals(rng: np.random.Generator, options: Sequence[str], count: int) -> list[str]:
    """That many of the options, dealt like cards: none comes twice before each came once."""
    rounds = -(-count // len(options))
    orders = [rng.permutation(len(options)) for _ in range(rounds)]
    return [options[i] for order in orders for i in order][:count]


def picks_by(rng: np.random.Generator, keys: Sequence[str], options: dict[str, list[str]]) -> list[str]:
    """For each key one of its options."""
    parts = rng.random(len(keys))
    return [options[key][int(part * len(options[key]))] for key, part in zip(keys, parts, strict=True)]


def subjects_of() -> dict[str, list[str]]:
    """The parts of each system that people name when they write an incident."""
    return {system["name"]: system["subjects"] for system in world()["systems"]}


def seconds(hours: NDArray[np.float64]) -> NDArray[np.timedelta64]:
    """Hours as whole seconds."""
    return np.round(hours * 3600).astype("timedelta64[s]")


def as_times(column: "pd.Series[Any]") -> Times:
    """A column of times in UTC as an array of seconds; a missing one is NaT."""
    return column.to_numpy(dtype="datetime64[s]")
