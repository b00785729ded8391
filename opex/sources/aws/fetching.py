"""One fetch of a source: ask AWS, write what came as files, and say what did not."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from opex.domain.problems import Refused
from opex.domain.source import Source
from opex.sources.aws import alarms, deployments, metrics, opsitems, pipelines, s3
from opex.sources.aws.calls import Aws
from opex.sources.aws.results import Fetched, Progress, Taken, Write
from opex.sources.aws.session import opened

__all__ = ["ACTIONS", "fetch"]

ACTIONS: dict[str, tuple[str, ...]] = {
    "s3": s3.ACTIONS,
    "aws-alarms": alarms.ACTIONS,
    "aws-metrics": metrics.ACTIONS,
    "aws-pipelines": pipelines.ACTIONS,
    "aws-deployments": deployments.ACTIONS,
    "aws-opsitems": opsitems.ACTIONS,
}
"""The IAM actions that each origin needs; a role needs ``sts:AssumeRole`` besides."""

_TAKE: dict[str, Callable[[Aws, Source, Mapping[str, Any], datetime, Write, Progress], Taken]] = {
    "aws-alarms": alarms.take,
    "aws-metrics": metrics.take,
    "aws-pipelines": pipelines.take,
    "aws-deployments": deployments.take,
    "aws-opsitems": opsitems.take,
}


def fetch(
    source: Source,
    state: Mapping[str, Any],
    folder: Path,
    *,
    now: datetime,
    progress: Progress | None = None,
    session: boto3.Session | None = None,
) -> Fetched:
    """Fetch what is new of a source into files below ``folder``.

    Parameters
    ----------
    source
        What to fetch.
    state
        The state of the last fetch whose files were loaded; empty on the first run. It is not changed.
    folder
        An empty folder, or one that does not exist yet.
    now
        The present, aware.
    progress
        Called with a share from 0 to 1 and words.
    session
        Where the credentials come from; else AWS's own chain. The source's role is assumed on top of it.

    Returns
    -------
    Fetched
        Files, the state to keep once they are loaded, and every gap. Whatever AWS does, what arrived is in the files
        and what did not is in the gaps.

    Raises
    ------
    Refused
        No call can be made at all: no region, a profile that does not exist, or a folder that is not empty.
    """
    now = now.astimezone(UTC)
    tell = progress or _silent
    if folder.is_dir() and any(folder.iterdir()):
        raise Refused(f'The folder "{folder}" is not empty; a fetch needs one of its own.')
    folder.mkdir(parents=True, exist_ok=True)
    with Aws(session=opened(source, session), source=source) as aws:
        if source.origin == "s3":
            taken = s3.take(aws, source, state, now, folder, tell)
            files = taken.files
        else:
            taken, files = _lines(aws, source, state, now, folder, tell)
    tell(1.0, f"fetched {len(files):,} files")
    return Fetched(
        kind=source.kind,
        format=source.format if source.origin == "s3" else source.origin,
        files=files,
        state=taken.state,
        gaps=tuple(taken.gaps),
        notes=tuple(taken.notes),
        calls=aws.calls,
        objects=taken.objects,
    )


def _lines(
    aws: Aws, source: Source, state: Mapping[str, Any], now: datetime, folder: Path, tell: Progress
) -> tuple[Taken, tuple[Path, ...]]:
    """The rows of an origin as JSON Lines; without rows there is no file."""
    path = folder / f"{source.origin}.jsonl"
    with path.open("w", encoding="utf-8") as file:

        def write(row: dict[str, Any]) -> None:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")

        taken = _TAKE[source.origin](aws, source, state, now, write, tell)
    if path.stat().st_size == 0:
        path.unlink()
        return taken, ()
    return taken, (path,)


def _silent(share: float, words: str) -> None:
    """Nobody watches."""
