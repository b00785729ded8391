"""A mapping and a preset are the same TOML document."""

from pathlib import Path

import pytest

from opex.domain.mapping import Fold, Mapping, PlannedRule, Recognise
from opex.domain.problems import Refused
from opex.sources.formats import presets

PRESETS = sorted((Path(__file__).parents[2] / "opex" / "sources" / "presets").glob("*.toml"))

FULL = Mapping(
    name='a "quoted" näme\n\x7f',
    kind="incidents",
    title="A title",
    reader="csv",
    columns={"title": ["Short text", "{a}, {b}"], "started_at": "Opened (local)", "team": ""},
    constants={"environment": "production"},
    values={"severity": {"1 - Critical": "1", "": "3"}},
    timezone="Europe/Berlin",
    date_format="%d/%m/%y %H:%M",
    missing=("?", "\\N"),
    split="|",
    planned=(
        PlannedRule(column="type", values=("maintenance",)),
        PlannedRule(column="title", words=("planned", "works")),
    ),
    planned_rule="the type or the title says so",
    fold=Fold(by="id", order=("version",), updated="at", state="state", new=("New",), closed=("Done",), ends=("end",)),
    recognise=Recognise(columns=("id", "a|b"), only=True, markers=("# ",), sentence="its columns"),
    match_others=False,
    note="a note",
)


def test_a_mapping_written_and_read_again_is_the_same() -> None:
    assert Mapping.from_toml(FULL.to_toml()) == FULL


@pytest.mark.parametrize("file", PRESETS, ids=lambda file: file.stem)
def test_each_preset_is_such_a_document_and_bears_its_files_name(file: Path) -> None:
    preset = presets()[file.stem]
    assert Mapping.from_toml(preset.to_toml()) == preset
    assert preset.recognise is not None
    assert preset.recognise.sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = ", "The mapping is not valid TOML"),
        ('kind = "incidents"', 'The mapping lacks "name"; write for example name = "our_desk".'),
        (
            'name = "x"\nkind = "tickets"',
            'The mapping x says kind = "tickets"; it must be one of incidents, changes, metrics.',
        ),
        ('name = " "\nkind = "changes"', "A mapping needs a name: it is the source of what is loaded with it."),
        (
            'name = "x"\nkind = "changes"\ncolour = 1',
            'The mapping has the unknown field "colour"; known are name, kind',
        ),
        ('name = "x"\nkind = "changes"\ntimezone = 1', 'The mapping: timezone must be a text in quotes, not "1".'),
        ('name = "x"\nkind = "changes"\nmissing = "?"', "The mapping: missing must be a list of texts"),
        (
            'name = "x"\nkind = "changes"\n[columns]\ntitle = 5',
            'The mapping: columns.title must be a text in quotes, not "5".',
        ),
        ('name = "x"\nkind = "changes"\n[[planned]]\nwords = ["a"]', 'The mapping: planned lacks "column".'),
        ('name = "x"\nkind = "changes"\n[fold]\nby = "a"', 'The mapping: fold lacks "order".'),
        (
            'name = "x"\nkind = "changes"\nmatch_others = "no"',
            'The mapping: match_others must be true or false, not "no".',
        ),
    ],
)
def test_a_wrong_mapping_is_refused_with_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        Mapping.from_toml(text)
    assert str(refusal.value).startswith(sentence)
