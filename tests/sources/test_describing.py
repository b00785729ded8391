"""The page about formats is made from the presets."""

from dataclasses import fields
from pathlib import Path

import pytest

from opex.domain.mapping import Fold, Mapping, PlannedRule, Recognise
from opex.sources import formats
from opex.sources.describing import EXAMPLE, formats_markdown
from opex.sources.formats import presets

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"


def test_the_page_about_formats_is_what_the_presets_say() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == formats_markdown(), "renew it: python -m opex.sources.describing > docs/formats.md"


@pytest.mark.parametrize("name", [form.name for form in formats()])
def test_each_format_is_on_the_page_with_how_it_is_recognised(name: str) -> None:
    form = next(form for form in formats() if form.name == name)
    cells = (form.name, form.kind, form.title, form.recognised_by)
    row = "| `{}` | {} | {} | {} |".format(*(cell.replace("|", "\\|") for cell in cells))
    assert row in formats_markdown().splitlines()


@pytest.mark.parametrize("part", [Mapping, PlannedRule, Fold, Recognise])
def test_each_field_of_a_mapping_has_its_line(part: type) -> None:
    lines = formats_markdown().partition("## What a mapping can say")[2].splitlines()
    for field in fields(part):
        assert any(line.startswith(f"| `{field.name}` | ") for line in lines), field.name


def test_the_example_on_the_page_is_a_mapping() -> None:
    text = formats_markdown().partition("```toml\n")[2].partition("```")[0]
    assert Mapping.from_toml(text) == presets()[EXAMPLE]
