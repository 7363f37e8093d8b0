"""``zappa-iam lint`` as a user runs it: files, stdin, stages, profiles; text, JSON, GitHub, SARIF; exit codes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.recordings.scenarios import scenarios
from tests.support.documents import document
from zappa_iam_ext.cli import main
from zappa_iam_ext.iam.findings import Severity, findings, rules
from zappa_iam_ext.iam.positions import statement_lines
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.rehearsal.local_aws.server import local_aws

PASS = {"Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
CREATE = {"Sid": "Make", "Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
PATTERN = {"Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::b/*"}
ESCALATION = "privilege-escalation/pass-role-create-function"
NAMES = {
    "account": "123456789012",
    "api_key": "key",
    "bucket": "bucket",
    "certificate": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    "file_system": "fs-1",
    "layer": "arn:aws:lambda:us-east-1:123456789012:layer:l:1",
    "security_group": "sg-1",
    "subnet": "subnet-1",
    "vpc": "vpc-1",
}


@pytest.fixture
def lint(tmp_path, monkeypatch):
    """Run the command in a folder of its own; documents by keyword become files of that name."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=None, **files):
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content, indent=2)
            Path(f"{name}.json").write_text(text)
        return CliRunner().invoke(main, ["lint", *arguments], input=stdin)

    return run


def ids(result):
    return [finding["id"] for finding in json.loads(result.stdout)["findings"]]


def test_a_clean_document_is_fine(lint):
    result = lint("a.json", a=document(READ))
    assert (result.exit_code, result.stdout) == (0, "No findings.\n")


def test_a_finding_is_told_with_file_line_statement_id_and_advice(lint):
    result = lint("a.json", a=document(READ, PASS))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "a.json:9: error: statement 2 (Pass): roles that nobody named can be passed: * [pass-role/any-role]",
        "    Name the roles in Resource, and the services in the condition iam:PassedToService.",
        "    https://zappa-iam-ext.github.io/zappa-iam-ext/latest/findings/pass-role/any-role.html",
        "1 error.",
    ]


@pytest.mark.parametrize(
    ("statement", "fail_on", "code"),
    [
        pytest.param(PASS, "error", 1, id="an error fails"),
        pytest.param(PATTERN, "note", 1, id="a note fails when asked"),
        pytest.param(PATTERN, "warning", 0, id="a note is below a warning"),
        pytest.param(PATTERN, "error", 0, id="a note is below an error"),
        pytest.param({**PATTERN, "Action": "s3:*"}, "warning", 1, id="a warning fails when asked"),
        pytest.param({**PATTERN, "Action": "s3:*"}, "error", 0, id="a warning is below an error"),
        pytest.param(READ, "note", 0, id="nothing to fail on"),
    ],
)
def test_the_threshold(lint, statement, fail_on, code):
    assert lint("a.json", "--fail-on", fail_on, a=document(statement)).exit_code == code


def test_the_threshold_is_error_unless_given(lint):
    assert lint("a.json", a=document({**PATTERN, "Action": "s3:*"})).exit_code == 0


def test_json(lint):
    result = lint("a.json", "--json", a=document(CREATE, PASS))
    told = json.loads(result.stdout)
    assert told["schema_version"] == 1
    assert told["sources"] == ["a.json"]
    (finding,) = (each for each in told["findings"] if each["id"] == ESCALATION)
    assert finding["statement"] == {"index": 1, "sid": "Pass"}
    assert finding["also"] == [{"source": "a.json", "index": 0, "sid": "Make"}]
    assert (finding["kind"], finding["severity"], finding["source"]) == ("security", "error", "a.json")
    assert finding["line"] == 10
    assert result.exit_code == 1


def test_files_are_judged_each_by_itself_unless_together(lint):
    files = {"a": document(PASS), "b": document(CREATE)}
    assert ESCALATION not in ids(lint("a.json", "b.json", "--json", **files))
    assert ESCALATION in ids(lint("a.json", "b.json", "--json", "--together", **files))
    text = lint("a.json", "b.json", "--together", **files).stdout
    assert "    together with statement 1 (Make) of b.json" in text.splitlines()


def test_a_list_of_documents_is_judged_together(lint):
    assert ESCALATION in ids(lint("a.json", "--json", a=[document(PASS), document(CREATE)]))


def test_the_trust_policy_of_a_role_is_judged_as_one(lint):
    provider = "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    refused = lint("a.json", a=document(statement))
    assert refused.exit_code == 1
    assert refused.stdout.splitlines()[0] == (
        "a.json:4: error: statement 1: Trust policy with trusted principal gitlab.com must evaluate, using StringEquals, "
        "StringLike or StringEqualsIgnoreCase, gitlab.com:sub which is not scoped to all. [trust/refused-by-aws]"
    )
    tests = {
        "gitlab.com:aud": "https://gitlab.com",
        "gitlab.com:sub": "project_path:a/b:ref_type:branch:ref:main",
    }
    fine = lint("a.json", a=document({**statement, "Condition": {"StringEquals": tests}}))
    assert (fine.exit_code, fine.stdout) == (0, "No findings.\n")


def test_a_trust_policy_keeps_its_place_among_the_policies_of_its_role(lint):
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "graph.facebook.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    result = lint("a.json", "b.json", "--together", "--json", a=document(trust), b=document(PASS))
    told = json.loads(result.stdout)["findings"]
    assert [(finding["id"], finding["source"]) for finding in told] == [
        ("trust/refused-by-aws", "a.json"),
        ("pass-role/any-role", "b.json"),
    ]


def test_a_boundary_limits(lint):
    files = {"a": document(PASS, CREATE), "b": document({**READ, "Action": "s3:*", "Resource": "*"})}
    assert ESCALATION not in ids(lint("a.json", "--boundary", "b.json", "--json", **files))


def test_stdin(lint):
    result = lint("-", stdin=json.dumps(document(PASS)))
    assert result.exit_code == 1
    assert "-:1: error: statement 1 (Pass)" in result.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("{", ["bad.json", "not JSON", "rule: json"], id="no JSON"),
        pytest.param("[]", ["bad.json", "rule: document"], id="an empty list"),
        pytest.param("[1]", ["bad.json", "rule: document"], id="a list of no documents"),
        pytest.param('{"Statement": []}', ["$.Statement", "rule: statement"], id="no statement"),
        pytest.param(
            document({**READ, "Effect": "allow"}),
            ["$.Statement[0].Effect", "rule: effect"],
            id="a wrong effect",
        ),
        pytest.param(
            document({**READ, "Condition": {"StringEqual": {"aws:x": "y"}}}),
            ["$.Statement[0].Condition", "StringEqual", "rule: operator"],
            id="a misspelt operator",
        ),
    ],
)
def test_a_malformed_document_could_not_be_judged(lint, content, says):
    result = lint("bad.json", "--json", bad=content)
    assert result.exit_code == 2
    assert result.stdout == ""
    for word in (*says, "MalformedPolicyDocument"):
        assert word in result.stderr


@pytest.mark.parametrize("target", ["missing.json", "./missing", "nostage"])
def test_what_is_not_there_could_not_be_judged(lint, target):
    result = lint(target)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


def test_bytes_that_are_no_text_could_not_be_judged(lint):
    Path("a.json").write_bytes(b"\xff\xfe")
    assert lint("a.json").exit_code == 2
    assert lint("-", stdin=b"\xff\xfe").exit_code == 2


def test_github_annotations(lint):
    result = lint("a.json", "--format", "github", a=document(READ, PASS))
    (line,) = result.stdout.splitlines()
    head, _, message = line.removeprefix("::").partition("::")
    assert head == "error file=a.json,line=9,title=pass-role/any-role"
    assert message.startswith("statement 2 (Pass): roles that nobody named can be passed")
    assert "%0AName the roles" in message


def test_github_prints_nothing_when_nothing_is_found(lint):
    assert lint("a.json", "--format", "github", a=document(READ)).stdout == ""


def test_text_of_a_document_cannot_steer_a_terminal_or_a_workflow(lint):
    evil = document({**PASS, "Resource": "arn:aws:iam::123456789012:role/b*\x1b[2J\n::error::x%0A"})
    shown = lint("a.json", a=evil).stdout
    assert "\x1b" not in shown
    assert not any(line.startswith("::") for line in shown.splitlines())
    annotations = lint("a.json", "--format", "github", a=evil).stdout.splitlines()
    assert len(annotations) == 1
    assert "%250A" in annotations[0]


def test_sarif(lint):
    result = lint("a.json", "--format", "sarif", a=document(READ, CREATE, PASS, PATTERN))
    log = json.loads(result.stdout)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "zappa-iam lint"
    declared = [rule["id"] for rule in driver["rules"]]
    assert len(declared) == len(set(declared))
    assert set(declared) <= set(rules())
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        (finding.id, finding.severity) for finding in findings(document(READ, CREATE, PASS, PATTERN))
    ]
    for each in run["results"]:
        assert declared[each["ruleIndex"]] == each["ruleId"]
        assert each["message"]["text"]
        physical = each["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "a.json"
        assert physical["region"]["startLine"] >= 1


def test_sarif_of_nothing_is_still_a_log(lint):
    (run,) = json.loads(lint("a.json", "--format", "sarif", a=document(READ)).stdout)["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_a_stage(lint):
    Path("zappa_settings.json").write_text(
        json.dumps({"dev": {"app_function": "app.app", "project_name": "hello", "aws_region": "us-east-1"}})
    )
    Path("app.py").write_text("app = None\n")
    result = lint("dev", "--json")
    told = json.loads(result.stdout)
    assert told["sources"] == ["stage dev"]
    warned = {each["id"] for each in told["findings"] if each["severity"] == "warning"}
    assert "privilege-escalation/put-role-policy" in warned
    assert result.exit_code == 0
    assert lint("--all", "--json").stdout == result.stdout


#: What our own documents may hold, and why it is true.
OWN = {
    # the deployer makes the role that the function runs as; the advice says how to mend it
    "privilege-escalation/put-role-policy",
    "privilege-escalation/update-assume-role-policy",
    # a deployment is code that acts as one named role
    "privilege-escalation/pass-role-create-function",
    "privilege-escalation/pass-role-update-function-configuration",
    # ids that AWS chooses: of an API, a file system, a distribution, a network interface
    "wildcard/resource",
}
#: What a single scenario may hold besides.
BESIDES = {
    # Zappa hands a user pool's own settings back, and with them the role that sends its text messages
    "cognito triggers": {"pass-role/any-role"},
    # more than one managed policy holds: `policy --split`, and `apply`, make two of it
    "file system created": {"style/too-long"},
}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_our_own_documents_hold_no_error_and_what_they_hold_is_true(scenario, tmp_path):
    needed = requirements_of(scenario, tmp_path)
    found = findings(deployment_policy(needed))
    assert [(each.id, each.message) for each in found if each.severity is Severity.ERROR] == []
    assert {each.id for each in found} - OWN == BESIDES.get(scenario.name, set())
    passing = [each for each in found if each.id.startswith("privilege-escalation/pass-role-")]
    assert {each.severity for each in passing} <= {Severity.NOTE}
    writes = any(each.action == "iam:PutRolePolicy" for each in needed)
    assert writes is ("privilege-escalation/put-role-policy" in {each.id for each in found})
    assert scenario.settings.get("manage_roles", True) or not writes


def requirements_of(scenario, folder):
    names = {name: NAMES.get(name, name.replace("_", "-")) for name in _placeholders(scenario)} | NAMES
    stage = scenario.stage(folder, names)
    return requirements(stage, [parse_command(line) for line in scenario.lines(NAMES["account"])])


def _placeholders(scenario):
    text = json.dumps(dict(scenario.settings))
    return {part.partition("}")[0] for part in text.split("{")[1:] if part.partition("}")[0].isidentifier()}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param('{"Statement": {"Effect": "Allow"}}', ((1,),), id="a single statement"),
        pytest.param('{\n"Version": "x",\n"Statement": [\n{},\n\n{"a": [1, "]"]}]}', ((4, 6),), id="a list"),
        pytest.param('{"Statement": []}', ((),), id="none"),
        pytest.param(
            '{"Id": {"Statement": [1]}, "Statement": [\n{}]}', ((2,),), id="only those of the document"
        ),
        pytest.param(
            '[{"Statement": {}},\r\n {"Statement": [\r\n{}, {},\r\n{}]}]',
            ((1,), (3, 3, 4)),
            id="a list of documents",
        ),
        pytest.param("[]", ((),), id="no document"),
        pytest.param("{", ((),), id="no JSON"),
        pytest.param("", ((),), id="nothing"),
    ],
)
def test_the_lines_of_statements(text, lines):
    assert statement_lines(text) == lines


@pytest.mark.aws
@pytest.mark.xdist_group("lint")
def test_the_policies_attached_to_a_profile(lint, tmp_path, monkeypatch):
    with local_aws() as aws:
        iam = aws.client("iam")
        iam.create_user(UserName="ann")
        iam.create_group(GroupName="makers")
        iam.add_user_to_group(UserName="ann", GroupName="makers")
        reading = {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"}
        iam.put_user_policy(
            UserName="ann", PolicyName="pass", PolicyDocument=json.dumps(document(PASS, reading))
        )
        iam.put_group_policy(
            GroupName="makers", PolicyName="make", PolicyDocument=json.dumps(document(CREATE))
        )
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        credentials = tmp_path / "credentials"
        credentials.write_text(
            f"[ann]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        )
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        result = lint("--profile", "ann", "--endpoint-url", aws.endpoint, "--json")
        told = json.loads(result.stdout)
        assert sorted(told["sources"]) == [
            "group makers / inline policy make",
            "user ann / inline policy pass",
        ]
        (found,) = (each for each in told["findings"] if each["id"] == ESCALATION)
        assert found["source"] == "user ann / inline policy pass"
        assert found["also"][0]["source"] == "group makers / inline policy make"
        assert result.exit_code == 1
        with contextlib.suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_group_policy(GroupName="makers", PolicyName="make")
        assert ESCALATION not in ids(lint("--profile", "ann", "--endpoint-url", aws.endpoint, "--json"))
        iam.delete_user_policy(UserName="ann", PolicyName="pass")
        blind = lint("--profile", "ann", "--endpoint-url", aws.endpoint, "--json")
        assert blind.exit_code in {2, 3}
        assert key["SecretAccessKey"] not in blind.output
