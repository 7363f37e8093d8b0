"""The gate inside the real ``zappa``, on a local AWS whose IAM is enforced."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile

import pytest

from tests.support.documents import allow, document
from tests.support.newcomer import ADMINISTRATOR, denied, iam
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.settings_file import read_stages

pytestmark = [pytest.mark.aws, pytest.mark.zappa]


def needed(newcomer, command="deploy"):
    (stage,) = read_stages()
    return requirements(stage.with_account(newcomer.account), [parse_command(command)])


def test_denied_means_exit_1_every_missing_permission_with_why_and_the_fix_and_nothing_written(newcomer):
    newcomer.user("serverless")
    ran = newcomer.zappa("deploy", "dev")
    assert ran.exit_code == 1
    assert ran.written == []
    assert {seen.service for seen in ran.calls} == {"sts", "iam"}
    assert set(denied(ran.calls)) <= {"iam.GetRole: denied by AWS"}, "the gate looks at the execution role"
    assert "Traceback" not in ran.stderr + ran.stdout
    report = ran.stderr[ran.stderr.index("Error: ") :]
    missing = needed(newcomer)
    assert f"may not deploy hello-dev: lacks {len(missing)} of {len(missing)} permissions" in report
    assert len(report.splitlines()) <= 25
    assert max(map(len, report.splitlines())) <= 80 + len("Error: ")
    for service in {item.action.partition(":")[0] for item in missing}:
        assert re.search(rf"^.*\b{service}\b", report, re.MULTILINE), service
    assert "To fix it: zappa-iam apply dev --admin-profile" in report


def test_one_missing_permission_is_named_alone(newcomer):
    forbidden = document(
        ADMINISTRATOR["Statement"], {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}
    )
    newcomer.user("serverless", forbidden)
    ran = newcomer.zappa("deploy", "dev")
    assert ran.exit_code == 1
    assert ran.written == []
    rows = ran.stderr[ran.stderr.index("Stops") :].split("\n\n")[0]
    assert re.findall(r"^  (\w+) +(\w+)", rows, re.MULTILINE) == [("iam", "PassRole")]
    assert "inline policy inline-0 of user serverless (statement 2" in " ".join(ran.stderr.split())
    assert "lift the Deny on iam:PassRole" in " ".join(ran.stderr.split())


def test_allowed_means_exactly_one_line_on_stderr_and_stdout_is_zappas_own(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    with_gate = newcomer.zappa("deploy", "dev")
    assert with_gate.exit_code == 0, with_gate.stderr
    ran = newcomer.zappa("status", "dev", "--json")
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["Lambda Name"] == "hello-dev"
    ours = [line for line in ran.stderr.splitlines() if line.startswith("zappa-iam:")]
    newcomer.settings(without=["callbacks"])
    bare = newcomer.zappa("status", "dev", "--json")
    assert json.loads(bare.stdout) == json.loads(ran.stdout)
    assert ran.stderr.splitlines() == [*ours, *bare.stderr.splitlines()]
    (line,) = ours
    assert re.fullmatch(
        r"zappa-iam: user serverless may run status for hello-dev: holds all \d+ permissions",
        line,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["package", "dev", "-o", "package.zip"],
        ["save-python-settings-file", "dev", "-o", "zappa_settings.py"],
        [
            "template",
            "dev",
            "--lambda-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            "--role-arn",
            "r",
        ],
    ],
    ids=lambda given: given[0],
)
def test_commands_that_ask_nothing_of_aws_pass_the_gate_without_a_call(newcomer, arguments):
    newcomer.user("serverless")
    ran = newcomer.zappa(*arguments)
    newcomer.settings(without=["callbacks"])
    bare = newcomer.zappa(*arguments)
    assert (ran.exit_code, ran.stderr.splitlines()) == (bare.exit_code, bare.stderr.splitlines())
    assert [seen.operation for seen in ran.calls] == [seen.operation for seen in bare.calls]
    assert ran.exit_code == 0, ran.stderr + ran.stdout


def test_init_works_beside_an_installed_gate(newcomer):
    (newcomer.folder / "zappa_settings.json").unlink()
    ran = newcomer.zappa("init")
    assert "zappa_iam_ext" not in ran.stderr
    assert "Welcome to" in ran.stdout


OWN_CALLBACK = """
from zappa_iam_ext import gate


def before(zappa_cli):
    print("mine first")
    gate(zappa_cli)
    print("and allowed")
"""


@pytest.mark.parametrize(
    ("held", "code", "said"),
    [((), 1, ["mine first"]), ((ADMINISTRATOR,), 0, ["mine first", "and allowed"])],
    ids=["denied: the callback does not go on", "allowed: it does"],
)
def test_a_users_own_callback_may_call_the_gate(newcomer, held, code, said):
    (newcomer.folder / "hooks.py").write_text(OWN_CALLBACK)
    newcomer.settings(callbacks={"settings": "hooks.before"})
    newcomer.user("serverless", *held)
    if held:
        assert newcomer.zappa("deploy", "dev").exit_code == 0
    ran = newcomer.zappa("status", "dev")
    assert ran.exit_code == code
    assert [line for line in ran.stdout.splitlines() if line in {"mine first", "and allowed"}] == said


def test_on_missing_warn_says_it_all_and_lets_zappa_go_on(newcomer):
    newcomer.settings(iam_ext={"on_missing": "warn"})
    newcomer.user("serverless")
    ran = newcomer.zappa("status", "dev")
    assert "lacks" in ran.stderr
    assert [seen.service for seen in ran.calls if seen.service == "lambda"]


@pytest.mark.parametrize("ci", ["", "true"], ids=["at a desk it provisions", "in CI never"])
def test_on_missing_provision(newcomer, ci):
    newcomer.settings(iam_ext={"on_missing": "provision", "admin_profile": "admin"})
    newcomer.administrator()
    newcomer.user("serverless")
    before = newcomer.credentials.read_bytes()
    ran = newcomer.zappa("deploy", "dev", environment={"CI": ci})
    attached = newcomer.aws.client("iam").list_attached_user_policies(UserName="serverless")[
        "AttachedPolicies"
    ]
    if ci:
        assert ran.exit_code == 1
        assert ran.written == []
        assert attached == []
    else:
        assert "holds all" in ran.stderr, ran.stderr
        assert [policy["PolicyName"] for policy in attached] == ["ZappaLambdaDeploymentPolicy"]
        assert "CreateFunction" in ran.written
    assert newcomer.credentials.read_bytes() == before
    assert not any(secret in ran.stdout + ran.stderr for secret in newcomer.secrets())


@pytest.mark.parametrize(
    "own",
    [{"enabled": False}, {"commands": ["update"]}],
    ids=["switched off", "not among the commands it checks"],
)
def test_a_stage_may_keep_the_gate_out(newcomer, own):
    newcomer.settings(iam_ext=own)
    newcomer.user("serverless")
    ran = newcomer.zappa("status", "dev")
    assert "zappa-iam" not in ran.stderr
    assert {seen.service for seen in ran.calls}.isdisjoint({"iam"})


def test_the_flags_of_a_command_decide_what_is_checked(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    assert newcomer.zappa("deploy", "dev").exit_code == 0
    forbidden = document({"Effect": "Deny", "Action": "logs:DeleteLogGroup", "Resource": "*"})
    newcomer.aws.client("iam").put_user_policy(
        UserName="serverless", PolicyName="no", PolicyDocument=json.dumps(forbidden)
    )
    kept = newcomer.zappa("undeploy", "dev", "--yes", "--remove-logs")
    assert (kept.exit_code, kept.written) == (1, [])
    assert "logs:DeleteLogGroup" in kept.stderr
    gone = newcomer.zappa("undeploy", "dev", "--yes")
    assert gone.exit_code == 0
    assert "DeleteFunction" in gone.written


def test_what_may_not_be_read_is_no_denial_and_is_told(newcomer):
    newcomer.user("serverless", allow("lambda:*"), inspects=False)
    ran = newcomer.zappa("status", "dev")
    assert "could not be decided" in ran.stderr
    assert "iam:ListUserPolicies is denied" in ran.stderr
    assert "lacks" not in ran.stderr


def test_settings_that_are_wrong_end_zappa_with_exit_2_and_the_next_step(newcomer):
    newcomer.settings(iam_ext={"on_mising": "stop"})
    newcomer.user("serverless")
    ran = newcomer.zappa("deploy", "dev")
    assert ran.exit_code == 2
    assert "did you mean on_missing?" in ran.stderr
    assert "docs/how-to.md" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.calls == ()


def test_the_package_leaves_the_gate_out(newcomer):
    site = newcomer.home / "venv" / "lib"
    (packages,) = site.glob("*/site-packages")
    for name in ("zappa_iam_ext", "zappa_iam_ext-0.1.0.dist-info", "useful"):
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text("")
    newcomer.user("serverless")
    ran = newcomer.zappa("package", "dev", "-o", "package.zip", full=True)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    names = zipfile.ZipFile(newcomer.folder / "package.zip").namelist()
    assert "useful/__init__.py" in names
    assert not [name for name in names if "zappa_iam_ext" in name]


def test_the_command_that_the_gate_names_fixes_it(newcomer):
    newcomer.administrator()
    newcomer.user("serverless")
    ran = newcomer.zappa("deploy", "dev")
    (fix,) = re.findall(r"^To fix it: zappa-iam (.+)$", ran.stderr, re.MULTILINE)
    done = iam(*fix.replace("PROFILE", "admin").split(), "--yes")
    assert done.exit_code == 0, done.stderr
    assert iam("check", "dev").exit_code == 0


ODD = {
    "events": [{"function": "app.f", "event_source": {"arn": ["arn:aws:s3:::bucket"]}}],
    "memory_size": "512",
    "keep_warm": "yes",
    "timeout": 30,
    "exclude": None,
    "vpc_config": ["subnet-1"],
}


def test_wrong_settings_stop_no_command_that_zappa_carries_out_with_them(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    assert newcomer.zappa("deploy", "dev").exit_code == 0
    newcomer.settings(**ODD)
    ran = newcomer.zappa("status", "dev", "--json")
    assert ran.exit_code == 0, ran.stderr
    assert json.loads(ran.stdout)["Lambda Name"] == "hello-dev"
    warned = re.findall(r"^zappa-iam: warning: dev\.(\S+) (?:must|should|is not)", ran.stderr, re.MULTILINE)
    assert sorted(warned) == [
        "events[0].event_source.arn", "keep_warm", "memory_size", "timeout", "vpc_config",
    ]  # fmt: skip


def test_a_setting_that_stops_the_command_is_refused_before_the_first_write(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    newcomer.settings(events=ODD["events"])
    ran = newcomer.zappa("deploy", "dev")
    assert (ran.exit_code, ran.written) == (2, [])
    assert "dev.events[0].event_source.arn must be a string, not a list" in ran.stderr
    newcomer.settings(without=["callbacks"], events=ODD["events"])
    assert newcomer.zappa("deploy", "dev").exit_code != 0


def two_stages(newcomer, **of_live):
    newcomer.settings()
    stages = json.loads((newcomer.folder / "zappa_settings.json").read_text())
    stages["live"] = {**stages["dev"], "profile_name": "live", **of_live}
    (newcomer.folder / "zappa_settings.json").write_text(json.dumps(stages))


def identities(ran):
    """The checks that the gate made: Zappa asks who it is as well."""
    return [
        seen for seen in ran.calls if (seen.operation, seen.at) == ("GetCallerIdentity", "ZappaCLI.callback")
    ]


#: What Zappa says in an account without the function; it comes after the gate, and ends with 1.
WENT_ON = "you should deploy first"


def test_with_all_every_stage_is_decided_before_the_first_is_deployed(newcomer):
    two_stages(newcomer)
    newcomer.user("serverless", ADMINISTRATOR)
    newcomer.user("live")
    ran = newcomer.zappa("deploy", "--all")
    assert (ran.exit_code, ran.written) == (1, [])
    assert "hello-live" in ran.stderr
    assert "To fix it: zappa-iam apply live" in ran.stderr
    newcomer.aws.client("iam").put_user_policy(
        UserName="live", PolicyName="all", PolicyDocument=json.dumps(ADMINISTRATOR)
    )
    ran = newcomer.zappa("deploy", "--all")
    assert ran.exit_code == 0, ran.stderr
    assert ran.written.count("CreateFunction") == 2
    assert len(identities(ran)) == 2, "each stage is checked once"
    assert ran.stderr.count("holds all") == 2


@pytest.mark.parametrize(
    ("of_live", "code"),
    [
        pytest.param({"profile_name": "nobody"}, 2, id="a profile that is missing"),
        pytest.param({"iam_ext": {"on_mising": "stop"}}, 2, id="settings that are wrong"),
        pytest.param(
            {"iam_ext": {"enabled": False}}, 0, id="a stage that keeps the gate out is not looked at"
        ),
    ],
)
def test_a_later_stage_that_cannot_be_opened_keeps_the_first_from_being_written(newcomer, of_live, code):
    two_stages(newcomer, **of_live)
    newcomer.user("serverless", ADMINISTRATOR)
    if not code:
        newcomer.user("live", ADMINISTRATOR)
    ran = newcomer.zappa("unschedule", "--all")
    assert (WENT_ON in ran.stderr) == (not code)
    assert code in {0, ran.exit_code}, ran.stderr
    assert not code or ran.written == []
    assert code or len(identities(ran)) == 1


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        pytest.param(
            "off", 0, "zappa-iam: ZAPPA_IAM_EXT switches the gate off: nothing is checked", id="off"
        ),
        pytest.param("of", 2, "ZAPPA_IAM_EXT is 'of'; did you mean off?", id="misspelt"),
    ],
)
def test_the_environment_may_switch_the_gate_off_with_one_line(newcomer, word, code, said):
    (newcomer.folder / "hooks.py").write_text(
        "def after(zappa_cli):\n    print('mine', zappa_cli.api_stage)\n"
    )
    newcomer.settings(iam_ext={"then": "hooks.after"})
    newcomer.user("serverless")
    ran = newcomer.zappa("status", "dev", environment={"ZAPPA_IAM_EXT": word})
    ours = [
        line
        for line in ran.stderr.splitlines()
        if "ZAPPA_IAM_EXT" in line and "ZAPPA_IAM_EXT=off" not in line
    ]
    assert [line.removeprefix("Error: ") for line in ours] == [said]
    assert "iam" not in {seen.service for seen in ran.calls}
    assert (ran.exit_code == 2) == (code == 2)
    assert ("mine dev" in ran.stdout) == (not code)


@pytest.mark.parametrize(
    ("then", "held", "code", "said"),
    [
        pytest.param("hooks.after", ADMINISTRATOR, 0, "mine dev", id="after the gate has passed"),
        pytest.param("hooks.after", None, 1, "", id="not when it has not"),
        pytest.param("hooks.afer", ADMINISTRATOR, 2, "did you mean after?", id="a function that is not there"),
        pytest.param("hoks.after", ADMINISTRATOR, 2, "hoks cannot be imported", id="a module that is not there"),
        pytest.param("broken.after", ADMINISTRATOR, 2, "ZeroDivisionError", id="a module that does not import"),
        pytest.param("zappa_iam_ext.gate", ADMINISTRATOR, 2, "the gate itself", id="the gate itself"),
    ],
)  # fmt: skip
def test_the_stages_own_callback_follows_the_gate(newcomer, then, held, code, said):
    (newcomer.folder / "hooks.py").write_text(
        "def after(zappa_cli):\n    print('mine', zappa_cli.api_stage)\n"
    )
    (newcomer.folder / "broken.py").write_text("1 / 0\n")
    newcomer.settings(iam_ext={"then": then})
    newcomer.user("serverless", *([held] if held else []))
    ran = newcomer.zappa("unschedule", "dev")
    assert code in {0, ran.exit_code}, ran.stderr
    assert said in ran.stdout + ran.stderr
    assert ("mine dev" in ran.stdout) == (code == 0)
    assert not code or ran.written == []


@pytest.mark.parametrize(
    ("environment", "own", "code"),
    [
        pytest.param({"CI": "true"}, {}, 3, id="CI stops"),
        pytest.param({"TF_BUILD": "True"}, {}, 3, id="a service that does not set CI is CI too"),
        pytest.param({"CI": "true"}, {"unknown": "warn"}, 0, id="unless the stage lets it go on"),
        pytest.param({}, {"unknown": "fail"}, 3, id="a desk stops when the stage asks for it"),
    ],
)
def test_what_nobody_may_read_is_undecided(newcomer, environment, own, code):
    newcomer.settings(iam_ext=own)
    newcomer.user("serverless", allow("lambda:*", "events:*"), inspects=False)
    ran = newcomer.zappa("unschedule", "dev", environment=environment)
    assert code in {0, ran.exit_code}, ran.stderr
    assert (WENT_ON in ran.stderr) == (not code)
    assert "the gate decided nothing" in ran.stderr
    assert "holds all" not in ran.stderr


CALLBACK_IN_APP = """
from zappa_iam_ext import Report, ZappaIamError, ensure_deploy_permissions, gate


def my_callback(zappa_cli) -> Report:
    gate(zappa_cli)


def app(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]
"""
IN_A_FUNCTION = """
import app, zappa_iam_ext
assert app.app({}, lambda *_: None) == [b"hello"]
app.my_callback(None)
try:
    app.ensure_deploy_permissions()
except ImportError as error:
    assert "left out of the function's package" in str(error)
else:
    raise SystemExit("it did something")
try:
    raise app.ZappaIamError("caught by its real name")
except zappa_iam_ext.ZappaIamError:
    print("imported")
"""


@pytest.mark.parametrize(
    ("own", "left"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({"exclude": None}, [], id="null"),
        pytest.param({"exclude": ["useless", "*.txt"], "exclude_glob": ["**/*.md"]}, ["useless", "a.txt", "a.md"], id="lists"),
    ],
)  # fmt: skip
def test_an_application_that_imports_us_is_imported_from_its_package(newcomer, own, left):
    (packages,) = (newcomer.home / "venv" / "lib").glob("*/site-packages")
    for name in ("zappa_iam_ext", "zappa_iam_ext-0.1.0.dist-info", "useless"):
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text("raise ImportError('the whole of it is here')\n")
    for name in ("a.txt", "a.md"):
        (newcomer.folder / name).write_text("")
    (newcomer.folder / "app.py").write_text(CALLBACK_IN_APP)
    newcomer.settings(callbacks={"settings": "app.my_callback"}, **own)
    newcomer.user("serverless")
    ran = newcomer.zappa("package", "dev", "-o", "package.zip", full=True)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    with zipfile.ZipFile(newcomer.folder / "package.zip") as package:
        package.extractall(newcomer.home / "task")
        ours = [item for item in package.infolist() if item.filename.startswith("zappa_iam_ext")]
        names = package.namelist()
    assert sum(item.compress_size for item in ours) < 8_000
    assert {item.external_attr >> 16 & 0o777 for item in ours} == {0o644}
    assert not [name for name in names if name.split("/")[0] in left]
    assert len([name for name in names if "zappa_iam_ext" in name]) == len(ours) == 4
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(newcomer.home / 'task')!r})\n{IN_A_FUNCTION}",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=newcomer.home,
    )
    assert done.stdout == "imported\n", done.stderr


@pytest.mark.parametrize("exclude", ["*.txt", {"a": 1}, 5, [5]], ids=repr)
def test_what_is_no_list_of_names_ends_as_it_does_without_the_gate(newcomer, exclude):
    newcomer.settings(exclude=exclude)
    ran = newcomer.zappa("package", "dev", "-o", "package.zip", full=True)
    newcomer.settings(exclude=exclude, without=["callbacks"])
    bare = newcomer.zappa("package", "dev", "-o", "package.zip", full=True)
    assert ran.exit_code == bare.exit_code
    assert ran.stderr.splitlines()[-1:] == bare.stderr.splitlines()[-1:]
