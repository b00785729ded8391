"""Findings to candidates: which become one, which never do, and identities that last while the data changes."""

from collections.abc import Sequence

from opex.evidence.candidates import Known, assemble, evidence_table, find, known_of
from opex.evidence.findings import Finding
from tests.evidence.builders import AS_OF, at, change, facts, finding, incident

NOBODY = facts()


def members(*found: Finding, known: Sequence[Known] = ()) -> list[tuple[str, ...]]:
    return [candidate.incidents for candidate in assemble(found, NOBODY, known)]


def ids(*found: Finding, known: Sequence[Known] = ()) -> dict[str, str]:
    """Key of each candidate's lead to the candidate's id."""
    return {candidate.key: candidate.id for candidate in assemble(found, NOBODY, known)}


# --- what becomes one ------------------------------------------------------------------------------------------------


def test_findings_that_share_most_of_their_incidents_are_one_candidate_led_by_the_first() -> None:
    one = finding("a", "b", "c", "d", system="mail")
    other = finding("a", "b", "c", "e", finder="slow_recovery", key="mail", system="mail", label="slow mail")

    [candidate] = assemble([one, other], NOBODY)

    assert candidate.incidents == ("a", "b", "c", "d")
    assert candidate.finders == ("theme", "slow_recovery")
    assert [reason.incidents for reason in candidate.reasons] == [4, 4]
    assert (candidate.title, candidate.system) == ("Printer jam", "mail")
    assert candidate.action.startswith("Find and remove the common cause")


def test_half_of_all_their_incidents_is_not_most() -> None:
    both = members(finding("a", "b", "c"), finding("b", "c", "d", finder="area"))
    assert sorted(both) == [("a", "b", "c"), ("b", "c", "d")]


def test_a_smaller_finding_of_the_same_system_joins_when_it_lies_within() -> None:
    large = finding("a", "b", "c", "d", "e", "f", "g", "h", system="mail", environment="production")
    small = finding("a", "b", "c", "d", finder="area", system="mail", environment="production")
    elsewhere = finding("a", "b", "c", "d", finder="area", system="mail", environment="test")
    assert len(members(large, small)) == 1
    assert len(members(large, elsewhere)) == 2
    tiny = finding("a", "b", "c", finder="area", system="mail", environment="production")
    assert len(members(large, tiny)) == 2  # less than half its size


def test_two_themes_never_join() -> None:
    assert len(members(finding("a", "b", "c"), finding("a", "b", "c", key="b"))) == 2


def test_a_finding_without_incidents_stands_alone() -> None:
    load = finding(finder="worsening_trend", key="metric|load||production")
    queue = finding(finder="worsening_trend", key="metric|queue||production")
    assert len(members(load, queue, finding("a"))) == 3


def test_the_most_incidents_come_first_and_nothing_gives_nothing() -> None:
    assert members(finding("a", "b"), finding("c", "d", "e", key="c")) == [("c", "d", "e"), ("a", "b")]
    assert members() == []


def test_long_names_are_cut_so_that_they_fit_a_line() -> None:
    [candidate] = assemble([finding("a", label="x" * 200)], NOBODY)
    assert len(candidate.title) == 88
    assert candidate.title.endswith("…")


def test_the_changes_of_its_systems_in_the_day_before_stand_beside_it() -> None:
    known = facts(
        [incident("a", 10), incident("b", 5)],
        changes=[
            change("early", 11.01), change("before", 10.5), change("same", 10), change("later", 9.9),
            change("mail", 10.1, system="mail"), change("again", 5.2),
        ],
    )  # fmt: skip
    [candidate] = assemble([finding("t:a", "t:b")], known)
    assert candidate.changes == ("t:again", "t:same", "t:before")


# --- identities ------------------------------------------------------------------------------------------------------


def found_before(**named: tuple[str, ...]) -> list[Known]:
    return [Known(id=of, finder="theme", key=own[0], incidents=frozenset(own)) for of, own in named.items()]


def test_ids_say_the_finder_and_are_the_same_every_time() -> None:
    both = finding("a", "b"), finding("c", finder="slow_recovery", key="mail|production")
    assert ids(*both) == ids(*reversed(both))
    assert [made.split("-")[0] for made in ids(*both).values()] == ["theme", "slow"]


def test_ids_differ_even_where_keys_are_alike() -> None:
    twins = assemble([finding("a", "b", key="k"), finding("c", "d", key="k")], NOBODY)
    assert len({candidate.id for candidate in twins}) == 2


def test_a_theme_that_grows_keeps_its_identity() -> None:
    assert ids(finding("a", "b", "c", "d"), known=found_before(old=("a", "b"))) == {"a": "old"}


def test_a_theme_whose_first_incident_came_in_later_keeps_its_identity() -> None:
    assert ids(finding("older", "a", "b", "c"), known=found_before(old=("a", "b", "c"))) == {"older": "old"}


def test_the_larger_part_of_a_theme_that_splits_keeps_the_identity() -> None:
    split = ids(finding("a", "e"), finding("b", "c", "d"), known=found_before(old=("a", "b", "c", "d", "e")))
    assert split["b"] == "old"
    assert split["a"] != "old"


def test_of_themes_that_flow_together_the_larger_one_lives_on() -> None:
    known = found_before(small=("a", "b"), large=("c", "d", "e"))
    assert ids(finding("a", "b", "c", "d", "e"), known=known) == {"a": "large"}


def test_a_new_candidate_never_takes_an_identity_that_was_given() -> None:
    [given] = ids(finding("a", "b")).values()
    other = Known(id=given, finder="theme", key="z", incidents=frozenset({"x", "y"}))
    assert ids(finding("a", "b"), known=[other])["a"] != given


def test_a_named_subject_keeps_its_identity_whatever_its_incidents_are() -> None:
    known = [Known(id="old", finder="area", key="mail|production|", incidents=frozenset({"a"}))]
    assert ids(finding("x", "y", finder="area", key="mail|production|"), known=known) == {"mail|production|": "old"}
    again = ids(finding("x", "y", finder="slow_recovery", key="mail|production|"), known=known)
    assert again["mail|production|"] != "old"  # another finder's


def test_loading_more_keeps_every_identity_and_the_order_in_which_it_came_does_not_matter() -> None:
    words = ["Printer jam", "Disk full on backup host", "Login page slow", "VPN tunnel down"]
    rows = [incident(n, 300 - n, title=f"{words[n % 4]} ({n})") for n in range(48)]
    now = find(facts(rows), AS_OF)
    half = find(facts(rows[24:]), AS_OF)  # the older half comes in later
    then = find(facts(rows), AS_OF, known_of(half))

    assert [c.incidents for c in then] == [c.incidents for c in now]
    of_half = {frozenset(c.incidents): c.id for c in half}
    for candidate in then:
        parts = [made for old, made in of_half.items() if old <= set(candidate.incidents)]
        assert not parts or candidate.id in parts
    assert find(facts(list(reversed(rows))), AS_OF) == now
    assert find(facts(rows), AS_OF, known_of(now)) == now


def test_progress_names_each_finder() -> None:
    told: list[tuple[float, str]] = []
    find(NOBODY, AS_OF, progress=lambda share, what: told.append((share, what)))
    assert [what for _, what in told] == ["theme", "slow recovery", "worsening incidents", "worsening metric",
                                           "environment gap", "area"]  # fmt: skip
    assert [share for share, _ in told] == [n / 6 for n in range(6)]


def test_the_evidence_is_shown_newest_first() -> None:
    known = facts([incident("a", 3), incident("b", 1), incident("c", 2), incident("d", 1)])
    assert evidence_table(known, ["t:d", "t:b", "t:a", "t:unknown"])["id"].tolist() == ["t:b", "t:d", "t:a"]
    assert at(3) < AS_OF
