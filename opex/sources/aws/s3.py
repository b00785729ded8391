"""Objects of S3 -> files in a folder: only what is new or changed, and only what is whole."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from opex.domain.source import Source, s3_address
from opex.sources.aws.calls import Aws, Listing, listed
from opex.sources.aws.faults import CallFailed, Fault, fault, fault_of
from opex.sources.aws.names import shown
from opex.sources.aws.results import Gap, Progress, Taken
from opex.sources.aws.times import moment

__all__ = ["ACTIONS", "LISTING", "file_name", "take"]

ACTIONS = ("s3:ListBucket", "s3:GetObject")
MAX_BYTES = 2 * 1024**3
MAX_OBJECTS = 100_000
LISTING = ("ContinuationToken", "NextContinuationToken")

_LARGE = f"it is larger than {MAX_BYTES // 1024**3} GB; split it"
_CHUNK = 1024 * 1024
_MD5 = re.compile(r"[0-9a-f]{32}")
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
_LONGEST = 120
_ENDING = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$")
_UNSAFE = re.compile(r"[^\w .,+=@()\[\]{}~-]")

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Failed:
    """An object that did not come, and why."""

    key: str
    why: str


def take(aws: Aws, source: Source, state: Mapping[str, Any], now: datetime, folder: Path, tell: Progress) -> Taken:
    """Fetch the objects below the source's address that are new, or whose ETag is another than in the state.

    Notes
    -----
    Objects come in the order in which they last changed, so that the newest version of a row counts; S3 tells that by
    the second, and within one second they come by key. The state holds the ETag of every object that came. Objects
    that are gone from the bucket leave it, once a whole listing has shown so. An object that did not come whole is a
    gap, is not kept, and comes with the next run.
    """
    bucket, prefix = s3_address(source.address or "")
    tell(0.0, f"listing s3://{bucket}/{prefix}")
    listing = _listing(aws, bucket, prefix)
    etags = {one["Key"]: one.get("ETag", "") for one in listing.items}
    fresh = [one for one in _wanted(listing.items, source, now) if state.get(one["Key"]) != one.get("ETag", "")]
    fresh.sort(key=lambda one: (moment(one.get("LastModified")) or now, one["Key"]))  # the newest version counts
    failed: list[_Failed] = []
    objects: dict[Path, str] = {}
    arrived: dict[str, str] = {}
    for number, one in enumerate(fresh[:MAX_OBJECTS]):
        tell(number / len(fresh), f"fetching {len(fresh):,} objects")
        path = folder / f"{number:06}" / file_name(one["Key"])
        why = _too_much(one, now) or _fetched(aws, bucket, one, path)
        if why:
            failed.append(_Failed(key=one["Key"], why=why))
        else:
            objects[path] = one["Key"]
            arrived[one["Key"]] = etags[one["Key"]]
    why = f"more than {MAX_OBJECTS:,} new objects in one run; the next run goes on"
    failed += [_Failed(key=one["Key"], why=why) for one in fresh[MAX_OBJECTS:]]
    kept = {key: etag for key, etag in state.items() if listing.fault or key in etags}
    gaps = [*_unlisted(listing, bucket, prefix), *_gaps(failed)]
    return Taken(
        state={**kept, **arrived}, gaps=gaps, notes=_notes(listing.items, source), files=tuple(objects), objects=objects
    )


def file_name(key: str) -> str:
    """The name on disk of an object: the last part of its key, made safe.

    The stem names a metric or a post-mortem in some formats, so it is kept where it can be. Where characters were
    replaced or cut, eight digits of a hash of the key keep two keys apart. The folder of each file is opex's own, so
    nothing in a key can lead out of it.

    Examples
    --------
    >>> file_name("2026/05/latency p99.csv.gz")
    'latency p99.csv.gz'
    >>> file_name("../../etc/passwd"), file_name("a/..")[:2]
    ('passwd', '__')
    """
    name = key.rsplit("/", 1)[-1]
    safe = _UNSAFE.sub("_", name)
    if safe.strip(". ") != safe:
        safe = safe.replace(".", "_") if not safe.strip(". ") else f"_{safe.strip('. ')}"
    if safe == name and len(safe.encode()) <= _LONGEST:
        return safe
    found = _ENDING.search(safe)
    ending = found[0] if found else ""
    stem = safe.removesuffix(ending)
    while len(stem.encode()) > _LONGEST - 40:
        stem = stem[:-1]
    return f"{stem}_{hashlib.blake2b(key.encode(), digest_size=4).hexdigest()}{ending}"


def _listing(aws: Aws, bucket: str, prefix: str) -> Listing:
    """The objects by key. ``KeyCount`` proves an answer: a listing without objects has no ``Contents``."""
    question = {"Bucket": bucket, "Prefix": prefix, "OptionalObjectAttributes": ["RestoreStatus"]}
    found = listed(aws, "s3", "ListObjectsV2", question, items="Contents", proof="KeyCount", token=LISTING)
    return Listing(items=tuple(one for one in found.items if one.get("Key")), fault=found.fault)


def _wanted(objects: Iterable[Row], source: Source, now: datetime) -> Iterator[Row]:
    """Objects with content, changed since the stated time; the "folders" that the console makes are passed over."""
    for one in objects:
        if one["Key"].endswith("/") and not one.get("Size"):
            continue
        if not _before(one, source.since):
            yield one


def _before(one: Row, since: datetime | None) -> bool:
    changed = moment(one.get("LastModified"))
    return since is not None and changed is not None and changed < since


def _too_much(one: Row, now: datetime) -> str:
    """Why an object is not even asked for; empty when it is."""
    if one.get("Size", 0) > MAX_BYTES:
        return _LARGE
    restored = moment((one.get("RestoreStatus") or {}).get("RestoreExpiryDate"))
    if one.get("StorageClass") in _ARCHIVES and (restored is None or restored <= now):
        return fault("archived", "s3", "GetObject").sentence
    return ""


def _fetched(aws: Aws, bucket: str, one: Row, path: Path) -> str:
    """Fetch an object to ``path``; why it did not come, or empty. What is not whole leaves no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name("part")
    try:
        _stream(aws, bucket, one, part)
    except CallFailed as failed:
        part.unlink(missing_ok=True)
        return failed.fault.sentence
    part.replace(path)
    return ""


def _stream(aws: Aws, bucket: str, one: Row, part: Path) -> None:
    """Write the bytes, and compare them with everything that S3 said about them."""
    etag = one.get("ETag", "")
    condition = {"IfMatch": etag} if etag else {}
    answer = aws.call("s3", "GetObject", Bucket=bucket, Key=one["Key"], ChecksumMode="ENABLED", **condition)
    digest, length = hashlib.md5(usedforsecurity=False), 0
    body = answer["Body"]
    try:
        with part.open("wb") as file:
            for chunk in _chunks(aws, body):
                length += len(chunk)
                if length > MAX_BYTES:
                    raise CallFailed(Fault(kind="large", code="large", sentence=_LARGE))
                digest.update(chunk)
                file.write(chunk)
    finally:
        body.close()
    stated = _md5(etag, answer, bucket)
    if length != one.get("Size", length) or (stated and stated != digest.hexdigest()):
        raise CallFailed(_damaged())


def _chunks(aws: Aws, body: Any) -> Iterator[bytes]:
    """The body in pieces; botocore compares the checksum that S3 sent when the last one was read."""
    try:
        yield from body.iter_chunks(_CHUNK)
    except Exception as error:  # the connection below raises its own kinds
        found = fault_of(error, "s3", "GetObject")
        raise aws.failed(found if found.kind != "garbled" else fault("cut", "s3", "GetObject")) from error


def _damaged() -> Fault:
    return fault("damaged", "s3", "GetObject")


def _md5(etag: str, answer: Row, bucket: str) -> str:
    """The MD5 that an ETag is: not of parts, not under a customer's key, not in a directory bucket."""
    plain = etag.strip('"')
    ciphered = str(answer.get("ServerSideEncryption", "")).startswith("aws:kms") or "SSECustomerAlgorithm" in answer
    return "" if ciphered or bucket.endswith("--x-s3") or not _MD5.fullmatch(plain) else plain


def _unlisted(listing: Listing, bucket: str, prefix: str) -> list[Gap]:
    if listing.fault is None:
        return []
    after = f" after {listing.items[-1]['Key']}" if listing.items else ""
    return [Gap(part=f"the list of s3://{bucket}/{prefix}{after}", why=listing.why)]


def _gaps(failed: Sequence[_Failed]) -> list[Gap]:
    """One gap for neighbours that failed for the same reason."""
    groups = ((why, [one.key for one in group]) for why, group in groupby(failed, key=lambda one: one.why))
    return [Gap(part=shown(keys), why=why) for why, keys in groups]


def _notes(objects: Iterable[Row], source: Source) -> list[str]:
    old = sum(_before(one, source.since) for one in objects)
    return [f"{old:,} objects were not changed since {source.since:%Y-%m-%d} and left out."] if old else []
