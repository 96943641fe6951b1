"""Lists of recipients as rows with numbers, read piece by piece: a CSV or JSONL file of any size in little memory.

A row is a mapping from the names of columns to values, or the reason why it cannot be read.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from publisher.errors import PublisherError, TextFindings
from publisher.messages import Message, msg

COLUMNS: Final = ("id", "email", "name", "language", "guardian", "watcher")
#: Bytes of the longest line that is read as a row.
LONGEST: Final = 65_536

Row = tuple[int, Mapping[str, Any] | Message]


class _Lines:
    """The lines of a file as text; one that is too long comes as a blank line, and `too_long` says so."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.too_long = False

    def __iter__(self) -> Iterator[str]:
        first = True
        while line := self._file.readline(LONGEST + 1):
            if len(line) > LONGEST:
                self.too_long = True
                while line and not line.endswith(b"\n"):
                    line = self._file.readline(LONGEST)
                line = b"\n"
            text = line.decode("utf-8", "surrogateescape")
            yield text.removeprefix("\ufeff") if first else text
            first = False


def file_rows(path: Path) -> Iterator[Row]:
    """The rows of a .csv, .jsonl or .ndjson file with the numbers of their lines. Raises TextFindings (S243)."""
    kind = path.suffix.lower()
    if kind not in {".csv", ".jsonl", ".ndjson"}:
        raise unreadable(
            msg("{path} is neither .csv nor .jsonl.", path=str(path)),
            msg("Save the list as CSV with the columns id, email, name, language."),
        )
    try:
        with path.open("rb") as file:
            _check_text(file.read(LONGEST), path)
            file.seek(0)
            lines = _Lines(file)
            yield from _csv_rows(lines, path) if kind == ".csv" else _json_rows(lines)
    except OSError as error:
        raise unreadable(
            msg("{path} cannot be read: {reason}.", path=str(path), reason=error.strerror or str(error))
        ) from error


def unreadable(message: Message, hint: Message | None = None) -> PublisherError:
    """The error for a list that cannot be read at all."""
    return TextFindings.of("S243", message, hint)


def check_columns(columns: Iterable[str], path: str) -> None:
    """Refuse columns that lack one that is needed, or have one twice."""
    names = Counter(columns)
    if not names["id"] or not names["email"]:
        only = "".join(names)
        for delimiter, name in ((";", msg("semicolons")), ("\t", msg("tabs")), ("|", msg("vertical bars"))):
            if delimiter in only:
                raise unreadable(
                    msg("The columns of {path} are apart by {delimiter}, not by commas.", path=path, delimiter=name),
                    msg("Save the list as CSV with commas, in UTF-8."),
                )
        raise unreadable(
            msg("{path} lacks the columns id and email in its first line.", path=path),
            msg("The first line names the columns: id,email,name,language,guardian,watcher"),
        )
    twice = [name for name in COLUMNS if names[name] > 1]
    if twice:
        raise unreadable(
            msg("{path} has the column {column} twice.", path=path, column=twice[0]),
            msg("Leave one of them; which one counts must not be guessed."),
        )


def _check_text(start: bytes, path: Path) -> None:
    """Refuse what is no text in UTF-8, by how it begins."""
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    zeros = start.count(0)
    if wide or (zeros and (start[:4].count(0) or zeros * 10 > len(start))):
        raise unreadable(
            msg("{path} is UTF-16 or no text at all.", path=str(path)),
            msg("Save the list as “CSV UTF-8”."),
        )


def _csv_rows(lines: _Lines, path: Path) -> Iterator[Row]:
    reader = csv.reader(iter(lines), strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
    except csv.Error:
        columns = []
    if lines.too_long:
        raise unreadable(
            msg("The first line of {path} is longer than {limit} bytes.", path=str(path), limit=LONGEST),
            msg("The first line names the columns: id,email,name,language,guardian,watcher"),
        )
    check_columns(columns, str(path))
    while True:
        number = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = None
        if lines.too_long:
            lines.too_long = False
            yield number, msg("it is longer than {limit} bytes", limit=LONGEST)
        elif fields is None or any(fields[len(columns) :]):
            yield number, msg("the row cannot be read as CSV")
        elif fields:
            yield number, dict(zip(columns, fields, strict=False))


def _json_rows(lines: _Lines) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if lines.too_long:
            lines.too_long = False
            yield number, msg("it is longer than {limit} bytes", limit=LONGEST)
        elif line.strip():
            yield number, _json_row(line)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs) and any(n > 1 for name, n in Counter(n for n, _ in pairs).items() if name in COLUMNS):
        raise ValueError("a column stands twice")
    return row


def _json_row(line: str) -> Mapping[str, Any] | Message:
    try:
        row = json.loads(line, object_pairs_hook=_no_repeats)
    except (ValueError, RecursionError):
        return msg("the row cannot be read as JSON")
    if not isinstance(row, dict):
        return msg("the row is not an object")
    if any(isinstance(row.get(name), (dict, list)) for name in COLUMNS):
        return msg("the row cannot be read as JSON")
    return row
