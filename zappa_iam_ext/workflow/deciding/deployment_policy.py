"""The stage's named deployment policy as it is in the account: where it is, whose, and whether it is what is needed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zappa_iam_ext.aws.reading.model import NamedPolicy, PrincipalPolicies
from zappa_iam_ext.check import NO_FACTS, DeploymentPolicy, Facts, check
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.iam import PolicyDocument, PolicySet, Principal, PrincipalKind
from zappa_iam_ext.permissions.authorizations import Scope
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.own_calls import self_inspection
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.surplus import surplus
from zappa_iam_ext.permissions.tables.own_rows import PRINCIPALS
from zappa_iam_ext.plan.naming import deployer_base, numbered_part, own_names
from zappa_iam_ext.plan.ownership import Ownership, StageKey, read_ownership


def further_names(stage: Stage, principal: Principal) -> tuple[str, ...]:
    """Return the names that a policy of the stage's own, or of the principal's, may have, beside that of the settings."""
    base, key = iam_ext_settings(stage).policy, StageKey(stage.project_name, stage.name)
    kind = "user" if principal.kind is PrincipalKind.USER else "role"
    own = deployer_base(base, kind, principal.name)
    return (*own_names(base, key), own, *own_names(own, key))


def deployment_policy(
    stage: Stage,
    stages: Sequence[Stage],
    commands: Sequence[Command],
    held: PrincipalPolicies,
    facts: Facts = NO_FACTS,
) -> DeploymentPolicy:
    """Return what became known of the policy that the stage names, on the way of reading what binds the principal.

    What any of ``stages`` needs is not too wide. Where the policy is also for others, nobody here can tell.
    """
    name = iam_ext_settings(stage).policy
    main = _main(stage, name, held)
    if main is None:
        return DeploymentPolicy(name, exists=False if name in held.absent else None)
    parts = [
        policy
        for policy in held.named
        if numbered_part(policy.name, main.name) and policy is not main and _attached(policy, held)
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
        lacking=_lacking(stage, commands, held, documents, facts) if documents else None,
        surplus=_surplus(stage, stages, commands, documents)
        if documents and _is_for_no_others(owner, stages)
        else None,
    )


def _main(stage: Stage, name: str, held: PrincipalPolicies) -> NamedPolicy | None:
    """Return the policy that the stage deploys by: the one that was made for it, else the one by the name.

    Of several that were made for it, it is the one that the principal has.
    """
    names = [each.casefold() for each in (name, *further_names(stage, held.principal))]
    found = {policy.name.casefold(): policy for policy in held.named}
    there = [found[each] for each in names if each in found]
    key = StageKey(stage.project_name, stage.name)
    made = [policy for policy in there if key in (read_ownership(policy.tags or {}).stages or ())]
    return next((policy for policy in made if _attached(policy, held)), next(iter(made), found.get(names[0])))


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
    facts: Facts,
) -> tuple[str, ...]:
    needed = requirements(stage, commands)
    report = check(stage, commands, needed, PolicySet(identity=documents), held.principal, facts=facts)
    missing = (result.requirement for result in report.denied)
    return tuple(dict.fromkeys(f"{item.action} on {item.resource}" for item in missing))


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
    return not owner.ours if owner.stages is None or owner.adopted else owner.stages <= known
