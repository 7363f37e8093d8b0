"""Joins what policies, AWS's simulator and harmless calls say of each requirement; the dearer only where it is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from zappa_iam_ext.aws.simulation import PolicySimulator
from zappa_iam_ext.aws.together import together
from zappa_iam_ext.check import NO_FACTS, CheckedRequirement, Evidence, EvidenceNote, Facts, Report
from zappa_iam_ext.check.joining import Voice, join, voice_of
from zappa_iam_ext.check.questions import source_arn
from zappa_iam_ext.check.simulated import Answer, Question
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.workflow.principals import ReadPrincipal
from zappa_iam_ext.workflow.simulating import simulate

CHOICES = ("policies", "simulation", "probe", "all")
"""How far a check goes. By default: the policies, and the simulator where some of them could not be read."""


def with_evidence(
    report: Report,
    stage: Stage,  # noqa: ARG001
    commands: Sequence[Command],  # noqa: ARG001
    principal: ReadPrincipal,
) -> Report:
    """Return the Report with what further evidence says, as far as it is wanted and may be asked.

    What one kind of evidence cannot tell is left to the others, and told in the Report's notes; nothing here raises.
    """
    facts = report.subject.facts if report.subject else NO_FACTS
    unread = len(report.unreadable)
    told = f"{unread} of the policies, or of their lists, could not be read" if unread else ""
    report = replace(report, evidence=(EvidenceNote(Evidence.POLICIES, told),))
    if principal.evidence == "policies":
        return report
    if asked := _to_simulate(report, principal.evidence):
        report = _simulated(report, asked, principal, facts)
    return report


def _to_simulate(report: Report, wanted: str) -> tuple[CheckedRequirement, ...]:
    """Return what the simulator is asked about: all where it is wanted, else what unread policies leave open.

    What policies that were all read deny or leave open, the simulator decides by the same policies and knows no more of.
    """
    if wanted in {"simulation", "all"}:
        return report.results
    return report.unknown if report.unreadable else ()


def _simulated(
    report: Report, asked: Sequence[CheckedRequirement], principal: ReadPrincipal, facts: Facts
) -> Report:
    source = source_arn(principal.held.principal)
    if not source:
        told = "it knows users and roles only, no root user and no federated user"
        return _noted(report, EvidenceNote(Evidence.SIMULATION, told))
    simulator = PolicySimulator(principal.iam, source)

    def ask_all(questions: Sequence[Question]) -> Sequence[Answer]:
        found = together([partial(simulator.put, question) for question in questions], principal.deadline)
        return [
            simulator.failed(question, answer) if isinstance(answer, Exception) else answer
            for question, answer in zip(questions, found, strict=True)
        ]

    found = simulate(
        (item.requirement for item in asked),
        principal.held,
        report.region,
        ask_all,
        facts=facts,
    )
    voices = dict(zip((id(item) for item in asked), found.voices, strict=False))
    return _noted(_joined(report, voices), found.note)


def _joined(report: Report, voices: dict[int, Voice]) -> Report:
    results = tuple(
        join(item.requirement, [voice_of(item), voices[id(item)]]) if id(item) in voices else item
        for item in report.results
    )
    return replace(report, results=results)


def _noted(report: Report, note: EvidenceNote) -> Report:
    return replace(report, evidence=(*report.evidence, note))
