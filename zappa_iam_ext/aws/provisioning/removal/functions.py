"""Whether functions run as a role, in all regions that can be asked: a role has no region, functions have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from zappa_iam_ext.aws.asking.deadline import Deadline
from zappa_iam_ext.aws.asking.together import together
from zappa_iam_ext.aws.errors import DENIED, code_of

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

NOT_ENABLED = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired"})
"""What a region answers that the account has not enabled: it does not know the credentials, which work elsewhere
(IAM User Guide, "Managing AWS STS in an AWS Region": credentials are not valid in a Region that is not enabled)."""
SHOWN = 4
"""So many regions are told by name."""


@dataclass(frozen=True, slots=True)
class FunctionsAsked:
    """What the regions said: the functions by the role's name, where it was asked, and where not with the reason."""

    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)

    def running(self, role: str) -> str:
        """Return which functions run as the role of this name; empty where none was seen."""
        found = self.functions.get(role, ())
        told = ", ".join(found[:SHOWN]) + (", ..." if found[SHOWN:] else "")
        return f"{told} {'run' if found[1:] else 'runs'} as it (`zappa undeploy` first)" if found else ""

    def not_asked(self) -> str:
        """Return where nobody could say which functions there are, and where it was asked; empty where all was asked."""
        if not self.failed:
            return ""
        reasons = ", ".join(sorted(set(self.failed.values())))
        asked = f"only in {_regions(self.asked)}" if self.asked else "nor anywhere else"
        return (
            f"whether a function runs as it could not be asked in {_regions(self.failed)} ({reasons}),"
            f" {asked}"
        )


def enabled_regions(ec2: Any) -> tuple[str, ...]:
    """Return the regions that are enabled for the account; none where that may not be asked."""
    try:
        return tuple(sorted(each["RegionName"] for each in ec2.describe_regions()["Regions"]))
    except (ClientError, BotoCoreError):
        return ()


def ask_functions(
    open_lambda: Callable[[str], LambdaClient],
    regions: Sequence[str],
    roles: Iterable[str],
    *,
    all_enabled: bool,
    deadline: Deadline | None = None,
) -> FunctionsAsked:
    """Return which functions of the regions run as the roles of these names. Nothing is raised: what is not known may.

    Unless ``all_enabled``, a region that does not know the credentials counts as one that is not enabled, as long as
    another knows them.
    """
    calls = [partial(_running, open_lambda(region), region, frozenset(roles)) for region in regions]
    answers = dict(zip(regions, together(calls, deadline or Deadline()), strict=True))
    functions: dict[str, tuple[str, ...]] = {}
    failed: dict[str, str] = {}
    closed = []
    for region, answer in answers.items():
        if not isinstance(answer, Exception):
            for role, name in answer:
                functions[role] = (*functions.get(role, ()), name)
        elif not all_enabled and isinstance(answer, ClientError) and code_of(answer) in NOT_ENABLED:
            closed.append(region)
        else:
            failed[region] = _reason(answer)
    asked = tuple(region for region in regions if region not in failed and region not in closed)
    if closed and not asked:
        failed |= dict.fromkeys(closed, "the credentials are not valid there")
    return FunctionsAsked(functions, asked, failed)


def _running(lambda_: LambdaClient, region: str, roles: frozenset[str]) -> list[tuple[str, str]]:
    """Return the role's name and the function, for each that runs as one of the roles."""
    return list(_functions(lambda_, region, roles))


def _functions(lambda_: LambdaClient, region: str, roles: frozenset[str]) -> Iterator[tuple[str, str]]:
    for page in lambda_.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function.get("Role", "").rpartition("/")[2]
            if name in roles:
                yield name, f"the function {function['FunctionName']} in {region}"


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError) and code_of(error) in DENIED:
        return "lambda:ListFunctions"
    return code_of(error) if isinstance(error, ClientError) else "no answer"


def _regions(names: Iterable[str]) -> str:
    told = sorted(names)
    more = len(told) - SHOWN
    return ", ".join(told[:SHOWN]) + (f" and {more} more regions" if more > 0 else "")
