"""What a Report shows, as groups of rows: one row per service and resource, its actions folded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.check.model import Blocker, CheckedRequirement, Report, Verdict
from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.permissions.model import Consequence, Requirement


class Standing(StrEnum):
    """The verdict on the whole.

    ``impaired``: what is missing stops nothing, and something is left undone. ``nothing``: nothing was checked.
    """

    MAY = "may"
    IMPAIRED = "impaired"
    MAY_NOT = "may not"
    CANNOT_TELL = "cannot tell"
    NOTHING = "nothing checked"


class Kind(StrEnum):
    """What a group is about, gravest first."""

    REFUSED = "refused at deploy"
    STOPS = "stops the command"
    SILENT = "goes unnoticed"
    HARMLESS = "harmless"
    AT_TIMES = "needed only at times"
    UNKNOWN = "cannot tell"


_KINDS = {
    Consequence.REFUSED: Kind.REFUSED,
    Consequence.STOPS: Kind.STOPS,
    Consequence.SILENT: Kind.SILENT,
    Consequence.HARMLESS: Kind.HARMLESS,
}
_ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Row:
    """The actions of one service on one resource.

    ``actions`` are without the service; one that is needed under conditions carries their values (``PassRole -> lambda,
    events``) and stands first. ``resources`` are one ARN, or several where rows were joined. ``symptoms`` say what goes wrong, each once.
    ``count`` is how many permissions it stands for.
    """

    service: str
    resources: tuple[str, ...]
    actions: tuple[str, ...]
    symptoms: tuple[str, ...] = ()
    count: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that have the same kind and the same cause.

    ``blocker`` is the policy that denies, where it is not merely that nothing allows; ``why`` what unknown ones hang on.
    """

    kind: Kind
    rows: tuple[Row, ...]
    blocker: Blocker | None = None
    why: str = ""

    @property
    def count(self) -> int:
        """How many permissions it stands for."""
        return sum(row.count for row in self.rows)


def standing(report: Report) -> Standing:
    """Return the verdict on the whole; it follows the exit code, undecided ones counted."""
    code = report.exit_code()
    if code is ExitCode.COULD_NOT_RUN:
        return Standing.NOTHING
    if code is ExitCode.DENIED:
        refused = bool(report.role and report.role.refused)
        return Standing.MAY_NOT if refused or any(map(_stops, report.stopping)) else Standing.IMPAIRED
    return Standing.CANNOT_TELL if code is ExitCode.CANNOT_TELL else Standing.MAY


def _stops(result: CheckedRequirement) -> bool:
    return result.requirement.consequence in {Consequence.REFUSED, Consequence.STOPS}


def stopped_commands(report: Report) -> tuple[str, ...]:
    """Return the commands that are stopped for certain, in the order of a deployment's life.

    What several commands need counts for the first of them.
    """
    named = {
        result.requirement.call.command
        for result in report.stopping
        if _stops(result) and result.requirement.call
    }
    return tuple(name for name in COMMANDS if name in named)


def groups(report: Report) -> tuple[Group, ...]:
    """Return what is missing, blocked or undecided, gravest first; within a kind what nothing allows comes first."""
    found: dict[tuple[Kind, Blocker | None, str], list[Requirement]] = {}
    for result in report.results:
        if result.verdict is not Verdict.ALLOWED:
            found.setdefault((kind_of(result), blocker_of(result), _why(result)), []).append(
                result.requirement
            )
    made = [Group(kind, rows(items), blocker, why) for (kind, blocker, why), items in found.items()]
    return tuple(
        sorted(made, key=lambda group: (_ORDER[group.kind], group.blocker is not None, -group.count))
    )


def kind_of(result: CheckedRequirement) -> Kind:
    """Return what its lack does; nothing is lacking of what is allowed."""
    if result.verdict is Verdict.UNKNOWN:
        return Kind.UNKNOWN
    if result.requirement.only_if:
        return Kind.AT_TIMES
    return _KINDS[result.requirement.consequence]


def _why(result: CheckedRequirement) -> str:
    return result.why if result.verdict is Verdict.UNKNOWN else ""


def blocker_of(result: CheckedRequirement) -> Blocker | None:
    """Return the policy that blocks, as far as it is known; None where it is merely that nothing allows it."""
    if result.verdict is not Verdict.DENIED:
        return None
    if result.blocker:
        merely = result.blocker.layer is Layer.IDENTITY and not result.blocker.explicit
        return None if merely else result.blocker
    if result.explicit or result.layer not in {None, Layer.IDENTITY}:
        return Blocker(result.layer or Layer.IDENTITY, result.explicit)
    return None


def rows(items: Iterable[Requirement]) -> tuple[Row, ...]:
    """Return one row per service and resource, sorted by both."""
    found: dict[tuple[str, str], list[Requirement]] = {}
    for item in items:
        found.setdefault((item.action.partition(":")[0], item.resource), []).append(item)
    return tuple(_row(service, resource, found[service, resource]) for service, resource in sorted(found))


def joined(several: Sequence[Row]) -> tuple[Row, ...]:
    """Return one row per service, with all its resources."""
    found: dict[str, list[Row]] = {}
    for row in several:
        found.setdefault(row.service, []).append(row)
    return tuple(
        Row(
            service,
            _each_once(resource for row in rows_ for resource in row.resources),
            _each_once(action for row in rows_ for action in row.actions),
            _each_once(symptom for row in rows_ for symptom in row.symptoms),
            sum(row.count for row in rows_),
        )
        for service, rows_ in found.items()
    )


def _row(service: str, resource: str, items: Sequence[Requirement]) -> Row:
    values: dict[str, dict[str, None]] = {}
    for item in items:
        named = values.setdefault(item.action.partition(":")[2], {})
        named.update(
            dict.fromkeys(short_value(value) for key in item.restrict for value in values_of(item, key))
        )
    names = sorted(values, key=lambda name: not values[name])
    actions = tuple(f"{name} -> {', '.join(values[name])}" if values[name] else name for name in names)
    symptoms = _each_once(item.symptom for item in items if item.symptom)
    return Row(service, (resource,), actions, symptoms, len(items))


def values_of(item: Requirement, key: str) -> tuple[str, ...]:
    """Return the values of a condition key under which it is needed; none where it does not carry the key."""
    value = item.context.get(key, ())
    return (value,) if isinstance(value, str) else value


def short_value(value: str) -> str:
    """Return the value of a condition without what every such value has: a service's domain, an ARN's beginning."""
    return short_resource(value.removesuffix(".amazonaws.com").removesuffix(".amazonaws.com.cn"))


_ARN_PARTS = 6


def short_resource(resource: str, account: str = "", region: str = "") -> str:
    """Return an ARN without partition and service; account and region stay where they differ from those given.

    A run of ``?`` is told as ``*``.
    """
    parts = resource.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return _without_runs(resource)
    _, _, _, where, whose, rest = parts
    elsewhere = [where] if region and where not in {"", region} else []
    elsewhere += [whose] if account and whose not in {"", "*", account} else []
    return ":".join([*elsewhere, _without_runs(rest)])


_RUN = "????"


def _without_runs(text: str) -> str:
    while _RUN in text:
        start = text.index(_RUN)
        end = start
        while end < len(text) and text[end] == "?":
            end += 1
        text = f"{text[:start]}*{text[end:]}"
    return text


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
