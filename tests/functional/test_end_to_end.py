"""From nothing to a deployment and back: the real Zappa on a local AWS, each call judged by two engines.

The verdict is always the list of denied calls, never an exit code alone: Zappa passes over many denials.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.recordings.prepare import TRUST
from tests.recordings.scenarios import read_in
from tests.support.newcomer import APP, SETTINGS, Newcomer, denied, iam
from tests.support.proxy import Answer, Request, proxy
from zappa_iam_ext.iam import PolicyDocument, PolicySet
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.local_aws.emulator_gaps import emulator_gaps_document
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws
from zappa_iam_ext.rehearsal.observation import Observation
from zappa_iam_ext.rehearsal.rehearse import rehearse
from zappa_iam_ext.settings_file import read_stages

pytestmark = [pytest.mark.aws, pytest.mark.zappa]
LIFE = ("deploy", "update", "status", "undeploy")


def enforced(
    newcomer: Newcomer, command: str, documents: Sequence[Mapping[str, Any]]
) -> Sequence[Observation]:
    """Run a command of the real Zappa, judged by our enforcement beside the local AWS's own."""
    answered = ["--yes"] if command == "undeploy" else []
    ran = newcomer.zappa(command, "dev", *answered, policies={"identity": documents})
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    return ran.calls


def attached(newcomer: Newcomer) -> list[Mapping[str, Any]]:
    """Return the documents of the managed policies of the user ``serverless``: what ``apply`` gave it."""
    client = newcomer.aws.client("iam")
    documents = []
    for policy in client.list_attached_user_policies(UserName="serverless")["AttachedPolicies"]:
        version = client.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        held = client.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
        documents.append(held["PolicyVersion"]["Document"])
    return documents


def allow_for_deviations(newcomer: Newcomer) -> None:
    """Grant where the local AWS checks something else than AWS (``rehearsal/local_aws/emulator_gaps.py``)."""
    (stage,) = read_stages()
    beside = emulator_gaps_document(stage.with_account(newcomer.account)).to_json()
    newcomer.aws.client("iam").put_user_policy(
        UserName="serverless", PolicyName="LocalAwsDiffers", PolicyDocument=beside
    )


def test_from_no_user_and_no_profile_to_a_deployment_and_back_without_a_denial(newcomer):
    newcomer.administrator()
    first = newcomer.zappa("deploy", "dev")
    assert first.exit_code != 0
    assert first.calls == ()
    applied = iam("apply", "dev", "--admin-profile", "admin", "--yes", "--create-keys")
    assert applied.exit_code == 0, applied.stderr
    allow_for_deviations(newcomer)
    documents = attached(newcomer)
    made: list[Observation] = []
    for command in LIFE:
        made += enforced(newcomer, command, documents)
    assert denied(made) == []
    assert len(made) > 50
    assert all(seen.known for seen in made), "each operation is in the table of authorisations"
    functions = newcomer.aws.client("lambda").list_functions()["Functions"]
    assert functions == [], "undeployed"


def test_refused_then_provisioned_then_deployed(newcomer):
    newcomer.administrator()
    newcomer.user("serverless")
    refused = newcomer.zappa("deploy", "dev")
    assert (refused.exit_code, refused.written) == (1, [])
    assert iam("apply", "dev", "--admin-profile", "admin", "--yes", "--create-keys").exit_code == 0
    allow_for_deviations(newcomer)
    made = enforced(newcomer, "deploy", attached(newcomer))
    assert denied(made) == []
    assert [f["FunctionName"] for f in newcomer.aws.client("lambda").list_functions()["Functions"]] == [
        "hello-dev"
    ]


def test_the_enforcement_denies_what_the_policy_does_not_allow(newcomer):
    """Without this, an empty list of denied calls would show nothing: the same run under an empty policy."""
    newcomer.settings(without=["callbacks"])
    newcomer.user("serverless", inspects=False)
    ours = newcomer.zappa("deploy", "dev", policies={"identity": []})
    assert "denied" in {str(seen.outcome) for seen in ours.calls}
    theirs = newcomer.zappa("deploy", "dev")
    assert "denied by AWS" in {str(seen.outcome) for seen in theirs.calls}


# ------------------------------------------------------------------- nothing surplus: each permission, taken away


def nothing(_: LocalAws) -> None:
    """Leave the account empty."""


def leftovers(aws: LocalAws) -> None:
    """Leave a role that trusts others, and the rule of a former schedule that still calls the function."""
    name, where = "hello-dev-ZappaLambdaExecutionRole", f"us-east-1:{aws.account}"
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST.replace("lambda", "ec2"))
    events = aws.client("events")
    events.put_rule(Name="hello-dev-former", ScheduleExpression="rate(1 day)")
    target = {"Id": "1", "Arn": f"arn:aws:lambda:{where}:function:hello-dev"}
    events.put_targets(Rule="hello-dev-former", Targets=[target])


def slow_stack(request: Request, answer: Answer) -> Answer:
    """Answer once that the stack is still being made: the local AWS makes it at once, AWS does not."""
    if request.action == "DescribeStacks" and b"CREATE_COMPLETE" in answer.body:
        first, slow_stack.told = not slow_stack.told, True
        return (
            Answer(answer.status, answer.body.replace(b"CREATE_COMPLETE", b"CREATE_IN_PROGRESS"))
            if first
            else answer
        )
    return answer


slow_stack.told = False


def broken_upload(request: Request) -> Answer | None:
    """Fail every part of a large upload."""
    return Answer(503) if request.method == "PUT" and "partNumber=" in request.path else None


class Situation:
    """What an account holds before ``zappa deploy`` and how AWS behaves: together they call everything it may call."""

    def __init__(
        self,
        prepare: Callable[[LocalAws], None],
        before: Callable[[Request], Answer | None] = lambda _: None,
        after: Callable[[Request, Answer], Answer] = lambda _, answer: answer,
        *,
        large: bool = False,
    ) -> None:
        self.prepare, self.before, self.after, self.large = prepare, before, after, large


EMPTY, LEFTOVERS, BROKEN = (
    "an empty account, and a stack that takes its time",
    "leftovers of a former deployment",
    "a large package whose upload breaks",
)
SITUATIONS = {
    EMPTY: Situation(nothing, after=slow_stack),
    LEFTOVERS: Situation(leftovers),
    BROKEN: Situation(nothing, broken_upload, large=True),
}


#: Permissions that ``deploy`` uses in another situation than an empty account.
USED_IN = {
    "events:DeleteRule": LEFTOVERS,
    "events:ListTargetsByRule": LEFTOVERS,
    "events:RemoveTargets": LEFTOVERS,
    "iam:UpdateAssumeRolePolicy": LEFTOVERS,
    "s3:AbortMultipartUpload": BROKEN,
}


def project(folder: Path, account: str, *, large: bool = False) -> Stage:
    """Lay a project with default settings out, and return its stage."""
    folder.mkdir()
    kept = {key: value for key, value in SETTINGS.items() if key not in {"callbacks", "profile_name"}}
    (folder / "zappa_settings.json").write_text(
        json.dumps({"dev": {**kept, "s3_bucket": f"packages-{account}"}})
    )
    (folder / "app.py").write_text(APP)
    if large:
        (folder / "weights.bin").write_bytes(bytes(range(256)) * 4 * 1024 * 10)
    return read_in(folder).with_account(account)


def deploy(
    aws: LocalAws, folder: Path, situation: Situation, choose: Callable[[PolicyDocument], PolicyDocument]
) -> tuple[Observation, ...]:
    """Run the real ``zappa deploy`` in a situation under what ``choose`` makes of the generated policy."""
    own = aws.another_account()
    stage = project(folder, own.account, large=situation.large)
    situation.prepare(own)
    slow_stack.told = False
    held = PolicySet(identity=(choose(generated(stage)),))
    with proxy(own.endpoint, situation.before, situation.after) as url:
        report = rehearse(
            stage, ["deploy"], held, LocalAws(url, own.account), source=folder, full=situation.large
        )
    return report.commands[0].observations


def generated(stage: Stage) -> PolicyDocument:
    """Return the generated policy for ``deploy`` alone."""
    return deployment_policy(requirements(stage, [parse_command("deploy")]))


def permissions(document: PolicyDocument) -> Iterator[tuple[str, str, str]]:
    """Yield each action, resource and value of a condition that a document grants."""
    for statement in document.to_dict()["Statement"]:
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                values = [
                    value
                    for tests in statement.get("Condition", {}).values()
                    for given in tests.values()
                    for value in listed(given)
                ]
                for value in values or [""]:
                    yield action, resource, value


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def without(document: PolicyDocument, permission: tuple[str, str, str]) -> PolicyDocument:
    """Return the document without one permission, everything else as it was."""
    statements = []
    action, resource, value = permission
    for statement in document.to_dict()["Statement"]:
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        if action not in actions or resource not in resources:
            statements.append(statement)
            continue
        rest = [
            {**statement, "Sid": f"{statement['Sid']}A", "Action": [a for a in actions if a != action]},
            {
                **statement,
                "Sid": f"{statement['Sid']}B",
                "Action": action,
                "Resource": [r for r in resources if r != resource],
            },
        ]
        if value:
            ((operator, tests),) = statement["Condition"].items()
            ((key, given),) = tests.items()
            kept = [v for v in listed(given) if v != value]
            condition = {operator: {key: kept}}
            rest.append(
                {
                    **statement,
                    "Sid": f"{statement['Sid']}C",
                    "Action": action,
                    "Resource": resource,
                    "Condition": condition,
                }
            )
        statements += [part for part in rest if part["Action"] and part["Resource"] and conditioned(part)]
    return PolicyDocument.parse({"Version": "2012-10-17", "Statement": statements})


def conditioned(statement: Mapping[str, Any]) -> bool:
    """Whether no condition of a statement lost all its values."""
    return all(values for tests in statement.get("Condition", {}).values() for values in tests.values())


def test_taking_a_permission_away_takes_that_one_away_and_no_other(tmp_path):
    document = generated(project(tmp_path / "hello", "123456789012"))
    everything = set(permissions(document))
    assert len(everything) > 40
    for permission in everything:
        assert set(permissions(without(document, permission))) == everything - {permission}


@pytest.mark.slow
@pytest.mark.parametrize("name", [EMPTY, LEFTOVERS, pytest.param(BROKEN, marks=pytest.mark.longer)])
def test_the_generated_policy_suffices_in_every_situation(running_aws, tmp_path, name):
    assert denied(deploy(running_aws, tmp_path / "hello", SITUATIONS[name], lambda document: document)) == []


SHARES = 16


@pytest.mark.slow
@pytest.mark.parametrize(
    "share", [0, *(pytest.param(share, marks=pytest.mark.longer) for share in range(1, SHARES))]
)
def test_no_permission_of_the_generated_policy_is_surplus(running_aws, tmp_path, share):
    """The real ``zappa deploy``, once for each action on each resource that the policy grants, without that one."""
    model = "123456789012"
    stage = project(tmp_path / "model", model)
    other_states = shown_by_recordings(stage)
    everything = sorted(item for item in permissions(generated(stage)) if item[:2] not in other_states)
    surplus = []
    for number, permission in enumerate(everything[share::SHARES]):
        situation = SITUATIONS[USED_IN.get(permission[0], EMPTY)]

        def choose(document: PolicyDocument, permission: tuple[str, str, str] = permission) -> PolicyDocument:
            account = next(found for found in map(account_of, permissions(document)) if found)
            action, resource, value = permission
            return without(
                document, (action, resource.replace(model, account), value.replace(model, account))
            )

        made = deploy(running_aws, tmp_path / str(number), situation, choose)
        refused = {item.action for seen in made if seen.denied for item in seen.checked if not item.allowed}
        if permission[0] not in refused:
            surplus.append((permission, denied(made)))
    assert surplus == []


def shown_by_recordings(stage: Stage) -> set[tuple[str, str]]:
    """Return what only other states of the account need than the situations here: recordings of transitions show it."""
    return {
        (item.action, item.resource)
        for item in requirements(stage, [parse_command("deploy")])
        if item.only_if
        and not (item.action in USED_IN and "rule/" not in item.resource.replace("rule/hello-dev-", ""))
    }


def account_of(permission: tuple[str, str, str]) -> str:
    return permission[1].split(":")[4] if permission[1].count(":") > 4 else ""
