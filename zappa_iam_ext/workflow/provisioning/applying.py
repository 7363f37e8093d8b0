"""Plans are carried out, written to files and read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version

from zappa_iam_ext.aws.identity import identity_from
from zappa_iam_ext.aws.provisioning.current_state import with_all_versions
from zappa_iam_ext.aws.provisioning.provisioner import apply_plan, patient, wait_until_accepted
from zappa_iam_ext.errors import AccessDenied, AccountChanged, CredentialsProblem, SettingsError
from zappa_iam_ext.plan import Change, Concern, ConcernKind, CreateAccessKey, CurrentState, Plan
from zappa_iam_ext.plan.changes import TagPolicy, policy_name
from zappa_iam_ext.plan.plan_file import (
    PlannedFor,
    read_plan_file,
    same_plan,
    state_fingerprint,
    write_plan_file,
)
from zappa_iam_ext.plan.planning.rollback import rollback_plan
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.workflow.provisioning.administrator import administrator_rights, open_administrator
from zappa_iam_ext.workflow.provisioning.model import Provisioning
from zappa_iam_ext.workflow.provisioning.planning import look
from zappa_iam_ext.workflow.provisioning.stage_documents import escalations

MAX_ATTEMPTS = 8
"""So often a plan is made again when other runs change the account meanwhile."""
SETTLING = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds to wait, give or take a quarter, until IAM shows what was made."""
PACKAGE = "zappa-iam-ext"


def apply_stages(
    provisionings: Sequence[Provisioning],
    *,
    progress: Callable[[str], None] = lambda _: None,
    again: bool = True,
) -> None:
    """Carry the plans out, in order; a plan with nothing to do makes no call.

    Waits until AWS accepts a key that was made. When the account changes meanwhile and ``again``, plans anew and goes
    on, as long as nothing is touched that needs another consent. Raises `UnsafePlan` or `LosesPermissions` before the
    first change, `AccountChanged`, and `ProvisioningError` when a change fails: applying again continues there.
    """
    for provisioning in provisionings:
        refuse_denied(provisioning)
    for provisioning in provisionings:
        if provisioning.plan.empty and not provisioning.plan.unsafe:
            continue
        made = _apply(provisioning, progress, again=again)
        if any(isinstance(change, CreateAccessKey) for change in made):
            progress(f"wait until AWS accepts the new key of {provisioning.user}")
            _await_key(provisioning, progress)


def refuse_denied(provisioning: Provisioning) -> None:
    """Raise `AccessDenied` before the first change when the administrator may not make one of them."""
    denied = provisioning.rights.denied
    if denied:
        raise AccessDenied(
            f"{provisioning.administrator} may not {denied[0]}"
            + (f", nor {len(denied) - 1} more" if len(denied) > 1 else "")
            + "; nothing was changed",
            hint="Use credentials that may (`--admin-profile`); `zappa-iam policy STAGE --for-admin` prints what they need.",
        )


def _await_key(provisioning: Provisioning, progress: Callable[[str], None]) -> None:
    """Wait until AWS accepts the new key; when it does not yet, it is made all the same."""
    session = open_session(provisioning.profile, provisioning.options.region)
    try:
        wait_until_accepted(open_client(session, "sts", provisioning.options))
    except CredentialsProblem:
        progress(f"the key of {provisioning.user} is made, not accepted everywhere yet: wait a minute")


def rolled_back(provisioning: Provisioning) -> Provisioning:
    """Return a plan that returns the policies of the stages to what they said before the last change."""
    assert provisioning.iam is not None  # noqa: S101  -- plan_stages always sets it
    current = with_all_versions(provisioning.iam, provisioning.current)
    stages = frozenset(provisioning.desired.needs)
    consents = provisioning.consents
    planned = rollback_plan(current, stages, may_narrow=consents.prune, adopt=consents.adopt)
    who = identity_from(provisioning.administrator, provisioning.account)
    rights = administrator_rights(provisioning.iam, who, planned, provisioning.options.region)
    return replace(provisioning, plan=planned, current=current, rights=rights)


def _apply(provisioning: Provisioning, progress: Callable[[str], None], *, again: bool) -> tuple[Change, ...]:
    """Apply a plan, and what is left to do after another run came in between."""
    iam, plan = provisioning.iam, provisioning.plan
    assert iam is not None  # noqa: S101  -- plan_stages always sets it
    made: tuple[Change, ...] = ()
    tagged: set[str] = set()
    for attempt in range(MAX_ATTEMPTS):
        tagged |= {change.arn for change in plan.changes if isinstance(change, TagPolicy)}
        try:
            made += apply_plan(iam, plan, progress=progress)
            plan = _left(provisioning, made, progress) if again else Plan()
        except AccountChanged:
            if not again or attempt == MAX_ATTEMPTS - 1:
                raise
            patient(0.1 * attempt)
            _, plan = plan_again(provisioning)
        plan = _settled(plan, tagged)
        if plan.empty:
            break
    return made


def _settled(planned: Plan, tagged: set[str]) -> Plan:
    """Return a plan that was made anew, without what another run wrote being called an edit by hand.

    It looks like one where our tag went over that run's. It is kept: only where some of it would be lost is a consent needed.
    """
    loses = {privilege.policy for privilege in planned.narrowed}

    def is_its(concern: Concern) -> bool:
        drift = concern.kind is ConcernKind.DRIFT and concern.subject in tagged
        return drift and policy_name(concern.subject) not in loses

    return replace(planned, concerns=tuple(each for each in planned.concerns if not is_its(each)))


def _left(provisioning: Provisioning, made: Sequence[Change], progress: Callable[[str], None]) -> Plan:
    """Return what is left to do, after waiting for IAM to show what was made.

    IAM shows what was written everywhere only after seconds. What it still does not show at the end is made all the same.
    """
    for delay in (*SETTLING, None):
        _, left = plan_again(provisioning)
        if left.empty or any(change not in made for change in left.changes):
            return left
        if delay:
            patient(delay)
    progress("made, and not visible everywhere yet: IAM may need a minute")
    return Plan()


def plan_again(provisioning: Provisioning) -> tuple[CurrentState, Plan]:
    """Return the state of now, and what is still to be done."""
    assert provisioning.iam is not None  # noqa: S101  -- plan_stages always sets it
    return look(provisioning.iam, provisioning.desired, provisioning.consents)


def plan_file_text(provisionings: Sequence[Provisioning]) -> str:
    """Return plans as a file that `plans_of_file` reads."""
    entries = [
        PlannedFor(
            desired=item.desired,
            consents=item.consents,
            state=state_fingerprint(item.current),
            changes=item.plan.to_json(),
            stages=item.stages,
            profile=item.profile,
            region=item.options.region,
            administrator=item.administrator,
        )
        for item in provisionings
    ]
    return write_plan_file(entries, version(PACKAGE))


def plans_of_file(text: str, admin_profile: str, options: AwsOptions) -> tuple[Provisioning, ...]:
    """Return the plans of a file, each made anew. Raises `AccountChanged` unless what comes out is what was reviewed."""
    return tuple(_of_entry(entry, admin_profile, options) for entry in read_plan_file(text, version(PACKAGE)))


def _of_entry(entry: PlannedFor, admin_profile: str, options: AwsOptions) -> Provisioning:
    own = AwsOptions("", options.region or entry.region, options.endpoint_url)
    who, iam = open_administrator(admin_profile, own)
    there = (entry.desired.account, entry.desired.partition)
    if (who.account, who.partition) != there:
        raise SettingsError(
            f"the plan is for the account {there[0]} ({there[1]}); {who.arn} is of another",
            hint="Use credentials of that account (`--admin-profile`).",
        )
    current, planned = look(iam, entry.desired, entry.consents)
    if state_fingerprint(current) != entry.state or not same_plan(entry, planned):
        raise AccountChanged(
            "the account changed since the plan was made; nothing was changed",
            hint="Plan again (`zappa-iam plan STAGE --out FILE`), and review what comes out.",
        )
    return Provisioning(
        plan=planned,
        desired=entry.desired,
        current=current,
        consents=entry.consents,
        administrator=who.arn,
        account=who.account,
        user=entry.desired.user,
        profile=entry.profile,
        stages=entry.stages,
        admin_profile=admin_profile,
        rights=administrator_rights(iam, who, planned, own.region),
        findings=escalations(entry.desired),
        iam=iam,
        options=AwsOptions(entry.profile, own.region, own.endpoint_url),
    )
