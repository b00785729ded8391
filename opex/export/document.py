"""The list as a JSON document: what `opex rank --json` prints and other programs parse."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from opex.domain.formulas import Figure
from opex.domain.opportunities import Opportunity
from opex.domain.priorities import Doubt, Evidence, Move, Priorities, Priority, Replay
from opex.export.words import finite, iso, value_for_effort, workspace


def rank_document(priorities: Priorities) -> dict[str, Any]:
    """The document of `opex rank --json`.

    Contributions add up to the score, which lies between 0 and 1. Shares are 0 to 1, times are ISO 8601 in UTC with
    Z, what is unknown is null. ``ranking`` is the number under which `opex diff` knows it. ``figure`` and ``factors``
    are those of the team's own formula, null where it is the score. ``draws`` is 0 and ``seed`` null where nothing was
    drawn; the doubt of an item is then null too. Ranks and shares of draws are those of the computed order.
    """
    return {
        "as_of": iso(priorities.as_of),
        "driver_set": {"name": priorities.drivers.name, "version": priorities.drivers.version},
        "ranking": priorities.ranking,
        "formula": priorities.drivers.formula,
        "weights": _numbers(dict(priorities.drivers.weights)),
        "tried": priorities.tried or None,
        "draws": priorities.drawn.draws if priorities.drawn else 0,
        "seed": priorities.drawn.seed if priorities.drawn else None,
        "concentration": priorities.drawn.concentration if priorities.drawn else None,
        "replicates": priorities.drawn.replicates if priorities.drawn else None,
        "workspace": workspace(priorities),
        "filters": priorities.filters,
        "shown": len(priorities.items),
        "total": max(priorities.total, len(priorities.items)),
        "restricted": priorities.restricted,
        "replay": _replay(priorities.replay),
        "opportunities": [_item(item) for item in priorities.items],
    }


def write_json(priorities: Priorities, made_at: datetime) -> bytes:
    """The document as UTF-8 bytes, with the instant at which it was exported."""
    content = {"exported_at": iso(made_at), **rank_document(priorities)}
    return (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n").encode("utf-8", "replace")


def _item(priority: Priority) -> dict[str, Any]:
    return {
        "id": priority.id,
        "rank": int(priority.rank),
        "computed_rank": int(priority.computed_rank),
        **_opportunity(priority.opportunity),
        "why": priority.why,
        "score": finite(priority.score),
        "contributions": _numbers(priority.contributions),
        "values": _numbers(priority.values),
        "ranges": {name: bounds and [finite(bound) for bound in bounds] for name, bounds in priority.ranges.items()},
        **_doubt(priority.id, priority.doubt),
        "enough_rated": bool(priority.enough_rated),
        "drivers_rated": priority.rated,
        **_figure(priority.figure),
        "value_for_effort": value_for_effort(priority),
        "hours_low": finite(priority.evidence.hours_low),
        "hours_likely": finite(priority.evidence.hours_likely),
        "hours_high": finite(priority.evidence.hours_high),
        "evidence": _evidence(priority.evidence),
        "coverage": {
            "incidents": finite(priority.coverage_incidents),
            "hours": finite(priority.coverage_hours),
        },
        "move": _move(priority.move),
    }


def _doubt(id: str, doubt: Doubt | None) -> dict[str, Any]:
    if doubt is None:
        return {"rank_low": None, "rank_high": None, "p_top": None, "tied_with": []}
    return {
        "rank_low": doubt.rank_low,
        "rank_high": doubt.rank_high,
        "p_top": {str(k): finite(share) for k, share in doubt.p_top.items()},
        "tied_with": [other for other in doubt.group if other != id],
    }


def _figure(figure: Figure | None) -> dict[str, Any]:
    """What the team's own formula makes of it; nothing of it where that is the additive score."""
    if figure is None:
        return {"figure": None, "factors": None}
    factors = {name: _numbers(asdict(factored)) for name, factored in figure.factors.items()}
    return {"figure": finite(figure.value), "factors": factors}


def _opportunity(opportunity: Opportunity) -> dict[str, Any]:
    candidate = opportunity.candidate
    return {
        "title": opportunity.title,
        "status": opportunity.status,
        "system": opportunity.system,
        "environment": opportunity.environment,
        "action": opportunity.action,
        "removes": _numbers(asdict(opportunity.removes)),
        "removes_assumed": opportunity.removes_assumed,
        "effort": finite(opportunity.effort_days),
        "effort_days": finite(opportunity.effort_days),
        "owner": opportunity.owner,
        "finders": list(candidate.finders) if candidate else [],
    }


def _evidence(evidence: Evidence) -> dict[str, float | None]:
    kept = ("incidents", "changes", "hours_lost", "incidents_all_time", "lasting_hours_unknown", "shared_with_higher")
    return {name: finite(getattr(evidence, name)) for name in kept}


def _move(move: Move | None) -> dict[str, Any] | None:
    return None if move is None else asdict(move)


def _replay(replay: Replay | None) -> dict[str, Any] | None:
    if replay is None:
        return None
    window = {"since": iso(replay.since), "until": iso(replay.until)}
    numbers = {name: value for name, value in asdict(replay).items() if name not in window}
    return {"sentence": replay.sentence, **window, **_numbers(numbers)}


def _numbers(numbers: dict[str, Any]) -> dict[str, float | None]:
    return {name: finite(number) for name, number in numbers.items()}
