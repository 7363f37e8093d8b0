"""The execution roles of stages, read with the credentials of their profiles: what `zappa-iam role` looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.aws.asking.together import together
from zappa_iam_ext.aws.reading.model import LiveRole
from zappa_iam_ext.check import Evidence, EvidenceNote, Report, RoleReport, check
from zappa_iam_ext.check.execution_role import PASS_ROLE, check_role, role_fault, role_needs, with_role
from zappa_iam_ext.check.joining import join, voice_of
from zappa_iam_ext.errors import UnknownPrincipal
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.surplus import surplus
from zappa_iam_ext.render.role.difference import ComparedRole
from zappa_iam_ext.roles.zappa_writes import INLINE_POLICY, wanted_inline, wanted_trust
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.deciding.checking import check_deployer
from zappa_iam_ext.workflow.deciding.execution_role import (
    as_it_is,
    as_zappa_leaves_it,
    live_role,
    on_stored_arn,
    writes_of,
)
from zappa_iam_ext.workflow.deciding.principals import Principals, ReadPrincipal, role_name

if TYPE_CHECKING:
    from zappa_iam_ext.check.simulation.words import Answer, Question

COMMANDS = (parse_command("deploy"), parse_command("update"))
"""The commands in which Zappa hands the role on."""


@dataclass(frozen=True, slots=True)
class ReadRole:
    """The execution role of a stage in a known account, and who looked at it."""

    stage: Stage
    live: LiveRole
    principal: ReadPrincipal


class Roles:
    """Reads the execution roles of stages, each with the credentials of its profile, in the rounds of a check."""

    def __init__(self, stages: Sequence[Stage], options: AwsOptions) -> None:
        self._options = options
        self._principals = Principals(options, stages, roles={role_name(stage): True for stage in stages})

    def read(self, stage: Stage) -> ReadRole:
        """Return the role of a stage; raise as `Principals.of_session`, and `WrongAccount`."""
        own, principal = self._principals.deploying(stage)
        located = own.with_account(principal.identity.account, principal.identity.partition)
        live = live_role(located, principal)
        assert live is not None  # noqa: S101  -- every stage's role was looked for
        return ReadRole(located, live, principal)

    def checked(self, stage: Stage) -> Report:
        """Return whether the profile may pass the role, with the role: AWS's simulator is asked about it where wanted."""
        found = self.read(stage)
        report = _passing(found, self._options)
        role = check_role(found.stage, as_zappa_leaves_it(found.stage, found.live))
        if self._options.evidence != "policies":
            role = with_simulation(role, found)
        return with_role(report, role)


def _passing(found: ReadRole, options: AwsOptions) -> Report:
    """Return whether the deploying principal may pass the role, to each service that it is passed to."""
    needed = on_stored_arn(requirements(found.stage, COMMANDS), found.stage, found.live)
    passing = [each for each in needed if each.action == PASS_ROLE]
    return check_deployer(found.stage, COMMANDS, found.principal, options, passing)


def with_simulation(role: RoleReport, found: ReadRole) -> RoleReport:
    """Return the role with what AWS's simulator says of it, which knows the organization's policies.

    It judges the role as it is in the account: nothing is asked of one that is not there, or into which Zappa will write.
    """
    stage, live, principal = found.stage, found.live, found.principal
    if live.exists is not True or not role.results:
        return role
    writes = writes_of(stage, live)
    if stage.role.managed and not (writes and writes.stable):
        told = "not asked: it judges the role as it is, and Zappa writes into it first"
        return replace(role, evidence=(*role.evidence, EvidenceNote(Evidence.SIMULATION, told)))
    from zappa_iam_ext.aws.evidence.simulation import PolicySimulator
    from zappa_iam_ext.check.simulation.questions import source_arn
    from zappa_iam_ext.workflow.deciding.simulating import simulate

    simulator = PolicySimulator(principal.iam, source_arn(live.held.principal))

    def ask_all(questions: Sequence[Question]) -> Sequence[Answer]:
        answers = together([partial(simulator.put, question) for question in questions], principal.deadline)
        return [
            simulator.failed(question, answer) if isinstance(answer, Exception) else answer
            for question, answer in zip(questions, answers, strict=True)
        ]

    said = simulate((item.requirement for item in role.results), live.held, stage.region, ask_all)
    results = (
        tuple(
            join(item.requirement, [voice_of(item), voice])
            for item, voice in zip(role.results, said.voices, strict=True)
        )
        if said.voices
        else role.results
    )
    return replace(role, results=results, evidence=(*role.evidence, said.note))


def compared_role(found: ReadRole, stages: Sequence[Stage]) -> ComparedRole:
    """Return the live role against what is computed; what other stages with the same role need is no surplus."""
    stage, live = found.stage, found.live
    now = replace(stage, role=replace(stage.role, managed=False))
    role = check_role(now, as_it_is(live))
    if stage.role.managed and live.exists is False:
        role = replace(role, fault="")
    report = check(stage, (), (), live.held.policies, live.held.principal)
    others = [each.with_account(stage.account, stage.partition) for each in stages if each.name != stage.name]
    same = [stage, *(each for each in others if role_name(each) == live.name)]
    own = [policy for policy in live.held.held if policy.layer == "identity"]
    needed = [need for each in same for need in role_needs(each)]
    return ComparedRole(
        report=replace(report, role=replace(role, managed=stage.role.managed)),
        surplus=surplus([policy.document for policy in own], needed),
        sources=tuple(policy.source for policy in own),
        writes=writes_of(stage, live),
        needing=tuple(each.name for each in same),
    )


@dataclass(frozen=True, slots=True)
class RoleDocuments:
    """The documents of a role: its policies by their source, its boundaries, its trust (None: not known)."""

    name: str
    policies: tuple[tuple[str, PolicyDocument], ...]
    boundaries: tuple[PolicyDocument, ...] = ()
    trust: PolicyDocument | None = None
    unreadable: tuple[str, ...] = ()


def documents_of_role(found: ReadRole) -> RoleDocuments:
    """Return the documents of a live role; of one that Zappa makes at the next deployment those that Zappa writes.

    Raises `UnknownPrincipal` where there is no such role and Zappa makes none.
    """
    stage, live = found.stage, found.live
    if fault := role_fault(stage, live.name, exists=live.exists):
        raise UnknownPrincipal(
            f"the role {live.name} is refused: {fault.told}",
            hint=f"{fault.remedy[:1].upper()}{fault.remedy[1:]}."
            if fault.remedy
            else f"`zappa-iam role ensure {stage.name}` makes it.",
        )
    if live.exists is False:
        policy = PolicyDocument.parse(wanted_inline(stage), readable=False)
        told = f"role {live.name} / inline policy {INLINE_POLICY}, as Zappa makes it"
        return RoleDocuments(live.name, ((told, policy),), trust=trust_document(wanted_trust(stage)))
    unreadable = live.held.unreadable
    return RoleDocuments(
        live.name,
        tuple((each.source, each.document) for each in live.held.held if each.layer == "identity"),
        tuple(each.document for each in live.held.held if each.layer == "boundary"),
        None if live.trust is None else trust_document(live.trust),
        unreadable,
    )


def trust_document(document: Mapping[str, Any]) -> PolicyDocument:
    """Return a trust policy as a document."""
    return PolicyDocument.parse(document, PolicyKind.TRUST, stored=False, readable=False)
