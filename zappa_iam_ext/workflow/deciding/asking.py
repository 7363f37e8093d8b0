"""Questions about what a stage needs: whose policies answer them, and the requests as AWS will see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from zappa_iam_ext.check import Facts
from zappa_iam_ext.check.judging import request_of
from zappa_iam_ext.iam import AuthorizationRequest, PolicySet, Principal
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.deciding.known_role import needed_as_it_is
from zappa_iam_ext.workflow.deciding.principals import Principals
from zappa_iam_ext.workflow.deciding.sources import user_of_files
from zappa_iam_ext.workflow.deciding.subjects import facts_behind
from zappa_iam_ext.workflow.guarding import require_account


@dataclass(frozen=True, slots=True)
class Answering:
    """Whose policies answer, what of them could not be read, what the credentials decide, and what the stage needs."""

    policies: PolicySet
    principal: str | Principal
    needed: tuple[Requirement, ...]
    region: str
    unreadable: tuple[str, ...] = ()
    facts: Facts | None = None

    def requests(self, action: str) -> tuple[AuthorizationRequest, ...]:
        """Return what the stage asks of an action, or of a pattern of actions: each resource, each context once."""
        found: list[AuthorizationRequest] = []
        for item in self.needed:
            if fnmatchcase(item.action.lower(), action.lower()):
                request = request_of(item, self.principal, self.region, self.facts or {})
                if request not in found:
                    found.append(request)
        return tuple(found)


def answering(stage: Stage, commands: Sequence[Command], options: AwsOptions) -> Answering:
    """Return the policies of the principal that a stage is deployed as, and what the stage needs in its account.

    Raises `WrongAccount` when the stage expects another one.
    """
    own, read = Principals(options, (stage,)).deploying(stage)
    require_account(own, read.identity.account)
    located = own.with_account(read.identity.account, read.identity.partition)
    return Answering(
        read.held.policies,
        read.held.principal,
        needed_as_it_is(located, commands, read),
        options.region or own.region,
        read.held.unreadable,
        facts_behind(read, options.choice(own.profile_name)),
    )


def answering_offline(stage: Stage, commands: Sequence[Command], files: Sequence[Path]) -> Answering:
    """Return policy documents in files, as a user's only policies, and what the stage needs."""
    user = user_of_files(stage, files)
    return Answering(user.policies, user.principal, requirements(user.stage, commands), stage.region)
