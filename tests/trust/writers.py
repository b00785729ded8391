"""What one reviewer of many does in a process of their own: look, edit with the version seen, note what happened."""

import json
import random
from pathlib import Path

from opex.domain.decisions import Described, Person
from opex.services import prioritising, reviewing
from opex.services.context import Speaker
from opex.store.database import Busy
from opex.store.decisions import StaleReview
from tests.conftest import context_at


def edit(url: str, who: str, edits: str, notes: str) -> None:
    """Make so many edits of opportunities chosen at random; ``notes`` gets one row for each."""
    context = context_at(url)
    person = Person(name=who, function="operations")
    chance = random.Random(who)
    ids = sorted(prioritising.everything(context))
    rows = []
    for number in range(int(edits)):
        of = chance.choice(ids)
        seen = prioritising.one(context, of).version
        request = f"{who}-{number}"
        speaker = Speaker(person=person, request_id=request, seen=seen)
        row = {"request": request, "opportunity": of, "seen": seen, "seq": None, "told": ""}
        try:
            row["seq"] = reviewing.say(context, of, Described(effort_days=number + 1.0), speaker)
        except (StaleReview, Busy) as refusal:
            row |= {"told": str(refusal), "busy": isinstance(refusal, Busy)}
        rows.append(row)
    Path(notes).write_text(json.dumps(rows))
    context.database.close()
