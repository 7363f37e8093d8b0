"""Performs a plan, one change at a time, so that a failure half-way can be resumed by planning again."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from zappa_iam_ext.aws.asking.retrying import BUSY, NOT_YET_ACCEPTED, NOT_YET_VISIBLE, retry
from zappa_iam_ext.aws.errors import code_of, scrub, translate, translated
from zappa_iam_ext.aws.identity import CallerIdentity, identity_from
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.provisioning.already import already_so, name_taken
from zappa_iam_ext.aws.provisioning.current_state import current_state
from zappa_iam_ext.aws.provisioning.making_keys import create_access_key, delete_keys
from zappa_iam_ext.aws.provisioning.unmoved import make_default, unmoved
from zappa_iam_ext.aws.secret import AccessKey
from zappa_iam_ext.ci import ci_service
from zappa_iam_ext.errors import (
    AccountChanged,
    CredentialsFileError,
    CredentialsProblem,
    LosesPermissions,
    NotOwned,
    PolicyDrift,
    ProvisioningError,
    UnsafePlan,
    ZappaIamError,
)
from zappa_iam_ext.plan import Change, ConcernKind, CreateAccessKey, Plan, WriteProfile
from zappa_iam_ext.plan.changes import DeleteRoleProfile, SetDefaultPolicyVersion, WriteRoleProfile

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_sts import STSClient

__all__ = ["Provisioner", "apply_plan", "current_state", "patient", "wait_until_accepted"]


@dataclass(frozen=True, slots=True)
class _HeldKey:
    """An access key that exists in IAM and is not stored yet."""

    user: str
    key: AccessKey


@dataclass(slots=True)
class Provisioner:
    """Applies plans with the IAM client and into the credentials file it was given.

    ``on_step`` is told each change before it is made, ``sleep`` waits (seconds) for IAM to catch up.
    """

    iam: IAMClient
    credentials: ProfileFiles | None = None
    on_step: Callable[[Change], None] = lambda _change: None
    sleep: Callable[[float], None] = time.sleep
    _held: _HeldKey | None = field(default=None, init=False, repr=False)

    def apply(self, plan: Plan) -> tuple[Change, ...]:
        """Perform every change of ``plan`` in order and return them.

        Raises `UnsafePlan` before the first call when the plan is unsafe, `CredentialsFileError` when the
        profile could not be written, and `ProvisioningError` when a change fails: it says what is done
        already; planning again continues there. An access key whose secret could not be stored is
        deleted again.
        """
        _refuse_unsafe(plan)
        self._check_profiles(plan)
        done: list[Change] = []
        for change in plan.changes:
            try:
                self.on_step(change)
                self._perform(change)
            except AccountChanged:
                self._delete_unstored_key()
                raise
            except (BotoCoreError, ClientError, ZappaIamError, OSError) as error:
                raise self._stopped(change, error, done) from None
            except BaseException:  # Ctrl-C between creating a key and storing it must not orphan the key
                self._delete_unstored_key()
                raise
            done.append(change)
        return tuple(done)

    def _check_profiles(self, plan: Plan) -> None:
        for change in plan.changes:
            if isinstance(change, WriteProfile | CreateAccessKey) and self.credentials is None:
                raise ZappaIamError(
                    "an access key is wanted, but there is no credentials file to write it to"
                )
            if isinstance(change, WriteRoleProfile | DeleteRoleProfile) and self.credentials:
                self.credentials.config.check_writable()
            if isinstance(change, WriteProfile) and self.credentials:
                with self._given_meanwhile(change):
                    self.credentials.check_writable(change.profile, change.region, overwrite=change.overwrite)
            if isinstance(change, CreateAccessKey):
                refuse_keys_in_ci(os.environ)

    def _perform(self, change: Change) -> None:
        special: Mapping[type[Change], Callable[[Any], None]] = {
            CreateAccessKey: self._create_key,
            WriteProfile: self._write_profile,
            SetDefaultPolicyVersion: self._make_default,
            WriteRoleProfile: self._write_role_profile,
            DeleteRoleProfile: self._delete_role_profile,
        }
        special.get(type(change), self._call)(change)

    def _call(self, change: Change) -> None:
        """Make the API call of a change; what turns out to be so already is as good as made."""

        def make() -> Any:
            try:
                return self._answer(change)
            except ClientError as error:
                if already_so(self.iam, change, code_of(error)):
                    return None
                if code_of(error) == "EntityAlreadyExists":
                    raise name_taken(change) from None
                raise

        with unmoved(self.iam, change) as written:
            written.answer = retry(make, NOT_YET_VISIBLE | BUSY, self.sleep)

    def _make_default(self, change: SetDefaultPolicyVersion) -> None:
        with unmoved(self.iam, change):
            retry(lambda: make_default(self.iam, change.arn, change.version), BUSY, self.sleep)

    def _answer(self, change: Change) -> Any:
        call = change.call()
        if call is None:
            raise AssertionError(change)
        return getattr(self._client(call.service), xform_name(call.operation))(**call.parameters)

    def _client(self, service: str) -> Any:
        return {"iam": self.iam}[service]

    def _create_key(self, change: CreateAccessKey) -> None:
        self._held = _HeldKey(change.user, create_access_key(self.iam, change.user, self.sleep))

    def _write_profile(self, change: WriteProfile) -> None:
        if self._held is None or self.credentials is None:
            raise ZappaIamError(f"there is no new access key to write into the profile {change.profile}")
        with self._given_meanwhile(change):
            self.credentials.write_key(change.profile, self._held.key, overwrite=change.overwrite)
        self._held = None
        if change.region:
            try:
                self.credentials.write_region(change.profile, change.region)
            except CredentialsFileError as error:
                raise CredentialsFileError(
                    f"the key is stored, but not its region: {error}",
                    hint=f"{error.hint} The region is in the Zappa settings too.",
                ) from None

    @contextlib.contextmanager
    def _given_meanwhile(self, change: WriteProfile) -> Iterator[None]:
        """Tell a profile that another run has given a key since the plan was made from a file that cannot be written."""
        try:
            yield
        except CredentialsFileError:
            files = self.credentials
            if change.overwrite or files is None or files.access_key_id(change.profile) is None:
                raise
            raise AccountChanged(
                f"the profile {change.profile} was given a key meanwhile; no other one is left",
                hint="Plan again: the key that is there may do.",
            ) from None

    def _write_role_profile(self, change: WriteRoleProfile) -> None:
        if self.credentials is None:
            raise ZappaIamError(f"there is no config file to write the profile {change.profile} into")
        self.credentials.write_role(
            change.profile,
            change.role_arn,
            source_profile=change.source_profile,
            region=change.region,
            overwrite=change.overwrite,
        )

    def _delete_role_profile(self, change: DeleteRoleProfile) -> None:
        if self.credentials is not None:
            self.credentials.delete_role(change.profile, change.role_arn)

    def _delete_unstored_key(self) -> None:
        held, self._held = self._held, None
        if held:
            delete_keys(self.iam, held.user, (held.key.access_key_id,), self.sleep)

    def _stopped(self, change: Change, error: Exception, done: list[Change]) -> ProvisioningError:
        left = ""
        try:
            self._delete_unstored_key()
        except ProvisioningError as orphan:
            left = f"; {orphan} ({orphan.hint})"
        ours = error if isinstance(error, ZappaIamError) else _ours(error, change)
        told = f"done before: {len(done)} of the changes" if done else "nothing was changed"
        hint = f"{ours.hint} Then apply again: it continues where it stopped.".strip()
        return ProvisioningError(
            f"could not {change}: {ours} ({told}){left}", done=tuple(str(c) for c in done), hint=hint
        )


def patient(seconds: float) -> None:
    """Wait about so long: runs that began together do not go on together."""
    time.sleep(seconds * random.uniform(0.75, 1.25))  # noqa: S311  -- no secret


def apply_plan(
    iam: IAMClient,
    plan: Plan,
    *,
    credentials: ProfileFiles | None = None,
    progress: Callable[[str], None] = lambda _text: None,
    sleep: Callable[[float], None] = patient,
) -> tuple[Change, ...]:
    """Perform ``plan`` and return its changes; ``progress`` is told each in words before it is made.

    Without ``credentials`` the key goes where botocore would look for it. Raises as `Provisioner.apply`.
    """
    files = credentials or ProfileFiles.from_environment(os.environ)
    return Provisioner(iam, files, on_step=lambda change: progress(str(change)), sleep=sleep).apply(plan)


def wait_until_accepted(sts: STSClient, sleep: Callable[[float], None] = time.sleep) -> CallerIdentity:
    """Return who the new key is, waiting until AWS accepts it; ``sts`` is a client with that key.

    Raises `CredentialsProblem` when it is still not accepted after about 24 seconds.
    """
    with translated("sts:GetCallerIdentity"):
        answer = retry(sts.get_caller_identity, NOT_YET_ACCEPTED, sleep)
    return identity_from(answer["Arn"], answer["Account"], answer["UserId"])


def refuse_keys_in_ci(environ: Mapping[str, str]) -> None:
    """Raise `CredentialsProblem` where a CI service runs this process: no access key is made there."""
    if service := ci_service(environ):
        raise CredentialsProblem(
            f"no access key is made in CI (this is {service}): it would be a long-lived secret on a machine of others",
            hint="Leave out `--create-keys`, and let the job assume a role by OpenID Connect.",
        )


_UNSAFE = {
    ConcernKind.NOT_OWNED: NotOwned,
    ConcernKind.DRIFT: PolicyDrift,
    ConcernKind.CONSENT: UnsafePlan,
}


def _refuse_unsafe(plan: Plan) -> None:
    if plan.concerns:
        raise _UNSAFE[plan.concerns[0].kind](
            "; ".join(f"{concern.subject}: {concern.reason}" for concern in plan.concerns),
            hint=plan.concerns[0].hint,
        )
    if plan.takes_away:
        told = ", ".join(dict.fromkeys(privilege.action for privilege in plan.narrowed))
        raise LosesPermissions(
            f"{len(plan.narrowed)} permissions would be taken away ({told[:200]}); nothing was changed",
            hint="Look at them (`zappa-iam plan -v`); `--prune` says that they may be taken away.",
        )


def _ours(error: Exception, change: Change) -> ZappaIamError:
    if isinstance(error, BotoCoreError | ClientError):
        if code_of(error) in NOT_YET_VISIBLE:
            return ZappaIamError(
                "what it needs is made, and not visible yet",
                hint="IAM may need a minute to show it everywhere.",
            )
        call = change.call()
        return translate(error, f"{call.service}:{call.operation}" if call else "")
    return ZappaIamError(scrub(str(error)))
