"""The whole story on a local AWS, nothing to configure: refused, provisioned, deployed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from zappa_iam_ext.aws.principal_policies import principal_policies
from zappa_iam_ext.aws.self_inspection import self_inspection_grants
from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.iam import PolicyDocument, Principal, user_arn
from zappa_iam_ext.rehearsal.inside_zappa.config import RehearsalConfig
from zappa_iam_ext.rehearsal.local_aws.emulator_gaps import EMULATOR_GAPS, emulator_gaps_document
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws, local_aws
from zappa_iam_ext.rehearsal.project import Project
from zappa_iam_ext.rehearsal.report import RehearsalReport, RehearsedCommand, unused_grants
from zappa_iam_ext.rehearsal.zappa_process import ZappaRun, run_zappa
from zappa_iam_ext.settings_file import read_stages

ACCOUNT = "123456789012"
REGION = "us-east-1"
USER = "serverless"
PRINCIPAL = user_arn("aws", ACCOUNT, USER)
_APP = """from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello():
    return "Hello from Lambda"
"""
_SETTINGS = {
    "dev": {
        "app_function": "app.app",
        "project_name": "hello",
        "aws_region": REGION,
        "profile_name": USER,
        "runtime": f"python3.{sys.version_info.minor}",
        "callbacks": {"settings": "zappa_iam_ext.gate"},
        "touch": False,
    }
}
_GAP = next(row for row in EMULATOR_GAPS if row[0] == "lambda:GetFunction")
_SHOWN = 25
"""Lines of a long list that are shown."""


@dataclass
class Demo:
    """One demonstration: the local AWS, the project, what to tell whom, and what Zappa called."""

    aws: LocalAws
    project: Project
    tell: Callable[[str], None]
    progress: Callable[[str], None]
    commands: list[RehearsedCommand] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command: the profile's files, the local endpoint, an empty package."""
        empty = self.project.home / "venv"
        return {**self.project.environment(self.aws.endpoint, {}), "VIRTUAL_ENV": str(empty), "NO_COLOR": "1"}


def demonstrate(
    tell: Callable[[str], None], progress: Callable[[str], None] = lambda _: None
) -> RehearsalReport:
    """Tell the story, and return what Zappa called under the policy; raise `LocalAwsError` when a step goes wrong.

    ``tell`` gets what is the same each time, ``progress`` what is going on. Everything is removed at the end.
    """
    progress("starting the local AWS")
    with local_aws(progress=progress, account=ACCOUNT) as aws, _project() as project:
        demo = Demo(aws, project, tell, progress)
        _newcomer(demo)
        _refused(demo)
        _provisioned(demo)
        _deployed(demo)
        return _summary(demo)


def _newcomer(demo: Demo) -> None:
    """Make an account with an administrator, and a user who may look at itself and nothing else."""
    iam = demo.aws.client("iam")
    iam.create_user(UserName="admin")
    iam.put_user_policy(UserName="admin", PolicyName="admin", PolicyDocument=_ALL)
    iam.create_user(UserName=USER)
    own = PolicyDocument(self_inspection_grants("aws", ACCOUNT, USER)).to_json()
    iam.put_user_policy(UserName=USER, PolicyName="ReadOwnPermissions", PolicyDocument=own)
    profiles = []
    for user in ("admin", USER):
        key = iam.create_access_key(UserName=user)["AccessKey"]
        pair = f"aws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        profiles.append(f"[{user}]\n{pair}")
    demo.project.credentials.write_text("\n".join(profiles), encoding="utf-8")
    demo.project.credentials.chmod(0o600)
    demo.project.config.write_text(f"[profile {USER}]\nregion = {REGION}\n", encoding="utf-8")


def _refused(demo: Demo) -> None:
    demo.tell(
        "A Flask project. Its profile `serverless` belongs to a user that may look at itself, and nothing else.\n"
    )
    _zappa_iam(demo, ["check", "dev"], expected=1)
    demo.tell("The real Zappa is stopped by the gate in its settings, before its first write:\n")
    run = _zappa(demo, "deploy", enforced=False)
    _require(run.exit_code == 1, "the gate did not refuse the deployment", run.output)
    written = [seen.operation for seen in run.observations if not seen.operation.startswith(("Get", "List"))]
    _require(not written, f"Zappa wrote before the gate: {written}", run.output)
    demo.tell(_shown(f"$ zappa deploy dev\n{_from_gate(run.output)}"))


def _provisioned(demo: Demo) -> None:
    demo.tell("One command provisions what is missing, with an administrator's profile:\n")
    _zappa_iam(demo, ["apply", "dev", "--admin-profile", "admin", "--yes"], expected=0)
    _zappa_iam(demo, ["check", "dev"], expected=0)
    stage = replace(read_stages(demo.project.folder / "zappa_settings.json")[0], account_id=ACCOUNT)
    beside = emulator_gaps_document(stage).to_json()
    demo.aws.client("iam").put_user_policy(UserName=USER, PolicyName="LocalAwsDiffers", PolicyDocument=beside)
    demo.tell(
        f"The local AWS checks {len(EMULATOR_GAPS)} things otherwise than AWS does ({_GAP[2]}). For these its user gets a\n"
        "second policy, `LocalAwsDiffers`, which no real account needs.\n"
    )


def _deployed(demo: Demo) -> None:
    demo.tell("The same project again; two engines judge each call, ours and the local AWS's own:\n")
    for name in ("deploy", "update", "status", "undeploy"):
        run = _zappa(demo, name, enforced=True)
        _require(run.exit_code == 0 and not run.denied, f"zappa {name} failed", run.output)
        told = f"{len(run.observations)} calls, {len(run.denied)} denied, exit code {run.exit_code}"
        demo.tell(f"$ zappa {name} dev\n  {told}\n")


def _summary(demo: Demo) -> RehearsalReport:
    held = principal_policies(demo.aws.client("iam"), Principal.parse(PRINCIPAL))
    ours = replace(held, held=tuple(policy for policy in held.held if policy.arn))
    seen = [item for command in demo.commands for item in command.observations]
    granted = {
        action for document in ours.policies.identity for s in document.statements for action in s.actions
    }
    unused = unused_grants(ours.policies, seen)
    report = RehearsalReport(
        "dev", "hello-dev", PRINCIPAL, "the provisioned policy", "", tuple(demo.commands), unused
    )
    demo.tell(
        f"{len(seen)} calls made, {len(report.denied)} denied."
        f" {len(granted)} permissions granted, {len(granted) - len({item.action for item in unused})} of them used"
        " by these four commands; the others are for rollback, schedule, tail and the rest of a deployment's life."
    )
    return report


def _zappa(demo: Demo, name: str, *, enforced: bool) -> ZappaRun:
    demo.progress(f"zappa {name} dev")
    policies = principal_policies(demo.aws.client("iam"), Principal.parse(PRINCIPAL)).policies
    documents = [document.to_dict() for document in policies.identity]
    config = RehearsalConfig(
        record="",
        endpoint=demo.aws.endpoint,
        account=ACCOUNT,
        region=REGION,
        partition="aws",
        principal=PRINCIPAL,
        policies={"identity": documents} if enforced else None,
        full=True,
    )
    arguments = [name, "dev", *(["--yes"] if name == "undeploy" else [])]
    run = run_zappa(arguments, demo.project.folder, demo.environment, config)
    if enforced:
        demo.commands.append(RehearsedCommand(name, run.exit_code, run.observations))
    return run


def _zappa_iam(demo: Demo, arguments: Sequence[str], *, expected: int) -> None:
    demo.progress(f"zappa-iam {' '.join(arguments)}")
    done = subprocess.run(  # noqa: S603  -- ourselves
        [sys.executable, "-m", "zappa_iam_ext", *arguments],
        cwd=demo.project.folder,
        env=demo.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    _require(
        done.returncode == expected, f"zappa-iam {arguments[0]} ended with {done.returncode}", done.stderr
    )
    demo.tell(_shown(f"$ zappa-iam {' '.join(arguments)}\n{done.stdout}"))


def _shown(text: str) -> str:
    """Return the beginning of a long text, and how much more there is."""
    lines = text.rstrip().splitlines()
    if len(lines) <= _SHOWN + 1:
        return "\n".join(lines) + "\n"
    missing = [line for line in lines if line.startswith("To fix it")]
    rest = f"  ... and {len(lines) - _SHOWN - len(missing)} more lines"
    return "\n".join([*lines[:_SHOWN], rest, *missing]) + "\n"


def _from_gate(output: str) -> str:
    """Return what the gate says, from its error on."""
    start = output.find("Error: ")
    return output[start:] if start >= 0 else output


def _require(holds: bool, message: str, output: str) -> None:
    if not holds:
        last = "\n".join(output.strip().splitlines()[-15:])
        raise LocalAwsError(f"the demonstration failed: {message}\n{last}", hint="Please report this.")


@contextmanager
def _project() -> Iterator[Project]:
    with tempfile.TemporaryDirectory(prefix="zappa-iam-demo-", ignore_cleanup_errors=True) as base:
        folder, home = Path(base) / "hello", Path(base) / ".home"
        folder.mkdir()
        home.mkdir(mode=0o700)
        version = f"python3.{sys.version_info.minor}"
        packages = ("Lib", "site-packages") if os.name == "nt" else ("lib", version, "site-packages")
        home.joinpath("venv", *packages).mkdir(parents=True)
        (folder / "app.py").write_text(_APP, encoding="utf-8")
        (folder / "zappa_settings.json").write_text(json.dumps(_SETTINGS, indent=4), encoding="utf-8")
        yield Project(folder, home)


_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
