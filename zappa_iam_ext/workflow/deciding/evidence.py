"""Joins what policies, AWS's simulator and harmless calls say of each requirement; the dearer only where it is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.aws.asking.together import together
from zappa_iam_ext.aws.reading.sources import held_sources
from zappa_iam_ext.check import NO_FACTS, CheckedRequirement, Evidence, EvidenceNote, Facts, Report
from zappa_iam_ext.check.joining import Says, Voice, join, voice_of
from zappa_iam_ext.check.looked_up import hangs_on_a_name, need_of, with_actual_name
from zappa_iam_ext.errors import SettingsError, ZappaIamError
from zappa_iam_ext.iam import compile_policies
from zappa_iam_ext.permissions.chosen_names import marker_of
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.workflow.deciding.principals import ReadPrincipal

if TYPE_CHECKING:
    from zappa_iam_ext.check.probed import Probed
    from zappa_iam_ext.check.simulation.words import Answer, Question

CHOICES = ("policies", "simulation", "probe", "all")
"""How far a check goes. By default: the policies, and the simulator where some of them could not be read."""


def require_known(evidence: str) -> str:
    """Return how far a check goes; raise `SettingsError` for what is none of the choices."""
    if evidence and evidence not in CHOICES:
        raise SettingsError(
            f"there is no evidence {evidence[:80]!r}",
            hint=f"It is one of {', '.join(CHOICES)}; by default none is named.",
        )
    return evidence


_NAME = re.compile(r"[\w-]+", re.ASCII)
_Voices = dict[int, list[Voice]]


def with_evidence(
    report: Report, stage: Stage, commands: Sequence[Command], principal: ReadPrincipal
) -> Report:
    """Return the Report with what further evidence says, as far as it is wanted and may be asked.

    What one kind of evidence cannot tell is left to the others, and told in the Report's notes. Nothing here raises.
    """
    facts = report.subject.facts if report.subject else NO_FACTS
    wanted = principal.evidence
    unread = len(report.unreadable)
    told = f"{unread} of the policies, or of their lists, could not be read" if unread else ""
    report = _noted(report, EvidenceNote(Evidence.POLICIES, told))
    if wanted == "policies":
        return report
    report = _with_names(report, stage, commands, principal, facts)
    voices: _Voices = {id(item): [voice_of(item)] for item in report.results}
    notes: list[EvidenceNote] = []
    if asked := _to_simulate(report, wanted):
        notes.append(_hear_simulator(voices, asked, report.region, principal, facts))
    probed = _probe(stage, principal) if wanted in {"probe", "all"} else ()
    for item in report.results:
        voices[id(item)] += [each.voice() for each in probed if each.is_about(item.requirement)]
    results = tuple(
        join(item.requirement, heard) if len(heard := voices[id(item)]) > 1 else item
        for item in report.results
    )
    kept, unneeded = _resolved(results, probed)
    notes += [EvidenceNote(Evidence.PROBE, told) for told in _told(probed, unneeded)]
    report = _warned(report, [told for each in probed for told in each.warnings])
    return replace(report, results=kept, evidence=(*report.evidence, *notes))


def _resolved(
    results: tuple[CheckedRequirement, ...], probed: Sequence[Probed]
) -> tuple[tuple[CheckedRequirement, ...], tuple[str, ...]]:
    if not probed:
        return results, ()
    from zappa_iam_ext.check.probed import resolved

    return resolved(results, probed)


def _warned(report: Report, warnings: Sequence[str]) -> Report:
    """Return the Report with what will stop a command though it is allowed, beside what else is odd about whoever deploys."""
    if not report.subject or not warnings:
        return report
    subject = replace(report.subject, warnings=(*report.subject.warnings, *warnings))
    return replace(report, subject=subject)


def _noted(report: Report, note: EvidenceNote) -> Report:
    return replace(report, evidence=(*report.evidence, note))


def _to_simulate(report: Report, wanted: str) -> tuple[CheckedRequirement, ...]:
    """Return what the simulator is asked about: all where it is wanted, else what unread policies leave open.

    What policies that were all read deny or leave open, the simulator decides by the same policies and knows no more of.
    """
    if wanted in {"simulation", "all"}:
        return report.results
    return report.unknown if report.unreadable else ()


def _hear_simulator(
    voices: _Voices,
    asked: Sequence[CheckedRequirement],
    region: str,
    principal: ReadPrincipal,
    facts: Facts,
) -> EvidenceNote:
    """Add what the simulator says to what was said already, and return how far it went."""
    from zappa_iam_ext.aws.evidence.simulation import PolicySimulator
    from zappa_iam_ext.check.simulation.questions import source_arn
    from zappa_iam_ext.workflow.deciding.simulating import simulate

    source = source_arn(principal.held.principal)
    if not source:
        told = "it knows users and roles only, no root user and no federated user"
        return EvidenceNote(Evidence.SIMULATION, told)
    simulator = PolicySimulator(principal.iam, source)

    def ask_all(questions: Sequence[Question]) -> Sequence[Answer]:
        found = together([partial(simulator.put, question) for question in questions], principal.deadline)
        return [
            simulator.failed(question, answer) if isinstance(answer, Exception) else answer
            for question, answer in zip(questions, found, strict=True)
        ]

    needed = (item.requirement for item in asked)
    found = simulate(needed, principal.held, region, ask_all, facts=facts)
    for item, voice in zip(asked, found.voices, strict=False):
        voices[id(item)].append(voice)
    return found.note


def _clients(principal: ReadPrincipal, services: Sequence[str]) -> Callable[[str], Any]:
    """Return what gives the clients of services; they are opened here, for boto3 opens none in several threads at once."""
    opened: dict[str, Any] = {"iam": principal.iam}
    for service in services:
        try:
            opened[service] = principal.open(service)
        except ZappaIamError as error:
            opened[service] = error

    def client(service: str) -> Any:
        if isinstance(opened[service], Exception):
            raise opened[service]
        return opened[service]

    return client


def _probe(stage: Stage, principal: ReadPrincipal) -> tuple[Probed, ...]:
    """Make the harmless calls, together."""
    from zappa_iam_ext.aws.evidence.probes import Probes, failed

    services = ("s3", "lambda", "cloudformation") if stage.bucket else ("lambda", "cloudformation")
    calls = list(Probes(stage, _clients(principal, services)).calls())
    answers = together([call for _, call in calls], principal.deadline)
    return tuple(
        failed(asked, answer) if isinstance(answer, Exception) else answer
        for (asked, _), answer in zip(calls, answers, strict=True)
    )


def _told(probed: Sequence[Probed], unneeded: Sequence[str]) -> Sequence[str]:
    """Return what the calls found that no verdict says: what will stop a command, and what settled nothing."""
    warnings = [told for each in probed for told in each.warnings]
    open_ = [each.why for each in probed if each.says is Says.NOTHING and each.why]
    return [*warnings, *unneeded, *open_] or ([""] if probed else [])


def _with_names(
    report: Report, stage: Stage, commands: Sequence[Command], principal: ReadPrincipal, facts: Facts
) -> Report:
    """Return the Report with the verdicts that hung on a name that AWS chose, where it may be looked up."""
    hanging = [item for item in report.results if hangs_on_a_name(item)]
    if report.unreadable or not hanging:
        return report
    names = _names(
        stage, tuple(dict.fromkeys(marker_of(item.requirement.resource) for item in hanging)), principal
    )
    if not names:
        return report
    first = [command for command in commands if command.name == "deploy"]
    others = [command for command in commands if command.name != "deploy"]
    made = {need_of(each) for each in requirements(stage, first)} if first else set()
    used = {need_of(each) for each in requirements(stage, others)} if others else set()
    sources = held_sources(principal.held)
    compiled = compile_policies(principal.held.policies)
    results = tuple(
        with_actual_name(
            item,
            names,
            compiled,
            principal.held.principal,
            report.region,
            made=made,
            used=used,
            facts=facts,
            sources=sources,
        )
        for item in report.results
    )
    return replace(report, results=results)


def _names(stage: Stage, markers: Sequence[str], principal: ReadPrincipal) -> Mapping[str, str]:
    """Return the names that were found, by what stands before them in an ARN."""
    from zappa_iam_ext.aws.evidence.lookups import lookups

    calls = list(lookups(stage, markers, _clients(principal, ("cloudformation",))))
    answers = together([call for _, call in calls], principal.deadline)
    return {
        marker: answer
        for (marker, _), answer in zip(calls, answers, strict=True)
        if isinstance(answer, str) and _NAME.fullmatch(answer)
    }
