"""A configured source: what it may say, and how it refuses the rest."""

from datetime import UTC, datetime

import pytest

from opex.domain.problems import Refused
from opex.domain.source import Source, StatedMetric, s3_address

METRIC = StatedMetric(
    metric="errors",
    namespace="AWS/Lambda",
    name="Errors",
    stat="Sum",
    period=300,
    dimensions={"FunctionName": "pay"},
    better="low",
)
SOURCES = [
    Source(name="alarms", origin="aws-alarms", region="eu-west-1", names=("checkout-*", "pay")),
    Source(
        name="errors",
        origin="aws-metrics",
        profile="read only",
        since=datetime(2026, 1, 1, 12, 30, tzinfo=UTC),
        metrics=(
            METRIC,
            StatedMetric(metric="p", namespace="S", name="L", stat="p99.9", period=60, system="x", unit="ms"),
        ),
    ),
    Source(
        name="desk",
        origin="s3",
        kind="changes",
        address="s3://our-exports/desk/",
        mapping="our desk",
        timezone="Europe/Berlin",
        environment="production",
        system="shop",
        role_arn="arn:aws:iam::123456789012:role/path/opex",
        external_id="opex-7f3a",
    ),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.origin)
def test_a_source_goes_to_toml_and_back(source: Source) -> None:
    assert Source.from_toml(source.to_toml()) == source


def test_the_toml_of_a_source_reads_like_this() -> None:
    source = Source.from_toml(
        'name = "errors"\nfrom = "aws-metrics"\nregion = "eu-west-1"\nsince = 2026-01-01T01:00:00+01:00\n'
        '[[metrics]]\nmetric = "errors"\nnamespace = "AWS/Lambda"\nname = "Errors"\nstat = "Sum"\nperiod = 300\n'
        'better = "low"\n[metrics.dimensions]\nFunctionName = "pay"\n'
    )
    assert source == Source(
        name="errors",
        origin="aws-metrics",
        region="eu-west-1",
        since=datetime(2026, 1, 1, tzinfo=UTC),
        metrics=(METRIC,),
    )


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        ("aws-alarms", "incidents"),
        ("aws-opsitems", "incidents"),
        ("aws-pipelines", "changes"),
        ("aws-deployments", "changes"),
    ],
)
def test_the_kind_follows_from_the_origin(origin: str, kind: str) -> None:
    assert Source(name="x", origin=origin).kind == kind


BASE = 'name = "x"\nfrom = "aws-alarms"\n'
S3 = 'name = "x"\nfrom = "s3"\nkind = "incidents"\n'
METRICS = 'name = "x"\nfrom = "aws-metrics"\n[[metrics]]\nmetric = "e"\nnamespace = "N"\nname = "E"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = ", "The source is not valid TOML"),
        ('from = "s3"', 'The source lacks "name"'),
        ('name = "x"', 'The source lacks "from"'),
        ('name = "x"\nfrom = "gcp"', 'has from = "gcp"; it must be one of s3, aws-alarms'),
        ('name = "x"\norigin = "s3"\nfrom = "s3"', 'the unknown field "origin"'),
        (BASE + 'secret_key = "hunter2"', 'the unknown field "secret_key"; known are name, from, kind'),
        ("name = 3\n" + 'from = "s3"', 'name must be a text in quotes, not "3"'),
        ('name = "a:b"\nfrom = "aws-alarms"', 'The name "a:b" has a colon'),
        ('name = " "\nfrom = "aws-alarms"', "cannot be the name of a source"),
        (BASE + 'region = "Ireland"', '"Ireland", which AWS does not know; write region = "eu-west-1"'),
        (BASE + 'role_arn = "opex"', '"opex", which AWS does not know; write role_arn = '),
        (BASE + 'external_id = "abc"', "an external_id without a role_arn"),
        (BASE + 'kind = "changes"', 'says kind = "changes", but aws-alarms gives incidents'),
        (BASE + 'since = "yesterday"', 'since must be a date such as 2026-01-01T00:00:00Z, not "yesterday"'),
        (BASE + "since = 2026-01-01T00:00:00", "a since without a zone"),
        (BASE + "since = 3", 'since must be a date such as 2026-01-01T00:00:00Z, not "3"'),
        (BASE + 'address = "s3://bucket"', 'has "address", which only goes with from = "s3"'),
        (BASE + 'names = "a"', 'names must be a list of texts such as ["a-*", "b"]'),
        (BASE + "metrics = 1", "must be written as [[metrics]] tables"),
        ('name = "x"\nfrom = "aws-opsitems"\nnames = ["a"]', 'has "names", which only go with aws-alarms'),
        ('name = "x"\nfrom = "aws-metrics"', "states no metric; write [[metrics]] tables"),
        ('name = "x"\nfrom = "s3"\naddress = "s3://bucket"', "needs kind = one of incidents, changes, metrics"),
        (S3, 'lacks "address"'),
        (S3 + 'address = "s3://bucket"\nformat = "csv"\nmapping = "m"', "a format and a mapping; state one of them"),
        (S3 + 'address = "s3://bucket"\ntimezone = "Mars/Olympus"', '"Mars/Olympus" is not a time zone'),
        (METRICS, 'lacks "stat"'),
        (METRICS + 'stat = "Mean"\nperiod = 60', 'has stat = "Mean"; write for example Average, Sum or p99'),
        (METRICS + 'stat = "Sum"\nperiod = 90', "has period = 90; it must be 1, 5, 10, 20, 30 or a multiple of 60"),
        (METRICS + 'stat = "Sum"\nperiod = "60"', 'period must be a whole number of seconds, not "60"'),
        (METRICS + 'stat = "Sum"\nperiod = true', 'period must be a whole number of seconds, not "True"'),
        (METRICS + 'stat = "Sum"\nperiod = 60\nbetter = "up"', 'has better = "up"; it must be high or low'),
        (METRICS + 'stat = "Sum"\nperiod = 60\ndimensions = 1', 'dimensions must be a table of names and values'),
        (METRICS + 'stat = "Sum"\nperiod = 60\ncolour = "red"', 'the unknown field "colour"'),
        (METRICS + 'stat = "Sum"\nperiod = 60\n' + METRICS.split("\n", 2)[2] + 'stat = "Sum"\nperiod = 60', "twice"),
    ],
)  # fmt: skip
def test_what_a_source_cannot_say_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        Source.from_toml(text)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("s3://our-exports", ("our-exports", "")),
        ("s3://our-exports/", ("our-exports", "")),
        ("s3://our.exports-1/2026/Mai/", ("our.exports-1", "2026/Mai/")),
        ("s3://our-exports/a..b/c.csv", ("our-exports", "a..b/c.csv")),
        ("s3://our-exports/Übersicht 1.csv", ("our-exports", "Übersicht 1.csv")),
    ],
)
def test_an_address_of_s3_is_a_bucket_and_a_prefix(text: str, found: tuple[str, str]) -> None:
    assert s3_address(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "our-exports/a.csv",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "https://our-exports.s3.amazonaws.com/a.csv",
        "S3://our-exports/a",
        "s3:/our-exports",
        "s3://",
        "s3:///a.csv",
        "s3://169.254.169.254/latest",
        "s3://10.0.0.1",
        "s3://999.999.999.999/x",
        "s3://[::1]/x",
        "s3://ab",
        "s3://" + "a" * 64,
        "s3://Our-Exports",
        "s3://our_exports",
        "s3://-exports",
        "s3://exports-",
        "s3://our..exports",
        "s3://user@our-exports/a",
        "s3://our-exports:443/a",
        "s3://our-exports?x/a",
        "s3://xn--exports",
        "s3://sthree-exports",
        "s3://exports-s3alias",
        "s3://exports--ol-s3",
        "s3://our-exports/../other-bucket/a",
        "s3://our-exports/a/..",
        "s3://our-exports/a\\..\\b",
        "s3://our-exports/a\nb",
        "s3://our-exports/" + "x" * 1_025,
    ],
)
def test_what_is_no_address_of_s3_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        s3_address(text)
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)
