"""Discretion on both databases: restricted for a role at once, by whoever may, with the audit log telling of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from opex.domain.decisions import Commented
from opex.domain.people import Asker, Member, NotAllowed, Person
from opex.domain.problems import Refused
from opex.services import discretion, finding, knowing, overview, prioritising, reviewing, seeing
from opex.services.context import Context, Speaker
from opex.store import audit, people
from opex.store.audit import By
from tests.conftest import NOW
from tests.trust.builders import ANA, propose, some_facts

ROLES = ("viewer", "reviewer", "facilitator", "administrator")


def eyes(context: Context, role: str) -> Context:
    """The workspace as somebody in that role sees it; whoever has none did sign in, too."""
    who = {"name": f"A {role}", "login": f"{role or 'nobody'}@x.example", "function": "product"}
    by = By(at=NOW, person="operator", role="administrator")
    people.sign_in(context.database, identity=f"test {role}", by=by, **who)
    people.give(context.database, Member(role=role, **who), by=by)
    return replace(context, asker=Asker(identity=f"test {role}"), team=True)


def speaker(role: str) -> Speaker:
    return Speaker(person=Person(name=f"A {role}", function="product"))


def sees(context: Context, item: str) -> bool:
    order = prioritising.priorities(context)
    return item in {one.id for one in order.items}  # type: ignore[union-attr]


def test_each_role_sees_what_it_may_and_at_once(both_contexts: Context, tmp_path: Path) -> None:
    context = both_contexts
    some_facts(context, tmp_path)
    item = propose(context, 1, title="A quiet improvement")
    reviewing.say(context, item, Commented(text="not yet public"), Speaker(person=ANA))
    looking = {role: eyes(context, role) for role in ("", *ROLES)}
    allowed: list[tuple[str, ...]] = [
        ("facilitator", "administrator"),
        ("administrator",),
        (),
        ("reviewer", "facilitator"),
    ]
    for roles in allowed:
        discretion.restrict(context, item, roles, Speaker(person=ANA), words="why")
        wanted = {role: not roles or role in roles for role in looking}
        assert {role: sees(one, item) for role, one in looking.items()} == wanted
        assert {role: bool(reviewing.journal(one, item)) for role, one in looking.items()} == wanted
        assert sees(context, item)
    told = [entry for entry in audit.entries(context.database) if entry.act == "restricted"]
    assert [entry.what["after"]["roles"] for entry in told] == [list(roles) for roles in allowed]


def test_an_incident_keeps_its_place_and_loses_its_words(both_contexts: Context, tmp_path: Path) -> None:
    context = both_contexts
    some_facts(context, tmp_path)
    incident = str(overview.incidents(context)["id"].iloc[0])
    discretion.restrict(context, incident, ["administrator"], Speaker(person=ANA))
    viewer, administrator = eyes(context, "viewer"), eyes(context, "administrator")
    plain, masked = (finding.evidence(one, [incident]).iloc[0] for one in (administrator, viewer))
    assert (masked["title"], knowing.text_of(viewer, [incident])) == (
        "Restricted",
        {incident: "Not shown to your role"},
    )
    same = ["id", "system", "environment", "severity", "started_at", "hours"]
    assert masked[same].to_dict() == plain[same].to_dict()
    assert (len(overview.incidents(viewer)), len(overview.incidents(viewer, words="slow"))) == (12, 11)
    discretion.restrict(context, incident, [], Speaker(person=ANA))
    assert len(overview.incidents(viewer, words="slow")) == 12


def test_only_those_who_decide_restrict_and_none_what_they_do_not_see(both_contexts: Context, tmp_path: Path) -> None:
    context = both_contexts
    some_facts(context, tmp_path)
    item = propose(context, 1)
    for role in ("viewer", "reviewer"):
        with pytest.raises(NotAllowed):
            discretion.restrict(eyes(context, role), item, ["administrator"], speaker(role))
    assert seeing.restrictions(context) == {}
    discretion.restrict(eyes(context, "administrator"), item, ["administrator"], speaker("administrator"))
    with pytest.raises(Refused, match="There is no opportunity and no incident"):
        discretion.restrict(eyes(context, "facilitator"), item, [], speaker("facilitator"))
    assert seeing.restrictions(context) == {item: frozenset({"administrator"})}
