"""Two processes applying at once converge: nobody's permissions are lost, no key is orphaned.

In ``make test`` one round each; ``make races`` makes 50 (``ZAPPA_IAM_EXT_RACES=all``).
"""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from tests.support.documents import allow
from tests.support.newcomer import SETTINGS, iam

pytestmark = [pytest.mark.aws, pytest.mark.longer]
POLICY = "ZappaLambdaDeploymentPolicy"
ROUNDS = 50 if os.environ.get("ZAPPA_IAM_EXT_RACES") == "all" else 1
APPLY = ("--admin-profile", "admin", "--create-keys", "--yes", "--quiet")


def started(*arguments):
    """Run a command in a process of its own, beginning at once."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            done = iam(*arguments)
            code = int(done.exit_code)
            if code:
                os.write(2, (done.stdout + done.stderr).encode())
        finally:
            os._exit(code)
    return child


def ended(child):
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "it hangs"


def _nothing(_):
    return None


def _a_user(newcomer):
    newcomer.aws.client("iam").create_user(UserName="serverless")


def _everybodys(newcomer):
    client = newcomer.aws.client("iam")
    client.create_user(UserName="serverless")
    tags = [{"Key": "CreatedBy", "Value": "zappa-iam-ext"}]
    made = client.create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("dynamodb:*")), Tags=tags)
    client.attach_user_policy(UserName="serverless", PolicyArn=made["Policy"]["Arn"])


@pytest.mark.parametrize(
    ("stages", "prepare"),
    [
        pytest.param(("dev", "dev"), _nothing, id="the same stage twice, from nothing"),
        pytest.param(("dev", "prod"), _a_user, id="two stages, the first policy is made by one of them"),
        pytest.param(("dev", "prod"), _everybodys, id="two stages that write the same policy"),
    ],
)
def test_two_at_once_converge(newcomer, stages, prepare):
    stage = {**SETTINGS, "s3_bucket": "packages-of-dev"}
    both = {"dev": stage, "prod": {**stage, "s3_bucket": "packages-of-prod", "apigateway_enabled": False}}
    (newcomer.folder / "zappa_settings.json").write_text(json.dumps(both))
    for number in range(ROUNDS):
        newcomer.aws = newcomer.aws.another_account()
        newcomer.credentials.unlink(missing_ok=True)
        newcomer.administrator()
        prepare(newcomer)
        children = [started("apply", each, *APPLY) for each in stages]
        assert [ended(child) for child in children] == [0, 0], f"round {number}"
        for each in set(stages):
            checked = iam("check", each)
            assert checked.exit_code == 0, (number, each, checked.stdout)
        client = newcomer.aws.client("iam")
        keys = [
            key["AccessKeyId"] for key in client.list_access_keys(UserName="serverless")["AccessKeyMetadata"]
        ]
        assert len(keys) == 1, f"round {number}: {keys}"
        assert keys[0] in newcomer.credentials.read_text()
