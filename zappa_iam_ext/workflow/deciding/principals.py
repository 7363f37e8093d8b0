"""Who is behind a profile or a session and what binds them, each read once however many stages share them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from zappa_iam_ext.aws.asking.deadline import Deadline
from zappa_iam_ext.aws.asking.together import asking_config
from zappa_iam_ext.aws.identity import CallerIdentity, caller
from zappa_iam_ext.aws.principal_policies import PrincipalPolicies, principal_policies
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.settings.regions import partition_of
from zappa_iam_ext.workflow.deciding.deployment_policy import further_names


@dataclass(frozen=True, slots=True)
class ReadPrincipal:
    """Who it is, what binds them, and what further questions may need.

    These are the client that read it, the deadline, what opens a client of another service, which evidence is wanted, and
    the session that was opened.
    """

    identity: CallerIdentity
    held: PrincipalPolicies
    iam: Any
    deadline: Deadline
    open: Callable[[str], Any]
    evidence: str = ""
    session: Any = None


class Principals:
    """Reads principals within one limit of time, and remembers them by the profile they are behind.

    ``stages`` say which deployment policies are looked for on the way. The ``roles`` by these names are read too, with all
    their policies where it says so.
    """

    def __init__(
        self,
        options: AwsOptions,
        stages: Iterable[Stage] = (),
        *,
        roles: Mapping[str, bool] | None = None,
    ) -> None:
        self._options = options
        self._deadline: Deadline | None = None
        wanted = tuple(stages)
        self._named = tuple(dict.fromkeys(iam_ext_settings(stage).policy for stage in wanted))
        self._stages = wanted
        self._roles = roles or {}
        self._known: dict[tuple[str, str], ReadPrincipal] = {}

    def behind(self, profile: str, region: str) -> ReadPrincipal:
        """Return who is behind a profile, else behind the environment's credentials.

        Raises as `of_session`, and `CredentialsProblem` where there is no such profile.
        """
        key = profile, _partition(region)
        if key not in self._known:
            self._known[key] = self.of_session(
                open_session(profile, region, self._options.choice(profile).named_by)
            )
        return self._known[key]

    def deploying(self, stage: Stage) -> tuple[Stage, ReadPrincipal]:
        """Return who deploys a stage, and the stage with the profile of the options where one is given. Raises as `behind`."""
        own = replace(stage, profile_name=self._options.profile) if self._options.profile else stage
        return own, self.behind(own.profile_name or "", self._options.region or own.region)

    def of_session(self, session: Any) -> ReadPrincipal:
        """Return who is behind a session.

        The time runs from when the credentials are there: to type an MFA code takes as long as it takes. Raises
        `CredentialsProblem`, `AwsUnavailable` or `UnknownPrincipal` where nobody can tell who it is.
        """
        config = asking_config(self._options.timeout)
        sts = open_client(session, "sts", self._options, config=config)
        iam = open_client(session, "iam", self._options, config=config)
        self._deadline = self._deadline or Deadline(self._options.timeout)
        identity = caller(sts, self._deadline)
        held = principal_policies(
            iam,
            identity.principal,
            self._deadline,
            named=self._named,
            further=[name for stage in self._stages for name in further_names(stage, identity.principal)],
            roles=self._roles,
        )
        return ReadPrincipal(
            identity,
            held,
            iam,
            self._deadline,
            open=partial(self._open, session, config),
            evidence=self._options.evidence,
            session=session,
        )

    def _open(self, session: Any, config: Any, service: str) -> Any:
        return open_client(session, service, self._options, config=config)


def role_name(stage: Stage) -> str:
    """Return the name of the execution role that the function will run as.

    Where Zappa manages roles, it is the one by the name, whatever ``role_arn`` says (``core.py``, ``create_iam_roles``).
    """
    if stage.role.managed or not stage.role.arn:
        return stage.role.name
    return stage.role.arn.rpartition("/")[2]


def _partition(region: str) -> str:
    """Return the partition of a region: credentials are those of one. A region that nobody knows stands for itself."""
    try:
        return partition_of(region)
    except SettingsError:
        return region
