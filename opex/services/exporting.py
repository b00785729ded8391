"""Export what is seen, with what it was made from stated in the file."""

from dataclasses import replace
from uuid import uuid4

import pandas as pd

from opex.domain.priorities import Priorities
from opex.export import FORMATS, file_name, render
from opex.services import kept_rankings
from opex.services.context import Context
from opex.services.finding import evidence
from opex.services.seeing import unseen

__all__ = ["export"]


def export(context: Context, seen: Priorities, format: str, *, person: str = "") -> tuple[str, bytes]:
    """The file's name and its bytes. Each call has a name of its own, so that nobody is handed another's file.

    The whole ranking that it shows is kept, so that a later one can be compared with it; one that is only tried is not.
    """
    seen = _shown(context, seen)
    if format in FORMATS and not seen.tried:
        occasion = f"export as {FORMATS[format].label}"
        number = kept_rankings.keep_if_can(context, occasion=occasion, person=person, drivers=seen.drivers)
        seen = replace(seen, ranking=number)
    incidents = _evidence(context, seen) if format == "xlsx" else None
    content = render(seen, format, made_at=context.now(), incidents=incidents)
    return file_name(seen, format, export_id=uuid4().hex[:8]), content


def _shown(context: Context, seen: Priorities) -> Priorities:
    """The same without what was restricted since it was shown."""
    hidden = unseen(context)
    items = tuple(item for item in seen.items if item.id not in hidden)
    gone = len(seen.items) - len(items)
    return replace(seen, items=items, total=seen.total - gone, restricted=seen.restricted + gone) if gone else seen


def _evidence(context: Context, seen: Priorities) -> dict[str, pd.DataFrame]:
    """The incidents behind each item, looked up once for all of them."""
    wanted = dict.fromkeys(incident for item in seen.items for incident in item.opportunity.evidence)
    table = evidence(context, list(wanted), seen.as_of).rename(columns={"hours": "hours_lost"})
    rows = table.set_index("id", drop=False)
    known = set(rows.index)
    return {item.id: rows.loc[[i for i in item.opportunity.evidence if i in known]] for item in seen.items}
