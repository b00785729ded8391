"""The finder of risky changes: who is accused, of what, on which evidence; and that nothing accuses nobody."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from opex.evidence.candidates import assemble
from opex.evidence.facts import Facts
from opex.evidence.linking import compare
from opex.evidence.risky_changes import best_window, risky_changes
from tests.evidence import builders as b
from tests.evidence.worlds import System, world


def facts_of(systems: list[System], name: str = "system") -> Facts:
    """A planted world as facts; its changes and incidents named after their systems."""
    start = pd.Timestamp(b.AS_OF) - pd.Timedelta(days=366)

    def rows(part: str, **of: Any) -> pd.DataFrame:
        hours = [getattr(one, part) for one in systems]
        names = np.repeat([f"{name}-{n}" for n in range(len(systems))], [len(one) for one in hours])
        table = pd.DataFrame({"system": names, "started_at": start + pd.to_timedelta(np.concatenate(hours), unit="h")})
        return table.assign(source="t", source_id=[f"{part[0]}{n}" for n in range(len(table))], title="x",
                            environment="production", **of)  # fmt: skip

    ends = start + pd.to_timedelta(np.concatenate([one.ends for one in systems]), unit="h")
    incidents = rows("starts", planned=False, status="closed").assign(resolved_at=ends)
    changes = rows("changes", kind="deployment", outcome="succeeded")
    return b.facts(incidents.to_dict("records"), changes=changes.to_dict("records"))


def test_of_a_world_with_planted_risk_the_strongest_are_named_and_nobody_harmless() -> None:
    systems = world(11)[:12]
    found = {finding.system: finding for finding in risky_changes(facts_of(systems), b.AS_OF)}
    planted = {f"system-{n}" for n, one in enumerate(systems) if one.ratio > 1}
    strongest = {f"system-{n}" for n, one in enumerate(systems) if one.ratio == 4 and one.extra >= 25}
    assert strongest
    assert strongest <= set(found) <= planted
    for finding in found.values():
        assert finding.effect >= 1.5
        assert 1 < finding.low <= finding.effect <= finding.high


def test_a_finding_names_the_first_incidents_after_changes_and_those_changes_by_credit() -> None:
    facts = facts_of(world(11)[:1])
    [finding] = risky_changes(facts, b.AS_OF)
    [one], [subject] = compare(facts).systems, compare(facts).subjects
    assert one.after is not None
    at = best_window(one.after)
    assert at is not None
    window = one.windows[at]
    began = pd.Series(subject.spans.begin, index=subject.incidents.iloc[subject.spans.first].to_numpy())
    last = subject.made[subject.exposed][np.searchsorted(subject.made[subject.exposed], began, side="right") - 1]
    weeks = compare(facts).begin
    assert weeks is not None
    counted = began >= pd.Timestamp(weeks).timestamp() / 3600
    near = began.index[counted & (began - last >= 0) & (began - last < window)]
    assert set(finding.incidents) == set(near)
    assert len(finding.incidents) == one.after.seen[at]
    assert finding.why.startswith(f"{one.after.seen[at]} of {one.after.outcomes} episodes of system-0 began within ")
    assert set(finding.changes) <= set(subject.changes[subject.exposed])
    [candidate] = assemble([finding], facts)
    assert candidate.changes == finding.changes[:200]
    assert candidate.action == "Put changes of system-0 behind a flag, canary or check"
    assert candidate.id.startswith("risky-")


@pytest.mark.parametrize("seed", range(2))
def test_where_nothing_is_planted_nobody_is_named(seed: int) -> None:
    harmless = [one for one in world(100 + seed) if one.ratio == 1][:8]
    assert list(risky_changes(facts_of(harmless), b.AS_OF)) == []


def test_without_incidents_or_changes_there_is_nothing_to_say() -> None:
    assert list(risky_changes(b.facts(), b.AS_OF)) == []
    assert list(risky_changes(b.facts([b.incident(1, 2)]), b.AS_OF)) == []
    assert list(risky_changes(b.facts(changes=[b.change(1, 2)]), b.AS_OF)) == []
