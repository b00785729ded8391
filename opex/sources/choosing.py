"""Paths -> the files to read, all of one format; what is passed over is listed with its reason."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opex.domain.mapping import Mapping
from opex.domain.problems import Refused, called
from opex.sources.archives import is_archive, unpacked
from opex.sources.columns import COLUMNS, REQUIRED, headers_shown, missing_columns, resolved
from opex.sources.formats import plain_mapping, preset_of, presets
from opex.sources.sniffing import DOCUMENTS, TABLES, Found, looked_at, readable, recognised

MOST_FILES = 100_000


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Files of one format. ``mapping`` is not yet fitted to their headers; ``strict`` says that a person wrote it."""

    format: str
    mapping: Mapping
    strict: bool
    files: list[Found]
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    kind: str
    format: str | None
    mapping: Mapping | None
    sheet: str | None
    encoding: str | None
    work: Path


def chosen(
    paths: Sequence[Path],
    *,
    kind: str,
    format: str | None,
    mapping: Mapping | None,
    work: Path,
    sheet: str | None = None,
    encoding: str | None = None,
) -> Chosen:
    """The files to read, as a person asked for them or as they show themselves; archives are unpacked in ``work``.

    Raises
    ------
    Refused
        A path does not exist, a named file cannot be read that way, nothing is recognised, or several formats are.
    """
    sheet = sheet or (mapping.sheet if mapping else None)
    encoding = encoding or (mapping.encoding if mapping else None)
    wanted = _Wanted(kind=kind, format=format, mapping=mapping, sheet=sheet, encoding=encoding, work=work)
    if kind not in REQUIRED:
        raise Refused(f'"{kind}" cannot be imported; say incidents, changes or metrics.')
    if mapping is not None and mapping.kind != kind:
        raise Refused(f"The mapping {mapping.name} is for {mapping.kind}, not for {kind}.")
    if format is not None:
        preset_of(format, kind)
    named, walked_over = _files(paths, wanted)
    by_format: dict[str, list[Found]] = {}
    skipped: list[tuple[str, str]] = []
    for found in [*named, *walked_over]:
        name, why = _format_of(found, wanted)
        if name:
            by_format.setdefault(name, []).append(found)
        elif found in named:
            raise Refused(why)
        else:
            skipped.append((found.name, why))
    skipped += _plain_tables_beside_a_preset(by_format, named)
    if len(by_format) != 1:
        raise Refused(_several(by_format) if by_format else _nothing(paths, wanted, skipped))
    name, files = next(iter(by_format.items()))
    use = _mapping_of(name, wanted)
    broken = [found for found in walked_over if found.broken and use.reader == "markdown"]
    skipped = [(file, why) for file, why in skipped if file not in {found.name for found in broken}]
    return Chosen(format=name, mapping=use, strict=mapping is not None, files=[*files, *broken], skipped=skipped)


def _plain_tables_beside_a_preset(by_format: dict[str, list[Found]], named: list[Found]) -> list[tuple[str, str]]:
    """Where a folder holds one format that shows itself, and plain tables: the format is meant, tables are listed."""
    shown = [name for name in by_format if name not in TABLES]
    plain = [name for name in by_format if name in TABLES]
    if len(shown) != 1 or any(found in named for name in plain for found in by_format[name]):
        return []
    why = f"is a plain table beside files of the format {shown[0]}; name the file itself to load it."
    return [(found.name, f"{found.name} {why}") for name in plain for found in by_format.pop(name)]


def fits(found: Found, mapping: Mapping, *, strict: bool) -> str:
    """Why the file cannot be read with the mapping; empty when it can."""
    if not readable(found, mapping.reader):
        return found.why or f"{found.name} is {_reader_shown(found)}; the format {mapping.name} is not read from that."
    if mapping.reader == "postmortem":
        return "" if recognised(found, mapping) else f"{found.name} lacks the sections of a post-mortem."
    every_file_alike = strict and mapping.reader not in DOCUMENTS  # a document may leave a heading out
    try:
        missing = missing_columns(resolved(mapping, found.columns, strict=every_file_alike))
    except Refused as refusal:
        return f"{found.name}: {refusal}"
    return missing_words(found, missing) if missing else ""


def missing_words(found: Found, missing: list[str]) -> str:
    """The refusal of a file in which required columns are not found."""
    listed = " and ".join(missing)
    if len(found.columns) < 2:
        return f"{found.name} is no table with columns; expected one with {listed}."
    nameless = any(re.fullmatch(r"column \d+", column) for column in found.columns)
    mend = "Delete the lines above the header, or name it" if nameless else "Name it"
    headers = f"it has {headers_shown(found.columns)}" if found.columns else "it has no columns"
    return (
        f"{found.name} has no column for {listed}; {headers}. {mend} in a mapping (--mapping): "
        f'[columns] {missing[0]} = "the column\'s name".'
    )


def _reader_shown(found: Found) -> str:
    if found.reader == "csv" and len(found.columns) < 2:
        return "a text"
    shown = {"markdown": "a text with headings or front matter", "xlsx": "a workbook", "csv": "a delimited table"}
    return shown.get(found.reader, found.reader.upper())


def _files(paths: Sequence[Path], wanted: _Wanted) -> tuple[list[Found], list[Found]]:
    """Files that were named, and files that folders and archives hold; each once."""
    named: list[Found] = []
    walked: list[Found] = []
    seen: set[Path] = set()
    for path in paths:
        if path.is_dir():
            for file in _walk(path):
                if _is_new(file, seen):
                    walked += _found(file, called(str(file.relative_to(path))), wanted)
        elif path.is_file():
            found = _found(path, called(path.name), wanted) if _is_new(path, seen) else []
            (named if len(found) == 1 else walked).extend(found)
        else:
            raise Refused(f"There is no file or folder {called(str(path))}.")
    return named, walked


def _found(path: Path, name: str, wanted: _Wanted) -> list[Found]:
    """The file as it shows itself, or the files of an archive."""
    if not is_archive(path):
        return [looked_at(path, name, wanted.sheet, wanted.encoding)]
    try:
        members = unpacked(path, name, wanted.work / f"archive-{len(list(wanted.work.iterdir()))}")
    except Refused as refusal:
        return [Found(path=path, name=name, reader="none", why=str(refusal))]
    return [_member(file, shown_name, wanted) for file, shown_name in members]


def _member(path: Path, name: str, wanted: _Wanted) -> Found:
    if is_archive(path):
        return Found(path=path, name=name, reader="none", why=f"{name} is an archive in an archive; unpack it first.")
    return looked_at(path, name, wanted.sheet, wanted.encoding)


def _walk(folder: Path) -> list[Path]:
    """The folder's files in a stable order, without hidden ones and without links that lead elsewhere."""
    found = [
        file
        for file in sorted(folder.rglob("*"))
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and file.is_file()
        and not file.is_symlink()
    ]
    if len(found) > MOST_FILES:
        raise Refused(f"{folder} holds {len(found):,} files; at most {MOST_FILES:,} are read: name a narrower folder.")
    return found


def _is_new(file: Path, seen: set[Path]) -> bool:
    key = file.resolve()
    new = key not in seen
    seen.add(key)
    return new


def _format_of(found: Found, wanted: _Wanted) -> tuple[str, str]:
    """The name of the file's format, or empty and why it has none."""
    if found.reader == "none" or found.broken:
        return "", found.why
    if wanted.mapping is not None:
        why = fits(found, wanted.mapping, strict=True)
        return ("" if why else wanted.mapping.name), why
    if wanted.format is not None:
        return _as_asked(found, wanted.format, wanted.kind)
    for preset in presets().values():
        if preset.kind == wanted.kind and recognised(found, preset):
            return preset.name, ""
    return _by_headers(found, wanted.kind, found.reader)


def _as_asked(found: Found, name: str, kind: str) -> tuple[str, str]:
    preset = preset_of(name, kind)
    if preset is not None:
        why = fits(found, preset, strict=False)
        return ("" if why else name), why
    if name not in (COLUMNS, found.reader):
        return "", f"{found.name} is {_reader_shown(found)}, not {name}."
    return _by_headers(found, kind, name)


def _by_headers(found: Found, kind: str, name: str) -> tuple[str, str]:
    if found.reader not in TABLES:
        return "", f"{found.name} is {_reader_shown(found)} that no format of {kind} recognises."
    why = fits(found, plain_mapping(kind, name), strict=False)
    return ("" if why else name), why


def _mapping_of(name: str, wanted: _Wanted) -> Mapping:
    if wanted.mapping is not None:
        return wanted.mapping
    return preset_of(name, wanted.kind) or plain_mapping(wanted.kind, name)


def _several(by_format: dict[str, list[Found]]) -> str:
    parts = [f"{name} ({len(files)} {'file' if len(files) == 1 else 'files'}, such as {files[0].name})"
             for name, files in by_format.items()]  # fmt: skip
    return f"Several formats are here: {' and '.join(parts)}; choose one with --format NAME, or name a narrower path."


def _nothing(paths: Sequence[Path], wanted: _Wanted, skipped: list[tuple[str, str]]) -> str:
    where = ", ".join(called(path.name) for path in paths[:3]) + (" and more" if len(paths) > 3 else "") or "nothing"
    what = f"the format {wanted.format}" if wanted.format else f"{wanted.kind}"
    first = f" ({skipped[0][1].rstrip('.')})" if skipped else ""
    return f"No file of {what} is found in {where}{first}."
