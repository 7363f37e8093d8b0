"""The lines that say how it stands: the verdict, whose it is, and the deployment policy. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from zappa_iam_ext.check import CredentialKind, DeploymentPolicy, Report
from zappa_iam_ext.check.grouping import Standing, standing, stopped_commands
from zappa_iam_ext.check.remedies import Target, account_of, permission_set, principal_of, target
from zappa_iam_ext.iam import PrincipalKind
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.render.layout.style import Mark
from zappa_iam_ext.render.report.role import refused_words
from zappa_iam_ext.render.text import line

MARKS: Mapping[Standing, Mark] = {
    Standing.MAY: Mark.YES,
    Standing.IMPAIRED: Mark.WARNING,
    Standing.MAY_NOT: Mark.NO,
    Standing.CANNOT_TELL: Mark.UNKNOWN,
    Standing.NOTHING: Mark.UNKNOWN,
}
_NAMED, _LISTED = 3, 2
_LONG_PATH = re.compile(r"(?<!\S)/(?=\S{30})\S*?([^/\s]+/[^/\s]+)(?!\S)")


def verdict(report: Report) -> str:
    """Return the one sentence that says how it stands: who, may or may not, how many of how many."""
    told, total = standing(report), len(report.results)
    whom, what = who(report), _doing(report)
    if told is Standing.NOTHING:
        return f"nothing was checked for {line(report.function_name)}: no permission is known to be needed"
    lacks = f"lacks {len(report.denied)} of {total} permissions"
    if told is Standing.MAY:
        held = f"{lacks}, none of which does harm" if report.denied else f"holds all {total} permissions"
        return f"{whom} may {what}: {held}"
    if told is Standing.MAY_NOT:
        return f"{whom} may not {_stopped(report) or what}: {lacks if report.stopping else refused_words(report)}"
    if told is Standing.IMPAIRED:
        return f"{whom} may not {what} in full, something would be left undone: {lacks}"
    return f"cannot tell whether {whom} may {what}: {_undecided(report, lacks)}"


def _undecided(report: Report, lacks: str) -> str:
    also = f"; {lacks}" if report.denied else ""
    if report.unknown:
        return f"{len(report.unknown)} of {len(report.results)} permissions could not be decided{also}"
    if report.role and report.role.maybe_refused:
        return f"whether AWS takes the execution role could not be decided{also}"
    return f"{lacks} that only some states of the account need"


def who(report: Report) -> str:
    """Return the principal in words: what it is and its name."""
    principal = principal_of(report)
    name = line(principal.name)
    if principal.kind is PrincipalKind.ROOT:
        return "the root user"
    if target(report) is Target.PERMISSION_SET:
        session = f" ({line(principal.session)})" if principal.session else ""
        return f"permission set {permission_set(name)}{session}"
    if principal.kind is PrincipalKind.ASSUMED_ROLE:
        return f"role {name}"
    if principal.kind is PrincipalKind.FEDERATED_USER:
        return f"federated user {name}"
    return f"{principal.kind} {name}"


def _doing(report: Report) -> str:
    """Return what was asked: to run these commands for this function."""
    return _running(tuple(dict.fromkeys(report.commands)), report)


def _stopped(report: Report) -> str:
    """Return what cannot be done: to deploy, where that is stopped, else the commands that are."""
    stopped = stopped_commands(report)
    return _running(("deploy",) if "deploy" in stopped else stopped, report) if stopped else ""


def _running(commands: tuple[str, ...], report: Report) -> str:
    where = line(report.function_name)
    if not commands or set(commands) == set(COMMANDS):
        return f"deploy {where} (every command)"
    if set(commands) <= {"deploy", "update", "undeploy"}:
        return f"{' and '.join(commands)} {where}"
    shown = ", ".join(map(line, commands[:_NAMED]))
    more = f" and {len(commands) - _NAMED} more" if len(commands) > _NAMED else ""
    return f"run {shown}{more} for {where}"


def subject_lines(report: Report) -> Iterator[str]:
    """Yield whose verdict it is: the credentials and their source, the account, the region and the Zappa; no warnings."""
    subject = report.subject
    if subject:
        kind = "" if subject.kind is CredentialKind.OTHER else str(subject.kind)
        yield (
            ", ".join(filter(None, (kind, _with_short_paths(line(subject.source)))))
            or f"profile {line(subject.profile)}"
        )
    elif report.profile:
        yield f"profile {line(report.profile)}"
    account = account_of(report)
    alias = f" ({line(subject.alias)})" if subject and subject.alias else ""
    partition = f", partition {subject.partition}" if subject and subject.partition != "aws" else ""
    told = f"account {account}{alias}" if account.strip("*") else "no account known"
    yield f"{told}{partition}, region {line(report.region)}, Zappa {line(report.zappa_version)}"


def _with_short_paths(text: str) -> str:
    """Return a text with long paths told by their last two parts: what is before says nothing at one look."""
    return _LONG_PATH.sub(r".../\1", text)


def policy_line(policy: DeploymentPolicy) -> str:
    """Return how the stage's named deployment policy stands."""
    name = f"policy {line(policy.name)}"
    if policy.exists is None:
        return f"{name}: may not be looked at"
    if not policy.exists:
        return f"{name}: not in this account"
    version = f" {line(policy.version)}" if policy.version else ""
    told = [f"attached {line(policy.attached)}" if policy.attached else "NOT attached"]
    told += [f"for {', '.join(map(line, policy.stages))}"] if policy.stages else []
    told += [f"Zappa {line(policy.zappa_version)}"] if policy.zappa_version else []
    return f"{name}{version}, {', '.join(told)}: {_fit(policy)}"


def _fit(policy: DeploymentPolicy) -> str:
    if policy.lacking is None:
        return "its document may not be read"
    parts = [f"lacks {_listed(policy.lacking)}"] if policy.lacking else []
    parts += [f"wider than needed: {_listed(policy.surplus)}"] if policy.surplus else []
    fits = "equal to what is needed" if policy.surplus is not None else "holds all that is needed"
    return "; ".join(parts) or fits


def _listed(names: tuple[str, ...]) -> str:
    names = tuple(dict.fromkeys(names))
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{', '.join(map(line, names[:_LISTED]))}{more}"
