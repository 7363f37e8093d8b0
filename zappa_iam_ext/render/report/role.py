"""The execution role in a report: one line, what of it AWS refuses, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zappa_iam_ext.check import Report, RoleReport, Verdict
from zappa_iam_ext.check.grouping import Kind, groups
from zappa_iam_ext.permissions.model import Consequence
from zappa_iam_ext.render.layout.sections import Section
from zappa_iam_ext.render.layout.style import Mark
from zappa_iam_ext.render.report.body import section
from zappa_iam_ext.render.text import line
from zappa_iam_ext.roles.execution_trust import API_GATEWAY

_SHORT = ".amazonaws.com"
_TOLD = (Kind.REFUSED, Kind.STOPS, Kind.SILENT)
_TITLES = {
    Kind.REFUSED: "Refused at deploy",
    Kind.STOPS: "Stops the function",
    Kind.SILENT: "Goes unnoticed",
}


def role_line(role: RoleReport) -> str:
    """Return how the execution role stands, as one sentence."""
    return f"role {line(role.name)}: {'; '.join(_standing(role))}"


def _standing(role: RoleReport) -> Iterator[str]:
    if role.fault:
        yield f"REFUSED, {line(role.fault)}"
        return
    if role.exists is None and not role.managed:
        yield "may not be looked at"
        return
    told = list(_trust(role))
    lacking, unknown = role.having(Verdict.DENIED), role.having(Verdict.UNKNOWN)
    total = len(role.results)
    told += [f"lacks {len(lacking)} of {total} permissions"] if lacking else []
    told += [f"{len(unknown)} of {total} permissions could not be decided"] if unknown else []
    if role.exists is False:
        yield f"not there yet, Zappa makes it{' with ' + wide_words(role.wide) if role.wide else ''}"
        yield from told
        return
    yield from told or [f"holds all {total} permissions"]
    if role.wide:
        yield wide_words(role.wide)
    if role.unreadable and not unknown:
        more = f" and {len(role.unreadable) - 1} more" if len(role.unreadable) > 1 else ""
        yield f"not read: {line(role.unreadable[0])}{more}"


def _trust(role: RoleReport) -> Iterator[str]:
    if distrusted := [short_service(each.service) for each in role.distrusted]:
        yield f"does NOT trust {', '.join(distrusted)}"
    if role.trust is None:
        yield "whom it trusts could not be read"


def wide_words(services: tuple[str, ...]) -> str:
    """Return of how many services every action is allowed, in words."""
    if services == ("*",):
        return "every action of every service"
    return f"every action of {services[0] if len(services) == 1 else f'{len(services)} services'}"


def short_service(service: str) -> str:
    """Return the name of a service without its domain."""
    return line(service).removesuffix(_SHORT)


def role_sections(report: Report) -> tuple[list[Section], list[Section]]:
    """Return what the role lacks: for which AWS refuses the deployment, and what fails later; both name the role."""
    if report.role is None:
        return [], []
    found = [group for group in groups(_as_report(report, report.role)) if group.kind in _TOLD]
    made = [
        (
            group.kind,
            Section(
                _title(group.kind, section(group).title),
                group.rows,
                _mark(group.kind),
                symptoms=group.kind is Kind.SILENT,
            ),
        )
        for group in found
    ]
    return (
        [each for kind, each in made if kind is Kind.REFUSED],
        [each for kind, each in made if kind is not Kind.REFUSED],
    )


def _title(kind: Kind, told: str) -> str:
    """Return the title with who lacks it: what stops the command of the deploying principal stops the function here."""
    _, bracket, rest = told.partition(" (")
    return f"{_TITLES[kind]}, by the execution role{bracket}{rest}"


def _mark(kind: Kind) -> Mark:
    return Mark.NO if kind is Kind.REFUSED else Mark.WARNING


def _as_report(report: Report, role: RoleReport) -> Report:
    return replace(report, results=role.results, role=None, subject=None, principal=role.arn)


def refused_words(report: Report) -> str:
    """Return why the deployment is refused though the deploying principal lacks nothing; empty where it is not."""
    role = report.role
    if role is None or not role.refused:
        return ""
    if role.fault:
        return f"AWS refuses the execution role {line(role.name)}"
    if services := [each.service for each in role.distrusted if each.service != API_GATEWAY]:
        return (
            f"the execution role {line(role.name)} does not trust {', '.join(map(short_service, services))}"
        )
    count = len(role.having(Verdict.DENIED, Consequence.REFUSED))
    them = "a permission" if count == 1 else f"{count} permissions"
    return f"the execution role {line(role.name)} lacks {them} that AWS looks for"
