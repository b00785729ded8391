"""Export what is seen, with what it was made from stated in the file."""

from uuid import uuid4

from opex.domain.priorities import Priorities
from opex.export import file_name, render
from opex.services.context import Context
from opex.services.finding import evidence

__all__ = ["export"]


def export(context: Context, seen: Priorities, format: str) -> tuple[str, bytes]:
    """The file's name and its bytes. Each call has a name of its own, so that nobody is handed another's file."""
    incidents = None
    if format == "xlsx":
        incidents = {item.id: evidence(context, list(item.opportunity.evidence), seen.as_of) for item in seen.items}
    content = render(seen, format, made_at=context.now(), incidents=incidents)
    return file_name(seen, format, export_id=uuid4().hex[:8]), content
