"""The system catalogue: a name belongs to one system, a pattern can be read, and TOML brings it back."""

import pytest

from opex.domain.problems import Refused
from opex.domain.systems import Catalogue, System

CHECKOUT = System(
    name="checkout", aliases=("Check-out", "pay \\ “now”"), patterns=(r"services/checkout/\w+",), criticality=1
)
SEARCH = System(name="search", owner="Search", proposed=True)


def refused(**what: object) -> str:
    with pytest.raises(Refused) as refusal:
        System(**what)  # type: ignore[arg-type]
    return str(refusal.value)


def test_a_catalogue_comes_back_from_toml_as_it_went() -> None:
    both = Catalogue(systems=(CHECKOUT, SEARCH))
    assert Catalogue.from_toml(both.to_toml()) == both
    assert Catalogue.from_toml(Catalogue().to_toml()) == Catalogue()


def test_a_system_that_nobody_could_use_is_refused() -> None:
    assert refused(name=" ") == "A system needs a name."
    assert refused(name="x", criticality=6) == "System x: criticality is 6; it must be 1 to 5."
    assert refused(name="x", patterns=("(",)).startswith('System x: the pattern "(" cannot be read (')


def test_a_name_or_alias_belongs_to_one_system_whatever_its_case() -> None:
    with pytest.raises(Refused, match='Both checkout and Till are called "check-out": keep one'):
        Catalogue(systems=(CHECKOUT, System(name="Till", aliases=("CHECK-OUT",))))
    assert Catalogue(systems=(System(name="a", aliases=("A",)),)).names == {"a": "a"}


def test_every_name_and_alias_leads_to_the_system() -> None:
    known = Catalogue(systems=(CHECKOUT, SEARCH)).names
    assert known == {"checkout": "checkout", "check-out": "checkout", "pay \\ “now”": "checkout", "search": "search"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("systems = ", "The catalogue cannot be read: "),
        ("systems = 5", "The catalogue cannot be read: "),
        ('[[systems]]\nowner = "a"', "The catalogue cannot be read: "),
        ("[[systems]]\nname = 5", "The catalogue cannot be read: "),
        (
            '[[systems]]\nname = "a"\ncolour = "red"',
            "The catalogue has 'colour'; a system has aliases, criticality, name, owner, patterns, proposed.",
        ),
    ],
)
def test_toml_that_is_no_catalogue_is_refused_with_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        Catalogue.from_toml(text)
    assert str(refusal.value).startswith(sentence)


def test_a_text_in_place_of_a_list_of_aliases_is_refused() -> None:
    with pytest.raises(Refused):
        Catalogue.from_toml('[[systems]]\nname = "checkout"\naliases = "pay"')
