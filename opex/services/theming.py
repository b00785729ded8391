"""Themes as people correct them: rename, merge, split off, and what no longer holds."""

from collections.abc import Sequence

from opex.domain.decisions import Entry, ThemeRenamed, ThemesMerged, ThemeSplit
from opex.domain.opportunities import Candidate
from opex.domain.problems import Refused
from opex.evidence.theme_edits import MOST_ANCHORS, builds_on, made_by, unheld
from opex.services import reviewing
from opex.services.context import Context, Speaker
from opex.services.finding import candidates, current, theme_edits
from opex.services.permissions import needs

__all__ = ["corrections", "merge", "rename", "split", "theme", "themes", "undo", "without_hold"]


def themes(context: Context) -> list[Candidate]:
    """The themes of the last find, the most incidents first."""
    return [one for one in current(context) if one.theme is not None]


def theme(context: Context, of: str) -> Candidate:
    """The theme of that id, or a refusal."""
    found = next((one for one in themes(context) if one.id == of), None)
    if found is None:
        raise Refused(f'There is no theme "{of}" (any more): `opex find` lists those there are.')
    return found


@needs("say")
def rename(context: Context, of: str, speaker: Speaker, *, name: str) -> int:
    """Give a theme a name, for as long as it is the same theme; an empty name gives it back its own."""
    theme(context, of)
    return reviewing.say(context, of, ThemeRenamed(name=" ".join(name.split())), speaker)


@needs("say")
def merge(context: Context, of: str, other: str, speaker: Speaker) -> int:
    """The theme ``other`` is the same as ``of``, which keeps its identity; they stay together as data grows."""
    if of == other:
        raise Refused("A theme cannot be merged with itself.")
    one, two = theme(context, of), theme(context, other)
    saying = ThemesMerged(other=other, anchors=_anchors(one), other_anchors=_anchors(two))
    return reviewing.say(context, of, saying, speaker)


@needs("say")
def split(context: Context, of: str, incidents: Sequence[str], speaker: Speaker, *, name: str = "") -> str:
    """These incidents of a theme are another theme; its id. Later ones go to whichever of the two is nearer."""
    whole = theme(context, of)
    if strangers := [one for one in incidents if one not in whole.incidents]:
        raise Refused(f'Incident "{strangers[0]}" is not in the theme "{whole.title}".')
    stays = _anchors(whole, without=frozenset(incidents))
    saying = ThemeSplit(incidents=tuple(dict.fromkeys(incidents)), stays=stays, name=" ".join(name.split()))
    seq = reviewing.say(context, of, saying, speaker)  # a repeated request gives the number that it gave before
    return next((one.id for one in candidates(context) if one.key == f"split {seq}"), of)


def _anchors(of: Candidate, without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The incidents by which a theme is known again: its typical ones, then the others, at most a thousand."""
    typical = of.theme.typical if of.theme else ()
    known = dict.fromkeys((*typical, *of.incidents))
    return tuple(one for one in known if one not in without)[:MOST_ANCHORS]


def corrections(context: Context, of: str) -> list[Entry]:
    """What people corrected of this theme and stands, the latest first."""
    found = next((one for one in candidates(context) if one.id == of), None)
    return [
        entry for entry in reversed(theme_edits(context))
        if of in _spoken_of(entry) or (found is not None and found.key == made_by(entry))
    ]  # fmt: skip


def _spoken_of(entry: Entry) -> set[str]:
    return {entry.opportunity, entry.saying.other} if isinstance(entry.saying, ThemesMerged) else {entry.opportunity}


def without_hold(context: Context) -> list[Entry]:
    """The corrections whose incidents are no theme any more, so that they change nothing now."""
    return unheld(theme_edits(context), themes(context))


@needs("say")
def undo(context: Context, entry: Entry, speaker: Speaker) -> int:
    """Withdraw a correction; refused while a later one builds on it."""
    edits = theme_edits(context)
    made = next((one.id for one in candidates(context) if one.key == made_by(entry)), None)
    later = builds_on(entry, edits, made)
    if later is not None:
        raise Refused(
            f"{later.person.name}'s later correction builds on this one ({later.saying.told}): undo that one first."
        )
    return reviewing.undo(context, entry, speaker)
