"""The application's own AWS calls: what ``iam_ext.permissions`` may hold, what becomes of it, and what is refused."""

from __future__ import annotations

import json

import pytest

from tests.generate.application import GOLDEN, golden
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, Principal, evaluate
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.patterns.glob import text_glob
from zappa_iam_ext.permissions.application import (
    InvalidPermissions,
    application_statements,
    reads_queue,
    short_forms,
)
from zappa_iam_ext.permissions.application.draft import drafted, review
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.settings.permission_files import permission_files
from zappa_iam_ext.settings_file import read_stages

ROLE = Principal.parse(f"arn:aws:iam::{ACCOUNT}:role/run")
GET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
FORMS = {form.service: form for form in short_forms().values()}
EACH = [(form, access) for form in FORMS.values() for access in form.access]


def asking(permissions, **more):
    return stage({"iam_ext": {"permissions": permissions}}, **more)


def statements(permissions, **more):
    return application_statements(asking(permissions, **more))


def may(permissions, action, resource, **context):
    document = PolicyDocument.parse({"Version": "2012-10-17", "Statement": list(statements(permissions))})
    request = AuthorizationRequest(ROLE, action, resource, context)
    return evaluate(PolicySet(identity=[document]), request).decision is Decision.ALLOWED


@pytest.mark.parametrize(("form", "access"), EACH, ids=lambda each: getattr(each, "service", "") or each.name)
def test_each_action_of_a_short_form_exists_and_takes_the_resources_and_the_conditions(form, access):
    """AWS: a grant on a resource, or under a key, that the action does not know never holds."""
    for statement in form.statements((form.example,), access, stage()):
        for action in statement["Action"]:
            known = action_definition(action)
            assert known is not None, action
            assert known.name == action
            for resource in statement["Resource"]:
                fits = [kind.arn for kind in known.resource_types if text_glob(kind.arn).matches(resource)]
                assert fits or (resource == "*" and not known.limited_to_resources), (action, resource)
            for tests in statement.get("Condition", {}).values():
                assert all(known.supports(key) for key in tests)


def test_a_reviewer_sees_what_a_change_of_the_table_does():
    assert GOLDEN.read_text("utf-8") == golden(), "stale: run `make snapshots`"


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.service)
def test_the_words_of_a_service_differ_and_its_example_is_a_name(form):
    words = [word for access in form.access for word in (access.name, *access.also)]
    assert len(set(words)) == len(words)
    assert form.takes(form.example)
    assert not form.takes("")
    assert not form.takes(f"arn:aws:another:us-east-1:{ACCOUNT}:thing/x")


HERE = f"us-east-1:{ACCOUNT}"


@pytest.mark.parametrize(
    ("permissions", "action", "resource"),
    [
        ({"dynamodb": "orders", "access": "read"}, "dynamodb:Query", f"arn:aws:dynamodb:{HERE}:table/orders"),
        ({"dynamodb": "orders", "access": "read"}, "dynamodb:Query", f"arn:aws:dynamodb:{HERE}:table/orders/index/i"),
        ({"dynamodb": "orders", "access": "read-write"}, "dynamodb:PutItem", f"arn:aws:dynamodb:{HERE}:table/orders"),
        ({"dynamodb": ["a", "b"], "access": "write"}, "dynamodb:PutItem", f"arn:aws:dynamodb:{HERE}:table/b"),
        ({"s3": "up", "access": "read"}, "s3:ListBucket", "arn:aws:s3:::up"),
        ({"s3": "up", "access": "read"}, "s3:GetObject", "arn:aws:s3:::up/a/b"),
        ({"s3": "up/in", "access": "read-write"}, "s3:PutObject", "arn:aws:s3:::up/in/x"),
        ({"sqs": "jobs", "access": "send"}, "sqs:SendMessage", f"arn:aws:sqs:{HERE}:jobs"),
        ({"sqs": "jobs", "access": "read"}, "sqs:DeleteMessage", f"arn:aws:sqs:{HERE}:jobs"),
        ({"sns": "alerts"}, "sns:Publish", f"arn:aws:sns:{HERE}:alerts"),
        ({"ses": "example.com"}, "ses:SendEmail", f"arn:aws:ses:{HERE}:identity/example.com"),
        ({"secret": "app/db", "access": "read"}, "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:app/db-AbCdEf"),
        ({"ssm": "/app", "access": "read"}, "ssm:GetParametersByPath", f"arn:aws:ssm:{HERE}:parameter/app/x"),
        ({"events": "default"}, "events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default"),
        ({"lambda": "resize"}, "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:resize"),
        ({"lambda": "resize"}, "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:resize:live"),
        ({"kinesis": "clicks", "access": "write"}, "kinesis:PutRecord", f"arn:aws:kinesis:{HERE}:stream/clicks"),
        ({"cognito": "us-east-1_Ab1", "access": "read"}, "cognito-idp:ListUsers", f"arn:aws:cognito-idp:{HERE}:userpool/us-east-1_Ab1"),
        ({"dynamodb": "arn:aws:dynamodb:eu-west-1:123456789012:table/t", "access": "read"}, "dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/t"),
        ({"Version": "2012-10-17", "Statement": [GET]}, "s3:GetObject", "arn:aws:s3:::b/x"),
        (GET, "s3:GetObject", "arn:aws:s3:::b/x"),
        ([{**GET, "Resource": "arn:aws:s3:::b-<ACCOUNT_ID>/*"}], "s3:GetObject", f"arn:aws:s3:::b-{ACCOUNT}/x"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.count(":") == 1 else "",
)  # fmt: skip
def test_what_is_asked_for_is_allowed_and_of_another_name_is_not(permissions, action, resource):
    assert may(permissions, action, resource)
    elsewhere = resource.replace(":::", ":::another-").replace(f":{ACCOUNT}:", ":999999999999:", 1)
    assert elsewhere != resource
    assert not may(permissions, action, elsewhere)


def test_reading_does_not_write_and_writing_does_not_read():
    table = f"arn:aws:dynamodb:{HERE}:table/orders"
    assert not may({"dynamodb": "orders", "access": "read"}, "dynamodb:PutItem", table)
    assert not may({"dynamodb": "orders", "access": "write"}, "dynamodb:GetItem", table)
    assert not may({"dynamodb": "orders", "access": "read"}, "dynamodb:GetItem", f"{table}s")
    assert not may({"s3": "up/in", "access": "read"}, "s3:GetObject", "arn:aws:s3:::up/other")


def test_a_prefix_lists_only_what_is_below_it():
    asked = {"s3": "up/in", "access": "read"}
    assert may(asked, "s3:ListBucket", "arn:aws:s3:::up", **{"s3:prefix": "in/x"})
    assert not may(asked, "s3:ListBucket", "arn:aws:s3:::up", **{"s3:prefix": "other"})


def test_a_key_by_its_alias_and_a_namespace_are_conditions():
    """KMS Developer Guide: an alias is no resource of a key's policy; CloudWatch: a metric has no ARN."""
    key, other = f"arn:aws:kms:{HERE}:key/1", {"kms:ResourceAliases": ["alias/other"]}
    asked = {"kms": "alias/app", "access": "decrypt"}
    assert may(asked, "kms:Decrypt", key, **{"kms:ResourceAliases": ["alias/app"]})
    assert not may(asked, "kms:Decrypt", key, **other)
    assert may({"metrics": "Shop"}, "cloudwatch:PutMetricData", "*", **{"cloudwatch:namespace": "Shop"})
    assert not may({"metrics": "Shop"}, "cloudwatch:PutMetricData", "*", **{"cloudwatch:namespace": "X"})


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_names_are_of_the_stages_partition_and_region(region, partition):
    (first, *_) = statements({"sqs": "jobs", "access": "send"}, region=region, partition=partition)
    assert first["Resource"] == [f"arn:{partition}:sqs:{region}:{ACCOUNT}:jobs"]
    (filled,) = statements(
        {**GET, "Resource": "arn:<PARTITION>:s3:::b-<region>/*"}, region=region, partition=partition
    )
    assert filled["Resource"] == f"arn:{partition}:s3:::b-{region}/*"


def test_sids_differ_and_those_given_stay():
    found = statements([{"sns": "a"}, {"sns": "b"}, {**GET, "Sid": "Mine"}, {**GET, "Sid": "Mine"}])
    assert [each["Sid"] for each in found] == [
        "ApplicationSnsPublish",
        "ApplicationSnsPublish2",
        "Mine",
        "Mine2",
    ]


WRONG = [
    pytest.param(3, "", "not 3", id="a number"),
    pytest.param([None], "[0]", "not nothing", id="nothing"),
    pytest.param([{}], "[0]", "permits nothing", id="empty"),
    pytest.param([[GET]], "[0]", "is a document, a statement", id="a list in the list"),
    pytest.param("s3:GetObject", "", "does not say on what", id="an action alone"),
    pytest.param("arn:aws:iam::aws:policy/X", "", "managed policy", id="a managed policy"),
    pytest.param("permissions.txt", "", "no file that ends in", id="another file"),
    pytest.param({"dynamo": "orders"}, ".dynamo", "did you mean dynamodb?", id="a service misspelt"),
    pytest.param([{"dynamodb": "o", "access": "raed"}], "[0].access", "did you mean read?", id="access misspelt"),
    pytest.param([{"dynamodb": "o", "access": ["read"]}], "[0].access", "is one of", id="access a list"),
    pytest.param([{"dynamodb": "o"}], "[0]", "says no access: one of read", id="no access"),
    pytest.param([{"dynamodb": "o", "acces": "read"}], "[0].acces", "did you mean access?", id="key misspelt"),
    pytest.param([{"dynamodb": "a", "s3": "b", "access": "read"}], "[0]", "one service for each", id="two"),
    pytest.param([{"dynamodb": 5, "access": "read"}], "[0].dynamodb", "not 5", id="a name that is none"),
    pytest.param([{"dynamodb": ["a", "b c"], "access": "read"}], "[0].dynamodb[1]", "'b c'", id="a bad name"),
    pytest.param([{"dynamodb": [], "access": "read"}], "[0].dynamodb", "names nothing", id="no name"),
    pytest.param([{"sqs": f"arn:aws:sns:{HERE}:x", "access": "send"}], "[0].sqs", "no ARN of one", id="ARN"),
    pytest.param({"access": "read"}, ".access", "no service", id="access alone"),
    pytest.param({**GET, "Acton": "s3:*"}, ".Acton", "did you mean Action?", id="element misspelt"),
    pytest.param({**GET, "Effect": "allow"}, ".Effect", "did you mean Allow?", id="effect misspelt"),
    pytest.param({"Action": "s3:*", "Resource": "*"}, ".Effect", "not nothing", id="no effect"),
    pytest.param({**GET, "Action": "GetObject"}, ".Action", "is no action", id="no service"),
    pytest.param({**GET, "Resource": "bucket"}, ".Resource", "", id="no ARN"),
    pytest.param({**GET, "Principal": "*"}, ".Principal", "names no principal", id="a principal"),
    pytest.param({"Statement": [GET, 1]}, ".Statement[1]", "is a statement, not 1", id="in a document"),
    pytest.param({"Statement": [{**GET, "Sid": "a b"}]}, ".Statement[0].Sid", "", id="a Sid"),
    pytest.param({"Statement": "x"}, ".Statement", "a list of statements", id="statements"),
    pytest.param({"Version": "2012-10-17"}, "", "without Statement", id="no statements"),
    pytest.param({"Version": "2021", "Statement": [GET]}, ".Version", "'2021'", id="a version"),
    pytest.param({"Statment": [GET], "Version": "2012-10-17"}, ".Statment", "mean Statement?", id="document"),
    pytest.param({**GET, "Resource": "arn:aws:s3:::<BUCKET>"}, ".Resource", "<BUCKET>", id="a placeholder"),
    pytest.param("gone.json", "", "was not read", id="a file that nobody read"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "place", "told"), WRONG)
def test_what_cannot_be_a_permission_is_refused_with_its_place(given, place, told):
    with pytest.raises(InvalidPermissions) as caught:
        statements(given)
    assert caught.value.place == f"iam_ext.permissions{place}"
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"stage dev: iam_ext.permissions{place}: ")
    with pytest.raises(SettingsError):
        iam_ext_settings(asking(given))


def test_without_the_setting_nothing_is_asked_for():
    assert application_statements(stage()) == ()
    assert application_statements(stage({"iam_ext": True})) == ()
    assert statements([]) == ()
    assert iam_ext_settings(asking([GET])).permissions == (GET,)
    assert iam_ext_settings(asking(GET)).permissions == (GET,)


def test_the_execution_policy_holds_it_and_zappas_extra_permissions_stay_apart():
    with_it = execution_policy(asking([{"dynamodb": "orders", "access": "read"}, {**GET, "Effect": "Deny"}]))
    sids = [statement.sid for statement in with_it.statements]
    assert [sid for sid in sids if sid.startswith("Application")] == [
        "ApplicationDynamodbRead",
        "ApplicationDynamodbRead2",
    ]
    plain = execution_policy(stage({"extra_permissions": [GET]}))
    assert plain.to_dict() == execution_policy(stage()).to_dict()


QUEUE = f"arn:aws:sqs:{HERE}:jobs"
EVENTS = {"events": [{"function": "app.f", "event_source": {"arn": QUEUE, "batch_size": 1, "enabled": True}}]}


def poller_statements(permissions):
    own = stage({**EVENTS, "iam_ext": {"permissions": permissions}})
    return [
        statement
        for statement in execution_policy(own).statements
        if "sqs:ReceiveMessage" in statement.actions and not statement.sid.startswith("Application")
    ]


def test_a_queue_that_the_application_reads_too_is_not_for_the_poller_alone():
    assert poller_statements([])
    assert all("Null" in each.condition for each in poller_statements([]))
    assert all("Null" in each.condition for each in poller_statements([{"sqs": "jobs", "access": "send"}]))
    assert all("Null" in each.condition for each in poller_statements([{"sqs": "x", "access": "receive"}]))
    assert not any(
        "Null" in each.condition for each in poller_statements([{"sqs": "jobs", "access": "receive"}])
    )


@pytest.mark.parametrize(
    ("permissions", "reads"),
    [
        ([], False),
        ({"sqs": "jobs", "access": "receive"}, True),
        ({"sqs": "jobs", "access": "send"}, False),
        ({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::*"}, True),
        ({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}, False),
    ],
)
def test_who_reads_a_queue(permissions, reads):
    assert reads_queue(asking(permissions), QUEUE) is reads


def test_a_statement_that_is_no_plain_allowance_is_shown_as_it_is():
    """A draft may hold what grants nothing: it is never dropped unseen."""
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    text = json.dumps({"Policies": [{"Policy": {"Version": "2012-10-17", "Statement": [deny, GET]}}]})
    assert drafted(text)[0] == deny
    assert {"Deny", "Allow"} == {each["Effect"] for each in review(drafted(text), lambda _: False).statements}


def settings_file(folder, permissions):
    folder.mkdir(parents=True, exist_ok=True)
    own = {
        "app_function": "app.app",
        "project_name": "hello",
        "aws_region": "us-east-1",
        "runtime": "python3.13",
    }
    path = folder / "zappa_settings.json"
    path.write_text(
        json.dumps(
            {"dev": {**own, "s3_bucket": "packages-of-hello", "iam_ext": {"permissions": permissions}}}
        )
    )
    return path


DOCUMENT = {"Version": "2012-10-17", "Statement": [GET]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.json", json.dumps(DOCUMENT)),
        ("p.json", "\ufeff" + json.dumps([GET, {"sns": "alerts"}])),
        ("p.yaml", "Version: 2012-10-17\nStatement:\n- {Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}\n"),
        ("sub/p.yml", "- sns: alerts\n- dynamodb: orders\n  access: read\n"),
    ],
    ids=["a document", "entries after a byte order mark", "YAML, whose version is a date", "below the folder"],
)  # fmt: skip
def test_a_file_is_found_beside_the_settings(tmp_path, monkeypatch, name, text):
    path = settings_file(tmp_path / "project", [name])
    target = tmp_path / "project" / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    (read,) = read_stages(path, stage="dev")
    assert application_statements(read)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is not there"),
        (b"{", "is no JSON or YAML"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b'["other.json"]', "cannot name further ones"),
        (b'{"Statement": [{"Effect": "Allow"}]}', "(p.json).Statement[0]"),
        (b" " * 1_000_001, "too large"),
    ],
    ids=["missing", "no JSON", "no text", "a file in a file", "a place in the file", "too large"],
)
def test_a_file_that_cannot_be_used_is_told_with_its_name(tmp_path, content, told):
    path = settings_file(tmp_path, ["p.json"])
    if content is not None:
        (tmp_path / "p.json").write_bytes(content)
    (read,) = read_stages(path, stage="dev")
    with pytest.raises(InvalidPermissions, match=r"iam_ext\.permissions") as caught:
        application_statements(read)
    assert told in str(caught.value)
    assert "p.json" in str(caught.value)


def test_nothing_is_read_where_nothing_is_named(tmp_path):
    assert permission_files({"iam_ext": {"permissions": [GET]}}, tmp_path) == {}
    assert permission_files({"iam_ext": "off"}, tmp_path) == {}
    assert permission_files({}, tmp_path) == {}
