"""The stage's named deployment policy as it is in the account: where it is, whose, and whether it is what is needed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zappa_iam_ext.aws.reading.model import NamedPolicy, PrincipalPolicies
from zappa_iam_ext.check import DeploymentPolicy, check
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.iam import PolicyDocument, PolicySet
from zappa_iam_ext.permissions.authorizations import Scope
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.own_calls import self_inspection
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.surplus import surplus
from zappa_iam_ext.permissions.tables.own_rows import PRINCIPALS
from zappa_iam_ext.plan import numbered_part
from zappa_iam_ext.plan.ownership import Ownership, StageKey, read_ownership


def deployment_policy(
    stage: Stage, stages: Sequence[Stage], commands: Sequence[Command], held: PrincipalPolicies
) -> DeploymentPolicy:
    """Return what became known of the policy that the stage names, on the way of reading what binds the principal.

    What any of ``stages`` needs is not too wide. Where the policy is also for others, nobody here can tell.
    """
    name = iam_ext_settings(stage).policy
    main = next((policy for policy in held.named if policy.name.casefold() == name.casefold()), None)
    if main is None:
        return DeploymentPolicy(name, exists=False if name in held.absent else None)
    parts = [
        policy
        for policy in held.named
        if numbered_part(policy.name.casefold(), name.casefold()) and _attached(policy, held)
    ]
    owner = read_ownership(main.tags or {})
    documents = _documents((main, *parts))
    return DeploymentPolicy(
        name=main.name,
        exists=True,
        arn=main.arn,
        attached=_attached(main, held),
        version=main.version,
        zappa_version=owner.zappa,
        stages=tuple(sorted(map(str, owner.stages or ()))),
        lacking=_lacking(stage, commands, held, documents) if documents else None,
        surplus=_surplus(stage, stages, commands, documents)
        if documents and _is_for_no_others(owner, stages)
        else None,
    )


def inspection_needs(stage: Stage) -> Iterator[Requirement]:
    """Yield what a principal needs so that `zappa-iam check` can look at it: no surplus, whoever it is."""
    scope = Scope(stage.account, stage.region, stage.partition)
    for kind in PRINCIPALS:
        yield from (requirement for _, requirement in self_inspection(kind, "*", scope))


def _attached(policy: NamedPolicy, held: PrincipalPolicies) -> str:
    """Return how a policy reaches the principal; empty where it does not."""
    ways = [each for each in held.held if each.arn == policy.arn and each.layer != "boundary"]
    if any(each.layer == "identity" for each in ways):
        return "directly"
    groups = (each.source.partition(" / ")[0].removeprefix("group ") for each in ways)
    return next((f"through the group {group}" for group in groups), "")


def _documents(policies: Iterable[NamedPolicy]) -> tuple[PolicyDocument, ...]:
    """Return the documents of policies; none at all where one could not be read."""
    found = [policy.document for policy in policies]
    return tuple(document for document in found if document) if all(found) else ()


def _lacking(
    stage: Stage,
    commands: Sequence[Command],
    held: PrincipalPolicies,
    documents: Sequence[PolicyDocument],
) -> tuple[str, ...]:
    report = check(
        stage, commands, requirements(stage, commands), PolicySet(identity=documents), held.principal
    )
    needed = (result.requirement for result in report.denied)
    return tuple(dict.fromkeys(f"{item.action} on {item.resource}" for item in needed))


def _surplus(
    stage: Stage, stages: Sequence[Stage], commands: Sequence[Command], documents: Sequence[PolicyDocument]
) -> tuple[str, ...]:
    located = [each.with_account(stage.account, stage.partition) for each in stages or (stage,)]
    needed = [
        item for each in located for wanted in (life_cycle(), commands) for item in requirements(each, wanted)
    ]
    found = surplus(documents, (*needed, *inspection_needs(stage)))
    return tuple(dict.fromkeys(f"{each.action} on {each.resource}" for each in found))


def _is_for_no_others(owner: Ownership, stages: Sequence[Stage]) -> bool:
    """Say whether all are known for whom the policy was made; of one without our tags its stage is."""
    known = {StageKey(stage.project_name, stage.name) for stage in stages}
    return not owner.ours if owner.stages is None else owner.stages <= known
