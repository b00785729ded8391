"""JSON, JSON Lines and Markdown: too deep, too much, broken, or saying two things at once."""

import datetime as dt
import json
from typing import Any

from tests.trust.hostile.case import UTC, Case, Maker, Row, Table, family, readings
from tests.trust.hostile.packed import MB


def objects(table: Table) -> list[dict[str, Any]]:
    """The rows as JSON objects; severities and values are numbers."""
    return [
        {k: int(v) if k == "severity" else float(v) if k == "value" else v for k, v in row.items()}
        for row in table.dicts()
    ]


def dumped(value: Any) -> str:
    """JSON with letters as they are."""
    return json.dumps(value, ensure_ascii=False)


def lines(found: list[dict[str, Any]]) -> list[str]:
    """One object a line."""
    return [dumped(one) for one in found]


@family("JSON nested too deeply")
def deep_json(make: Maker) -> Case:
    depth = make.pick(100_000, 2_000_000, 1_000, 50_000)
    opened, closed = make.pick(("[", "]"), ('{"a":', "}"), ('[{"a":', "}]"))
    whole = opened * depth + ("1" + closed * depth if make.draw.random() < 0.5 else "")
    inside = f'[{{"id": "1", "title": "a", "started_at": "2024-01-01", "x": {whole}}}]'
    return make.refused(make.file(make.draw.choice([whole, inside]), ".json")) if depth > 1_000 else make.either(
        make.file(whole, ".json")
    )  # fmt: skip


@family("JSON Lines with a line nested too deeply")
def deep_line(make: Maker) -> Case:
    table = make.table(5, 20)
    found = lines(objects(table))
    found[2] = '{"id": "deep", "x": ' + make.pick("[", '{"a":') * make.pick(100_000, 5_000) + "1"
    truth = [r for r in table.renumbered(1) if r.number != 3]
    return make.rows(make.file("\n".join(found), ".jsonl"), truth, [3])


@family("JSON that names a key twice")
def twice(make: Maker) -> Case:
    """The second value would win in silence; written with an escape it is the same key."""
    table = make.table(4, 20)
    found = lines(objects(table))
    key = make.pick('"title": "other"', '"\\u0074itle": "other"', '"started_at": "2020-01-01"', '"id": "other"')
    found[1] = found[1][:-1] + f", {key}}}"
    truth = [r for r in table.renumbered(1) if r.number != 2]
    if make.number % 2:
        return make.rows(make.file("\n".join(found), ".jsonl"), truth, [2])
    return make.either(make.file("[" + ",\n".join(found) + "]", ".json"), truth, [2])


@family("JSON whose keys flatten to one name")
def flattened(make: Maker) -> Case:
    """{"service.name": "a", "service": {"name": "b"}}: two values, one column."""
    table = make.table(4, 20)
    found = objects(table)
    for one in found:
        service = one.pop("service")
        pair = [("service.name", service), ("service", {"name": "other"})]
        one.update(pair if make.number % 2 else reversed(pair))
    return make.either(make.file(dumped(found), ".json"), table.rows)


@family("JSON with numbers that are none", often=2)
def no_numbers(make: Maker) -> Case:
    table = readings(make.draw, make.draw.randint(6, 20))
    found = lines(objects(table))
    word = make.pick(
        "NaN", "Infinity", "-Infinity", "1e400", "-1e999", '"NaN"', "null", "true", '{"a": 1}', "[1, 2]", "1" * 5_000
    )
    found[2] = dumped({**objects(table)[2], "value": "@"}).replace('"@"', word)
    truth = [r for r in table.renumbered(1) if r.number != 3]
    text, ending = make.draw.choice([("[" + ",".join(found) + "]", ".json"), ("\n".join(found), ".jsonl")])
    return make.either(make.file(text, ending), truth, [3], kind="metrics")


@family("JSON with huge whole numbers")
def huge(make: Maker) -> Case:
    """Ids as numbers keep all their digits; counts that no database holds are named."""
    table = make.table(4, 20)
    found = objects(table)
    for index, one in enumerate(found):
        number = make.pick(2**53 + 1, 10**25, 2**63, 10**400) + index
        one["id"] = number
        table.put(index, "id", "", source_id=str(number))
    found[1]["customers_affected"] = 10**30
    truth = [r for r in table.renumbered(1) if r.number != 2]
    return make.rows(make.file(dumped(found), ".json"), truth, [2])


@family("JSON with half a character or a NUL")
def half_character(make: Maker) -> Case:
    table = make.table(4, 20)
    found = lines(objects(table))
    odd = make.pick("\\ud800", "\\udfff\\ud800", "\\u0000", "a\\u0000b", "\\uDBFF")
    where = make.draw.choice(["title", "service", "id", "note"])
    found[1] = dumped({**objects(table)[1], where: "@"}).replace('"@"', f'"{odd}"')
    truth = [r for r in table.renumbered(1) if r.number != 2]
    if where == "note":
        truth = table.renumbered(1)
    text, ending = make.draw.choice([("[" + ",".join(found) + "]", ".json"), ("\n".join(found), ".jsonl")])
    return make.either(make.file(text, ending), truth, [] if where == "note" else [2])


@family("JSON that is broken", often=4)
def broken(make: Maker) -> Case:
    """Half of it, a comma too many, comments, single quotes, words, control characters."""
    text = dumped(objects(make.table(5, 30)))
    half = make.draw.randrange(len(text) // 3, len(text) - 2)
    whole = make.pick(
        text[:half], text[:-1] + ",]", "// made by hand\n" + text, text.replace('"', "'"), text.replace("[{", "[{,",
        1), text + "]",
        text.replace(": ", ":: ", 1), text[:half] + "\n" + text[half:] + "x", "[" + text[1:-1].replace("}, {",
        "} {") + "]",
        text.replace('"title"', "title"), text.replace("}, {", "},, {", 1), "[" + "{" * 3 + "}]",
        '{"incidents": ' + text, "[{}",
        "{", "[", '{"id"', "{\n", "[\n\n", "\ufeff[", "{}x",
    )  # fmt: skip
    return make.refused(make.file(whole, make.pick(".json", ".csv")))


@family("two JSON documents in one file")
def two_documents(make: Maker) -> Case:
    first, second = make.table(3, 9), make.table(3, 9)
    for index in range(len(second.lines)):
        second.lines[index][0] = f"OTHER-{index}"
        second.put(index, "id", f"OTHER-{index}", source_id=f"OTHER-{index}")
    text = make.pick("\n", "", " ", "\n\n").join([dumped(objects(first)), dumped(objects(second))])
    truth = [Row(number=None, cells=r.cells) for r in [*first.rows, *second.rows]]
    return make.either(make.file(text, ".json"), truth)


@family("JSON that is no table", often=3)
def no_table(make: Maker) -> Case:
    texts = (
        "[]", "{}", "null", '"text"', "42", "[[1, 2], [3, 4]]", "[null]", "[{}]", '{"a": [1, 2]}',
        '["title", "started_at"]',
        '{"title": "a"}', "[" + "1," * 500_000 + "1]", '["' + "a" * (10 * MB) + '"]', '{"' + "k" * MB + '": 1}',
        "[" + '{"a": 1},' * 200_000 + "{}]", "true", '[[["id", "title"], ["1", "a"]]]',
    )  # fmt: skip
    return make.refused(make.file(make.pick(*texts), make.draw.choice([".json", ".jsonl", ".csv"])))


@family("JSON with several arrays")
def several_arrays(make: Maker) -> Case:
    """A report about the report stands beside them: it is no incident itself."""
    first, second = make.table(3, 9), make.table(3, 9)
    head = make.pick(
        {"title": "Weekly report", "created_at": "2024-03-05T10:00:00Z"}, {}, {"name": "export", "date": "2024-03-05"},
        {"title": "Weekly report", "id": "R-1", "started_at": "2024-03-05T10:00:00Z", "service": "all"},
    )  # fmt: skip
    return make.refused(make.file(dumped({**head, "open": objects(first), "closed": objects(second)}), ".json"))


@family("JSON with one array and a heading")
def headed(make: Maker) -> Case:
    """The array's objects are the records; the heading is none."""
    table = make.table(3, 9)
    head = make.pick(
        {"title": "Weekly report", "created_at": "2024-03-05T10:00:00Z"}, {"meta": {"page": 1}, "tags": ["a", "b"]},
        {"total": 3},
        {"errors": [], "next": None}, {"data": {"x": 1}},
    )  # fmt: skip
    return make.rows(make.file(dumped({**head, "incidents": objects(table)}), ".json"), table.renumbered(1))


@family("JSON with records among other things")
def among_others(make: Maker) -> Case:
    table = make.table(5, 20)
    found: list[Any] = objects(table)
    found[2] = make.pick(None, 5, "text", [1], [[]], True)
    truth = [r for r in table.renumbered(1) if r.number != 3]
    return make.rows(make.file(dumped(found), ".json"), truth, [3])


@family("JSON with other types of values", often=2)
def other_types(make: Maker) -> Case:
    """A start that is an object, a list or a truth value is no time; a title that is one is no title."""
    table = make.table(6, 20)
    found = objects(table)
    odd = make.pick(
        {"date": "2024-03-05"}, ["2024-03-05", "2024-03-06"], True, [], {}, 20_240_305, 1.5, [None], [{"a": 1}]
    )
    found[2]["started_at"] = odd
    truth = [r for r in table.renumbered(1) if r.number != 3]
    return make.rows(make.file(dumped(found), ".json"), truth, [3])


@family("JSON of records that differ")
def differing(make: Maker) -> Case:
    """Keys in another order, left out, or there only once; a thousand different ones."""
    table = make.table(8, 30)
    found = objects(table)
    found[1] = dict(reversed(found[1].items()))
    del found[2]["service"]
    table.put(2, "service", "", system=None)
    for index, one in enumerate(found):
        one[f"extra {index}"] = index
    if make.number % 2:
        found[3] |= {f"k{n}": n for n in range(1_500)}
    text, ending = make.pick((dumped(found), ".json"), ("\n".join(lines(found)), ".jsonl"))
    return make.rows(make.file(text, ending), table.renumbered(1))


@family("JSON of a hundred thousand different keys", most=6)
def many_keys(make: Maker) -> Case:
    """Each record has a name of its own: as a table it would be a hundred thousand columns wide."""
    count = make.pick(100_000, 10_000, 30_000)
    found = [{"id": str(n), "title": "a", "started_at": "2024-01-01", f"k{n}": n} for n in range(count)]
    start = dt.datetime(2024, 1, 1, tzinfo=UTC)
    truth = [Row(number=n + 1, cells={"source_id": str(n), "title": "a", "started_at": start}) for n in range(count)]
    text, ending = make.draw.choice([(dumped(found), ".json"), ("\n".join(lines(found)), ".jsonl")])
    return make.either(make.file(text, ending), truth)


@family("JSON in other encodings")
def encodings(make: Maker) -> Case:
    table = make.table(4, 20)
    table.put(1, "title", "Störung 😀", title="Störung 😀")
    encoding = make.pick("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "ascii")
    text = json.dumps(objects(table)) if encoding == "ascii" else dumped(objects(table))
    return make.rows(make.file(text.encode(encoding), ".json"), table.renumbered(1))


@family("JSON Lines with broken lines")
def broken_lines(make: Maker) -> Case:
    table = make.table(9, 40)
    found = lines(objects(table))
    odd = [
        "{oops",
        '{"id": 1,}',
        "[1]",
        "null",
        '{"a": NaN',
        "{}{}",
        "text",
        '{"id": "a"} x',
        "\x00",
        found[4][:-5],
        "]",
        '"x"',
    ]
    found[2], found[4] = make.draw.choice(odd), make.pick(*odd)
    if "\x00" in found:
        found = ["{oops" if line == "\x00" else line for line in found]
    found[6] += "\r"
    truth = [r for r in table.renumbered(1) if r.number not in (3, 5)]
    return make.rows(make.file("\n".join(found) + make.pick("", "\n", "\n\n\n"), ".jsonl"), truth, [3, 5])


@family("JSON Lines whose last line breaks off")
def torn_lines(make: Maker) -> Case:
    table = make.table(6, 40)
    found = lines(objects(table))
    count = len(found)
    found[-1] = found[-1][: make.draw.randrange(2, len(found[-1]) - 1)]
    return make.rows(
        make.file("\n".join(found), make.pick(".jsonl", ".ndjson", ".json")), table.renumbered(1)[:-1], [count]
    )


@family("JSON objects that span lines, one after the other")
def spanning(make: Maker) -> Case:
    table = make.table(3, 9)
    text = "\n".join(json.dumps(one, indent=2) for one in objects(table))
    return make.either(
        make.file(text, make.pick(".json", ".jsonl")), [Row(number=None, cells=r.cells) for r in table.rows]
    )


FRONT = (
    "title: Down\ndate: 2024-03-05 10:00:00\nresolved: true\nresolvedWhen: 2024-03-05 11:00:00\n"
    "severity: down\naffected:\n  - api\nsection: issue\n"
)


@family("front matter that is a bomb", often=3)
def yaml_bomb(make: Maker) -> Case:
    """Anchors that multiply, nesting without end, megabytes, keys twice."""
    laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    merges = "m0: &m0 {a: 1}\n" + "".join(
        f"m{n}: &m{n} {{<<: [{','.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 10)
    )
    odd = make.pick(
        laughs, merges, "x: " + "[" * 50_000, "x: " + "{a: " * 20_000, "x: " + "- " * 30_000, "x: &x [*x]\n",
        "x: |\n" + "  line\n" * 900_000, "title: other\n", "? " * 20_000, "x: !!binary aGk=\n", "\t- x\n",
        "x: \"\\ud800\"\n",
        "%YAML 9.9\n", "x: *nothing\n", "".join(f"k{n}: v\n" for n in range(5_000)),
    )  # fmt: skip
    path = make.file(f"---\n{FRONT}{odd}---\nSomething broke.\n", ".md")
    start = dt.datetime(2024, 3, 5, 10, tzinfo=UTC)
    return make.either(path, [Row(number=None, cells={"source_id": path.stem, "title": "Down", "started_at": start})])


@family("front matter that wants to run")
def yaml_code(make: Maker) -> Case:
    canary = make.folder / "canary"
    tag = make.pick(
        f'!!python/object/apply:os.system ["touch {canary}"]', f"!!python/object/new:os.system ['touch {canary}']",
        '!!python/name:os.system ""', "!!python/module:os",
        f"!!python/object/apply:subprocess.check_output [[touch, {canary}]]", "!<tag:yaml.org,2002:python/tuple> [1]",
    )  # fmt: skip
    path = make.file(f"---\n{FRONT}x: {tag}\n---\nSomething broke.\n", ".md")
    start = dt.datetime(2024, 3, 5, 10, tzinfo=UTC)
    truth = [Row(number=None, cells={"source_id": path.stem, "title": "Down", "started_at": start})]
    return make.either(path, truth, canary=canary)


@family("front matter without an end")
def endless_front(make: Maker) -> Case:
    return make.refused(
        make.file(make.pick("---\n", "---\ntitle: a\n", "---\n---\n", "---\n" * 90_000, "--- \n# x\n"), ".md")
    )
