"""A person who has no mouse: keys only, and what a screen reader would say of the element that has the focus."""

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import CDPSession, Page

from tests.journeys.conftest import Visitor

_FOCUSED = """(() => {
    let at = document.activeElement
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    return at
})()"""


@dataclass(frozen=True)
class Held:
    """The element that has the focus, by its role and accessible name; ``RootWebArea`` where nothing has it."""

    role: str
    name: str
    state: dict[str, object] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return f"{self.role} “{self.name}”"


@dataclass
class Keyboard:
    """Keys pressed on a page. Nothing here clicks, fills or gives the focus to anything."""

    visitor: Visitor
    cdp: CDPSession

    @property
    def page(self) -> Page:
        return self.visitor.page

    @classmethod
    def of(cls, visitor: Visitor) -> "Keyboard":
        return cls(visitor, visitor.page.context.new_cdp_session(visitor.page))

    def held(self) -> Held:
        """What has the focus now, as Chromium's tree for screen readers has it."""
        found = self.cdp.send("Runtime.evaluate", {"expression": _FOCUSED})["result"]["objectId"]
        tree = self.cdp.send("Accessibility.getPartialAXTree", {"objectId": found, "fetchRelatives": False})["nodes"]
        (node,) = tree
        state = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
        state["value"] = node.get("value", {}).get("value")
        return Held(
            node.get("role", {}).get("value", ""), " ".join(node.get("name", {}).get("value", "").split()), state
        )

    def reach(self, role: str, name: str, most: int = 12, *, back: bool = False) -> int:
        """Tab until the focus is on that role and name (a pattern); the number of tabs. Fails after ``most``."""
        passed: list[Held] = []
        wanted = re.compile(name)
        for tabs in range(1, most + 1):
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
            passed.append(self.held())
            if passed[-1].role == role and wanted.search(passed[-1].name):
                return tabs
        pytest.fail(f"{role} “{name}” is not reached after {most} tabs. On the way: " + ", ".join(map(str, passed)))

    def press(self, *keys: str) -> None:
        """Press one key after another, then wait until the page has answered."""
        for key in keys:
            self.page.keyboard.press(key)
        self.visitor.settle()

    def type(self, words: str, *keys: str) -> None:
        """Type into what has the focus in place of what stands there, then press those keys."""
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(words)
        self.press(*keys)
