"""CSV that is too large, torn, shifted, mixed, or only unlike others."""

import csv

from tests.trust.hostile.case import Case, Maker, Row, family, incidents, z
from tests.trust.hostile.packed import MB

DELIMITERS = (",", ";", "\t", "|")


@family("a million columns", most=6)
def million_columns(make: Maker) -> Case:
    count = make.pick(1_000_000, 20_000, 300_000)
    head = ",".join(["id", "title", "started_at", *map(str, range(count))])
    body = make.pick("1,a,2024-01-01" + "," * count + "\n", "", "1,a,2024-01-01\n" * 1_000)
    return make.refused(make.file(f"{head}\n{body}"))


@family("one line of a hundred megabytes", most=4)
def long_line(make: Maker) -> Case:
    """Without a line end anywhere, or as the only row."""
    size = 100 * MB
    head = "id,title,started_at\n"
    whole = [b"a" * size, head.encode() + b"1," + b"a" * size, b"," * size, b'{"id": "' + b"a" * size][make.number]
    return make.refused(make.file(whole))


@family("a cell of a megabyte")
def large_cell(make: Maker) -> Case:
    """A log pasted into the description is honest, if long."""
    table = make.table(2, 6)
    text = make.pick("stack trace line\n" * 60_000, "x" * MB, "ä€😀" * 120_000, 'say ""hi"" ' * 90_000).strip()
    texts = ["short"] * len(table.lines)
    texts[1] = text
    table.add("description", texts, description=texts)
    return make.either(make.file(table.csv(make.draw.choice(DELIMITERS))), table.rows)


def _torn(make: Maker, place: int, where: int) -> tuple[list[str], list[Row], int]:
    """The lines of a table with a quote that is opened in one cell and never closed."""
    table = make.table(8, 60)
    place %= len(table.lines)
    line = list(table.lines[place])
    text = ",".join([*line[:where], '"' + line[where], *line[where + 1 :]])
    lines = [",".join(table.header), *[",".join(row) for row in table.lines]]
    lines[place + 1] = text
    return lines, table.without(place + 2), place + 2


@family("a quote that is never closed")
def unclosed(make: Maker) -> Case:
    """At the start, in the middle, in the last row; in the first, a middle and the last cell."""
    lines, truth, bad = _torn(make, make.pick(0, 4, -1), make.draw.choice([0, 1, 2, 6]))
    return make.either(make.file(make.pick("\n", "\r\n").join(lines) + make.pick("\n", "")), truth, [bad])


@family("a quote closed by a later row's quote")
def swallowing(make: Maker) -> Case:
    """Two stray quotes take all rows between them into one cell."""
    table = make.table(12, 60)
    table.add("note", ["" for _ in table.lines])
    first = make.draw.randrange(1, 4)
    last = first + make.draw.randrange(1, 6)
    lines = [",".join(table.header), *[",".join(row) for row in table.lines]]
    cells = lines[first + 1].split(",")
    lines[first + 1] = ",".join([cells[0], f'"{cells[1]}', *cells[2:]])
    name, title, rest = lines[last + 1].split(",", 2)
    lines[last + 1] = make.pick(
        f'{name},{title}",{rest}', f'{lines[last + 1]}"', f'{name}",{title},{rest}', f'{lines[last + 1]}"x"'
    )
    swallowed = range(first + 2, last + 3)
    return make.either(make.file("\n".join(lines)), table.without(*swallowed), [first + 2])


@family("a table pasted into a cell")
def pasted(make: Maker) -> Case:
    """A description that holds lines shaped like rows, quoted as it should be."""
    table = make.table(4, 20)
    inner = make.table(2, 4).csv().strip()
    texts = ["plain"] * len(table.lines)
    texts[1] = inner
    table.add("description", texts, description=texts)
    return make.either(make.file(table.csv()), table.rows)


@family("an unclosed quote in a table of two columns")
def narrow(make: Maker) -> Case:
    count = make.draw.randint(6, 30)
    draw = make.draw
    table = incidents(draw, count)
    lines = ["title,started_at", *[f"{row.cells['title']},{z(row.cells['started_at'])}" for row in table.rows]]
    place = draw.randrange(2, count - 1)
    lines[place] = f'"{lines[place]}'
    swallowed = [place + 1]
    if make.number % 2:
        lines[place + 2] += '"'
        swallowed += [place + 2, place + 3]
    seen = ("title", "started_at")
    truth = [Row(number=row.number, cells={name: row.cells[name] for name in seen}) for row in table.rows]
    return make.either(make.file("\n".join(lines)), [r for r in truth if r.number not in swallowed], [place + 1])


@family("quotes inside cells")
def inner_quotes(make: Maker) -> Case:
    """5" disk: a quote that does not begin a cell is only a quote."""
    table = make.table(5, 30)
    texts = ['5" disk', 'say "hi" to him', "it's 3'4\"", 'ends with "', '""twice""x"', "'quoted'"]
    for index, text in enumerate(texts[: len(table.lines)]):
        if text.startswith('"'):
            continue
        table.put(index, "title", text, title=text)
    lines = ["|".join(row) for row in [table.header, *table.lines]]
    return make.either(make.file("\n".join(lines)), table.rows)


@family("text behind a closing quote")
def behind_quote(make: Maker) -> Case:
    table = make.table(5, 30)
    lines = [",".join(row) for row in [table.header, *table.lines]]
    cells = table.lines[2]
    title = make.pick('"down" again', '"a"b"c"', '"" "', '"a""', '"a" "b"')
    lines[3] = ",".join([cells[0], title, *cells[2:]])
    return make.either(make.file("\n".join(lines)), table.without(4))


@family("one field too many in every row")
def shifted(make: Maker) -> Case:
    """pandas takes the first field for an index and moves every column one to the right."""
    table = make.table(3, 40)
    delimiter = make.draw.choice(DELIMITERS)
    extra = make.pick("x", "1", "2024-01-01")
    rows = [[extra, *line] if make.number % 2 else [*line, extra] for line in table.lines]
    text = "\n".join(delimiter.join(row) for row in [table.header, *rows])
    return make.refused(make.file(text))


@family("a delimiter at the end of every row")
def trailing_delimiter(make: Maker) -> Case:
    table = make.table()
    head = ",".join(table.header) + make.pick("", ",", ",,")
    rows = [",".join(line) + make.pick(",", "", ",,") for line in table.lines]
    return make.either(make.file("\n".join([head, *rows])), table.rows)


@family("too many or too few fields in one row")
def uneven(make: Maker) -> Case:
    table = make.table(5, 60)
    index = make.draw.randrange(len(table.lines))
    line = table.lines[index]
    odd = make.pick(
        [*line, "more"], line[:-1], line[:1], [line[0], *line], [*line, *line], [*line[:2], "very slow", *line[2:]]
    )
    lines = [table.header, *table.lines]
    lines[index + 1] = odd
    delimiter = make.draw.choice(DELIMITERS)
    return make.rows(make.file("\n".join(delimiter.join(row) for row in lines)), table.without(index + 2), [index + 2])


@family("an unquoted delimiter that shifts a row")
def inner_shift(make: Maker) -> Case:
    """As many fields as the header has, each one column too far to the right."""
    table = make.table(5, 60)
    index = make.draw.randrange(len(table.lines))
    line = table.lines[index]
    table.lines[index] = [line[0], "slow", " very slow", *line[2:-1]]
    return make.rows(
        make.file("\n".join(",".join(row) for row in [table.header, *table.lines])),
        table.without(index + 2),
        [index + 2],
    )


@family("NUL bytes")
def nul(make: Maker) -> Case:
    table = make.table(5, 60)
    data = table.csv().encode()
    middle = make.draw.randrange(len(data))
    whole = make.pick(
        data[:middle] + b"\0" + data[middle:], data + bytes(4_096), bytes(4_096) + data, bytes(100_000),
        data.replace(b"\n", b"\0\n"), data.replace(b",", b"\0"),
    )  # fmt: skip
    return make.either(make.file(whole), table.rows if make.number % 6 == 1 else ())


@family("control characters", often=2)
def control(make: Maker) -> Case:
    """A bell in a title is odd and harmless; a file full of them is no text."""
    table = make.table(8, 30)
    char = make.pick("\x07", "\x08", "\x1b", "\x1c", "\x1d", "\x1e", "\x1f", "\x0b", "\x0c", "\x7f", "\x85", "\u2028")
    text = f"before{char}after"
    table.put(3, "title", text, title=text)
    return make.either(make.file(table.csv()), table.rows)


@family("odd characters in the header")
def control_header(make: Maker) -> Case:
    """Some programs take these characters for line ends."""
    table = make.table(3, 9)
    char = make.pick("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
    table.add(f"my{char}note", ["n"] * len(table.lines))
    return make.either(make.file(table.csv(make.draw.choice(DELIMITERS))), table.rows)


@family("two encodings in one file")
def two_encodings(make: Maker) -> Case:
    """Most rows are UTF-8, one is Latin-1: read as either, some letters are wrong."""
    table = make.table(10, 60)
    for index in range(len(table.lines)):
        text = f"Störung in Köln {index} – größer"
        table.put(index, "title", text, title=text)
    lines = table.csv().encode().split(b"\n")
    index = make.draw.randrange(2, len(table.lines))
    lines[index + 1] = lines[index + 1].decode().encode("cp1252")
    return make.either(make.file(b"\n".join(lines)), table.rows)


@family("a torn character")
def torn_character(make: Maker) -> Case:
    """UTF-8 but for one byte: a character cut in half, an overlong form, half of a pair."""
    table = make.table(6, 60)
    for index in range(len(table.lines)):
        text = f"Zürich – n° {index} 😀"
        table.put(index, "title", text, title=text)
    index = make.draw.randrange(len(table.lines))
    torn = make.pick(b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"\xff", b"\x80", b"\xf5\x80\x80\x80")
    lines = table.csv().encode().split(b"\n")
    lines[index + 1] = lines[index + 1].replace("😀".encode(), torn)
    return make.either(make.file(b"\n".join(lines)), table.without(index + 2), [index + 2])


@family("UTF-16 that is torn")
def torn_utf16(make: Maker) -> Case:
    table = make.table(5, 40)
    encoding = make.pick("utf-16-le", "utf-16-be")
    mark = "\ufeff".encode(encoding)
    data = table.csv().encode(encoding)
    half = "\ud800".encode(encoding, "surrogatepass")
    place = 2 * make.draw.randrange(20, len(data) // 2 - 20)
    whole = make.draw.choice(
        [mark + data[:-1], mark + data + b"\n", data[:-1], mark + data[:place] + half + data[place:],
         mark + data[: place + 1] + data[place + 2 :], mark + table.csv().encode(),
         mark + data[:place] + b"\0\0" + data[place:]]
    )  # fmt: skip
    return make.either(make.file(whole), table.rows if whole == mark + data + b"\n" else ())


@family("an encoding that is no text")
def foreign_encoding(make: Maker) -> Case:
    table = make.table(5, 40)
    text = table.csv()
    data = make.pick(text.encode("cp500"), text.encode("cp037"), text.encode("utf-7").replace(b",", b"+ACw-"))
    return make.either(make.file(data))


@family("a byte order mark in the middle")
def inner_mark(make: Maker) -> Case:
    """Two files put together: the second brings its mark, and perhaps its header."""
    table = make.table(6, 40)
    lines = table.csv().splitlines()
    if make.number % 2:
        whole = [*lines[:4], "\ufeff" + lines[4], *lines[5:]]
        return make.rows(make.file("\n".join(whole), name=""), table.rows)
    whole = [*lines[:4], "\ufeff" + lines[0], *lines[4:]]
    truth = [Row(number=r.number + (r.number > 4), cells=r.cells) for r in table.rows]  # type: ignore[operator]
    return make.rows(make.file("\ufeff" + "\n".join(whole)), truth, [5])


@family("a header twice")
def header_twice(make: Maker) -> Case:
    table = make.table(6, 40)
    lines = table.csv(";").splitlines()
    at = make.draw.randrange(1, len(lines))
    truth = [Row(number=r.number + (r.number > at), cells=r.cells) for r in table.rows]  # type: ignore[operator]
    return make.rows(make.file("\n".join([*lines[:at], lines[0], *lines[at:]])), truth, [at + 1])


@family("a repeated header")
def repeated_header(make: Maker) -> Case:
    """Two columns of one name: with equal cells, with others, in another case or with a space."""
    table = make.table()
    name = make.pick("title", "title", "started_at", "id")
    column = table.header.index(name)
    equal = make.number % 2 == 0
    other = [line[column] if equal else f"other {i}" for i, line in enumerate(table.lines)]
    table.add(make.draw.choice([name, f" {name} "]), other)
    return make.either(make.file(table.csv()), table.rows if equal else ())


@family("headers that differ only in their spelling")
def alike_headers(make: Maker) -> Case:
    """Title and title: which one is meant is nobody's guess."""
    table = make.table()
    table.add(make.pick("Title", "TITLE", "ti-tle", "t i t l e"), [f"other {i}" for i in range(len(table.lines))])
    return make.either(make.file(table.csv()), table.rows)


@family("empty headers")
def empty_headers(make: Maker) -> Case:
    table = make.table()
    table.add(make.pick("", " ", "\u00a0", '""'), [str(i) for i in range(len(table.lines))])
    table.add("", ["x"] * len(table.lines))
    return make.rows(make.file(table.csv()), table.rows)


@family("nothing in it", often=3)
def nothing(make: Maker) -> Case:
    data = make.pick(
        b"", b"\n", b"\r\n" * 1_000, b" \t \n" * 50, b"\xef\xbb\xbf", b"\xff\xfe", b"id,title,started_at\n",
        b"id,title,started_at", b",,,\n,,,\n", b"\n" * 20_000_000, b" " * 20_000_000,
        b"id,title,started_at\n" + b",,\n" * 9_000,
        b'""\n', b",", b"\0", b"sep=;\n", b"\xff\xfe\xff\xfe",
    )  # fmt: skip
    return make.refused(make.file(data))


@family("a header and millions of blank lines", most=6)
def blank_lines(make: Maker) -> Case:
    table = make.table(3, 10)
    lines = table.csv().splitlines()
    blank = make.pick("\n", "\r\n", " \n") * make.pick(3_000_000, 200_000)
    return make.either(make.file(lines[0] + "\n" + "\n".join(lines[1:]) + "\n" + blank), table.rows)


@family("odd line ends")
def line_ends(make: Maker) -> Case:
    """CR alone, CR CR LF, LF and CRLF by turns, none at the end."""
    table = make.table(4, 40)
    lines = table.csv().splitlines()
    ends = make.pick(["\r"], ["\r\n", "\n"], ["\n", "\r\n", "\n"], ["\r\r\n"], ["\r", "\n"], ["\n\r"])
    text = "".join(line + ends[i % len(ends)] for i, line in enumerate(lines))
    truth = [Row(number=None, cells=row.cells) for row in table.rows]
    return make.either(make.file(text.rstrip("\r\n") if make.number % 4 == 3 else text), truth)


@family("sep= in the first line", often=2)
def sep(make: Maker) -> Case:
    """How Excel is told the delimiter; or it says one and the rows have another."""
    table = make.table()
    said, used = make.pick(
        (";", ";"), (",", ","), ("|", "|"), (";", ","), (",", ";"), ("\t", "\t"), ("x", ","), (",,", ",")
    )
    text = f"sep={said}\n{table.csv(used)}"
    truth = [Row(number=(row.number or 0) + 1, cells=row.cells) for row in table.rows]
    if said == used:
        return make.rows(make.file(text), truth)
    return make.either(make.file(text), truth)


@family("delimiters inside quotes")
def quoted_delimiters(make: Maker) -> Case:
    """The header's quoted cells hold more of another delimiter than of its own."""
    table = make.table(4, 30)
    own = make.draw.choice(DELIMITERS)
    text = ";,|\t a;b;c;d;e,f,g,h|i|j|k\t"
    texts = [f"{text}{i}" for i in range(len(table.lines))]
    for index, title in enumerate(texts):
        table.put(index, "title", title, title=title.strip())
    table.add(f"note ({text})", texts)
    return make.rows(make.file(table.csv(own, quoting=csv.QUOTE_ALL)), table.rows)


@family("another delimiter", often=2)
def other_delimiter(make: Maker) -> Case:
    table = make.table(4, 30)
    mark = make.pick(":", "~", "\x1f", "||", "^", "  ", "\x01", "::", ", ", "¦")
    text = "\n".join(mark.join(row) for row in [table.header, *table.lines])
    return make.either(make.file(text), table.rows)


@family("the delimiter changes on the way")
def changing(make: Maker) -> Case:
    table = make.table(6, 30)
    first, second = make.pick((",", ";"), (";", ","), ("\t", ","), ("|", ";"))
    half = len(table.lines) // 2
    lines = [first.join(row) for row in [table.header, *table.lines[:half]]] + [
        second.join(row) for row in table.lines[half:]
    ]
    bad = range(half + 2, len(table.lines) + 2)
    return make.rows(make.file("\n".join(lines)), table.without(*bad), bad)


@family("lines before the header")
def preamble(make: Maker) -> Case:
    """A report with a heading of its own; the table begins below it."""
    table = make.table()
    above = make.pick(
        "Incident report\n\n", "# made by desk 4.2\n", "Report,,,,,,\nfrom,2024,,,,,\n", "\n\n\n", "Team: a,b,c\n"
    )
    truth = [Row(number=(r.number or 0) + above.count("\n"), cells=r.cells) for r in table.rows]
    return make.either(make.file(above + table.csv()), truth)


@family("lines below the table")
def footer(make: Maker) -> Case:
    table = make.table()
    below = make.pick("Total: 40 rows", "(3 rows)", "-- end --", '"Total","40","","","","",""', "Total,,,,,,")
    number = len(table.lines) + 2
    return make.rows(make.file(table.csv() + below + "\n"), table.rows, [number])


@family("backslashes before quotes")
def backslashes(make: Maker) -> Case:
    r"""\" is how MySQL and JSON write a quote; CSV writes it twice."""
    table = make.table(6, 30)
    lines = [",".join(row) for row in [table.header, *table.lines]]
    cells = table.lines[2]
    title = make.pick(r'"say \"hi\" now"', r'"ends with \"', r'"C:\temp\"', r'"a\",b"')
    lines[3] = ",".join([cells[0], title, *cells[2:]])
    truth = table.without(4)
    if make.number % 4 == 1:  # by the letter of CSV it ends there; by the habit of MySQL it does not
        bare = {name: value for name, value in table.rows[2].cells.items() if name != "title"}
        truth = [*truth, Row(number=4, cells=bare)]
    if make.number % 4 == 2:
        truth = [*truth, Row(number=4, cells={**table.rows[2].cells, "title": "C:\\temp\\"})]
    return make.either(make.file("\n".join(lines)), truth)


@family("a space before a quote")
def spaced_quotes(make: Maker) -> Case:
    table = make.table(6, 30)
    lines = [", ".join(row) for row in [table.header, *table.lines]]
    cells = table.lines[2]
    lines[3] = ", ".join([cells[0], '"slow, very slow"', *cells[2:]])
    truth = [*table.without(4), Row(number=4, cells={**table.rows[2].cells, "title": "slow, very slow"})]
    return make.rows(make.file("\n".join(lines)), truth)


@family("formulas as titles")
def formula_titles(make: Maker) -> Case:
    table = make.table(8, 20)
    texts = [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        '=HYPERLINK("http://x","y")',
        "%0A=1",
        "=1\t=2",
        "\u202e=1",
    ]
    for index, text in enumerate(texts):
        table.put(index, "title", text, title=text)
    return make.rows(make.file(table.csv(make.draw.choice(DELIMITERS))), table.rows)


@family("large honest table", most=3)
def large(make: Maker) -> Case:
    table = make.table(20_000, 30_000)
    bad = table.spoil(len(table.lines) - 1, "started_at", "yesterday")
    return make.rows(make.file(table.csv()), table.without(bad), [bad])
