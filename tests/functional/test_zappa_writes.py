"""What we say that Zappa writes into an execution role, against the real Zappa's ``create_iam_roles`` on the local AWS."""

from __future__ import annotations

import json
from dataclasses import replace

import boto3
import pytest
from zappa.cli import ZappaCLI
from zappa.core import ASSUME_POLICY, ATTACH_POLICY, Zappa

from tests.support.newcomer import SETTINGS
from tests.support.stages import stage
from zappa_iam_ext.roles.boundary import bounded_role
from zappa_iam_ext.roles.execution_trust import execution_trust
from zappa_iam_ext.roles.zappa_writes import (
    INLINE_POLICY,
    LiveDocuments,
    own_extra_permissions,
    wanted_inline,
    zappa_writes,
)
from zappa_iam_ext.settings_file import read_stages

pytestmark = [pytest.mark.aws, pytest.mark.zappa]
NAME = "hello-dev-ZappaLambdaExecutionRole"
WRITES = ("Create", "Put", "Update", "Delete", "Attach", "Detach", "Tag")
ZAPPAS = json.loads(ASSUME_POLICY)
ATTACHED = json.loads(ATTACH_POLICY)
EXTRA = {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}
ONE = "lambda.amazonaws.com"


def trust(*principals, **more):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
            for principal in principals
        ],
    }


OURS = execution_trust(stage())
BOTH = [ONE, "events.amazonaws.com"]
ROLE_ITSELF = {"AWS": "arn:aws:iam::123456789012:root"}
CASES = {
    "there is no role": (None, None, {}),
    "just as Zappa made it": (ZAPPAS, ATTACHED, {}),
    "no inline policy": (ZAPPAS, None, {}),
    "another inline policy": (ZAPPAS, {**ATTACHED, "Statement": ATTACHED["Statement"][:1]}, {}),
    "the same statements in another order": (
        ZAPPAS,
        {**ATTACHED, "Statement": ATTACHED["Statement"][::-1]},
        {},
    ),
    "extra permissions that are there": (
        ZAPPAS,
        {**ATTACHED, "Statement": [*ATTACHED["Statement"], EXTRA]},
        {"extra_permissions": (EXTRA,)},
    ),
    "extra permissions that are not": (ZAPPAS, ATTACHED, {"extra_permissions": (EXTRA,)}),
    "fewer services": (trust({"Service": BOTH}), ATTACHED, {}),
    "the same services in another order": (
        trust({"Service": ZAPPAS["Statement"][0]["Principal"]["Service"][::-1]}),
        ATTACHED,
        {},
    ),
    "one service as text": (trust({"Service": ONE}), ATTACHED, {}),
    "text against text": (
        trust({"Service": ONE}, Sid="Live"),
        ATTACHED,
        {"assume_policy": json.dumps(trust({"Service": ONE}))},
    ),
    "text whose letters are the same": (
        trust({"Service": "events.amazonaws.com"}),
        ATTACHED,
        {"assume_policy": json.dumps(trust({"Service": "events.amazonaws.comm"}))},
    ),
    "an account in the first statement": (trust(ROLE_ITSELF, {"Service": BOTH}), ATTACHED, {}),
    "an account in the first statement, and so it is wanted": (
        trust(ROLE_ITSELF, {"Service": BOTH}),
        ATTACHED,
        {"assume_policy": json.dumps(trust(ROLE_ITSELF, {"Service": BOTH}))},
    ),
    "an account in the second statement": (trust({"Service": [ONE]}, ROLE_ITSELF), ATTACHED, {}),
    "an account beside the services": (
        trust({**ROLE_ITSELF, "Service": ZAPPAS["Statement"][0]["Principal"]["Service"]}),
        ATTACHED,
        {},
    ),
    "an account first, and another policy too": (trust(ROLE_ITSELF), None, {}),
    "everybody": (trust("*"), ATTACHED, {}),
    "one statement that is no list": (
        {**trust(), "Statement": trust({"Service": BOTH})["Statement"][0]},
        ATTACHED,
        {},
    ),
    "no statements": (trust(), ATTACHED, {}),
    "our trust in a file": (OURS, ATTACHED, {"assume_policy": json.dumps(OURS)}),
    "our trust, and Zappa's wanted": (OURS, ATTACHED, {}),
}


def real(aws, live, inline, made):
    """Return the writes of the real Zappa and the error that it ended with."""
    session = boto3.Session(aws.account, "root", region_name="us-east-1")
    asked = []
    session.events.register("before-call.iam", lambda model, **_: asked.append(model.name))
    zappa = Zappa(session, load_credentials=False, aws_region="us-east-1", desired_role_name=NAME)
    zappa.iam_client = session.client("iam", endpoint_url=aws.endpoint)
    zappa.iam = session.resource("iam", endpoint_url=aws.endpoint)
    if live is not None:
        zappa.iam_client.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(live))
        if inline is not None:
            zappa.iam_client.put_role_policy(
                RoleName=NAME, PolicyName=INLINE_POLICY, PolicyDocument=json.dumps(inline)
            )
    zappa.assume_policy, zappa.attach_policy = made.role.assume_policy, made.role.attach_policy
    zappa.extra_permissions = list(made.role.extra_permissions)
    asked.clear()
    error = ""
    try:
        zappa.create_iam_roles()
    except Exception as caught:  # noqa: BLE001  -- whatever Zappa stumbles over
        error = type(caught).__name__
    return [name for name in asked if name.startswith(WRITES)], error


@pytest.mark.parametrize("case", CASES)
def test_we_say_what_the_real_zappa_does(aws, case):
    live, inline, role = CASES[case]
    made = stage()
    documents = {"assume_policy": ASSUME_POLICY, "attach_policy": ATTACH_POLICY, **role}
    made = replace(made, role=replace(made.role, **documents))
    told = zappa_writes(made, None if live is None else LiveDocuments(live, inline))
    writes, error = real(aws, live, inline, made)
    assert [write.operation for write in told.writes] == writes
    assert bool(told.fails) is bool(error)
    assert error in told.fails
    assert told.stable is (not writes and not error)


def test_a_role_that_zappa_does_not_manage_is_not_written():
    made = stage({"manage_roles": False})
    assert zappa_writes(made, LiveDocuments(OURS)).stable
    assert zappa_writes(made, None).fails  # Zappa looks the role up by its name


MOUNTED = {
    "vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    "efs_config": [
        {
            "Arn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1",
            "LocalMountPath": "/mnt/a",
        }
    ],
}
PROVISIONED = {
    "as by default": {},
    "of a WebSocket, whose account Zappa asks for": {"websocket_handler_module": "app"},
    "with permissions of one's own, a file system and a WebSocket": {
        "extra_permissions": [EXTRA],
        "websocket_handler_module": "app",
        **MOUNTED,
    },
}


@pytest.mark.parametrize("case", PROVISIONED)
def test_zappa_leaves_the_role_that_apply_makes(aws, case, tmp_path, monkeypatch):
    """Zappa loads the settings with credentials, as in a deployment; `apply` reads them without any."""
    file = tmp_path / "zappa_settings.json"
    kept = {key: value for key, value in SETTINGS.items() if key not in {"profile_name", "callbacks"}}
    file.write_text(json.dumps({"dev": {**kept, **PROVISIONED[case]}}))
    (tmp_path / "app.py").write_text("def app(environ, start_response):\n    return []\n")
    monkeypatch.chdir(tmp_path)
    (read,) = read_stages(file, stage="dev")
    role = bounded_role(read.with_account(aws.account))

    for name, value in (
        ("ENDPOINT_URL", aws.endpoint),
        ("ACCESS_KEY_ID", aws.account),
        ("SECRET_ACCESS_KEY", "root"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    iam = aws.client("iam")
    iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=json.dumps(role.trust))
    iam.put_role_policy(RoleName=role.name, PolicyName=INLINE_POLICY, PolicyDocument=json.dumps(role.policy))
    cli = ZappaCLI()
    cli.api_stage = "dev"
    cli.load_settings(str(file))
    asked = []
    cli.zappa.iam_client.meta.events.register("before-call.iam", lambda model, **_: asked.append(model.name))
    cli.zappa.iam.meta.client.meta.events.register(
        "before-call.iam", lambda model, **_: asked.append(model.name)
    )
    cli.zappa.create_iam_roles()
    assert asked
    assert [name for name in asked if name.startswith(WRITES)] == []


def test_of_websockets_zappa_knows_the_account_and_we_know_it_too():
    appended = {
        "Effect": "Allow",
        "Action": ["execute-api:ManageConnections"],
        "Resource": "arn:aws:execute-api:us-east-1:*:*",
    }
    made = stage()
    role = replace(
        made.role,
        assume_policy=ASSUME_POLICY,
        attach_policy=ATTACH_POLICY,
        extra_permissions=(EXTRA, appended),
    )
    made = replace(made, role=role)
    last = wanted_inline(made)["Statement"][-1]
    assert last["Resource"] == "arn:aws:execute-api:us-east-1:123456789012:*"
    assert own_extra_permissions(made) == (EXTRA,)
