"""TOML files read strictly: every fault is reported at once, in words, with the key that was probably meant."""

from __future__ import annotations

import calendar
import difflib
import re
import tomllib
import types
import typing
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from publisher.errors import Place, Problem
from publisher.messages import Message, msg

_LINE: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
_LEADING_ZERO: Final = re.compile(r"=\s*[+-]?0\d+\s*(?:[,}\]#].*)?$")
_NO_DAY: Final = re.compile(r"=\s*(\d{4}-\d\d-\d\d)\s*(?:#.*)?$")

M = TypeVar("M", bound="Strict")


class Strict(BaseModel):
    """A table whose keys are all known and whose values are not converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


def refuse(code: str, message: Message, hint: Message | None = None) -> PydanticCustomError:
    """The error for a validator to raise, with a code and sentences of ours."""
    return PydanticCustomError("refused", "refused", {"code": code, "message": message, "hint": hint})


def shown(value: object) -> str:
    """A value as a message may quote it."""
    try:
        return str(value)[:60]
    except ValueError:  # a whole number of more digits than Python writes out
        return "…"


def iso_day(value: object) -> date:
    """A day written 2026-12-10; no other spelling."""
    if isinstance(value, date) and type(value) is date:
        return value
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value) if isinstance(value, str) else None
    if not match:
        raise refuse("P111", msg("{value} is not a date.", value=shown(value)), msg('Write it as "2026-12-10".'))
    year, month, day = (int(part) for part in match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        raise refuse(
            "P111",
            msg("{value} does not exist in the calendar.", value=str(value)),
            msg("Month {month} has {days} days.", month=month, days=calendar.monthrange(year, month)[1])
            if 1 <= month <= 12
            else msg("A year has 12 months."),
        ) from None


#: A day written "2026-12-10" or, as TOML allows, 2026-12-10.
IsoDay = Annotated[date, BeforeValidator(iso_day)]


def _whole_days(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 3650:
        return value
    raise refuse(
        "P112",
        msg("{value} is not a number of days.", value=shown(value)),
        msg("Write a plain whole number, for example 14."),
    )


#: A number of days: a plain whole number from 1.
Days = Annotated[int, BeforeValidator(_whole_days)]


def read_toml(data: bytes, model: type[M], place: Place, *, code: str) -> tuple[M | None, list[Problem]]:
    """The file as `model`, or None and every problem found.

    `code` stands for a fault of form ("P115" for a policy's files, "C510" for settings).
    """
    try:
        text = data.decode("utf-8").replace("\r\n", "\n").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        problem = Problem(
            code="P121" if code.startswith("P") else code,
            message=msg("The file is not UTF-8 (byte {position}).", position=error.start + 1),
            hint=msg("Save it as UTF-8 in your editor, and commit again."),
            place=place,
        )
        return None, [problem]
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # besides its own, for a number or a nesting beyond measure
        return None, [_not_toml(text, str(error), place, code)]
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        return None, [_problem(fault, model, text, place, code) for fault in error.errors(include_url=False)]


def _not_toml(text: str, reason: str, place: Place, code: str) -> Problem:
    match = _LINE.search(reason)
    lines = text.rstrip("\n").split("\n")
    line = min(int(match[1]), len(lines)) if match else len(lines)
    written = lines[line - 1]
    spot = Place(path=place.path, policy=place.policy, line=line, column=int(match[2]) if match else 0)
    if _LEADING_ZERO.search(written):
        return Problem(
            code="P112" if code.startswith("P") else code,
            place=spot,
            message=msg("A number must not begin with 0: {written}", written=written.strip()),
            hint=msg("Write 14, not 014."),
        )
    no_day = _NO_DAY.search(written)
    if no_day and code.startswith("P"):
        try:
            iso_day(no_day[1])
        except PydanticCustomError as error:
            context: Any = error.context
            return Problem(code=context["code"], place=spot, message=context["message"], hint=context["hint"])
    return Problem(
        code=code,
        place=spot,
        message=msg(
            "This line cannot be read: {written} ({reason})",
            written=written.strip()[:80],
            reason=_LINE.sub("", reason).strip(),
        ),
        hint=msg("Texts stand in quotes, lists in square brackets, and each key only once."),
    )


def _problem(fault: Any, model: type[Strict], text: str, place: Place, code: str) -> Problem:
    path = [str(part) for part in fault["loc"] if part != "[key]"]
    key = ".".join(path)
    written = path[:-1] if fault["type"] == "missing" else path
    spot = Place(path=place.path, policy=place.policy, line=_line_of(written, text))
    if fault["type"] == "refused":
        context = fault["ctx"]
        own_code = context["code"] if context["code"][0] == code[0] else code
        return Problem(
            code=own_code,
            place=spot,
            message=msg("{key}: {message}", key=key, message=context["message"]),
            hint=context["hint"],
        )
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path[-1], _keys_at(model, path[:-1]), n=1, cutoff=0.5)
        hint = (
            msg("Did you mean {near}?", near=near[0])
            if near
            else msg("Known here are: {keys}.", keys=", ".join(_keys_at(model, path[:-1])))
        )
        return Problem(code=code, place=spot, message=msg("The key {key} is not known.", key=key), hint=hint)
    if fault["type"] == "missing":
        missing = "P116" if key.split(".")[0] == "reason" else code
        return Problem(
            code=missing,
            place=spot,
            message=msg("The key {key} is missing.", key=key),
            hint=msg('A notice must say what changes and why: write reason = {{ ko = "…", en = "…" }}.')
            if missing == "P116"
            else msg("Add it; docs/settings.md shows an example of every key."),
        )
    return Problem(
        code=code,
        place=spot,
        message=msg(
            "{key} cannot be {value}: {reason}.",
            key=key,
            value=shown(fault["input"]),
            reason=_expectation(fault),
        ),
        hint=msg("docs/settings.md shows an example of every key."),
    )


def _expectation(fault: Any) -> Message:
    expected = {
        "string_type": msg("a text in quotes is expected"),
        "int_type": msg("a whole number is expected"),
        "bool_type": msg("true or false is expected"),
        "list_type": msg("a list in square brackets is expected"),
        "dict_type": msg("a table is expected"),
        "model_type": msg("a table is expected"),
    }.get(fault["type"])
    if expected is None and fault["type"] in {"literal_error", "enum"}:
        return msg("expected is {expected}", expected=fault["ctx"]["expected"])
    return expected or msg("{reason}", reason=fault["msg"])


def _line_of(path: list[str], text: str) -> int:
    """The line on which the last part of `path` that is written down stands; 0 where none is."""
    lines = text.split("\n")
    line = 0
    for part in path:
        key = re.compile(rf"\s*(?:\[+\s*)?(?:[\w-]+\s*\.\s*)*[\"']?{re.escape(part)}[\"']?\s*(=|\.|\])")
        found = next(((n, m) for n, text in enumerate(lines[line:], line + 1) if (m := key.match(text))), None)
        if found:
            line = found[0]
            if found[1][1] == "=":  # what follows stands behind it
                break
    return line


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    """The keys that the table at `path` may have."""
    current: Any = model
    for part in path:
        field = current.model_fields.get(part) if _is_model(current) else None
        if field is None:
            return []
        current = _model_in(field.annotation)
    return [f.alias or name for name, f in current.model_fields.items()] if _is_model(current) else []


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


def _model_in(annotation: Any) -> Any:
    """The table type inside `Table | None` and the like."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType, Annotated}:
        return next((a for a in typing.get_args(annotation) if _is_model(a)), None)
    return annotation
