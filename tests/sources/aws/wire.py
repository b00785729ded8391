"""AWS where the network begins: answers that botocore's own models accept, and the faults that a network has."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.validate import ParamValidator
from urllib3.exceptions import ProtocolError

FAULTS = (
    "throttled beyond retries",
    "credentials expired",
    "denied",
    "connection cut",
    "read timeout",
    "5xx",
    "garbled answer",
    "page mark repeats",
    "empty page with a page mark",
)
WITH_PAGES_ONLY = FAULTS[-2:]
_CODES = {
    "throttled beyond retries": (400, "ThrottlingException", 503, "SlowDown"),
    "credentials expired": (400, "ExpiredTokenException", 400, "ExpiredToken"),
    "denied": (400, "AccessDeniedException", 403, "AccessDenied"),
    "5xx": (500, "InternalServerError", 500, "InternalError"),
}
TOKENS = {
    "DescribeAlarmHistory": ("NextToken", "NextToken", ("AlarmHistoryItems",)),
    "DescribeAlarms": ("NextToken", "NextToken", ("MetricAlarms", "CompositeAlarms")),
    "GetMetricData": ("NextToken", "NextToken", ("MetricDataResults",)),
    "ListPipelines": ("nextToken", "nextToken", ("pipelines",)),
    "ListPipelineExecutions": ("nextToken", "nextToken", ("pipelineExecutionSummaries",)),
    "ListDeployments": ("nextToken", "nextToken", ("deployments",)),
    "DescribeOpsItems": ("NextToken", "NextToken", ("OpsItemSummaries",)),
    "ListObjectsV2": ("ContinuationToken", "NextContinuationToken", ("Contents",)),
}
HOLLOW = "hollow "

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Torn(io.RawIOBase):
    """A body of which the second half never comes."""

    def __init__(self, body: bytes) -> None:
        self._left = body[: len(body) // 2]

    def read(self, amount: int | None = None, **_: Any) -> bytes:
        if not self._left:
            raise ProtocolError("Connection broken: IncompleteRead")
        given, self._left = self._left, b""
        return given

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()
        self.read()


class Whole(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Wire:
    """A boto3 session whose calls are answered from a table, one of them faultily.

    The fault meets the call with the number ``at`` and all its retries; expired credentials stay so, and a page mark
    that repeats does so for as long as it is asked for.
    """

    answers: Mapping[str, Answer]
    fault: str | None = None
    at: int = -1
    operations: list[str] = field(default_factory=list)
    attempts: int = 0
    _parameters: dict[str, Any] = field(default_factory=dict)
    _repeating: str | None = None
    _on_the_wire: tuple[str, str, dict[str, Any]] | None = None

    def session(self) -> boto3.Session:
        """A session whose calls this wire answers (until the next wire's session is taken)."""
        SESSION.wire = self
        return SESSION

    def _before_build(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self._parameters = dict(params)

    def _before_call(self, model: Any, **_: Any) -> Any:
        number, name = len(self.operations), model.name
        self.operations.append(name)
        parameters = self._parameters
        faulty = self.fault if number == self.at else None
        if self.fault == "credentials expired" and number > self.at >= 0:
            faulty = self.fault
        if self.fault == "page mark repeats" and faulty and name in TOKENS:
            self._repeating = name
        if faulty and faulty not in WITH_PAGES_ONLY:
            self._on_the_wire = (faulty, name, self._answer(name, parameters))
            return None
        answer = self._answer(name, parameters)
        if self._repeating == name:
            answer = {**answer, TOKENS[name][1]: "again"}
        elif faulty == "empty page with a page mark" and name in TOKENS:
            asked, given, lists = TOKENS[name]
            answer = {**answer, **{one: [] for one in lists}, given: HOLLOW + parameters.get(asked, "")}
            if name == "ListObjectsV2":
                answer = {**answer, "KeyCount": 0, "IsTruncated": True}
        self._check(answer, model)
        return AWSResponse("https://aws.test", 200, {}, None), answer

    def _answer(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        mark = TOKENS.get(name, ("", "", ()))[0]
        token = parameters.get(mark)
        if token == "again":
            parameters = {key: value for key, value in parameters.items() if key != mark}
        elif token is not None and token.startswith(HOLLOW):
            rest = token.removeprefix(HOLLOW)
            parameters = {key: value for key, value in parameters.items() if key != mark} | (
                {mark: rest} if rest else {}
            )
        return self.answers[name](parameters)

    def _check(self, answer: dict[str, Any], model: Any) -> None:
        """Answers have the shape that AWS states, as botocore's Stubber would demand."""
        plain = {key: value for key, value in answer.items() if key != "Body"}
        report = ParamValidator().validate(plain, model.output_shape)
        assert not report.has_errors(), report.generate_report()
        unknown = set(plain) - set(model.output_shape.members)
        assert not unknown, f"{model.name} does not answer with {unknown}"

    def _before_send(self, request: Any, **_: Any) -> AWSResponse:
        assert self._on_the_wire is not None, f"nothing answers {request.url}"
        self.attempts += 1
        fault, name, answer = self._on_the_wire
        xml = name in ("ListObjectsV2", "GetObject", "AssumeRole")
        if fault == "read timeout":
            raise ReadTimeoutError(endpoint_url=request.url)
        if fault == "connection cut":
            if name == "GetObject":
                body = answer["Body"].read()
                return AWSResponse(
                    request.url, 200, {"Content-Length": str(len(body)), "ETag": answer["ETag"]}, Torn(body)
                )
            raise ConnectionClosedError(endpoint_url=request.url)
        if fault == "garbled answer":
            return self._garbled(request.url, name, answer)
        status, code = _CODES[fault][2:] if xml else _CODES[fault][:2]
        said = _xml_error(name, code) if xml else json.dumps({"__type": code, "message": "no"}).encode()
        return AWSResponse(request.url, status, {"Content-Length": str(len(said))}, Whole(said))

    def _garbled(self, url: str, name: str, answer: dict[str, Any]) -> AWSResponse:
        """A body cut to something that is no JSON or XML any more; of an object, the right length and wrong bytes."""
        if name == "GetObject":
            body = answer["Body"].read()[::-1]
            headers = {"Content-Length": str(len(body)), "ETag": answer["ETag"]}
        elif name == "ListObjectsV2":
            body, headers = b"<ListBucketResult><KeyCount>1</KeyC", {}
        else:
            body, headers = json.dumps(answer, default=str).encode()[:-3], {}
        return AWSResponse(url, 200, headers, Whole(body))


def _xml_error(name: str, code: str) -> bytes:
    said = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
    return (f"<ErrorResponse>{said}</ErrorResponse>" if name == "AssumeRole" else said).encode()


class _Session(boto3.Session):
    """One session for all wires, which makes each client once: making clients is most of what a test costs."""

    wire: Wire

    def __init__(self) -> None:
        super().__init__("AKIATEST", "secret", region_name="eu-west-1")
        self._made: dict[str, Any] = {}
        for event, name in (("before-parameter-build", "build"), ("before-call", "call"), ("before-send", "send")):
            self.events.register_first(f"{event}.*.*", partial(self._tell, f"_before_{name}"))

    def _tell(self, name: str, **told: Any) -> Any:
        return getattr(self.wire, name)(**told)

    def client(self, service_name: str, **stated: Any) -> Any:
        if service_name not in self._made:
            self._made[service_name] = super().client(service_name, **stated)
        return self._made[service_name]


SESSION = _Session()


def paged(items: list[Any], size: int, token: str | None) -> tuple[list[Any], str | None]:
    """One page of the items, and the mark of the next."""
    first = int(token or 0)
    return items[first : first + size], (str(first + size) if first + size < len(items) else None)


def body_of(content: bytes) -> StreamingBody:
    return StreamingBody(Whole(content), len(content))


def marked(answer: dict[str, Any], mark: str, token: str | None) -> dict[str, Any]:
    return answer if token is None else {**answer, mark: token}


def at(text: str) -> datetime:
    """A time in UTC.

    >>> at("05-01 10:00").isoformat()
    '2026-05-01T10:00:00+00:00'
    """
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}:00+00:00")
