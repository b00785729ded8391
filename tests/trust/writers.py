"""What one reviewer of many does in a process of their own: look, edit with the version seen, note what happened."""

import json
import random
from pathlib import Path
from uuid import uuid4

from opex.domain.decisions import Commented, Described, Person
from opex.domain.sessions import Answered
from opex.services import prioritising, reviewing
from opex.services.context import Context, Speaker
from opex.services.writing import write, write_all
from opex.store.database import Busy
from opex.store.decisions import StaleReview
from tests.conftest import context_at


def edit(url: str, who: str, edits: str, notes: str) -> None:
    """Make so many edits and moves of opportunities chosen at random; ``notes`` gets one row for each."""
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
            row["seq"] = _adjusted(context, of, number, speaker)
        except (StaleReview, Busy) as refusal:
            row |= {"told": str(refusal), "busy": isinstance(refusal, Busy)}
        rows.append(row)
    Path(notes).write_text(json.dumps(rows))
    context.database.close()


def _adjusted(context: Context, of: str, number: int, speaker: Speaker) -> int:
    if number % 2:
        return reviewing.move(context, of, speaker, to=1 + number % 20, reason="urgency", words=f"move {number}")
    return reviewing.say(context, of, Described(effort_days=number + 1.0), speaker)


def rate(url: str, who: str, ratings: str, notes: str) -> None:
    """Answer so many questions of a session, one save each; ``notes`` gets a line for each that was saved."""
    context, person = context_at(url), Person(name=who, function="product")
    with Path(notes).open("a") as told:
        for number in range(int(ratings)):
            said = Answered(item="x", question="insight", value="holds", words=f"answer {number}", seal=uuid4().hex)
            request = f"{who}-{number}"
            seq = write(context, "s:x:insight", said, Speaker(person=person, request_id=request, session="s"))
            told.write(f"{number} {seq}\n")
            told.flush()
    context.database.close()


def say_three(url: str, who: str, times: str) -> None:
    """Say three things in one save, so many times."""
    context, person = context_at(url), Person(name=who, function="product")
    for number in range(int(times)):
        said = [(f"o{number % 9}", Commented(text=f"{who} {number} {part} of three")) for part in range(3)]
        write_all(context, said, Speaker(person=person, request_id=f"{who}-{number}"))
    context.database.close()
