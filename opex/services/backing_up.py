"""Copies of a workspace: taken while people write, looked at before they are put back."""

from pathlib import Path

from opex.domain.noted import Anchor
from opex.domain.problems import Refused
from opex.review import chain
from opex.services.context import Context, Speaker
from opex.services.permissions import by, needs
from opex.store import audit
from opex.store import database as store
from opex.store.checking import check

__all__ = ["back_up", "put_back"]


@needs("administer")
def back_up(context: Context, file: Path) -> Anchor:
    """Copy the workspace into a new file, as it is between two commits; the newest audit entry in it."""
    store.back_up(context.database, file)
    copy = store.open_database(f"sqlite:///{file.absolute()}")
    try:
        return audit.head(copy)
    finally:
        copy.close()


@needs("administer")
def put_back(context: Context, file: Path, speaker: Speaker) -> Anchor:
    """Put a copy in the place of the workspace, once it was found whole; the newest audit entry from then on.

    Raises
    ------
    Refused
        When the copy is none, is damaged, or its audit log is not as it was written.
    """
    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    copy = store.open_database(f"sqlite:///{file.absolute()}")
    try:
        findings = check(copy) or chain.findings(audit.whole(copy))
        head = audit.head(copy)
    finally:
        copy.close()
    if findings:
        raise Refused(f"The copy is not whole, and nothing was put back: {findings[0]}")
    was, asked = audit.head(context.database), by(context, speaker.person.name)
    store.put_back(context.database, file)
    told = {"file": file.name, "head": str(head)}
    audit.tell(context.database, asked, "restored", "workspace", before={"head": str(was)}, after=told)
    return audit.head(context.database)
