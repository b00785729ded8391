"""Texts that only some may see, planted in a workspace, and whatever of them a result holds."""

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from opex.services.context import Context

CANARY = "zanzibarcanary"


def found_in(result: object) -> list[str]:
    """Where in a result a canary stands: whatever can be walked to, functions and databases aside."""
    return [place for place, text in _texts(result, "", set()) if CANARY in text.casefold()]


def _texts(of: object, at: str, seen: set[int]) -> Iterator[tuple[str, str]]:
    if isinstance(of, str):
        yield at, of
    elif isinstance(of, bytes):
        yield at, of.decode("utf-8", "replace")
    elif of is None or isinstance(of, int | float | datetime | timedelta | Path | Context) or callable(of):
        return
    elif id(of) not in seen:
        seen.add(id(of))
        for name, part in _parts(of):
            yield from _texts(part, f"{at}.{name}", seen)


def _parts(of: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(of, pd.DataFrame):
        yield from ((str(name), of[name]) for name in of.columns)
        yield "columns", list(map(str, of.columns))
    elif isinstance(of, pd.Series | pd.Index):
        yield "values", " ".join(set(map(str, of.tolist()))) if not _number(of) else None
    elif isinstance(of, np.ndarray):
        yield "array", " ".join(map(str, of.ravel())) if of.dtype.kind in "OUS" else None
    elif isinstance(of, Mapping):
        yield from ((f"[{key}]", (key, value)) for key, value in of.items())
    elif isinstance(of, list | tuple | set | frozenset):
        yield from ((f"[{n}]", part) for n, part in enumerate(of))
    elif dataclasses.is_dataclass(of) or hasattr(of, "__dict__"):
        yield from vars(of).items()
        yield from ((name, getattr(of, name)) for name in _properties(of))


def _number(of: Any) -> bool:
    return pd.api.types.is_numeric_dtype(of) or pd.api.types.is_datetime64_any_dtype(of)


def _properties(of: object) -> list[str]:
    """What is computed from it, such as a sentence; not the way to everybody's board, which is never shown."""
    named = {name: part for kind in type(of).__mro__ for name, part in vars(kind).items()}
    return [name for name, part in named.items() if isinstance(part, property) and name not in {"for_all", "draft"}]
