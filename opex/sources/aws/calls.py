"""Asking AWS: one call, and all pages of a list. Nothing that goes wrong passes unseen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import boto3
from botocore import xform_name

from opex.domain.source import Source
from opex.sources.aws.faults import CallFailed, Fault, fault, fault_of
from opex.sources.aws.session import config, region_of

__all__ = ["Aws", "Listing", "Pages", "listed", "pages"]

_PATIENCE = 3
_MAX_PAGES = 10_000
TOKEN = ("NextToken", "NextToken")


@dataclass(kw_only=True)
class Aws:
    """The clients of one fetch. It counts its calls, and asks no further when no call can succeed.

    After a fault that lasts (no credentials, or expired ones), or after three calls in a row that failed for reasons
    that pass (throttling, timeouts, 5xx), every further call fails at once with the same fault.
    """

    session: boto3.Session
    source: Source
    calls: int = 0
    _clients: dict[str, Any] = field(default_factory=dict)
    _stopped: Fault | None = None
    _failed: int = 0

    @property
    def region(self) -> str:
        """The region that is asked."""
        return region_of(self.source, self.session)

    def __enter__(self) -> "Aws":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            client.close()

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer of one operation.

        Raises
        ------
        CallFailed
            There was none; its fault says why.
        """
        if self._stopped is not None:
            raise CallFailed(self._stopped)
        self.calls += 1
        try:
            answer: dict[str, Any] = getattr(self._client(service), xform_name(operation))(**parameters)
        except Exception as error:  # botocore states no list of what a garbled answer makes it raise
            raise self.failed(fault_of(error, service, operation)) from error
        self._failed = 0
        return answer

    def failed(self, why: Fault) -> CallFailed:
        """Take note of a fault, and the exception that tells of it."""
        self._failed = self._failed + 1 if why.passing else 0
        if why.lasting or self._failed >= _PATIENCE:
            self._stopped = why
        return CallFailed(why)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self.session.client(service, region_name=self.region, config=config())
        return self._clients[service]


@dataclass(frozen=True, kw_only=True)
class Pages:
    """The answers of a list that came, in order; ``fault`` says why there are no more, ``None`` when it ended."""

    answers: tuple[dict[str, Any], ...]
    fault: Fault | None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The items of a list that came, in order; ``fault`` says why there are no more, ``None`` when it ended."""

    items: tuple[Any, ...]
    fault: Fault | None

    @property
    def why(self) -> str:
        """Why the list is not whole; empty when it is."""
        return "" if self.fault is None else self.fault.sentence


def pages(
    aws: Aws,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    *,
    proof: str,
    token: tuple[str, str] = TOKEN,
    enough: Callable[[dict[str, Any]], bool] | None = None,
) -> Pages:
    """Every page of a list, until it ends, ``enough`` says so, or something goes wrong.

    Parameters
    ----------
    proof
        A field that every answer has. botocore turns JSON that it cannot read into an answer without fields, which
        would look like an empty last page.
    token
        How the page mark is called when asked with it, and when it is given.

    Notes
    -----
    An empty page with a page mark is not the end. A page mark that comes a second time is: the list would never end.
    """
    answers: list[dict[str, Any]] = []
    seen: set[str] = set()
    mark: str | None = None
    while True:
        try:
            answer = aws.call(service, operation, **parameters, **({token[0]: mark} if mark else {}))
            mark = answer.get(token[1])
            _believe(aws, answer, proof, mark, service, operation)
        except CallFailed as failed:
            return Pages(answers=tuple(answers), fault=failed.fault)
        answers.append(answer)
        if not mark or (enough is not None and enough(answer)):
            return Pages(answers=tuple(answers), fault=None)
        if mark in seen or len(answers) >= _MAX_PAGES:
            return Pages(answers=tuple(answers), fault=_endless(mark in seen, service, operation))
        seen.add(mark)


def listed(
    aws: Aws,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    *,
    items: str,
    proof: str = "",
    token: tuple[str, str] = TOKEN,
    enough: Callable[[dict[str, Any]], bool] | None = None,
) -> Listing:
    """The items of every page of a list (see ``pages``); ``items`` is the field that holds them, and the proof."""
    found = pages(aws, service, operation, parameters, proof=proof or items, token=token, enough=enough)
    return Listing(items=tuple(item for answer in found.answers for item in answer.get(items, ())), fault=found.fault)


def _believe(aws: Aws, answer: dict[str, Any], proof: str, mark: str | None, service: str, operation: str) -> None:
    """Refuse an answer that shows no sign of being one."""
    truncated = bool(answer.get("IsTruncated")) and not mark
    if (proof not in answer and not mark) or truncated:
        raise aws.failed(fault("garbled", service, operation))


def _endless(repeated: bool, service: str, operation: str) -> Fault:
    why = "gave the same page mark twice" if repeated else f"gave more than {_MAX_PAGES:,} pages"
    return Fault(kind="endless", code="NextToken", sentence=f"{service}:{operation} {why}; the next run begins again")
