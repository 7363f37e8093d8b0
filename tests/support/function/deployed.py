"""The real Zappa packages and deploys a case; its function then runs under whatever policy its role is given."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.recordings.scenarios import read_in
from tests.support.function import witness
from tests.support.function.cases import Case, Played, Step
from tests.support.function.happenings import Happenings
from tests.support.function.judging import FUNCTION, names_of
from tests.support.function.packaging import brought_by_lambda, virtual_environment
from tests.support.function.sources import make_sources
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.inside_zappa.config import RehearsalConfig
from zappa_iam_ext.rehearsal.local_aws.local_user import ADMINISTRATOR, local_user
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws
from zappa_iam_ext.rehearsal.observation import Observation, Outcome
from zappa_iam_ext.rehearsal.project import rehearsing_project
from zappa_iam_ext.rehearsal.rehearse import write_profile
from zappa_iam_ext.rehearsal.zappa_process import run_zappa

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
POLICY = "ZappaLambdaExecutionPolicy"
_DENIED_WITHIN = 40.0


@dataclass(frozen=True, slots=True)
class Deployed:
    """A case whose package the local Lambda runs as its role."""

    case: Case
    stage: Stage
    aws: LocalAws
    base: Path
    names: Mapping[str, str]

    def run(self, document: PolicyDocument) -> list[Observation]:
        """Let everything happen under this policy, in a fresh process; return the calls that the function made.

        Raises AssertionError when something does not come to its end.
        """
        since = self._begin(document)
        happenings = Happenings(self.aws, self.names)
        for step in self.case.steps:
            getattr(happenings, step.does)(**step.given)
            self._await_end(step, since)
        return self._calls(since)

    def run_until_denied(self, document: PolicyDocument, expected: frozenset[str]) -> list[Observation]:
        """The same under a policy that lacks something: whatever fails, until an expected call was refused or time is up."""
        since = self._begin(document)
        happenings = Happenings(self.aws, self.names)

        def denied() -> bool:
            return any(seen.denied and name_of(seen) in expected for seen in self._calls(since))

        for step in self.case.steps:
            threading.Thread(target=_whatever_fails, args=(happenings, step), daemon=True).start()
            _await(denied, _DENIED_WITHIN)
        return self._calls(since)

    def play(self, row: Played, document: PolicyDocument) -> Observation:
        """Make the call of a service in its stead, with the session of the role that the function has."""
        self._hold(document)
        key, secret, token = self._session()
        client = self.aws.client(row.service, self.stage.region, (key, secret), token)
        given = filled(row.parameters, self.names)
        outcome, code = Outcome.OK, ""
        try:
            client._make_api_call(row.operation, given)  # operations are named as in the API
        except ClientError as error:
            code = error.response["Error"]["Code"]
            outcome = Outcome.DENIED_BY_AWS if code in witness.DENIED else Outcome.FAILED
        return Observation(
            row.service, row.operation, self.stage.region, given, outcome, code, at=row.used_by
        )

    def _begin(self, document: PolicyDocument) -> Mapping[str, int]:
        """Give the role the policy and the function a fresh process; return how much was written before."""
        self._hold(document)
        since = {name: len(_lines(self.base, name)) for name in ("calls", "notes")}
        client, name = self.aws.client("lambda", self.stage.region), self.stage.function_name
        function = client.get_function_configuration(FunctionName=name)
        variables = {**function["Environment"]["Variables"], "RUN": str(since["notes"])}
        _remove_unpacked(self.stage)
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        for alias in client.list_aliases(FunctionName=name)["Aliases"]:
            version = client.publish_version(FunctionName=name)["Version"]
            client.update_alias(FunctionName=name, Name=alias["Name"], FunctionVersion=version)
        return since

    def _hold(self, document: PolicyDocument) -> None:
        self.aws.client("iam").put_role_policy(
            RoleName=self.stage.role.name,
            PolicyName=POLICY,
            PolicyDocument=json.dumps(as_the_local_aws_names_it(document)),
        )

    def _session(self) -> list[str]:
        answer = self.aws.client("lambda", self.stage.region).invoke(
            FunctionName=self.stage.function_name, Payload=json.dumps({"command": "app.session"})
        )
        return list(json.loads(answer["Payload"].read()))

    def _calls(self, since: Mapping[str, int]) -> list[Observation]:
        return [_observation(line) for line in _lines(self.base, "calls")[since["calls"] :]]

    def _await_end(self, step: Step, since: Mapping[str, int]) -> None:
        def missing() -> list[str]:
            noted = {line["note"] for line in _lines(self.base, "notes")[since["notes"] :]}
            left = [text for text in step.logged if not self._logged(text)]
            return [note for note in step.notes if note not in noted] + left

        _await(lambda: not missing(), step.within)
        assert not missing(), (
            f"{step.does}: {missing()} did not happen; seen: {self._calls(since)}\n{self._log()[-3000:]}"
        )

    def _logged(self, text: str) -> bool:
        return text.format_map(self.names) in self._log()

    def _log(self) -> str:
        try:
            events = self.aws.client("logs", self.stage.region).filter_log_events(
                logGroupName=f"/aws/lambda/{self.stage.function_name}"
            )["events"]
        except ClientError:
            return ""
        return "\n".join(event["message"] for event in events)


def as_the_local_aws_names_it(document: PolicyDocument) -> dict[str, Any]:
    """Return the document for the local AWS, which names a log group without the ``:*`` that AWS's own names end with.

    What AWS names in a denial is ``log-group:NAME:log-stream:STREAM``, and ``log-group:NAME:*`` was seen to suffice there.
    """
    raw = document.to_dict()
    for statement in raw["Statement"]:
        named = statement["Resource"]
        resources = [named] if isinstance(named, str) else list(named)
        groups = [
            item.removesuffix(":*") for item in resources if ":log-group:" in item and item.endswith(":*")
        ]
        statement["Resource"] = [*resources, *groups]
    return raw


@contextmanager
def deployed(
    case: Case, aws: LocalAws, policy: Callable[[Stage], PolicyDocument], trust: Callable[[Stage], Mapping]
) -> Iterator[Deployed]:
    """Make the role with the computed trust and policy, and let the real Zappa package and deploy the case."""
    with tempfile.TemporaryDirectory(prefix="runs-", ignore_cleanup_errors=True) as name:
        base = Path(name)
        names = {"account": aws.account, **make_sources(aws, case.sources)}
        stage = _project(case, base, names).with_account(aws.account)
        aws.client("iam").create_role(
            RoleName=stage.role.name, AssumeRolePolicyDocument=json.dumps(trust(stage))
        )
        aws.client("iam").put_role_policy(
            RoleName=stage.role.name, PolicyName=POLICY, PolicyDocument=policy(stage).to_json()
        )
        _deploy(case, stage, aws, base)
        yield Deployed(case, stage, aws, base, names_of(stage, {**names, **_made(aws)}))
        _remove_unpacked(stage)


def _remove_unpacked(stage: Stage) -> None:
    """Remove what a slim handler has unpacked: on AWS each process has a ``/tmp`` of its own (``handler.py``)."""
    if stage.settings.get("slim_handler"):
        shutil.rmtree(Path("/tmp") / stage.project_name, ignore_errors=True)  # noqa: S108


def _project(case: Case, base: Path, names: Mapping[str, str]) -> Stage:
    folder = base / "project"
    folder.mkdir()
    files = ["app.py", *(["sockets.py"] if case.websocket else [])]
    for file in files:
        shutil.copy(HERE / "application" / file, folder / file)
    lambdas_own = brought_by_lambda(base / "runtime")
    path = os.pathsep.join(map(str, [HERE / "site", lambdas_own, ROOT]))
    settings = {
        **filled(case.settings, names),
        "aws_environment_variables": {"PYTHONPATH": path, witness.VARIABLE: str(base)},
    }
    (folder / "zappa_settings.json").write_text(json.dumps({"dev": settings}))
    return read_in(folder)


def _deploy(case: Case, stage: Stage, aws: LocalAws, base: Path) -> None:
    config = RehearsalConfig(
        record="",
        endpoint=aws.endpoint,
        account=aws.account,
        region=stage.region,
        partition=stage.partition,
        principal="",
        full=True,
    )
    environment = {"VIRTUAL_ENV": str(virtual_environment(base / "venv"))}
    with (
        rehearsing_project(stage, base / "project", full=True) as project,
        local_user(aws, "administrator", (ADMINISTRATOR,)) as key,
    ):
        write_profile(project, key, stage.region)
        given = project.environment(aws.endpoint, environment)
        done = run_zappa(["deploy", stage.name], project.folder, given, None if case.unwatched else config)
    assert done.exit_code == 0, done.output[-3000:]


def _made(aws: LocalAws) -> dict[str, str]:
    """Return the ids of what Zappa made."""
    apis = aws.client("apigatewayv2").get_apis()["Items"]
    ids = [api["ApiId"] for api in apis if api["ProtocolType"] == "WEBSOCKET"]
    return {"websocket": ids[0]} if ids else {}


def _observation(line: Mapping[str, Any]) -> Observation:
    names = ("service", "operation", "region", "parameters", "error")
    given = {name: line[name] for name in names}
    return Observation(**given, outcome=Outcome(line["outcome"]), at=FUNCTION)


def name_of(seen: Observation | Played) -> str:
    """Return the call's name, as ``sns.Publish``."""
    return f"{seen.service}.{seen.operation}"


def _whatever_fails(happenings: Happenings, step: Step) -> None:
    """Let a step happen that nobody waits for: what it calls is refused, or it is cut off by what comes next."""
    with contextlib.suppress(Exception):
        getattr(happenings, step.does)(**step.given)


def _lines(folder: Path, name: str) -> list[dict]:
    file = folder / f"{name}.jsonl"
    text = file.read_text() if file.exists() else ""
    return [
        json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()
    ]  # the last may be half written


def _await(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)


def filled(value, names: Mapping[str, str]):
    """Return settings or parameters with their names in braces filled in."""
    if isinstance(value, str):
        return value.format_map(names)
    if isinstance(value, Mapping):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [filled(item, names) for item in value]
    return value
