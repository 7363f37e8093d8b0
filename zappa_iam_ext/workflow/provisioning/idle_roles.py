"""Whether the execution roles of stages may go: who else needs them, and where a function may still run as them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.aws.asking.together import asking_config
from zappa_iam_ext.aws.provisioning.removal.functions import FunctionsAsked, ask_functions, enabled_regions
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import CurrentState
from zappa_iam_ext.plan.entities import Elsewhere
from zappa_iam_ext.plan.ownership import StageKey, read_ownership
from zappa_iam_ext.plan.role_states import CurrentRole
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.settings.regions import partitions


@dataclass(frozen=True, slots=True)
class AskedRegions:
    """What the regions said of functions; ``all_enabled`` says that just those were asked that the account has enabled."""

    answer: FunctionsAsked = field(default_factory=FunctionsAsked)
    all_enabled: bool = True

    @property
    def notes(self) -> Iterator[str]:
        """Yield what has to be known of how sure it is."""
        if not self.all_enabled and self.answer.asked:
            yield (
                f"which regions are enabled may not be asked (ec2:DescribeRegions): {len(self.answer.asked)} of those that"
                " botocore knows said which functions they have"
            )


def asked_regions(
    options: AwsOptions,
    admin_profile: str,
    *,
    partition: str,
    current: CurrentState,
    stages: Sequence[Stage],
    own: Collection[StageKey],
) -> AskedRegions:
    """Ask the regions that the account has enabled which functions run as the execution roles that may go.

    Where nobody may say which are enabled, all are asked that botocore knows of the partition. Those of the stages and of
    a role's last use are asked in any case.
    """
    roles = [role for _, role in _ours(current, own)]
    if not roles:
        return AskedRegions()
    session = open_session(admin_profile or None, options.region)
    config = asking_config()
    enabled = enabled_regions(open_client(session, "ec2", options, config=config))
    known = enabled or partitions().get(partition, ())
    used = {role.last_used[1] for role in roles if role.last_used and role.last_used[1]}
    regions = sorted({*known, *used, *(stage.region for stage in stages)})

    def open_lambda(region: str) -> Any:
        return session.client(
            "lambda", region_name=region, endpoint_url=options.endpoint_url or None, config=config
        )

    answer = ask_functions(open_lambda, regions, [role.name for role in roles], all_enabled=bool(enabled))
    return AskedRegions(answer, bool(enabled))


def kept_roles(
    current: CurrentState,
    own: Collection[StageKey],
    others: Sequence[Elsewhere],
    asked: AskedRegions,
    *,
    assume_unused: bool = False,
) -> Mapping[str, str]:
    """Return the execution roles of the stages, each with why it has to stay; empty where nothing is against it."""
    return {
        name: _why(role, others, asked.answer, assume_unused=assume_unused)
        for name, role in _ours(current, own)
    }


def _ours(current: CurrentState, own: Collection[StageKey]) -> Iterator[tuple[str, CurrentRole]]:
    for name, role in (current.roles.execution if current.roles else {}).items():
        told = read_ownership(role.tags)
        if told.ours and told.stages is not None and told.stages & frozenset(own):
            yield name, role


def _why(
    role: CurrentRole, others: Sequence[Elsewhere], answer: FunctionsAsked, *, assume_unused: bool
) -> str:
    named = read_ownership(role.tags).stages or frozenset()
    deploying = [str(each.entity) for each in others if named & frozenset(each.stages)]
    if deploying:
        return f"{', '.join(deploying)} {'deploy' if deploying[1:] else 'deploys'} functions that run as it"
    if running := answer.running(role.name):
        return running
    unsure = answer.not_asked()
    if not unsure or assume_unused:
        return ""
    used = f"last used {role.last_used[0]} in {role.last_used[1]}" if role.last_used else "no use is known"
    return f"{unsure}; {used}; `--assume-unused` lets it go"
