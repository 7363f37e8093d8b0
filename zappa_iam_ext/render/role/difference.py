"""The live execution role against the computed one: lacking, beyond, trust, and what Zappa writes next. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zappa_iam_ext.check import Report, RoleReport, Verdict
from zappa_iam_ext.check.grouping import groups
from zappa_iam_ext.permissions.difference import Difference
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.surplus import Surplus
from zappa_iam_ext.render.difference import Compared, surplus_entries, surplus_lines, surplus_sections
from zappa_iam_ext.render.formats.model import Item, Level, Outcome, Rule, Summary
from zappa_iam_ext.render.items.difference import items as difference_items
from zappa_iam_ext.render.json import dump, role_entry
from zappa_iam_ext.render.layout.sections import LINES, section_lines
from zappa_iam_ext.render.layout.style import PLAIN, Style
from zappa_iam_ext.render.report.fixing import command_lines
from zappa_iam_ext.render.report.items import EXECUTION_ROLE, NOWHERE, Positions, role_items
from zappa_iam_ext.render.report.role import as_report, role_section, short_service, trust_words, wide_words
from zappa_iam_ext.render.role.grants import when_denied
from zappa_iam_ext.render.text import line, wrapped
from zappa_iam_ext.roles.zappa_writes import ZappaWrites

_LEAST_BODY = 4
REWRITTEN = Rule(
    "execution-role-rewritten",
    "Zappa's next deployment writes into the execution role",
    "Zappa compares trust and inline policy with its own documents and writes what differs. `zappa-iam role ensure` ends in"
    " a state that Zappa leaves alone.",
    Level.NOTE,
)


@dataclass(frozen=True, slots=True)
class ComparedRole:
    """A live role and what is computed for it: ``report`` is about the role as it is, ``needing`` are the stages it serves."""

    report: Report
    surplus: tuple[Surplus, ...]
    sources: tuple[str, ...]
    writes: ZappaWrites | None
    needing: tuple[str, ...]

    @property
    def role(self) -> RoleReport:
        """The role as it is."""
        assert self.report.role is not None  # noqa: S101  -- it is made with one
        return self.report.role

    @property
    def beyond(self) -> Compared:
        """What it allows beyond, as `zappa-iam diff` tells it."""
        return Compared(
            self.report.stage,
            before=f"role {self.role.name}",
            after="the settings",
            change=Difference((), ()),
            before_allows=True,
            surplus=self.surplus,
            sources=self.sources,
            needing=self.needing,
        )


def difference_text(
    compared: ComparedRole, given: CommandLines, style: Style = PLAIN, *, verbose: bool = False
) -> str:
    """Return the difference, in at most 25 lines unless ``verbose``."""
    role = compared.role
    head = list(wrapped(head_of(compared), style.columns, rest="  "))
    facts = [part for each in _facts(compared) for part in wrapped(each, style.columns, "  ", "    ")]
    fix = list(_fix(compared, given, style))
    if verbose:
        surplus = (
            ["", "It allows what is not needed:", *surplus_lines(compared.beyond)] if compared.surplus else []
        )
        return "\n".join([*head, *facts, *_lacking_lines(role), *surplus, *fix])
    found = [role_section(group) for group in groups(as_report(compared.report, role))]
    found += surplus_sections(compared.beyond)
    room = LINES - len(head) - len(fix) - 1
    kept = facts if len(facts) <= room - _LEAST_BODY else facts[: room - _LEAST_BODY]
    account = "".join(role.arn.split(":")[4:5])
    shown = section_lines(found, style, room - len(kept), account=account, region=compared.report.region)
    return "\n".join([*head, *kept, *(["", *shown] if shown else []), *fix])


def head_of(compared: ComparedRole) -> str:
    """Return the sentence that says how the role differs."""
    role = compared.role
    name = f"role {line(role.name)} (stage {line(compared.report.stage)})"
    if role.fault:
        return f"{name}: {line(role.fault)}"
    if role.exists is False:
        return f"{name} is not there yet: Zappa makes it at the next deployment."
    if role.exists is None:
        return f"{name} may not be looked at."
    lacking, unknown = role.having(Verdict.DENIED), role.having(Verdict.UNKNOWN)
    total = len(role.results)
    told = [f"lacks {len(lacking)} of {total} permissions"] if lacking else []
    told += [f"leaves {len(unknown)} of {total} permissions undecided"] if unknown else []
    told += (
        [f"does not trust {', '.join(short_service(each.service) for each in role.distrusted)}"]
        if role.distrusted
        else []
    )
    unsure = [short_service(each.service) for each in role.unsurely_trusted]
    told += [f"trusts {', '.join(unsure)} under a condition that could not be decided"] if unsure else []
    told += [f"allows {len(compared.surplus)} grants that are not needed"] if compared.surplus else []
    return f"{name} {', '.join(told) or 'is what is needed, and no more'}."


def _facts(compared: ComparedRole) -> Iterator[str]:
    """Yield what is known of the trust, of full access, and of what Zappa writes next."""
    role, writes = compared.role, compared.writes
    if role.wide:
        yield f"{wide_words(role.wide)}: {', '.join(role.wide)}"
    for each in role.distrusted:
        yield f"trust, {short_service(each.service)} lacking: {'; '.join(trust_words(each))}"
    for each in role.unsurely_trusted:
        yield f"trust, {short_service(each.service)} not decided: {'; '.join(trust_words(each))}"
    others = [short_service(each.service) for each in role.trust or () if not each.needed]
    if others:
        yield f"trust, beyond what is needed: {', '.join(others)}"
    if role.trust is None and role.exists:
        yield "whom it trusts could not be read"
    yield from _zappa(writes)
    for name in role.unreadable:
        yield f"could not be read: {line(name)}"


def _zappa(writes: ZappaWrites | None) -> Iterator[str]:
    if writes is None:
        yield "what Zappa writes into it next could not be told"
        return
    for write in writes.writes:
        yield f"Zappa's next deployment calls {write.operation}: {line(write.because)}"
    if writes.fails:
        yield f"Zappa's next deployment fails: {line(writes.fails)}"
    if writes.leaves:
        yield f"{line(writes.leaves)}"


def _lacking_lines(role: RoleReport) -> Iterator[str]:
    for verdict, sign in ((Verdict.DENIED, "+"), (Verdict.UNKNOWN, "?")):
        for result in role.having(verdict):
            need = result.requirement
            yield f"  {sign} {line(need.action)}"
            yield f"      on {line(need.resource)}"
            yield f"      {need.used_by}: {line(need.because)}"
            yield f"      {when_denied(need)}{f'; {line(result.why)}' if result.why else ''}"


def _fix(compared: ComparedRole, given: CommandLines, style: Style) -> Iterator[str]:
    role = compared.role
    if role.remedy:
        yield from ("", *wrapped(f"To mend it: {line(role.remedy)}.", style.columns, rest="  "))
        return
    if role.exists and not (role.having(Verdict.DENIED) or role.distrusted or compared.surplus):
        return
    if role.exists is None:
        return
    yield ""
    command = given.zappa_iam("role ensure", "--admin-profile", "PROFILE")
    yield from command_lines("To make it so:", "", command, style)


def differences_json(compared: Sequence[ComparedRole], *, as_list: bool = False) -> str:
    """Return one difference as a JSON document; several, or with ``as_list``, are listed under ``differences``."""
    if len(compared) == 1 and not as_list:
        return dump(_entry(compared[0]))
    return dump({"differences": [_entry(item) for item in compared]})


def _entry(compared: ComparedRole) -> dict[str, Any]:
    entry = role_entry(compared.role)
    results = entry["results"]
    writes = compared.writes
    return {
        "stage": compared.report.stage,
        "execution_role": entry,
        "lacking": [each for each in results if each["verdict"] == "denied"],
        "undecided": [each for each in results if each["verdict"] == "unknown"],
        "surplus": surplus_entries(compared.beyond),
        "zappa": None
        if writes is None
        else {
            "writes": [{"operation": each.operation, "because": each.because} for each in writes.writes],
            "fails": writes.fails or None,
            "leaves": writes.leaves or None,
        },
    }


def items_of(compared: ComparedRole, positions: Positions = NOWHERE) -> Iterator[Item]:
    """Yield an item for each permission and service of the role, each grant beyond, and each write of Zappa's."""
    yield from role_items(compared.report, compared.role, positions)
    for item in difference_items(compared.beyond, positions):
        origin = replace(item.origin, whose=EXECUTION_ROLE) if item.origin else None
        yield replace(item, level=Level.WARNING, origin=origin)
    for write in compared.writes.writes if compared.writes else ():
        yield Item(
            rule=REWRITTEN,
            name=write.operation,
            where=compared.role.arn,
            message=f"Zappa's next deployment calls {write.operation}: {write.because}",
            outcome=Outcome.PASSED,
            level=Level.NOTE,
            suite=compared.report.stage,
            case=f"execution role: {write.operation}",
            place=positions.of(compared.report.stage),
            key=(compared.report.stage, "zappa writes", write.operation),
        )


def summary_of(compared: ComparedRole, given: CommandLines, positions: Positions = NOWHERE) -> Summary:
    """Return how the role of a stage differs."""
    role = compared.role
    return Summary(
        text=head_of(compared),
        passed=not (
            role.fault
            or role.distrusted
            or role.having(
                Verdict.DENIED,
            )
            or role.having(Verdict.UNKNOWN)
        ),
        notes=tuple(_facts(compared)),
        advice="\n".join(_fix(compared, given, Style(100_000))).strip(),
        place=positions.of(compared.report.stage),
        suite=compared.report.stage,
    )
