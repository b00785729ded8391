"""JSON and JSON Lines: an array of objects, an object that holds one array, or one object a line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opex.domain.problems import Problem, Refused
from opex.sources.content import opened, text_of
from opex.sources.delimited import MOST_COLUMNS
from opex.sources.records import Records, from_dicts, shown

_DEEPEST = 20
_HALF = re.compile("[\ud800-\udfff]")


class _RepeatedKeyError(ValueError):
    """An object names a key twice."""


def read_json(path: Path, name: str) -> Records:
    """The records of a JSON document; the row number counts the objects of the array.

    Raises
    ------
    Refused
        The document is broken, or no one array of objects is found in it.
    """
    text, _ = text_of(opened(path, name), name)
    try:
        records = _array(_parsed(text), name)
    except _RepeatedKeyError as error:
        raise Refused(
            f'{name} names "{shown(str(error))}" twice in one object; give each value its own name.'
        ) from None
    except RecursionError:
        raise Refused(f"{name} is nested too deeply; expected an array of flat objects.") from None
    except ValueError as error:
        raise Refused(f"{name} is not valid JSON: {error}.") from None
    flat: list[dict[str, str | None]] = []
    numbers, problems = [], []
    for number, record in enumerate(records, 1):
        if isinstance(record, dict):
            flat.append(_flat(record, name))
            numbers.append(number)
        else:
            problems.append(_no_object(name, number, str(record)))
    return from_dicts(flat, file=name, row_of=numbers, problems=problems)


def read_json_lines(path: Path, name: str, limit: int | None = None) -> Records:
    """The records of a file with one JSON object a line; the row number is the line's."""
    text, _ = text_of(opened(path, name), name)
    flat: list[dict[str, str | None]] = []
    numbers, problems = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if limit is not None and len(flat) >= limit:
            break
        if not line.strip():
            continue
        record = _line(line)
        if record is None:
            problems.append(_no_object(name, number, line))
        else:
            flat.append(_flat(record, name))
            numbers.append(number)
    return from_dicts(flat, file=name, row_of=numbers, problems=problems)


def _line(line: str) -> dict[str, Any] | None:
    try:
        record = _parsed(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _no_object(name: str, number: int, value: str) -> Problem:
    return Problem(
        file=name, row=number, column="row", value=shown(value), expected="one JSON object with each name once"
    )


def _parsed(text: str) -> Any:
    """JSON with numbers and constants kept as they are written."""
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedKeyError(next(name for name in names if names.count(name) > 1))
    return found


def _array(document: Any, name: str) -> list[Any]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        arrays = {
            key: value
            for key, value in document.items()
            if isinstance(value, list) and any(isinstance(item, dict) for item in value)
        }
        if len(arrays) == 1:
            return list(next(iter(arrays.values())))
        if len(arrays) > 1 and not any(isinstance(v, str) for v in document.values()):
            raise Refused(
                f"{name} holds several arrays of objects ({', '.join(arrays)}); keep one of them in the file."
            )
        return [document]
    raise Refused(f"{name} holds no records; expected an array of objects.")


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _flat(record: dict[str, Any], name: str) -> dict[str, str | None]:
    """One level of dotted names; scalars of a list joined by semicolons, fields of listed objects by line breaks."""
    flat = dict(_leaves("", record, 0))
    if len(flat) > MOST_COLUMNS:
        raise Refused(f"{name} has {len(flat):,} names in one object; at most {MOST_COLUMNS:,} are read.")
    return flat


def _leaves(prefix: str, value: Any, depth: int) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, item in value.items():
            yield from _leaves(f"{prefix}.{key}" if prefix else key, item, depth + 1)
    elif _holds_objects(value) and depth < _DEEPEST:
        columns: dict[str, list[str]] = {}
        for item in value:
            for key, text in _leaves("", item, depth + 1):
                columns.setdefault(key, []).append(text or "")
        for key, texts in columns.items():
            yield f"{prefix}.{key}", "\n".join(text for text in texts if text)
    elif isinstance(value, list):
        yield prefix, ";".join(text for item in value if (text := _scalar(item)))
    else:
        yield prefix, _scalar(value)


def _scalar(value: Any) -> str | None:
    if isinstance(value, str) and _HALF.search(value):
        raise Refused(f'"{value[:40]!a}" holds half a character, which no database keeps: export it anew as UTF-8.')
    if isinstance(value, str) and "\x00" in value:
        raise Refused(f'"{value[:40]!a}" holds a NUL character, which no database keeps: take it out.')
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
