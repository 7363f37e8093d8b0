"""The execution role in a report: one line, what of it AWS refuses, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zappa_iam_ext.check import Report, RoleReport, Verdict
from zappa_iam_ext.check.grouping import Group, Kind, groups
from zappa_iam_ext.permissions.model import Consequence
from zappa_iam_ext.render.layout.sections import Section
from zappa_iam_ext.render.layout.style import Mark
from zappa_iam_ext.render.report.body import section
from zappa_iam_ext.render.text import line
from zappa_iam_ext.roles.execution_trust import API_GATEWAY, ServiceTrust

_SHORT = ".amazonaws.com"
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
    if role.exists is None:
        yield "may not be looked at"
        if role.managed and role.wide:
            yield f"Zappa writes it with {wide_words(role.wide)}"
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
        yield f"has {wide_words(role.wide)}"
    if role.unreadable:
        more = f" and {len(role.unreadable) - 1} more" if len(role.unreadable) > 1 else ""
        yield f"not read: {line(role.unreadable[0])}{more}"


def _trust(role: RoleReport) -> Iterator[str]:
    if distrusted := [short_service(each.service) for each in role.distrusted]:
        yield f"does NOT trust {', '.join(distrusted)}"
    if unsure := [short_service(each.service) for each in role.unsurely_trusted]:
        yield f"whether it trusts {', '.join(unsure)} hangs on a condition"
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


def trust_words(trust: ServiceTrust) -> tuple[str, ...]:
    """Return what fails where the service may not assume the role, and which condition is the reason."""
    symptom = f"if not, {line(trust.symptom)}" if trust.unsure else line(trust.symptom)
    told = (line(trust.because), symptom) if trust.unsure else (symptom, line(trust.because))
    return tuple(filter(None, told))


def role_sections(report: Report) -> tuple[list[Section], list[Section]]:
    """Return what the role lacks: for which AWS refuses the deployment, and what fails later; both name the role."""
    if report.role is None:
        return [], []
    found = [group for group in groups(as_report(report, report.role)) if group.kind in _TITLES]
    return (
        [role_section(group) for group in found if group.kind is Kind.REFUSED],
        [role_section(group) for group in found if group.kind is not Kind.REFUSED],
    )


def role_section(group: Group) -> Section:
    """Return a group of the role's permissions, with who lacks them: what stops a command of others stops the function here."""
    told = section(group)
    if group.kind not in _TITLES:
        return told
    _, _, rest = told.title.partition(")")
    title = f"{_TITLES[group.kind]} ({group.count}), by the execution role{rest}"
    mark = Mark.NO if group.kind is Kind.REFUSED else Mark.WARNING
    return Section(title, group.rows, mark, symptoms=group.kind is Kind.SILENT)


def as_report(report: Report, role: RoleReport) -> Report:
    """Return the permissions of the role as a Report of their own."""
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
