"""Looks up the names that AWS chose, as Zappa does: the stage's API among the resources of its stack, the stack's id.

Each reads only, and is asked only where a verdict hangs on it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.permissions.stage import Stage

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

#: The logical ids of the APIs in the stage's stack, by what stands before their ids in ARNs (``core.py``, ``get_api_id``).
_APIS = {"/restapis/": "Api", "/apis/": "ApiV2"}


def lookups(
    stage: Stage, markers: Collection[str], open_client: Callable[[str], Any]
) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield for each kind of name the call that returns it; ``markers`` say which are wanted.

    A call returns nothing where the answer has no name, and raises botocore's errors: it may be denied, or there is none.
    """
    stack_marker = f":stack/{stage.stack_name}/"
    for marker in markers:
        if marker in _APIS:
            yield marker, partial(_physical_id, stage.stack_name, _APIS[marker], open_client)
        elif marker == stack_marker:
            yield marker, partial(_stack_id, stage.stack_name, open_client)


def _physical_id(stack: str, logical: str, open_client: Callable[[str], Any]) -> str:
    cloudformation: CloudFormationClient = open_client("cloudformation")
    found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical)
    return str(found["StackResourceDetail"].get("PhysicalResourceId") or "")


def _stack_id(stack: str, open_client: Callable[[str], Any]) -> str:
    """Return the last part of the stack's id, a UUID."""
    cloudformation: CloudFormationClient = open_client("cloudformation")
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return str(found["StackId"]).rpartition("/")[2]
