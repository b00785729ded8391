"""TOML text from plain data: what a person exports, edits and brings back. (Python reads TOML, but writes none.)"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["dumps"]


def dumps(document: Mapping[str, Any]) -> str:
    """The document as TOML text that ``tomllib.loads`` reads back to the same data.

    Plain values come first, then tables, then arrays of tables; keys with ``None`` are left out.

    Examples
    --------
    >>> print(dumps({"name": "default", "scale": {"low": 0, "high": 50.0}, "rows": [{"a": True}]}))
    name = "default"
    <BLANKLINE>
    [scale]
    low = 0
    high = 50.0
    <BLANKLINE>
    [[rows]]
    a = true
    <BLANKLINE>
    """
    return "\n".join(_table(document, ())).lstrip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    lines = [f"{_key(k)} = {_value(v)}" for k, v in table.items() if v is not None and not _is_nested(v)]
    for key, value in table.items():
        here = ".".join(_key(part) for part in (*path, key))
        if isinstance(value, Mapping):
            lines += ["", f"[{here}]", *_table(value, (*path, key))]
        elif _is_nested(value):
            for row in value:
                lines += ["", f"[[{here}]]", *_table(row, (*path, key))]
    return lines


def _is_nested(value: object) -> bool:
    if isinstance(value, Mapping):
        return True
    return isinstance(value, list | tuple) and len(value) > 0 and all(isinstance(v, Mapping) for v in value)


def _key(key: str) -> str:
    bare = key.replace("-", "a").replace("_", "a")
    return key if bare.isascii() and bare.isalnum() else _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    raise TypeError(f"TOML has no word for {type(value).__name__}")
