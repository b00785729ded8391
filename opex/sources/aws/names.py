"""Names: which are asked for, how several are shown, and where they are found in the console."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import quote

__all__ = ["asked_for", "console", "quoted", "shown"]

_SHOWN = 25


def asked_for(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name fits one of the patterns; without patterns every name does.

    Examples
    --------
    >>> asked_for("checkout-5xx", ["checkout-*"]), asked_for("Checkout-5xx", ["checkout-*"]), asked_for("x", [])
    (True, False, True)
    """
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def shown(names: Sequence[str]) -> str:
    """Names in a sentence: all of them, or the first 25 and the last.

    Examples
    --------
    >>> shown(["a", "b"])
    'a, b'
    """
    if len(names) <= _SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN:,} more up to {names[-1]}"


def quoted(text: str) -> str:
    """A name as part of an address."""
    return quote(text, safe="")


def console(region: str, path: str) -> str:
    """An address in AWS's console; ``path`` begins with the service."""
    domain = "amazonaws-us-gov.com" if region.startswith("us-gov-") else "aws.amazon.com"
    domain = "amazonaws.cn" if region.startswith("cn-") else domain
    return f"https://{region}.console.{domain}/{path}"
