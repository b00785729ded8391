"""The loop on real organisations' data: loaded, found, ranked and replayed, and the same again on a second load."""

import math
from pathlib import Path

import pytest

from opex.domain.priorities import Priorities
from opex.services import finding, knowing, loading, prioritising
from opex.services.context import Context
from opex.services.loading import Asked

pytestmark = pytest.mark.real_data


def load(context: Context, path: Path, kind: str = "incidents") -> tuple[int, int, int, int]:
    """Read, loaded, unchanged, refused."""
    report = loading.load(context, [path], Asked(kind=kind))
    return report.read, report.loaded, report.unchanged, report.refused


def ranked(context: Context) -> Priorities:
    """The order, once it is shown to be finite, complete and to add up."""
    order = prioritising.priorities(context)
    assert isinstance(order, Priorities)
    assert order.items
    assert len({item.id for item in order.items}) == len(order.items)
    for item in order.items:
        assert math.isfinite(item.score)
        assert sum(item.contributions.values()) == pytest.approx(item.score)
    assert order.replay is not None
    assert order.replay.sentence.startswith(f"The first {order.replay.top} cover ")
    assert order.replay.incidents_covered <= order.replay.incidents_total
    return order


def test_the_jenkins_project(real_data: Path, context: Context) -> None:
    changes = real_data / "jenkins_infra_changes"
    assert load(context, real_data / "jenkins_infra_status" / "content") == (297, 289, 0, 8)
    assert load(context, changes / "kubernetes_management_changes.csv", "changes") == (7420, 7420, 0, 0)
    assert load(context, changes / "azure_terraform_changes.csv", "changes") == (1424, 1424, 0, 0)
    assert knowing.sizes(context) == {"incidents": 289, "changes": 8844, "readings": 0}

    now = knowing.known(context)
    assert isinstance(now, knowing.Known)
    named = now.facts.change_systems["change_id"].nunique()
    assert 0.1 < named / 8844 < 0.9, named  # commits name no system; the catalogue's patterns find some

    order = ranked(context)
    assert any(item.evidence.changes for item in order.items)

    assert load(context, real_data / "jenkins_infra_status" / "content") == (297, 0, 289, 8)
    again = ranked(context)
    assert [(item.id, item.score) for item in again.items] == [(item.id, item.score) for item in order.items]


@pytest.mark.parametrize(
    ("folder", "counts"),
    [("github_statuses", (819, 819, 0, 0)), ("uci_servicenow_slice", (989, 989, 0, 0))],
)
def test_a_status_page_and_a_ticket_log(
    real_data: Path, context: Context, folder: str, counts: tuple[int, int, int, int]
) -> None:
    assert load(context, real_data / folder) == counts
    order = ranked(context)
    read, loaded, _, refused = counts
    assert load(context, real_data / folder) == (read, 0, loaded, refused)
    assert [item.id for item in ranked(context).items] == [item.id for item in order.items]


def test_a_platform_teams_four_recurrences_are_among_the_first_eight_themes(real_data: Path, context: Context) -> None:
    assert load(context, real_data / "dfds_postmortems")[:2] == (40, 38)
    ranked(context)
    themes = [c for c in finding.candidates(context) if c.lead.finder == "theme"][:8]
    found = [{incident.split(":")[1] for incident in theme.incidents} for theme in themes]
    for recurrence in (
        {"PM2021-005", "PM2021-006", "PM2021-007"},
        {"PM2021-001", "PM2022-002", "PM2023-002"},
        {"PM2021-002", "PM2021-003"},
        {"PM2020-002", "PM2020-009"},
    ):
        assert any(recurrence <= theme for theme in found), recurrence
