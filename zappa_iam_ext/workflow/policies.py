"""Stages to policy documents: computed or hand-made, merged, shortened, split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from zappa_iam_ext.aws.identity import caller
from zappa_iam_ext.check import Evidence, check
from zappa_iam_ext.config import IamExtSettings, iam_ext_settings
from zappa_iam_ext.documents import hand_made_documents
from zappa_iam_ext.errors import AwsUnavailable, CredentialsProblem, SettingsError
from zappa_iam_ext.iam import PolicyDocument, PolicySet, Statement
from zappa_iam_ext.iam.synthesis.grants import MANAGED_POLICY_LIMIT, Grant, compact, merge, split
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.workflow.guarding import require_account
from zappa_iam_ext.workflow.inspecting import Inspected, inspected, of_user

TOO_LONG = "too long for one managed policy"
"""How the note on a document begins that does not fit one."""


@dataclass(frozen=True, slots=True)
class PolicyOptions:
    """How a document is wanted.

    ``split`` allows several documents, each within the size of a managed policy; ``compact`` shortens with
    wildcards; ``computed`` ignores ``iam_ext.policy_document``; ``self_inspection`` lets whoever deploys check itself:
    ``user`` or ``role`` (a name or an ARN), else who the profile is when AWS is asked for the account anyway.
    """

    account: str = ""
    partition: str = ""
    split: bool = False
    compact: bool = False
    computed: bool = False
    self_inspection: bool = False
    user: str = ""
    user_path: str = "/"
    role: str = ""


def policy_documents(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions, wanted: PolicyOptions
) -> tuple[tuple[PolicyDocument, ...], tuple[str, ...]]:
    """Return the documents for these stages, and notes on what was widened or what a hand-made one lacks.

    Stages of several partitions have documents of their own: an account lies in one partition, and IAM refuses
    ARNs of another. Raises `CredentialsProblem` when nobody knows the account, `SettingsError` when the account
    that the credentials belong to lies in another partition than the stage.
    """
    located = [with_caller_account(stage, options, wanted.account, wanted.partition) for stage in stages]
    whom = [_whom(stage, options, wanted) for stage in located] if wanted.self_inspection else []
    inspecting = {id(stage): who.statements(stage) for stage, who in zip(located, whom, strict=False)}
    groups: dict[str, list[Stage]] = {}
    for stage in located:
        groups.setdefault(stage.partition, []).append(stage)
    made = [_documents(group, commands, wanted, inspecting) for group in groups.values()]
    told = dict.fromkeys(note for who in whom for note in who.notes())
    notes = (*(() if wanted.account else _accounts(located, options)), *told, *_partitions(groups))
    where = [f"{name}: " if len(groups) > 1 else "" for name in groups]
    return (
        tuple(document for documents, _ in made for document in documents),
        (*notes, *(f"{name}{note}" for name, (_, told) in zip(where, made, strict=True) for note in told)),
    )


def _documents(
    stages: Sequence[Stage],
    commands: Sequence[Command],
    wanted: PolicyOptions,
    inspecting: Mapping[int, tuple[Statement, ...]],
) -> tuple[tuple[PolicyDocument, ...], tuple[str, ...]]:
    """Return the documents of stages in one partition, and the notes on them."""
    made = [_document(stage, commands, wanted, inspecting.get(id(stage), ())) for stage in stages]
    document = made[0][0] if len(made) == 1 else merge([document for document, _ in made])
    notes = tuple(note for _, group in made for note in group)
    if wanted.compact:
        result = compact(document)
        document = result.document
        notes += tuple(f"wider than needed: {widening}" for widening in result.widenings)
    if wanted.split:
        return split(document), notes
    return (document,), notes + _too_long(document, compacted=wanted.compact)


def _accounts(stages: Sequence[Stage], options: AwsOptions) -> Iterator[str]:
    """Say which account was taken, and whose credentials told it."""
    for account, profile in dict.fromkeys(
        (item.account, options.profile or item.profile_name) for item in stages
    ):
        whose = f"the profile {profile}" if profile else "the credentials in use"
        yield f"account {account}: that of {whose} (--account names another)"


def _partitions(groups: Mapping[str, Sequence[Stage]]) -> Iterator[str]:
    if len(groups) > 1:
        parts = (f"{name} ({', '.join(stage.name for stage in group)})" for name, group in groups.items())
        yield f"separate documents for {len(groups)} partitions, in this order: {', '.join(parts)}"


def _too_long(document: PolicyDocument, *, compacted: bool) -> tuple[str, ...]:
    """Return a note when a document does not fit a managed policy, with what can be done about it."""
    if document.size <= MANAGED_POLICY_LIMIT:
        return ()
    ways = "--split prints several that do" + ("" if compacted else ", --compact shortens with wildcards")
    size = f"{document.size:,} of {MANAGED_POLICY_LIMIT:,}"
    return (f"{TOO_LONG} ({size} characters): {ways}",)


def with_caller_account(stage: Stage, options: AwsOptions, account: str = "", partition: str = "") -> Stage:
    """Return the stage in its account: the one given, else the one that its credentials belong to.

    Raises `CredentialsProblem` or `AwsUnavailable`, naming the option, when neither is known.
    """
    if account:
        return stage.with_account(account, partition or None)
    try:
        session = open_session(
            options.profile or stage.profile_name,
            options.region or stage.region,
            options.choice(stage.profile_name).named_by,
        )
        identity = caller(open_client(session, "sts", options))
    except (CredentialsProblem, AwsUnavailable) as error:
        raise type(error)(
            f"give --account: the AWS account is not known, and cannot be asked of AWS: {error}",
            hint=error.hint,
        ) from error
    require_account(stage, identity.account)
    _require_partition(stage, partition or identity.partition)
    return stage.with_account(identity.account, partition or None)


def _require_partition(stage: Stage, partition: str) -> None:
    """Refuse credentials of a partition in which the stage cannot be."""
    if partition != stage.partition:
        raise SettingsError(
            f"stage {stage.name} is in {stage.region}, in the partition {stage.partition}; "
            f"the credentials belong to {partition}",
            hint="Use credentials of that partition (--profile), or give --account.",
        )


def _document(
    stage: Stage, commands: Sequence[Command], wanted: PolicyOptions, inspecting: Sequence[Statement]
) -> tuple[PolicyDocument, tuple[str, ...]]:
    own = iam_ext_settings(stage)
    needed = requirements(stage, commands)
    if own.policy_document and not wanted.computed:
        documents = list(hand_made_documents(own.policy_document, stage))
        lacking = _measure(documents, needed, stage, own)
        documents += [PolicyDocument(tuple(inspecting))] if inspecting else []
        return (merge(documents) if len(documents) > 1 else documents[0]), lacking
    foreign = [item for item in needed if _partition(item) not in {stage.partition, ""}]
    here = [item for item in needed if item not in foreign]
    grants = [grant for statement in inspecting for grant in _grants(statement)]
    return deployment_policy(here, grants), tuple(_left_out(foreign, stage))


def _partition(requirement: Requirement) -> str:
    """Return the partition of the ARN that is needed; empty when that is no ARN."""
    arn, _, rest = requirement.resource.partition(":")
    return rest.partition(":")[0] if arn == "arn" else ""


def _left_out(foreign: Sequence[Requirement], stage: Stage) -> Iterator[str]:
    """Say what a document of the stage's partition cannot hold: IAM refuses the whole document for it."""
    actions: dict[str, dict[str, None]] = {}
    for item in foreign:
        actions.setdefault(item.resource, {})[item.action] = None
    for resource, names in actions.items():
        yield f"left out, for IAM takes only ARNs of {stage.partition}: {', '.join(names)} on {resource}"


def _whom(stage: Stage, options: AwsOptions, wanted: PolicyOptions) -> Inspected:
    """Return whom the self-inspection statements are about; AWS is asked only where it is asked for the account too."""
    if wanted.user and not wanted.user.startswith("arn:"):
        return of_user(wanted.user, wanted.user_path)
    return inspected(stage, options, user=wanted.user, role=wanted.role, asked=not wanted.account)


def _grants(statement: Statement) -> list[Grant]:
    return [
        Grant(action, resource, purpose=statement.sid or "")
        for action in statement.actions
        for resource in statement.resources
    ]


def _measure(
    documents: Sequence[PolicyDocument], needed: Sequence[Requirement], stage: Stage, own: IamExtSettings
) -> tuple[str, ...]:
    """Return a line for every requirement that hand-made documents do not allow."""
    principal = own.user_arn(stage)
    report = check(
        stage, (), needed, PolicySet(identity=tuple(documents)), principal, evidence=Evidence.OFFLINE
    )
    return tuple(
        f"{own.policy_document} does not allow {result.requirement.action} on {result.requirement.resource}"
        for result in (*report.denied, *report.unknown)
    )
