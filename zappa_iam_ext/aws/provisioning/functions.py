"""Whether a stage's function is still there: what it runs as must stay then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from zappa_iam_ext.aws.errors import code_of

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


def still_runs(lambda_: LambdaClient, name: str) -> str:
    """Return why a function of this name may run; empty when there is none. Nothing is raised: what is not known may."""
    try:
        lambda_.get_function(FunctionName=name)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return ""
        return f"whether the function {name} runs as it may not be asked (lambda:GetFunction)"
    except BotoCoreError:
        return f"whether the function {name} runs as it could not be asked"
    return f"the function {name} runs as it (`zappa undeploy` first)"


def runs_as(lambda_: LambdaClient, role: str) -> str:
    """Return which function of the region runs as the role of this name; empty when none does. Nothing is raised."""
    try:
        for page in lambda_.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                if function.get("Role", "").rpartition("/")[2] == role:
                    return f"the function {function['FunctionName']} runs as it (`zappa undeploy` first)"
    except ClientError:
        return "whether other functions run as it may not be asked (lambda:ListFunctions)"
    except BotoCoreError:
        return "whether other functions run as it could not be asked"
    return ""
