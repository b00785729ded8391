"""The catalogue proposed from the data: which spellings are one system, and which changes are about it."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from opex.domain.systems import Catalogue, System
from opex.evidence.catalogue import pattern_of, propose, resolve, systems_of_changes
from tests.evidence.builders import change, facts

KNOWN = System(name="checkout", aliases=("till",), patterns=("services/checkout/",), owner="Checkout", criticality=1)


def found(name: str, text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in pattern_of(name))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ci.jenkins.io", "Bump ci.jenkins.io to 2.400"),
        ("ci.jenkins.io", "config/ci.jenkins.io.yaml"),
        ("ci.jenkins.io", "clusters/ci-jenkins-io/values.yaml"),
        ("ci.jenkins.io", "chore(ci_jenkins_io): cleanup"),
        ("Order Queue", "order-queue: bigger"),
        ("Order Queue", "OrderQueue"),
        ("checkout", "hosts/checkout"),
    ],
)
def test_a_name_is_found_with_any_or_no_separator_between_its_words(name: str, text: str) -> None:
    assert found(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ci.jenkins.io", "infra.ci.jenkins.io is slow"),
        ("ci.jenkins.io", "config/trusted-ci.jenkins.io.yaml"),
        ("jenkins.io", "get.jenkins.io"),
        ("checkout", "checkouts"),
        ("checkout", "precheckout"),
        ("search", "research"),
        ("order queue", "order the queue"),
    ],
)
def test_a_name_is_not_found_within_a_longer_name(name: str, text: str) -> None:
    assert not found(name, text)


def test_a_name_too_short_to_be_told_apart_has_no_pattern() -> None:
    assert pattern_of("ci") == pattern_of("a-b") == pattern_of("???") == pattern_of("") == ()
    assert len(pattern_of("mail")) == 1


def test_a_name_in_any_alphabet_is_found() -> None:
    assert found("Zürich-Kasse", "Zürich-Kasse: new till")


def test_each_new_name_is_proposed_once_by_its_most_frequent_spelling() -> None:
    proposed = propose(["Search", "search", "search", "Mail", "mail "], Catalogue())
    assert [(s.name, s.aliases, s.proposed) for s in proposed.systems] == [("Mail", (), True), ("search", (), True)]


def test_names_that_differ_by_case_or_a_remark_in_brackets_are_one_system() -> None:
    named = ["ci.jenkins.io (controller)", "ci.jenkins.io (agents)", "CI.jenkins.io", *["ci.jenkins.io"] * 2, "mirrors"]
    proposed = propose(named, Catalogue())
    assert [(s.name, s.aliases) for s in proposed.systems] == [
        ("ci.jenkins.io", ("ci.jenkins.io (agents)", "ci.jenkins.io (controller)")),
        ("mirrors", ()),
    ]
    names = pd.Series(["CI.JENKINS.IO (Controller)", " ci.jenkins.io ", "mirrors", None], dtype="str")
    assert resolve(names, proposed).fillna("").tolist() == ["ci.jenkins.io", "ci.jenkins.io", "mirrors", ""]


def test_a_name_that_is_a_remark_only_is_itself() -> None:
    [system] = propose(["(unknown)"], Catalogue()).systems
    assert system.name == "(unknown)"


def test_a_remark_that_comes_later_is_the_same_system_too() -> None:
    first = propose(["Mirrors (europe)"], Catalogue())
    then = propose(["Mirrors (asia)"], first)
    assert resolve(pd.Series(["Mirrors (asia)"], dtype="str"), then).tolist() == ["Mirrors"]


def test_systems_that_a_person_has_looked_at_stay_as_they_are() -> None:
    proposed = propose(["CHECKOUT", "Till", "search"], Catalogue(systems=(KNOWN,)))
    assert [s.name for s in proposed.systems] == ["checkout", "search"]
    assert proposed.systems[0] == KNOWN


def test_proposing_again_changes_nothing() -> None:
    named = ["b (x)", "B", "ärger", "a", "A", "c (y)", "c (z)", "Straße", "STRASSE"]
    once = propose(named, Catalogue())
    assert propose(named, once) == once
    assert propose(list(reversed(named)), Catalogue()) == once


def touched(*catalogue: System, **what: object) -> list[str]:
    known = facts(changes=[change(1, 1, **what)], catalogue=Catalogue(systems=catalogue))
    return systems_of_changes(known.changes, known.catalogue)["system"].tolist()


SEARCH = System(name="search", patterns=("services/search/", "^search:"))


def test_a_change_that_names_its_system_has_that_one_only() -> None:
    assert touched(KNOWN, SEARCH, system="Till", title="search: x", paths="services/search/a.py") == ["checkout"]
    assert touched(system="nobody knows it") == ["nobody knows it"]


def test_other_changes_have_every_system_that_their_title_or_paths_name() -> None:
    both = "services/checkout/a.py;services/search/b.py"
    assert touched(KNOWN, SEARCH, system=None, paths=both) == ["checkout", "search"]
    assert touched(KNOWN, SEARCH, system=None, title="SEARCH: faster", paths=None) == ["search"]
    assert touched(KNOWN, SEARCH, system=None, title="re search: x", paths=None) == []
    assert touched(system=None) == []


@pytest.mark.parametrize("pattern", ["(?i)release 1", "(?P<what>release) 1"])
def test_any_pattern_that_can_be_read_alone_works_beside_others(pattern: str) -> None:
    others = replace(SEARCH, patterns=(r"(?P<what>mail)",))
    assert touched(others, System(name="x", patterns=(pattern,)), system=None) == ["x"]


def test_a_backreference_means_the_group_of_its_own_pattern() -> None:
    others = replace(SEARCH, patterns=("(mail)",))
    assert touched(others, System(name="x", patterns=(r"(o)\1",)), system=None, title="book") == ["x"]
