"""Markdown files with YAML front matter: one record a file, the text below it is ``body``."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from opex.domain.problems import Problem
from opex.sources.content import opened, text_of
from opex.sources.records import Records, from_dicts, shown

_MOST = 4 * 1024**2
_MOST_FRONT = 64 * 1024


def read_markdown(path: Path, name: str, encoding: str | None = None) -> Records:
    """The file's one record, or the problem that its front matter has."""
    text, notes = text_of(opened(path, name, limit=_MOST), name, encoding)
    front, body = split_front_matter(text)
    fields = fields_of(front)
    if fields is None:
        problem = Problem(file=name, row=None, column="front matter", value=shown(front.strip()),
                          expected="YAML names and values between two lines of ---")  # fmt: skip
        return from_dicts([], file=name, row_of=[], problems=[problem])
    return replace(from_dicts([{**fields, "body": body.strip()}], file=name, row_of=[-1]), notes=notes)


def split_front_matter(text: str) -> tuple[str, str]:
    """What stands between the first two lines of ``---``, and what follows; no front matter gives two empty texts."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != "---":
        return "", ""
    for end, line in enumerate(lines[1:], 1):
        if line.strip() == "---":
            return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])
    return "", ""


class _OnceLoader(yaml.BaseLoader):
    """Texts, lists and dicts, each name once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The names and values; a name that stands twice is no YAML."""
        names = [str(key.value) for key, _ in node.value]
        if len(set(names)) < len(names):
            raise yaml.YAMLError("a name stands twice")
        return super().construct_mapping(node, deep)


@lru_cache(maxsize=512)  # a file is looked at to recognise it, and again to read it
def fields_of(front: str) -> dict[str, str | None] | None:
    """The names and values as they are written (nothing becomes a date, a number or a boolean)."""
    if len(front) > _MOST_FRONT:
        return None
    try:
        # BaseLoader builds texts, lists and dicts only. Not the C one: deep nesting makes it end the process.
        found = yaml.load(front, Loader=_OnceLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    return {str(key): _text(value) for key, value in found.items()}


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ";".join(item for item in value if isinstance(item, str))
    return None
