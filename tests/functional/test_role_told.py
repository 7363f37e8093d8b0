"""``zappa-iam role show`` tells on stderr what the document cannot: what no permission helps, what no setting tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.newcomer import SETTINGS, iam

pytestmark = pytest.mark.usefixtures("clean", "offline")
QUEUE = "arn:aws:sqs:us-east-1:210987654321:first"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param({}, [], id="a plain stage"),
        pytest.param({"aws_region": "cn-north-1", "manage_roles": False, "role_name": "own"}, [], id="a role of one's own"),
        pytest.param({"aws_region": "cn-north-1"}, ["warning: Zappa cannot manage the role"], id="a managed role in China"),
        pytest.param(
            {"aws_region": "us-gov-west-1", "manage_roles": False, "role_name": "own", "async_source": "sns"},
            ["warning: tasks by SNS (@task_sns) fail in the partition aws-us-gov"],
            id="tasks by SNS in GovCloud",
        ),
        pytest.param({"slim_handler": True}, ["no setting tells: a KMS key"], id="a bucket that may be encrypted"),
        pytest.param(
            {"events": [{"function": "app.a", "event_source": {"arn": QUEUE}}]},
            ["no setting tells: a KMS key", f"no setting tells: the policy of {QUEUE}"],
            id="a queue of another account",
        ),
    ],
)  # fmt: skip
def test_what_the_document_cannot_tell(more, told):
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**SETTINGS, "s3_bucket": "packages", **more}}))
    done = iam("role", "show", "dev", "--account", "123456789012")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["Statement"]
    lines = [line for line in done.stderr.splitlines() if line.startswith("stage dev: ")]
    assert [word for word, line in zip(told, lines, strict=True) if word not in line] == []
    trusted = iam("role", "show", "dev", "--account", "123456789012", "--trust")
    assert "no setting tells" not in trusted.stderr + trusted.stdout
