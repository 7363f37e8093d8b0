"""Holds the settings of a stage against the table of what Zappa reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.permissions.tables.versions import parse_version
from zappa_iam_ext.settings.events import judge_events
from zappa_iam_ext.settings.judgement import Judgement, Notes
from zappa_iam_ext.settings.names import arn_oddities, arn_problem, bucket_problem, legacy_bucket, meant
from zappa_iam_ext.settings.table import SettingRow, defaults, names_by_table, setting_rows
from zappa_iam_ext.settings.values import Path, dotted, expected, fits, found, got, type_of, without

#: Our own table among a stage's settings; `zappa_iam_ext.config` judges what is in it.
OWN = "iam_ext"


def judge(
    settings: Mapping[str, Any], zappa_version: str, *, region: str = "", partition: str = ""
) -> Judgement:
    """Return what is wrong with the settings of one stage, as this version of Zappa reads them.

    ``settings`` are Zappa's ``stage_config``, with ``extends`` applied. ``region`` and ``partition`` are the
    stage's; what depends on them is not judged while they are empty.
    """
    case = _Case(settings, zappa_version, region, partition)
    for row in setting_rows():
        if row.in_version(parse_version(zappa_version)):
            _judge_type(row, case)
        else:
            _judge_unread(row, case)
    _judge_events(case)
    _judge_names(case)
    return case.judgement()


@dataclass(slots=True)
class _Case:
    """One stage being judged.

    ``wrong`` are the paths of values that must not be used, ``unset`` those of values that Zappa takes for none:
    false, 0 or an empty list where it wants something else.
    """

    settings: Mapping[str, Any]
    zappa_version: str
    region: str
    partition: str
    notes: Notes = field(default_factory=Notes)
    wrong: set[Path] = field(default_factory=set)
    unset: set[Path] = field(default_factory=set)

    def found(self, steps: tuple[str, ...]) -> Iterator[tuple[Path, Any]]:
        """Yield the values of a name that are not inside of something wrong."""
        for path, value in found(self.settings, steps):
            if not any(path[:length] in self.wrong for length in range(1, len(path) + 1)):
                yield path, value

    def judgement(self) -> Judgement:
        """Return the outcome. Of an event with anything wrong in it, nothing is left."""
        gone = {path[:2] if path[0] == "events" else path for path in self.wrong}
        return Judgement(
            tuple(self.notes.refusals), tuple(self.notes.warnings), without(self.settings, gone | self.unset)
        )


def _judge_type(row: SettingRow, case: _Case) -> None:
    active = not row.when or case.settings.get(row.when, defaults().get(row.when))
    for path, value in list(case.found(row.steps)):
        if not fits(value, row.types):
            _wrong_type(row, path, value, case, refused=bool(row.stops and active))
        elif not value and type_of(value) not in row.types:
            case.unset.add(path)
        elif isinstance(value, str) and value and (row.arn or row.bucket or row.pattern):
            _judge_name(row, path, value, case, refused=bool(active))
    if row.required and active:
        _judge_presence(row, case)


def _wrong_type(row: SettingRow, path: Path, value: Any, case: _Case, *, refused: bool) -> None:
    told = f"must be {expected(row.types)}, not {got(value)}"
    if refused:
        case.notes.refuse(dotted(path), told, row.stops)
        case.wrong.add(path)
        return
    if "boolean" in row.types and type_of(value) not in {"list", "table"}:
        told += f": Zappa takes it as {str(bool(value)).lower()}"
    case.notes.warn(dotted(path), told.replace("must be", "should be", 1))
    if row.stops:
        case.wrong.add(path)


def _judge_name(row: SettingRow, path: Path, value: str, case: _Case, *, refused: bool) -> None:
    """Judge the name of a bucket or of something else, or an ARN."""
    problem = _name_problem(row, value, case.region)
    told = f"is {value[:100]!r}, which {problem}"
    if problem and refused:
        case.notes.refuse(dotted(path), told, row.stops)
    elif problem:
        case.notes.warn(dotted(path), told)
    if problem:
        case.wrong.add(path)
    elif row.bucket and (rule := bucket_problem(value)):
        told = f"is {value[:100]!r}, a name that no bucket can be given since 2018: {rule}"
        case.notes.warn(dotted(path), told)
    elif row.arn:
        for odd in arn_oddities(value, case.partition):
            case.notes.warn(dotted(path), f"is {value[:150]}, which {odd}")


def _name_problem(row: SettingRow, value: str, region: str) -> str:
    if row.arn:
        return arn_problem(value, row.arn, row.resource)
    if row.bucket:
        return _bucket(value, region)
    fitting = re.fullmatch(row.pattern, value, re.ASCII)
    return "" if fitting else f"AWS cannot take: it must match {row.pattern}"


def _bucket(name: str, region: str) -> str:
    problem = bucket_problem(name)
    return f"no bucket can be called: {problem}" if problem and not legacy_bucket(name, region) else ""


def _judge_presence(row: SettingRow, case: _Case) -> None:
    """Refuse what holds no required setting. A table that is empty is as good as none, but for items and events."""
    for path, holder in list(case.found(row.steps[:-1])):
        if isinstance(holder, Mapping) and row.steps[-1] not in holder and (holder or _counts(path)):
            case.notes.refuse(dotted((*path, row.steps[-1])), "is missing: Zappa needs it", row.stops)
            case.wrong.add(path)


def _counts(path: Path) -> bool:
    return path[0] == "events" or isinstance(path[-1], int)


def _judge_unread(row: SettingRow, case: _Case) -> None:
    """Tell of a setting that this version of Zappa does not read."""
    for path, value in list(case.found(row.steps)):
        since, until = f"since Zappa {row.since}", f"until Zappa {row.until}"
        when = since if parse_version(case.zappa_version) < parse_version(row.since) else until
        case.notes.warn(dotted(path), f"is read {when}, this is {case.zappa_version}")
        case.wrong |= {path} if not fits(value, row.types) else set()


def _judge_events(case: _Case) -> None:
    """Judge the events that are of the right types."""
    inside = {path[1] for path in case.wrong if path[:1] == ("events",) and len(path) > 1}
    sound = [(path[1], event) for path, event in case.found(("events", "[]")) if path[1] not in inside]
    events = [(int(index), event) for index, event in sound]
    case.wrong.update(judge_events(events, case.notes, parse_version(case.zappa_version)))


def _judge_names(case: _Case) -> None:
    """Tell of names that Zappa does not read and that are near to one it does."""
    for steps, names in names_by_table().items():
        known = names if steps else names | {OWN}
        for path, table in list(case.found(steps)):
            for name in table if isinstance(table, Mapping) else ():
                if name not in known and (near := meant(str(name), known)):
                    case.notes.warn(dotted((*path, name)), f"is not a setting of Zappa; did you mean {near}?")
