"""What the account of a scenario already holds, made by its root."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping

from zappa_iam_ext.rehearsal.local_aws import LocalAws

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def package() -> bytes:
    """Return the smallest package that Lambda takes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("handler.py", "def lambda_handler(event, context):\n    return {}\n")
    return content.getvalue()


def role(aws: LocalAws) -> None:
    aws.client("iam").create_role(
        RoleName="hello-dev-ZappaLambdaExecutionRole", AssumeRolePolicyDocument=TRUST
    )


def role_of_another_time(aws: LocalAws) -> None:
    role(aws)
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    aws.client("iam").put_role_policy(
        RoleName="hello-dev-ZappaLambdaExecutionRole",
        PolicyName="zappa-permissions",
        PolicyDocument=json.dumps(document),
    )


def api_without_stack(aws: LocalAws) -> None:
    aws.client("apigateway").create_rest_api(name="hello-dev")


def api_key(aws: LocalAws) -> dict[str, str]:
    return {"api_key": aws.client("apigateway").create_api_key(name="ours", enabled=True)["id"]}


def function(aws: LocalAws) -> None:
    role(aws)
    aws.client("lambda").create_function(
        FunctionName="hello-dev",
        Runtime="python3.12",
        Handler="handler.lambda_handler",
        Role=f"arn:aws:iam::{aws.account}:role/hello-dev-ZappaLambdaExecutionRole",
        Code={"ZipFile": package()},
    )


def function_with_url(aws: LocalAws) -> None:
    function(aws)
    aws.client("lambda").create_function_url_config(FunctionName="hello-dev", AuthType="NONE")


def hosted_zone(aws: LocalAws) -> None:
    aws.client("route53").create_hosted_zone(Name="example.com", CallerReference=aws.account)


def network(aws: LocalAws) -> dict[str, str]:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="hello", Description="hello", VpcId=vpc)["GroupId"]
    first, second = (subnet["Subnet"]["SubnetId"] for subnet in subnets)
    return {"subnet_a": first, "subnet_b": second, "group": group}


def user_pool(aws: LocalAws) -> dict[str, str]:
    pool = aws.client("cognito-idp").create_user_pool(PoolName="hello")
    return {"user_pool": pool["UserPool"]["Id"]}


def package_on_s3(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    bucket = f"hello-releases-{aws.account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="package.zip", Body=package())


STEPS: Mapping[str, Callable[[LocalAws], dict[str, str] | None]] = {
    step.__name__: step
    for step in (
        api_key,
        api_without_stack,
        function,
        function_with_url,
        hosted_zone,
        network,
        package_on_s3,
        role,
        role_of_another_time,
        user_pool,
    )
}
