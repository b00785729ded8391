"""A link to hand out: into a calendar, a chat, a QR code."""

from urllib.parse import urlsplit

from opex.domain.problems import Refused

__all__ = ["MOST_LINK", "link_of"]

MOST_LINK = 1000
"""How long a link may be: a longer one makes a QR code that phones do not read from a wall."""


def link_of(link: str) -> str:
    """The same link, once it is one that a browser opens.

    Raises
    ------
    Refused
        For anything but a plain http or https address, or one that is too long.

    Examples
    --------
    >>> link_of("https://opex.example/sessions?session=s-1")
    'https://opex.example/sessions?session=s-1'
    """
    try:
        parts = urlsplit(link)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        fit = False
    if not fit or not link.isascii() or not link.isprintable() or set(link) & set(' "<>\\^`{|}'):
        raise Refused("A link begins with http:// or https:// and holds no spaces, quotes or passwords; this does not.")
    if len(link) > MOST_LINK:
        raise Refused(f"A link has at most {MOST_LINK:,} characters; this one has {len(link):,}.")
    return link
