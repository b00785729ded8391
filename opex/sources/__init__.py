"""The outside world -> canonical rows and problems. Every quirk of a format ends here."""

from opex.sources.formats import formats
from opex.sources.loading import propose, read, read_into
from opex.sources.reading import Format, Proposal, Reading

__all__ = ["Format", "Proposal", "Reading", "formats", "propose", "read", "read_into"]
