"""A check of the execution role: the verdict first, what it lacks and what that does, what Zappa makes, what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from zappa_iam_ext.check import Blocker, CheckedRequirement, Report, RoleReport, Verdict
from zappa_iam_ext.check.grouping import groups
from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Consequence
from zappa_iam_ext.render.formats.model import Item, Level, Summary
from zappa_iam_ext.render.json import dump, role_entry
from zappa_iam_ext.render.layout.sections import LINES, section_lines
from zappa_iam_ext.render.layout.style import PLAIN, Mark, Style
from zappa_iam_ext.render.report.failed import NotChecked, failed_lines
from zappa_iam_ext.render.report.fixing import command_lines, policy_words
from zappa_iam_ext.render.report.items import NOWHERE, Positions, role_items
from zappa_iam_ext.render.report.role import as_report, role_section, short_service, trust_words, wide_words
from zappa_iam_ext.render.report.verdict import who
from zappa_iam_ext.render.role.grants import when_denied
from zappa_iam_ext.render.text import columns, line, wrapped

_MARKS = {ExitCode.OK: Mark.YES, ExitCode.DENIED: Mark.NO, ExitCode.CANNOT_TELL: Mark.UNKNOWN}
_ENSURE = ("--admin-profile", "PROFILE")
_OF_OWNERS = 5
"""Lines that say whom to ask, at most."""


def checks_text(
    reports: Sequence[Report],
    given: Sequence[CommandLines],
    style: Style = PLAIN,
    *,
    verbose: bool = False,
    failed: Sequence[NotChecked] = (),
) -> str:
    """Return the checks of roles one under the other, each in at most `LINES` lines unless ``verbose``."""
    told = [
        "\n".join(_check(report, report.role, lines, style, verbose=verbose))
        for report, lines in zip(reports, given, strict=True)
        if report.role
    ]
    return "\n\n".join([*told, *("\n".join(failed_lines(item, style)) for item in failed)])


def _check(
    report: Report, role: RoleReport, given: CommandLines, style: Style, *, verbose: bool
) -> Iterator[str]:
    mark = _MARKS[role.exit_code()]
    sign = style.mark(mark)
    indent = " " * (columns(sign) + 1)
    head = list(wrapped(verdict(report, role), style.columns, f"{sign} ", indent))
    facts = [list(wrapped(told, style.columns, indent, f"{indent}  ")) for told in _facts(report, role)]
    fixes = [each for step in _steps(report, role, given, style, whole=verbose) for each in step]
    yield from (style.bold(style.painted(each, mark)) for each in head)
    if verbose:
        yield from chain.from_iterable(facts)
        yield from _every(role, style)
    else:
        sections = [role_section(group) for group in groups(as_report(report, role))]
        room = LINES - len(head) - (len(fixes) + 1 if fixes else 0)
        around = _whole(facts, max(min(3, room // 2), room - 8, 0))
        most = room - len(around) - 1
        account = role.arn.split(":")[4] if role.arn.count(":") > 4 else ""  # noqa: PLR2004  -- the fifth part of an ARN
        shown = sections if most > 0 else ()
        body = section_lines(shown, style, most, account=account, region=report.region)
        yield from around
        yield from ["", *body] if body else []
    yield from ["", *fixes] if fixes else []


def _whole(facts: Iterable[Sequence[str]], most: int) -> list[str]:
    """Return the lines of the facts that fit into so many lines: none is told by half."""
    kept: list[str] = []
    for fact in facts:
        if len(kept) + len(fact) <= most:
            kept += fact
    return kept


def verdict(report: Report, role: RoleReport) -> str:
    """Return the one sentence that says how the role stands."""
    name = f"role {line(role.name)} (stage {line(report.stage)})"
    if role.fault:
        return f"{name} is refused: {line(role.fault)}"
    if role.exists is None and not role.managed:
        return f"cannot tell how the {name} stands: it may not be looked at"
    code, total = role.exit_code(), len(role.results)
    makes = "is not there yet, and Zappa makes it: it " if role.exists is False else ""
    if code is ExitCode.OK:
        return f"{name} {makes}holds all {total} permissions, and may be assumed and passed"
    lacks = "; ".join(_lacks(role, total))
    if code is ExitCode.DENIED:
        return f"{name} {makes}{lacks}"
    return f"cannot tell whether the {name} {makes}serves the function: {lacks}"


def _lacks(role: RoleReport, total: int) -> Iterator[str]:
    if role.distrusted:
        yield f"does not trust {', '.join(short_service(each.service) for each in role.distrusted)}"
    if denied := role.having(Verdict.DENIED):
        yield f"lacks {len(denied)} of {total} permissions"
    if role.passable is Verdict.DENIED:
        yield "may not be passed by the profile"
    if unknown := role.having(Verdict.UNKNOWN):
        yield f"{len(unknown)} of {total} permissions could not be decided"
    if role.passable is Verdict.UNKNOWN:
        yield "whether the profile may pass it could not be decided"
    if role.trust is None:
        yield "whom it trusts could not be read"
    elif unsure := [short_service(each.service) for each in role.trust if each.unsure]:
        yield f"whether it trusts {', '.join(unsure)} hangs on a condition"
    if role.unreadable:
        yield "not all of its policies could be read"


def _facts(report: Report, role: RoleReport) -> Iterator[str]:
    """Yield what is known besides: who it is, whom it trusts, who may pass it, how wide it is, what was not seen."""
    known = [line(role.arn), *([f"id {line(role.unique_id)}"] if role.unique_id else [])]
    yield ", ".join([*known, *([f"boundary {line(role.boundary)}"] if role.boundary else [])])
    if role.trust is not None:
        needed = [each for each in role.trust if each.needed]
        sure = [each for each in needed if not each.broken and not each.unsure]
        trusted = ", ".join(short_service(each.service) for each in sure) or "nobody for certain"
        others = [short_service(each.service) for each in role.trust if not each.needed]
        also = f"; also {', '.join(others)}, which these settings do not use it for" if others else ""
        yield f"trusts {trusted}{also}"
    for each in (*role.distrusted, *role.unsurely_trusted):
        yield f"{short_service(each.service)}: {'; '.join(trust_words(each))}"
    if role.passable is not None:
        words = {Verdict.ALLOWED: "may", Verdict.DENIED: "may NOT", Verdict.UNKNOWN: "may or may not"}
        yield f"{who(report)} {words[role.passable]} pass it"
    if role.managed and not role.fault:
        wide = f", with {wide_words(role.wide)} ({', '.join(role.wide)})" if role.wide else ""
        yield f"judged as Zappa leaves it: Zappa writes zappa-permissions (manage_roles){wide}"
    elif role.wide:
        yield f"it has {wide_words(role.wide)} ({', '.join(role.wide)})"
    if role.unreadable:
        yield f"could not be read: {'; '.join(map(line, role.unreadable))}"
    for note in role.evidence:
        if note.told:
            yield f"evidence of {note.evidence}: {line(note.told)}"


def _every(role: RoleReport, style: Style) -> Iterator[str]:
    marks = {Verdict.ALLOWED: Mark.YES, Verdict.DENIED: Mark.NO, Verdict.UNKNOWN: Mark.UNKNOWN}
    for state in (Verdict.DENIED, Verdict.UNKNOWN, Verdict.ALLOWED):
        for result in role.having(state):
            need = result.requirement
            yield style.painted(f"{style.mark(marks[state])} {line(need.action)}", marks[state])
            yield f"    on {line(need.resource)}"
            yield from wrapped(line(f"{need.used_by}: {need.because}"), style.columns, "    ", "      ")
            if state is not Verdict.ALLOWED:
                why = f"; {result.why}" if result.why else ""
                yield from wrapped(f"{when_denied(need)}{line(why)}", style.columns, "    ", "      ")


def _steps(
    report: Report, role: RoleReport, given: CommandLines, style: Style, *, whole: bool
) -> Iterator[Iterator[str]]:
    """Yield the lines of each step; ``whole`` names everybody who is to be asked."""
    if role.passable is Verdict.DENIED and not role.fault:
        yield command_lines("To see why it may not be passed:", "", given.zappa_iam("check"), style)
    passes = replace(role, passable=Verdict.ALLOWED)
    if role.remedy:
        yield wrapped(f"To mend it: {line(role.remedy)}.", style.columns, rest="  ")
    elif passes.exit_code() is ExitCode.DENIED:
        owners = [each for told in _owners(role) for each in wrapped(told, style.columns, rest="  ")]
        kept = owners if len(owners) <= _OF_OWNERS else [*owners[: _OF_OWNERS - 1], "  ... (-v names all)"]
        yield iter(owners if whole else kept)
        if owners and not role.distrusted and all(map(_is_of_others, _denied(role))):
            return
        yield command_lines("To make or mend it:", "", given.zappa_iam("role ensure", *_ENSURE), style)
    elif role.exists is None or role.unreadable or role.trust is None:
        told = (
            f"let {who(report)} call iam:GetRole, iam:ListRolePolicies, iam:GetRolePolicy and"
            f" iam:ListAttachedRolePolicies on {line(role.arn)}."
        )
        yield wrapped(f"To let it be read: {told}", style.columns, rest="  ")


def _denied(role: RoleReport) -> Iterator[CheckedRequirement]:
    return (
        each
        for each in role.having(Verdict.DENIED)
        if each.requirement.consequence is not Consequence.HARMLESS
    )


def _is_of_others(result: CheckedRequirement) -> bool:
    """Say whether a Deny, or a boundary that `role ensure` does not write, denies it."""
    blocker = result.blocker
    return blocker is not None and (blocker.explicit or not blocker.policy.endswith("-Boundary"))


def _owners(role: RoleReport) -> Iterator[str]:
    """Yield whom to ask for what `role ensure` leaves alone, once for each policy."""
    found: dict[Blocker, dict[str, None]] = {}
    for result in filter(_is_of_others, _denied(role)):
        if result.blocker:
            found.setdefault(result.blocker, {})[line(result.requirement.action)] = None
    for blocker, actions in found.items():
        first = ", ".join(list(actions)[:3]) + (f" and {len(actions) - 3} more" if len(actions) > 3 else "")  # noqa: PLR2004
        wish = "to lift the Deny on" if blocker.explicit else "to allow"
        yield f"Ask the owner of {line(policy_words(blocker))} {wish} {first}; `role ensure` leaves it alone."


def checks_json(
    reports: Sequence[Report], failed: Sequence[NotChecked] = (), *, as_list: bool = False
) -> str:
    """Return one check as a JSON document; with ``as_list``, and of several, ``roles`` and the ``errors`` of the others."""
    entries = [_entry(report, report.role) for report in reports if report.role]
    if len(entries) == 1 and not failed and not as_list:
        return dump(entries[0])
    errors = [
        {"stage": item.stage, "message": item.message, "hint": item.hint or None, "exit_code": item.exit_code}
        for item in failed
    ]
    return dump({"roles": entries, "errors": errors})


def _entry(report: Report, role: RoleReport) -> dict[str, Any]:
    return {
        "stage": report.stage,
        "function_name": report.function_name,
        "region": report.region,
        "zappa_version": report.zappa_version,
        "principal": report.principal,
        "execution_role": role_entry(role),
    }


def check_items(report: Report, positions: Positions = NOWHERE) -> Iterator[Item]:
    """Yield an item for each thing that is asked of the role."""
    if report.role:
        yield from role_items(report, report.role, positions)


def check_summary(report: Report, given: CommandLines, positions: Positions = NOWHERE) -> Summary:
    """Return how the role of a stage stands."""
    role = report.role
    assert role is not None  # noqa: S101  -- a check of a role has one
    code = role.exit_code()
    steps = _steps(report, role, given, Style(100_000), whole=True)
    return Summary(
        text=verdict(report, role),
        passed=code is ExitCode.OK,
        level=Level.WARNING if code is ExitCode.CANNOT_TELL else Level.ERROR,
        notes=tuple(_facts(report, role)),
        advice="\n".join(each for step in steps for each in step),
        place=positions.of(report.stage),
        suite=report.stage,
    )
