"""Deciding in a session: what a decision does, what it withdraws, and how it is undone."""

from dataclasses import replace

import pytest

from opex.domain.decisions import Commented, Described
from opex.domain.problems import Refused
from opex.domain.sessions import Decided
from opex.services import prioritising, reviewing, sessions
from opex.services.context import Context
from opex.services.session_decisions import decide, undo_decision
from opex.store.sayings import StaleReview
from tests.services.rooms import (
    BO,
    CY,
    FAY,
    at_decisions,
    revealed,
    says,
    seen,
    values_of,
)


def test_what_is_undone_elsewhere_is_undone_in_its_session_until_that_ends(sample: Context) -> None:
    session, (item, other, *_) = revealed(sample)
    for of in (item, other):
        sessions.settle(sample, session, says(FAY), of, "strategic_value")
    first, second = (seen(sample, session).settled[of, "strategic_value"] for of in (item, other))
    reviewing.undo(sample, first, says(FAY))
    assert [*seen(sample, session).settled] == [(other, "strategic_value")]
    assert (item, "strategic_value") in seen(sample, session).unsettled()
    sessions.close(sample, session, says(FAY))
    reviewing.undo(sample, second, says(FAY))
    assert [*seen(sample, session).settled] == [(other, "strategic_value")]
    assert values_of(sample, other)["strategic_value"] is None


def test_a_decision_on_what_a_colleague_changed_meanwhile_is_refused(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.begin_deciding(sample, session, says(FAY))
    shown = prioritising.one(sample, item).version
    reviewing.say(sample, item, Described(action="Cy's way"), says(CY))
    accept = Decided(item=item, outcome="accept", owner="Cy", course="The old way")
    with pytest.raises(StaleReview, match="Cy was faster"):
        decide(sample, session, says(FAY), accept, seen_item=shown)
    assert (prioritising.one(sample, item).action, seen(sample, session).decided) == ("Cy's way", {})
    shown = prioritising.one(sample, item).version
    reviewing.say(sample, item, Commented(text="I see"), says(FAY))  # what one says oneself is no surprise
    decide(sample, session, says(FAY), accept, seen_item=shown)
    assert prioritising.one(sample, item).action == "The old way"


def test_a_later_decision_takes_back_what_the_earlier_one_did(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.begin_deciding(sample, session, says(FAY))
    before = replace(prioritising.one(sample, item), version=0)

    def left() -> object:
        return replace(prioritising.one(sample, item), version=0)

    decide(sample, session, says(FAY), Decided(item=item, outcome="accept", owner="Cy", course="Do", due="2027-01-01"))
    assert (left().status, left().owner, left().due) == ("planned", "Cy", "2027-01-01")  # type: ignore[attr-defined]
    decide(sample, session, says(FAY), Decided(item=item, outcome="defer"))
    assert left() == before
    decide(sample, session, says(FAY), Decided(item=item, outcome="decline", reason="not_ours", until="after May"))
    decide(sample, session, says(FAY), Decided(item=item, outcome="accept", owner="Bo"))
    assert (left().status, left().owner, left().due) == ("accepted", "Bo", before.due)  # type: ignore[attr-defined]
    undo_decision(sample, session, says(FAY), item)
    assert (left(), seen(sample, session).decided) == (before, {})
    with pytest.raises(Refused, match="Nothing is decided"):
        undo_decision(sample, session, says(FAY), item)


def test_parts_that_are_split_off_have_names_of_their_own_and_stay(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.begin_deciding(sample, session, says(FAY))
    evidence = prioritising.one(sample, item).evidence
    split = Decided(item=item, outcome="split", part="Part")
    decide(sample, session, says(FAY), split, incidents=evidence[:1])
    with pytest.raises(Refused, match="“Part” was split off already: give this part another name"):
        decide(sample, session, says(FAY), split, incidents=evidence[1:2])
    decide(sample, session, says(FAY), replace(split, part="Other"), incidents=evidence[1:2])
    decide(sample, session, says(FAY), Decided(item=item, outcome="accept", owner="Cy"))
    parts = {one.title: one.evidence for one in prioritising.everything(sample).values() if one.by_hand}
    assert parts == {"Part": evidence[:1], "Other": evidence[1:2]}
    assert prioritising.one(sample, item).evidence == evidence[2:]
    declined = Decided(item=item, outcome="decline", reason="not_ours", until="after May")
    decide(sample, session, says(FAY), declined)
    with pytest.raises(Refused, match="is declined: only what stands in the ranking can be split"):
        decide(sample, session, says(FAY), replace(split, part="Third"), incidents=evidence[2:3])


def test_a_split_is_undone_unless_somebody_spoke_of_the_part(sample: Context) -> None:
    session, (item, *_) = revealed(sample)
    sessions.begin_deciding(sample, session, says(FAY))
    evidence = prioritising.one(sample, item).evidence
    split = Decided(item=item, outcome="split", part="Part")
    decide(sample, session, says(FAY), split, incidents=evidence[:1])
    undo_decision(sample, session, says(FAY), item)
    assert prioritising.one(sample, item).evidence == evidence
    assert not any(one.by_hand for one in prioritising.everything(sample).values())
    decide(sample, session, says(FAY), split, incidents=evidence[:1])
    made = next(one for one in prioritising.everything(sample).values() if one.by_hand)
    reviewing.say(sample, made.id, Commented(text="Mine"), says(CY))
    with pytest.raises(Refused, match="Somebody has spoken of “Part” since"):
        undo_decision(sample, session, says(FAY), item)


def test_an_accepted_item_has_an_owner_and_a_day(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    with pytest.raises(Refused, match="Say who owns it"):
        Decided(item=item, outcome="accept")
    accepted = Decided(item=item, outcome="accept", owner="Cy", course="Put it behind a flag", due="2026-09-30")
    decide(sample, session, says(FAY), accepted)
    found = prioritising.one(sample, item)
    assert (found.status, found.owner, found.action, found.due) == (
        "planned", "Cy", "Put it behind a flag", "2026-09-30",
    )  # fmt: skip
    said = [e for e in reviewing.journal(sample, item) if e.session == session]
    assert [entry.saying.kind for entry in said] == ["accepted", "described"]


def test_a_declined_item_states_what_brings_it_back(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    with pytest.raises(Refused, match="Say what would bring it back"):
        Decided(item=item, outcome="decline", reason="too_small")
    with pytest.raises(Refused, match="Choose why it is declined"):
        Decided(item=item, outcome="decline", until="three more incidents")
    declined = Decided(item=item, outcome="decline", reason="too_small", until="three more incidents")
    decide(sample, session, says(FAY), declined)
    found = prioritising.one(sample, item)
    incidents = len(found.evidence)
    assert (found.status, found.tripwire) == ("declined", f"3 more incidents than the {incidents} of that day")


def test_a_decision_that_cannot_be_done_leaves_nothing_behind(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    before = sample.database.revisions()
    with pytest.raises(Refused, match="is not understood"):
        decide(sample, session, says(FAY), Decided(item=item, outcome="decline", reason="other", until="some day"))
    with pytest.raises(Refused, match="cannot be merged into itself"):
        decide(sample, session, says(FAY), Decided(item=item, outcome="merge", into=item))
    assert sample.database.revisions() == before
    assert seen(sample, session).decided == {}


def test_an_item_is_split_with_the_incidents_that_belong_to_the_part(sample: Context) -> None:
    session, items = at_decisions(sample)
    item = next(i for i in items if len(prioritising.one(sample, i).evidence) > 3)
    before = prioritising.one(sample, item)
    taken = before.evidence[:2]
    part = Decided(item=item, outcome="split", part="Only the nightly one", course="Turn it off")
    with pytest.raises(Refused, match="Choose at least one and not all"):
        decide(sample, session, says(FAY), part)
    decide(sample, session, says(FAY), part, incidents=taken)
    made = next(o for o in prioritising.everything(sample).values() if o.title == "Only the nightly one")
    assert (made.action, made.incidents, made.status) == ("Turn it off", taken, "accepted")
    assert set(prioritising.one(sample, item).evidence) == set(before.evidence) - set(taken)


def test_dissent_is_kept_beside_the_decision(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    decide(sample, session, says(FAY), Decided(item=item, outcome="defer", words="after the move"))
    sessions.dissent(sample, session, says(BO), item, "It is a hole.")
    now = seen(sample, session)
    assert [(e.person.name, e.saying.told) for e in now.dissents] == [("Bo", "It is a hole.")]
    assert now.decided[item].saying.told == "deferred: after the move"


def test_a_part_of_what_a_decision_did_is_undone_with_the_decision_as_long_as_the_session_runs(sample: Context) -> None:
    session, (item, *_) = at_decisions(sample)
    decide(
        sample, session, says(FAY), Decided(item=item, outcome="decline", reason="accepted_risk", until="after June")
    )
    (part,) = [entry for entry in reviewing.journal(sample, item) if entry.saying.kind == "declined"]
    with pytest.raises(Refused, match="It came of a decision in a session that still runs: undo that decision there"):
        reviewing.undo(sample, part, says(FAY))
    undo_decision(sample, session, says(FAY), item)
    assert (seen(sample, session).decided, prioritising.one(sample, item).status) == ({}, "unreviewed")
    decide(
        sample, session, says(FAY), Decided(item=item, outcome="decline", reason="accepted_risk", until="after June")
    )
    sessions.close(sample, session, says(FAY))
    part = [entry for entry in reviewing.journal(sample, item) if entry.saying.kind == "declined"][-1]
    reviewing.undo(sample, part, says(FAY))
    assert prioritising.one(sample, item).status == "unreviewed", "afterwards it is as with any other word"
