"""Harmless calls that Zappa makes too, made to see what AWS says: is it allowed, and what is there?

Each reads only. What AWS refuses it explains in its message: the kind of policy, and since January 2026 its ARN. Nothing here
raises; what could not be learnt says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.errors import DENIED, THROTTLED, code_of, scrub
from zappa_iam_ext.check.joining import Says
from zappa_iam_ext.check.probed import Presence, Probed, of_denial
from zappa_iam_ext.permissions.denials.parse import parse_denial
from zappa_iam_ext.permissions.stage import Stage

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client

#: States in which CloudFormation takes no update of a stack (CloudFormation User Guide, "Understand stack status codes").
_STUCK = {
    "ROLLBACK_COMPLETE": "it can only be deleted",
    "ROLLBACK_FAILED": "it can only be deleted",
    "CREATE_FAILED": "it can only be deleted",
    "DELETE_FAILED": "it can only be deleted",
    "UPDATE_ROLLBACK_FAILED": "its rollback must be continued first",
}
_NO_STACK = "does not exist"


@dataclass(frozen=True, slots=True)
class Probes:
    """The harmless calls for one stage, through the clients that are given."""

    stage: Stage
    open: Callable[[str], Any]

    def calls(self) -> Iterator[tuple[Probed, Callable[[], Probed]]]:
        """Yield what each call is about, and the call; it raises what may go away, such as throttling."""
        stage = self.stage
        if stage.bucket:
            bucket = Probed(
                "s3.HeadBucket", "s3:ListBucket", f"arn:{stage.partition}:s3:::{stage.bucket}", Says.NOTHING
            )
            yield bucket, partial(self._bucket, bucket)
        if stage.role.managed and not stage.role.arn:
            role = f"arn:{stage.partition}:iam::{stage.account}:role/{stage.role.name}"
            asked = Probed("iam.GetRole", "iam:GetRole", role, Says.NOTHING)
            yield asked, partial(self._role, asked)
        name = stage.function_name
        arn = f"arn:{stage.partition}:lambda:{stage.region}:{stage.account}:function:{name}"
        function = Probed("lambda.GetFunction", "lambda:GetFunction", arn, Says.NOTHING)
        yield function, partial(self._function, function)
        arn = (
            f"arn:{stage.partition}:cloudformation:{stage.region}:{stage.account}:stack/{stage.stack_name}/*"
        )
        stack = Probed("cloudformation.DescribeStacks", "cloudformation:DescribeStacks", arn, Says.NOTHING)
        yield stack, partial(self._stack, stack)

    def _bucket(self, probed: Probed) -> Probed:
        """Look for the bucket, and whether it is this account's.

        A bucket that is missing is told to everybody (S3 API Reference, HeadBucket), so that allows nothing. A HEAD has no
        message: where it is refused, listing no objects is refused with one.
        """
        s3: S3Client = self.open("s3")
        bucket = str(self.stage.bucket)
        try:
            found = s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=self.stage.account)
        except ClientError as error:
            if _status(error) == _NOT_FOUND:
                return replace(
                    probed, presence=Presence.MISSING, why="S3 tells everybody that there is no such bucket"
                )
            if code_of(error) not in DENIED and _status(error) != _FORBIDDEN:
                raise
            return self._refused_bucket(s3, bucket, probed)
        return replace(
            probed,
            says=Says.ALLOWED,
            presence=Presence.EXISTING,
            warnings=tuple(self._elsewhere(found.get("BucketRegion", ""))),
        )

    def _elsewhere(self, region: str) -> Iterator[str]:
        if region and region != self.stage.region:
            told = f"the bucket {self.stage.bucket} is in {scrub(region)}, and Lambda takes no package from there"
            yield f"{told} to {self.stage.region}: s3_bucket must name one of that region"

    def _refused_bucket(self, s3: S3Client, bucket: str, probed: Probed) -> Probed:
        """Return whether it is another account's bucket, or why this account's may not be seen."""
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError as error:
            if _status(error) not in {_NOT_FOUND, _FORBIDDEN} and code_of(error) not in DENIED:
                raise
        else:
            told = f"the bucket {bucket} is another account's: packages of this stage would lie there"
            return replace(probed, says=Says.ALLOWED, presence=Presence.FOREIGN, warnings=(told,))
        try:
            s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
        except ClientError as error:
            if code_of(error) not in DENIED:
                raise
            return _refused(error, probed)
        return replace(probed, why="S3 refused to tell whose bucket it is")

    def _role(self, probed: Probed) -> Probed:
        """Look for the execution role, and whether Zappa would mend its trust (``core.py``, ``create_iam_roles``)."""
        iam: IAMClient = self.open("iam")
        try:
            role: Mapping[str, Any] = iam.get_role(RoleName=self.stage.role.name)["Role"]
        except ClientError as error:
            return _answered(error, probed, missing="NoSuchEntity")
        trusted = _trusted(role.get("AssumeRolePolicyDocument"))
        wanted = _trusted(self.stage.role.assume_policy)
        told = f"the role {self.stage.role.name} does not trust lambda.amazonaws.com: Lambda cannot assume it"
        distrusted = bool(trusted) and "lambda.amazonaws.com" not in trusted
        return replace(
            probed,
            says=Says.ALLOWED,
            presence=Presence.EXISTING,
            actual=str(role.get("Arn", "")),
            drifted=trusted != wanted if trusted and wanted else None,
            warnings=(told,) if distrusted and not wanted - trusted else (),
        )

    def _function(self, probed: Probed) -> Probed:
        """Look for the function: Zappa deploys one that is missing, and updates one that is there."""
        lambda_: LambdaClient = self.open("lambda")
        try:
            lambda_.get_function(FunctionName=self.stage.function_name)
        except ClientError as error:
            return _answered(error, probed, missing="ResourceNotFoundException")
        return replace(probed, says=Says.ALLOWED, presence=Presence.EXISTING)

    def _stack(self, probed: Probed) -> Probed:
        """Look for the stack, and whether CloudFormation would take an update of it."""
        cloudformation: CloudFormationClient = self.open("cloudformation")
        name = self.stage.stack_name
        try:
            (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if _NO_STACK in str(error.response.get("Error", {}).get("Message", "")):
                return replace(probed, says=Says.ALLOWED, presence=Presence.MISSING)
            return _answered(error, probed, missing="")
        status = scrub(str(found["StackStatus"]))
        stuck = _STUCK.get(status) or ("something is under way" if status.endswith("_IN_PROGRESS") else "")
        told = f"the stack {name} is in {status}: {stuck}; until then Zappa's deploy and update fail"
        return replace(
            probed,
            says=Says.ALLOWED,
            presence=Presence.EXISTING,
            actual=str(found.get("StackId", "")),
            warnings=(told,) if stuck else (),
        )


_NOT_FOUND, _FORBIDDEN = 404, 403


def failed(probed: Probed, error: Exception) -> Probed:
    """Return a call that ended with an error which says nothing about permissions."""
    code = code_of(error)
    told = scrub(code or str(error)[:200] or type(error).__name__)
    busy = "AWS is too busy" if code in THROTTLED else "no answer"
    return replace(probed, says=Says.NOTHING, why=f"{busy} to {probed.call.replace('.', ':')}: {told}")


def _answered(error: ClientError, probed: Probed, missing: str) -> Probed:
    """Return what an error means: there is no such thing, which only whoever may look is told, or it is refused."""
    if missing and code_of(error) == missing:
        return replace(probed, says=Says.ALLOWED, presence=Presence.MISSING)
    if code_of(error) in DENIED:
        return _refused(error, probed)
    raise error


def _refused(error: ClientError, probed: Probed) -> Probed:
    message = str(error.response.get("Error", {}).get("Message", ""))
    return of_denial(parse_denial(message), probed, scrub(message)[:200])


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)


def _trusted(document: Any) -> frozenset[str]:
    """Return the services that the first statement of a trust document names, as Zappa compares them."""
    import json

    try:
        read = json.loads(document) if isinstance(document, str) else document
        services = read["Statement"][0]["Principal"]["Service"]
    except (KeyError, IndexError, TypeError, ValueError):
        return frozenset()
    return frozenset([services] if isinstance(services, str) else map(str, services))
