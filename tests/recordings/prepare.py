"""What the account of a scenario already holds, made by its root."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping

from zappa_iam_ext.rehearsal.local_aws.server import LocalAws

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


ROLE = "hello-dev-ZappaLambdaExecutionRole"
ELSE = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
)


def role(aws: LocalAws) -> None:
    aws.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=TRUST)


def role_of_another_time(aws: LocalAws) -> None:
    role(aws)
    _write_policy(aws)


def role_changed(aws: LocalAws) -> None:
    aws.client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=TRUST)
    _write_policy(aws)


def _write_policy(aws: LocalAws) -> None:
    aws.client("iam").put_role_policy(RoleName=ROLE, PolicyName="zappa-permissions", PolicyDocument=ELSE)


def role_lost(aws: LocalAws) -> None:
    iam = aws.client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="zappa-permissions")
    iam.delete_role(RoleName=ROLE)


def role_in_a_folder(aws: LocalAws) -> None:
    """Make the role that Zappa manages under another path than Zappa would."""
    aws.client("iam").create_role(RoleName="hello-own-role", Path="/team/", AssumeRolePolicyDocument=TRUST)


def function_lost(aws: LocalAws) -> None:
    """Delete every function and leave what calls it."""
    client = aws.client("lambda")
    for function in client.list_functions()["Functions"]:
        client.delete_function(FunctionName=function["FunctionName"])


def bucket_lost(aws: LocalAws) -> None:
    """Delete every bucket and what is in it."""
    s3 = aws.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for item in s3.list_objects_v2(Bucket=name).get("Contents", ()):
            s3.delete_object(Bucket=name, Key=item["Key"])
        s3.delete_bucket(Bucket=name)


def rule_left_behind(aws: LocalAws) -> None:
    """Make a schedule that a former deployment of the function left."""
    events, name = aws.client("events"), "hello-dev-app.hourly"
    events.put_rule(Name=name, ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": _function_arn(aws)}])


def subscription_left_behind(aws: LocalAws) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=_function_arn(aws))


def _function_arn(aws: LocalAws) -> str:
    return f"arn:aws:lambda:us-east-1:{aws.account}:function:hello-dev"


def api_without_stack(aws: LocalAws) -> None:
    aws.client("apigateway").create_rest_api(name="hello-dev")


def api_key(aws: LocalAws) -> dict[str, str]:
    return {"api_key": aws.client("apigateway").create_api_key(name="ours", enabled=True)["id"]}


def hosted_zone(aws: LocalAws) -> None:
    aws.client("route53").create_hosted_zone(Name="example.com", CallerReference=aws.account)


def logs(aws: LocalAws) -> None:
    """Make the log group that AWS makes when a function runs for the first time."""
    client, group = aws.client("logs"), "/aws/lambda/hello-dev"
    client.create_log_group(logGroupName=group)
    client.create_log_stream(logGroupName=group, logStreamName="first")
    client.put_log_events(
        logGroupName=group,
        logStreamName="first",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": "START"}],
    )


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
    pool = aws.client("cognito-idp").create_user_pool(
        PoolName="hello",
        SmsVerificationMessage="Your code is {####}",
        SmsAuthenticationMessage="Your code is {####}",
        EmailVerificationMessage="Your code is {####}",
        EmailVerificationSubject="Your code",
    )
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
        bucket_lost,
        function_lost,
        hosted_zone,
        logs,
        network,
        package_on_s3,
        role,
        role_changed,
        role_in_a_folder,
        role_lost,
        role_of_another_time,
        rule_left_behind,
        subscription_left_behind,
        user_pool,
    )
}
