"""Whatever fails at whichever request of whichever command, the same typed once more converges; nobody else loses anything.

A command as a person types it, its looking and its waiting included. In ``make longer`` a sample; ``make faults`` lets every
request of every row fail in each way (``ZAPPA_IAM_EXT_FAULTS=all``; with a number each so-manieth).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.default_versions import DefaultVersions
from tests.support.documents import allow
from tests.support.newcomer import Newcomer, Ran, iam
from tests.support.sabotage import AGAIN, Saboteur, faults, in_child, sabotage, without_names
from zappa_iam_ext.aws.asking import retrying
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.privileges import Held, lost
from zappa_iam_ext.plan.rotation import ROTATED

pytestmark = [
    pytest.mark.aws,
    pytest.mark.longer,
    pytest.mark.timeout(7200),
]
CHOSEN = os.environ.get("ZAPPA_IAM_EXT_FAULTS", "").replace("all", "1")
ADMIN = ("--admin-profile", "admin", "--yes")
POLICY = "ZappaLambdaDeploymentPolicy"
ROLE, EXECUTION = "hello-zappa-deployer", "hello-dev-ZappaLambdaExecutionRole"
OIDC = ("--mode", "oidc", "--provider", "github", "--repository", "acme/hello", "--branch", "main")
OTHERS = "# mine\n[work]\naws_access_key_id = ASIAWORK\naws_secret_access_key = x/y+z\n"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}  # fmt: skip


def applied(*options: str, stage: str = "dev") -> Callable[[Newcomer], None]:
    """Return a preparation: this is applied before."""

    def prepare(project):
        done = iam("apply", *filter(None, [stage]), *ADMIN, "--quiet", *filled(options, project))
        assert done.exit_code == 0, done.stderr

    return prepare


def filled(words, project):
    return tuple(word.replace("ACCOUNT", project.account) for word in words)


def nothing(_):
    return None


def then(*steps):
    """Return a preparation of several."""
    return lambda project: [step(project) for step in steps]


def settings(*, prod=None, **more):
    """Return a preparation: the settings file has these two stages."""

    def write(project):
        base = {"s3_bucket": "packages-of-dev", **more}
        project.settings(**base)
        text = json.loads((project.folder / "zappa_settings.json").read_text())
        text["prod"] = {
            **text["dev"],
            "s3_bucket": "packages-of-prod",
            "apigateway_enabled": False,
            **(prod or {}),
        }
        (project.folder / "zappa_settings.json").write_text(json.dumps(text, indent=4))

    return write


def written_twice(project):
    applied("--create-keys")(project)
    settings(s3_bucket="another-bucket")(project)
    applied("--prune")(project)


def of_others(project):
    project.aws.client("iam").create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("ec2:*")))


def user_with_policies(project):
    client = project.aws.client("iam")
    client.create_user(UserName="serverless")
    for number in range(10):
        arn = client.create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(allow("ec2:A")))
        client.attach_user_policy(UserName="serverless", PolicyArn=arn["Policy"]["Arn"])


def execution_role(project):
    client = project.aws.client("iam")
    client.create_role(RoleName=EXECUTION, AssumeRolePolicyDocument=json.dumps(TRUST))
    client.put_role_policy(
        RoleName=EXECUTION, PolicyName="zappa-permissions", PolicyDocument=json.dumps(allow("s3:*"))
    )


def inactive_key(project):
    client = project.aws.client("iam")
    key = client.create_access_key(UserName="serverless")["AccessKey"]["AccessKeyId"]
    client.update_access_key(UserName="serverless", AccessKeyId=key, Status="Inactive")
    client.tag_user(UserName="serverless", Tags=[{"Key": ROTATED, "Value": key}])


@dataclass(frozen=True)
class Row:
    """What is typed, one command after the other, and what is there before."""

    commands: tuple[tuple[str, ...], ...]
    prepare: Callable[[Newcomer], object] = nothing


def row(command, *options, prepare=nothing):
    return Row(((*command.split(), *ADMIN, *options),), prepare)


AS_ROLE = (
    "--mode", "role", "--trusted", "arn:aws:iam::ACCOUNT:user/admin", "--source-profile", "admin"
)  # fmt: skip
SECOND = {"profile_name": "second", "iam_ext": {"policy": "Second", "user": "second"}}
BOTH = applied("--all", "--create-keys", stage="")
ROWS = {
    "a user and its key": row("apply dev", "--create-keys"),
    "a group, where no policy can be attached": row(
        "apply dev", "--group", "team", "--create-keys", prepare=user_with_policies
    ),
    "all stages, of two profiles": row("apply --all", "--create-keys", prepare=settings(prod=SECOND)),
    "a stage joins": row("apply --all", prepare=applied("--create-keys")),
    "a stage takes over a policy": row("apply prod", "--adopt", prepare=of_others),
    "a rollback": row("apply dev", "--rollback", "--prune", prepare=written_twice),
    "a role and its profile": row("apply dev", *AS_ROLE),
    "a role by tokens": row("apply dev", *OIDC),
    "a role, another stage": row("apply prod", *OIDC, prepare=applied(*OIDC)),
    "an execution role of Zappa's": row("apply dev", *OIDC, "--adopt", "--prune", prepare=execution_role),
    "a plan that was reviewed": Row(
        (
            ("plan", "dev", "--admin-profile", "admin", *AS_ROLE, "--out", "reviewed.json"),
            ("apply", "reviewed.json", *ADMIN),
        )
    ),
    "execution roles are ensured": row("role ensure --all", "--wait", "0", "--write-settings"),
    "an execution role is adopted and narrowed": row(
        "role ensure dev", "--wait", "0", "--adopt", "--prune", "--write-settings", "--manage-roles",
        prepare=execution_role,
    ),
    "a user and its group go": row(
        "destroy dev", "--group", "team", "--delete-key", prepare=applied("--create-keys", "--group", "team")
    ),
    "a stage of a shared policy goes": row("destroy dev", prepare=BOTH),
    "all stages go": row("destroy --all", "--delete-key", prepare=BOTH),
    "a role and its profile go": row(
        "destroy dev", "--mode", "role", "--delete-profile", prepare=applied(*AS_ROLE)
    ),
    "a role by tokens and its provider go": row("destroy dev", "--mode", "oidc", prepare=applied(*OIDC)),
    "a stage of a role goes": row(
        "destroy dev", "--mode", "oidc", prepare=then(applied(*OIDC), applied(*OIDC, stage="prod"))
    ),
    "a former key goes": row("keys delete-old dev", prepare=then(applied("--create-keys"), inactive_key)),
}  # fmt: skip
SAMPLE = {"a user and its key": 3, "a role and its profile go": 11, "a plan that was reviewed": 13}
"""Of these rows each so-manieth fault, from the last."""


class Sandbox:
    """A project that is made anew for each fault: account, home and folder."""

    def __init__(self, project: Newcomer, monkeypatch) -> None:
        self.project, self.patch = project, monkeypatch

    def fresh(self, row: Row) -> None:
        """Make everything anew, as the row has it before its command."""
        project = self.project
        for folder in (project.home / ".aws", project.folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        self.patch.chdir(project.folder)
        project.aws = project.aws.another_account()
        self.client = project.aws.client("iam")
        self.versions = DefaultVersions(self.client)
        self.patch.setenv("AWS_ENDPOINT_URL", project.aws.endpoint)
        project.credentials.write_text(OTHERS)
        project.administrator()
        self._others()
        settings()(project)
        row.prepare(project)

    def _others(self) -> None:
        """What is somebody else's: it is never touched."""
        client = self.client
        client.create_user(UserName="somebody")
        client.create_access_key(UserName="somebody")
        arn = client.create_policy(PolicyName="SomebodyElses", PolicyDocument=json.dumps(allow("ec2:*")))
        client.attach_user_policy(UserName="somebody", PolicyArn=arn["Policy"]["Arn"])
        client.create_role(RoleName="somebody-elses", AssumeRolePolicyDocument=json.dumps(TRUST))

    def run(self, row: Row, saboteur: Saboteur) -> Ran:
        """Type the commands of the row; the first that fails is the last."""
        out, code = "", 0
        self.patch.setenv("AWS_MAX_ATTEMPTS", "3" if saboteur.way == AGAIN else "1")
        with sabotage(self.project.aws.endpoint, saboteur) as url:
            self.patch.setenv("AWS_ENDPOINT_URL", url)
            if saboteur.way.startswith("killed"):
                in_child(lambda: self._typed(row), saboteur)
            else:
                out, code = self._typed(row)
        self.patch.setenv("AWS_ENDPOINT_URL", self.project.aws.endpoint)
        self.patch.setenv("AWS_MAX_ATTEMPTS", "1")
        return Ran(code, out, "")

    def _typed(self, row: Row) -> tuple[str, int]:
        out = ""
        for command in row.commands:
            done = iam(*filled(command, self.project))
            out += done.stdout + done.stderr
            if done.exit_code:
                return out, done.exit_code
        return out, 0

    def saboteur(self, strikes=None, way="") -> Saboteur:
        """Return one for this account."""
        return Saboteur(self.project.account, strikes, way, self.files, self.versions)

    def files(self) -> dict[str, str]:
        """Return what the files of the home and of the project say, without names of this run."""
        found = {}
        for folder in (self.project.home / ".aws", self.project.folder):
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.suffix != ".pyc":
                    text = path.read_text()
                    found[str(path.relative_to(folder))] = without_names(text, self.project.account)
        found.pop("reviewed.json", None)
        return found

    def account(self) -> dict:
        """Return all that is in IAM, without names, times and numbers of this run."""
        client = self.client
        found = client.get_account_authorization_details()
        told = {
            "users": [
                {**named(user), "keys": len(self.keys(user["UserName"]))} for user in found["UserDetailList"]
            ],
            "groups": [named(group) for group in found["GroupDetailList"]],
            "roles": [named(each) for each in found["RoleDetailList"]],
            "policies": [self._policy(client, each["Arn"]) for each in found["Policies"]],
            "providers": [
                client.get_open_id_connect_provider(OpenIDConnectProviderArn=each["Arn"])["ClientIDList"]
                for each in client.list_open_id_connect_providers()["OpenIDConnectProviderList"]
            ],
        }
        told = {
            kind: sorted(each, key=lambda one: json.dumps(one, default=str)) for kind, each in told.items()
        }
        return json.loads(without_names(json.dumps(told, default=str, sort_keys=True), self.project.account))

    @staticmethod
    def _policy(client, arn):
        policy = client.get_policy(PolicyArn=arn)["Policy"]
        version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        tags = {tag["Key"]: tag["Value"] for tag in policy.get("Tags", [])}
        tags.pop("zappa-iam-ext:previous", None)  # after a version too many it is another
        document = version["PolicyVersion"]["Document"]
        written = fingerprint(document) in tags.pop("zappa-iam-ext:document", "").split()
        return policy["PolicyName"], policy["AttachmentCount"], document, tags, written

    def keys(self, user: str = "serverless") -> dict[str, str]:
        """Return the user's access keys and their states; none where there is no such user."""
        client = self.client
        try:
            found = client.list_access_keys(UserName=user)["AccessKeyMetadata"]
        except client.exceptions.NoSuchEntityException:
            return {}
        return {key["AccessKeyId"]: key["Status"] for key in found}

    def orphans(self) -> set[str]:
        """Return keys of our users that no profile holds."""
        files = ProfileFiles(self.project.credentials, self.project.home / ".aws" / "config")
        held = {files.access_key_id(profile) for profile in ("serverless", "second")}
        return {key for user in ("serverless", "second") for key in self.keys(user)} - held


def arranged_otherwise(now, then) -> bool:
    """Say whether the deployer's policies, which are of several parts, say the same in other parts; all others are equal."""
    ours = [[policy for policy in policies if policy[0].startswith(POLICY)] for policies in (now, then)]
    others = [[policy for policy in policies if not policy[0].startswith(POLICY)] for policies in (now, then)]
    held = [[Held(name, document) for name, _, document, _, _ in policies] for policies in ours]
    return others[0] == others[1] and not lost(*held) and not lost(*reversed(held))


def named(entity):
    """Return an entity of IAM without its ids and times, its lists in a stable order."""
    kept = {}
    for key, value in entity.items():
        if key.endswith("Id") or key in {"CreateDate", "RoleLastUsed"}:
            continue
        kept[key] = sorted(value, key=str) if isinstance(value, list) else value
    return kept


@pytest.fixture
def sandbox(newcomer, monkeypatch):
    monkeypatch.setattr(retrying, "DELAYS", (0.01, 0.01))
    return Sandbox(newcomer, monkeypatch)


class Judge:
    """Holds each end of a row against the one without a fault; what was left in the same way before is not done again."""

    def __init__(self, sandbox: Sandbox, row: Row) -> None:
        self.sandbox, self.row = sandbox, row
        sandbox.fresh(row)
        self.before = (sandbox.account(), sandbox.files())
        self.orphans = len(sandbox.orphans())
        undisturbed = sandbox.saboteur()
        done = sandbox.run(row, undisturbed)
        assert done.exit_code == 0, done.stdout
        self.faults = tuple(faults(undisturbed))
        self.done = (sandbox.account(), sandbox.files())
        assert undisturbed.written, "it does something"
        self._nothing_left_to_do("without a fault")
        self.converged: set[str] = set()
        self.clean = False

    def holds(self, strikes, way) -> None:
        """Do it with one fault; see that what is left converges, unless the same was seen to."""
        sandbox, what = self.sandbox, f"{way} at {strikes[0][:60]} ({strikes[1]})"
        if not self.clean:
            sandbox.fresh(self.row)
        saboteur = sandbox.saboteur(strikes, way)
        done = sandbox.run(self.row, saboteur)
        assert saboteur.struck is not None, f"{what}: it was not asked"
        assert done.exit_code in {0, 1, 2, 3}, what
        if way == AGAIN and "CreateAccessKey" not in strikes[0]:
            assert done.exit_code == 0, f"{what}: it was asked again: {done.stdout}"
        self._tells_no_secret(done)
        loose = sandbox.orphans()
        left = json.dumps([saboteur.written, sandbox.files(), len(loose)])
        self.clean = not saboteur.written and sandbox.files() == self.before[1]
        if left in self.converged:
            assert all(key in done.stdout for key in loose) or way.startswith("killed") or self.orphans, what
            return
        self.converged.add(left)
        if self.clean:
            assert sandbox.account() == self.before[0], what
            return
        again = sandbox.run(self.row, sandbox.saboteur())
        assert again.exit_code == 0, (what, done.stdout, again.stdout)
        self._tells_no_secret(again)
        told = done.stdout + again.stdout
        assert self.orphans or all(key in told for key in loose), f"{what}: a key is orphaned and not named"
        self._is_done(what, loose)
        self._nothing_left_to_do(what)

    def _is_done(self, what, loose) -> None:
        account, files = self.sandbox.account(), self.sandbox.files()
        if loose and not self.orphans:
            for user in account["users"]:
                user["keys"] = min(user["keys"], 1)
        done = dict(self.done[0])
        now, then = account.pop("policies"), done.pop("policies")
        assert account == done, what
        assert now == then or arranged_otherwise(now, then), what
        assert files == self.done[1], what

    def _nothing_left_to_do(self, what) -> None:
        if self.row.commands[0][0] == "plan":
            looked = iam(*filled(self.row.commands[0][:-2], self.sandbox.project), "--detailed-exitcode")
            assert looked.exit_code == 0, (what, looked.stdout)
            return
        last = self.sandbox.saboteur()
        done = self.sandbox.run(self.row, last)
        assert (done.exit_code, last.written) == (0, []), (what, done.stdout)

    def _tells_no_secret(self, done) -> None:
        assert not any(secret in done.stdout for secret in self.sandbox.project.secrets())
        assert "Traceback" not in done.stdout


@pytest.mark.parametrize("name", ROWS if CHOSEN else SAMPLE)
def test_whatever_fails_the_same_once_more_converges(sandbox, name):
    judge = Judge(sandbox, ROWS[name])
    for strikes, way in judge.faults[:: -(int(CHOSEN) if CHOSEN else SAMPLE[name])]:
        judge.holds(strikes, way)
