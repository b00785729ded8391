"""How a command talks: its workspace, and where words, documents and files go."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opex import workspace
from opex.cli.options import chosen_workspace
from opex.domain.problems import Refused
from opex.services.context import Context

__all__ = ["iso", "moment_of", "open_context", "progress", "say", "show_json", "text_of", "who", "write"]


def open_context(workspace_url: str | None = None) -> Context:
    """The workspace: of this address, or the chosen one, or the default."""
    return workspace.open_workspace(workspace_url or chosen_workspace())


def show_json(document: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def say(text: str) -> None:
    """A line of the result on stdout."""
    sys.stdout.write(text + "\n")


def moment_of(text: str | None) -> datetime | None:
    """What ``--as-of`` says, in UTC where it names no zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f'--as-of "{text}" is not a date and time, such as 2026-06-30 or 2026-06-30T12:00Z.') from None
    if not 1970 <= moment.year < 2200:
        raise Refused(f'--as-of "{text}" lies outside of the years 1970 to 2199.')
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso(moment: datetime) -> str:
    """An instant as JSON documents write it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def progress() -> Callable[[float, str], None] | None:
    """A bar on stderr when a person looks at it."""
    if not sys.stderr.isatty():
        return None

    def show(share: float, what: str) -> None:
        filled = round(30 * share)
        print(
            f"\r{'█' * filled}{'░' * (30 - filled)} {share:4.0%} {what[:40]:<40}", end="", file=sys.stderr, flush=True
        )
        if share >= 1:
            print(file=sys.stderr)

    return show


def who() -> str:
    """The person in whose name the command acts."""
    return os.environ.get("OPEX_PERSON") or os.environ.get("USER") or "command line"


def text_of(path: Path, what: str) -> str:
    """The text of a file that an option names."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The {what} {path.name} cannot be read: {error}.") from error


def write(content: bytes, output: Path | None) -> None:
    """To stdout, or to a file that is there whole or not at all."""
    if output is None:
        sys.stdout.buffer.write(content)
        return
    half = output.with_name(output.name + ".part")
    try:
        half.write_bytes(content)
        half.replace(output)
    except OSError as error:
        raise Refused(f"{output} cannot be written ({error.strerror}).") from error
    print(f"{output} is written.", file=sys.stderr)
