"""A configured source: where rows come from by themselves, so that a second run fetches only what is new."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time
from ipaddress import ip_address
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opex.domain.mapping import KINDS
from opex.domain.problems import Refused
from opex.domain.toml import dumps

__all__ = ["ORIGINS", "Source", "StatedMetric", "s3_address"]

ORIGINS = {
    "s3": "",
    "aws-alarms": "incidents",
    "aws-metrics": "metrics",
    "aws-pipelines": "changes",
    "aws-deployments": "changes",
    "aws-opsitems": "incidents",
}
"""Where a source can come from, and the kind of its rows (S3 objects can hold any kind)."""

_FOR_S3 = ("address", "format", "mapping", "timezone")
_WITH_NAMES = ("aws-alarms", "aws-pipelines", "aws-deployments")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}")
_STAT = re.compile(
    r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)(100|\d{1,2}(\.\d{1,10})?)|(PR|TM|TC|TS|WM)\([\d.%:]+\)"
)
_SHORT_PERIODS = (1, 5, 10, 20, 30)
_DIMENSIONS = 30


@dataclass(frozen=True, kw_only=True)
class StatedMetric:
    """One metric to read from CloudWatch: what we call it, and how CloudWatch knows it.

    ``metric`` is our name; ``namespace``, ``name``, ``dimensions`` and ``stat`` are CloudWatch's words; ``period`` is
    in seconds. ``unit``, ``better`` (``high`` or ``low``) and ``system`` are said of its readings.
    """

    metric: str
    namespace: str
    name: str
    stat: str
    period: int
    dimensions: dict[str, str] = field(default_factory=dict)
    unit: str | None = None
    better: str | None = None
    system: str | None = None

    def __post_init__(self) -> None:
        for word in ("metric", "namespace", "name"):
            if not getattr(self, word).strip():
                raise Refused(f"A metric of CloudWatch needs a {word}; it is empty.")
        if self.namespace.startswith(":"):
            raise Refused(f'The namespace "{self.namespace}" begins with a colon; write for example AWS/Lambda.')
        if not _STAT.fullmatch(self.stat):
            raise Refused(f'The metric {self.metric} has stat = "{self.stat}"; write for example Average, Sum or p99.')
        if self.period not in _SHORT_PERIODS and (self.period < 1 or self.period % 60):
            raise Refused(
                f"The metric {self.metric} has period = {self.period}; it must be 1, 5, 10, 20, 30 "
                "or a multiple of 60 seconds."
            )
        if self.better not in (None, "high", "low"):
            raise Refused(f'The metric {self.metric} has better = "{self.better}"; it must be high or low.')
        if len(self.dimensions) > _DIMENSIONS:
            raise Refused(f"The metric {self.metric} has {len(self.dimensions)} dimensions; at most {_DIMENSIONS} are.")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One configured source.

    ``origin`` is written ``from`` in TOML. ``kind`` is stated for S3 and follows from the origin otherwise. ``since``
    is how far back the first run looks. ``names`` are patterns such as ``"checkout-*"`` over the names of alarms,
    pipelines or applications; none means all. No secret has a field: credentials come from AWS's own chain.

    Examples
    --------
    >>> source = Source.from_toml('name = "alarms"\\nfrom = "aws-alarms"\\nregion = "eu-west-1"\\nsince = 2026-01-01')
    >>> source.kind, source.since.isoformat()
    ('incidents', '2026-01-01T00:00:00+00:00')
    >>> Source.from_toml(source.to_toml()) == source
    True
    """

    name: str
    origin: str
    kind: str = ""
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    since: datetime | None = None
    environment: str | None = None
    system: str | None = None
    address: str | None = None
    format: str | None = None
    mapping: str | None = None
    timezone: str | None = None
    names: tuple[str, ...] = ()
    metrics: tuple[StatedMetric, ...] = ()

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.origin not in ORIGINS:
            raise Refused(f'The source {self.name} has from = "{self.origin}"; it must be one of {", ".join(ORIGINS)}.')
        _check_kind(self)
        _check_session(self)
        _check_since(self)
        _check_fields_of_origin(self)
        if self.origin == "s3":
            _check_s3(self)
        _check_metrics(self)

    @classmethod
    def from_toml(cls, text: str) -> "Source":
        """The source that the TOML document states.

        Raises
        ------
        Refused
            The text is no TOML, a field is unknown or of the wrong type, or a required one is missing.
        """
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            raise Refused(f"The source is not valid TOML: {error}.") from None
        for required, example in (("name", "our_alarms"), ("from", "aws-alarms")):
            if required not in document:
                raise Refused(f'The source lacks "{required}"; write for example {required} = "{example}".')
        if "origin" in document:
            raise Refused('The source has the unknown field "origin"; the origin is written from = "...".')
        document["origin"] = document.pop("from")
        return cls(**_checked(cls, document, "The source", _READERS))

    def to_toml(self) -> str:
        """The source as TOML text that ``from_toml`` reads back to an equal source."""
        document: dict[str, Any] = {"name": self.name, "from": self.origin}
        if self.origin == "s3":
            document["kind"] = self.kind
        for name in ("region", "profile", "role_arn", "external_id"):
            document[name] = getattr(self, name)
        document["since"] = None if self.since is None else self.since.isoformat().replace("+00:00", "Z")
        for name in ("environment", "system", *_FOR_S3):
            document[name] = getattr(self, name)
        document["names"] = list(self.names) or None
        document["metrics"] = [_plain(metric) for metric in self.metrics] or None
        return dumps(document)


def s3_address(text: str) -> tuple[str, str]:
    """The bucket and the prefix of an S3 address.

    Raises
    ------
    Refused
        It is no address of S3: another scheme, a bucket name that AWS does not allow, or a ``..`` in the prefix.

    Examples
    --------
    >>> s3_address("s3://our-incidents/2026/exports/")
    ('our-incidents', '2026/exports/')
    """
    if not text.startswith("s3://"):
        raise Refused(f'"{text}" is not an address of S3; write for example s3://bucket/prefix.')
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    _check_bucket(bucket, text)
    if ".." in prefix.replace("\\", "/").split("/"):
        raise Refused(f'The address "{text}" has a ".." part; write the prefix as it stands in the bucket.')
    if not prefix.isprintable() or len(prefix.encode()) > 1024:
        raise Refused(f"The prefix of the bucket {bucket} is longer than 1,024 bytes or holds control characters.")
    return bucket, prefix


def _check_bucket(bucket: str, text: str) -> None:
    """The naming rules of general purpose (and directory) buckets."""
    if _is_ip(bucket):
        raise Refused(f'The address "{text}" names an IP address; write the name of a bucket.')
    reserved = bucket.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or bucket.endswith(
        ("-s3alias", "--ol-s3", ".mrap", "--table-s3")
    )
    allowed = re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket) and ".." not in bucket
    if reserved or not allowed:
        raise Refused(
            f'"{bucket}" is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens, '
            "beginning and ending with a letter or digit, without the words that AWS reserves."
        )


def _is_ip(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return bool(re.fullmatch(r"[\d.]+", text))
    return True


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise Refused(f'"{name}" cannot be the name of a source: it needs letters, without spaces around them.')
    if ":" in name:
        raise Refused(f'The name "{name}" has a colon, which separates a source from its ids; write it without.')


def _check_kind(source: Source) -> None:
    implied = ORIGINS[source.origin]
    if not implied:
        if source.kind not in KINDS:
            raise Refused(f'The source {source.name} needs kind = one of {", ".join(KINDS)}; it is "{source.kind}".')
        return
    if source.kind not in ("", implied):
        raise Refused(f'The source {source.name} says kind = "{source.kind}", but {source.origin} gives {implied}.')
    object.__setattr__(source, "kind", implied)


def _check_session(source: Source) -> None:
    """Region, role and external id have AWS's shapes."""
    for value, shape, example in (
        (source.region, _REGION, 'region = "eu-west-1"'),
        (source.role_arn, _ROLE, 'role_arn = "arn:aws:iam::123456789012:role/opex"'),
        (source.external_id, _EXTERNAL_ID, 'external_id = "opex-7f3a"'),
    ):
        if value is not None and not shape.fullmatch(value):
            raise Refused(f'The source {source.name} says "{value}", which AWS does not know; write {example}.')
    if source.external_id is not None and source.role_arn is None:
        raise Refused(f"The source {source.name} has an external_id without a role_arn; state the role too.")


def _check_since(source: Source) -> None:
    if source.since is None:
        return
    if source.since.tzinfo is None:
        raise Refused(f"The source {source.name} has a since without a zone; write for example 2026-01-01T00:00:00Z.")
    object.__setattr__(source, "since", source.since.astimezone(UTC))


def _check_fields_of_origin(source: Source) -> None:
    """Fields that mean nothing for this origin are refused rather than passed over."""
    for name in _FOR_S3:
        if getattr(source, name) is not None and source.origin != "s3":
            raise Refused(f'The source {source.name} has "{name}", which only goes with from = "s3".')
    if source.names and source.origin not in _WITH_NAMES:
        raise Refused(f'The source {source.name} has "names", which only go with {", ".join(_WITH_NAMES)}.')
    if source.metrics and source.origin != "aws-metrics":
        raise Refused(f'The source {source.name} has "metrics", which only go with from = "aws-metrics".')


def _check_s3(source: Source) -> None:
    if source.address is None:
        raise Refused(f'The source {source.name} lacks "address"; write for example address = "s3://bucket/prefix".')
    s3_address(source.address)
    if source.format is not None and source.mapping is not None:
        raise Refused(f"The source {source.name} has a format and a mapping; state one of them.")
    if source.timezone is not None:
        try:
            ZoneInfo(source.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Refused(f'"{source.timezone}" is not a time zone; write for example Europe/Berlin.') from None


def _check_metrics(source: Source) -> None:
    if source.origin == "aws-metrics" and not source.metrics:
        raise Refused(f"The source {source.name} states no metric; write [[metrics]] tables.")
    seen: set[tuple[str, str | None]] = set()
    for metric in source.metrics:
        if (metric.metric, metric.system) in seen:
            raise Refused(
                f"The source {source.name} states the metric {metric.metric} of the system {metric.system} twice; "
                "their readings could not be told apart."
            )
        seen.add((metric.metric, metric.system))


def _plain(metric: StatedMetric) -> dict[str, Any]:
    return {f.name: getattr(metric, f.name) or None for f in fields(metric)}


def _checked(
    kind: type, document: object, where: str, readers: Mapping[str, Callable[[object, str], object]]
) -> dict[str, Any]:
    """The fields of a table of the document, each read by its reader; an unknown one is refused."""
    if not isinstance(document, dict):
        raise Refused(f"{where} must be a table of names and values.")
    known = [f.name for f in fields(kind)]
    for key in document:
        if key not in known:
            shown = ", ".join("from" if name == "origin" else name for name in known)
            raise Refused(f'{where} has the unknown field "{key}"; known are {shown}.')
    return {key: readers.get(key, _text)(value, f"{where}: {key}") for key, value in document.items()}


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise Refused(f'{where} must be a text in quotes, not "{value}".')
    return value


def _optional_text(value: object, where: str) -> str | None:
    return _text(value, where) or None


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Refused(f'{where} must be a list of texts such as ["a-*", "b"], not "{value}".')
    return tuple(_text(item, where) for item in value)


def _seconds(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f'{where} must be a whole number of seconds, not "{value}".')
    return value


def _instant(value: object, where: str) -> datetime:
    """A TOML date or time, or ISO 8601 text; a day means its midnight in UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        except ValueError:
            raise Refused(f'{where} must be a date such as 2026-01-01T00:00:00Z, not "{value}".') from None
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise Refused(f'{where} must be a date such as 2026-01-01T00:00:00Z, not "{value}".')


def _dimensions(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Refused(f'{where} must be a table of names and values, not "{value}".')
    return {key: _text(item, f"{where}.{key}") for key, item in value.items()}


def _metrics(value: object, where: str) -> tuple[StatedMetric, ...]:
    if not isinstance(value, list):
        raise Refused(f"{where} must be written as [[metrics]] tables.")
    return tuple(_metric(item, where) for item in value)


def _metric(value: object, where: str) -> StatedMetric:
    found = _checked(StatedMetric, value, where, _METRIC_READERS)
    for name in ("metric", "namespace", "name", "stat", "period"):
        if name not in found:
            raise Refused(f'{where} lacks "{name}".')
    return StatedMetric(**found)


_METRIC_READERS: dict[str, Callable[[object, str], object]] = {
    "period": _seconds,
    "dimensions": _dimensions,
    "unit": _optional_text,
    "better": _optional_text,
    "system": _optional_text,
}
_READERS: dict[str, Callable[[object, str], object]] = {
    "since": _instant,
    "names": _texts,
    "metrics": _metrics,
    **dict.fromkeys(
        ("region", "profile", "role_arn", "external_id", "environment", "system", *_FOR_S3), _optional_text
    ),
}
