"""Put another name in a person's place, in texts and in what was said, and nowhere that a code is meant."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opex.domain.reasons import DECLINE_REASONS, MOVE_REASONS

FORGOTTEN_NAME = re.compile(r"Forgotten person (\d{1,9})")

_CODES = frozenset(
    {
        "kind", "driver", "verdict", "status", "outcome", "question", "how", "item", "items", "into", "incident",
        "incidents", "change", "changes", "session", "follows", "rhythm", "seal", "sealed", "first", "second", "answer",
        "picked", "role", "roles", "environment", "system", "systems", "split_from", "due", "anchors", "other",
        "other_anchors", "stays", "function", "format", "id", "key", "effects", "strikes", "source", "category",
        "metric", "finder",
    }
)  # ids, and words of opex's own  # fmt: skip
_OF_CODES = frozenset({"asked", "price", "first_worths", "second_worths", "weights", "removals", "efforts"})
_BY_CODE = frozenset({"ratings"})  # codes to what people said
_BY_PERSON = frozenset({"participants", "given", "functions", "verdicts"})  # names to codes
_FIELDS = frozenset({"", "before", "after"})  # beneath these, keys are names of fields


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """Whose name goes (with the logins they had), and what takes its place."""

    name: str
    new: str
    logins: tuple[str, ...] = ()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted({self.name, json.dumps(self.name)[1:-1], json.dumps(self.name, ensure_ascii=False)[1:-1]})
        parts = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in reversed(names)]
        parts += [rf"(?<![\w.@+-])(?i:{re.escape(login)})(?![\w@-])" for login in self.logins if login]
        return re.compile("|".join(parts))

    def text(self, text: str) -> str:
        """The text with the other name; whole words only.

        Examples
        --------
        >>> Replaced(name="Ana Li", new="X", logins=("ana@li.org",)).text("Ana Li's (ana@li.org); Ana Lima, Ana")
        "X's (X); Ana Lima, Ana"
        """
        return self._pattern.sub(lambda _: self.new, text)

    def person(self, name: str) -> str:
        """The other name for theirs, anybody else's as it is."""
        return self.new if name == self.name else name

    def body(self, said: Any, *, room: bool = True) -> Any:
        """Plain data with the other name in texts and where people are keys; without ``room`` no text grows.

        Examples
        --------
        >>> Replaced(name="reach", new="X").body({"driver": "reach", "given": {"reach": 3}, "words": "so says reach"})
        {'driver': 'reach', 'given': {'X': 3}, 'words': 'so says X'}
        """
        grow: Callable[[str], str] = self.text if room else lambda text: self.text(text)[: len(text)]
        return self._walked(said, "", grow)

    def _walked(self, said: Any, of: str, text: Callable[[str], str]) -> Any:
        if of in _OF_CODES or of in _CODES:
            return said
        if isinstance(said, str):
            return self._word(said, of, text)
        if isinstance(said, list | tuple):
            return [self._walked(one, of, text) for one in said]
        if not isinstance(said, dict):
            return said
        if of in _BY_PERSON:
            return {self.person(name): value for name, value in said.items()}
        if of in _FIELDS or of in _BY_CODE:
            return {name: self._walked(value, name, text) for name, value in said.items()}
        return {self.person(name): self._walked(value, name, text) for name, value in said.items()}

    def _word(self, said: str, of: str, text: Callable[[str], str]) -> str:
        if of == "login" and said.casefold() in {login.casefold() for login in self.logins}:
            return ""
        if of == "reason" and (said in DECLINE_REASONS or said in MOVE_REASONS):
            return said
        return text(said)
