"""Forget a person: another name takes the place of theirs everywhere, and the history stays."""

from opex.services.context import Context, Speaker
from opex.services.permissions import by, needs
from opex.store import forgetting
from opex.store.forgetting import Gone

__all__ = ["Gone", "forget", "still_named"]


@needs("administer")
def forget(context: Context, name: str, speaker: Speaker) -> Gone:
    """Put "Forgotten person N" in the place of that name; who signed in by it is nobody here from then on.

    Their roles, login and identity go. No number of a ranking changes, and the audit log still tells what was done.

    Raises
    ------
    Refused
        When nobody of that name is here, or when it is the last administrator.
    """
    return forgetting.forget(context.database, name.strip(), by=by(context, speaker.person.name))


@needs("administer")
def still_named(context: Context, name: str) -> dict[str, int]:
    """How many loaded incidents and changes hold that name: what a source wrote is mended at the source."""
    return forgetting.still_named(context.database, name.strip())
