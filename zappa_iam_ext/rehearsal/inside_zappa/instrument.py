"""Inside the rehearsing Zappa: sees each AWS call, judges it, writes it down, keeps it on this machine.

Runs in the process of the real ``zappa`` executable, started by ``site/sitecustomize.py``. Nothing of Zappa is
changed but what would leave the machine or take minutes: packaging (unless ``full``), touching the
endpoint, and the length of pauses.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

from zappa_iam_ext.rehearsal.inside_zappa.config import VARIABLE, RehearsalConfig

_FORBIDDEN = 403


def install() -> None:
    """Watch and judge the AWS calls of this process, as the environment says."""
    config = RehearsalConfig.read()
    from zappa_iam_ext.rehearsal.inside_zappa.adaptations import adapt_zappa, shorten_pauses
    from zappa_iam_ext.rehearsal.local_aws.loopback import require_loopback, stay_on_this_machine

    require_loopback(config.endpoint)
    stay_on_this_machine()
    shorten_pauses()
    _Watcher(config).watch()
    adapt_zappa(full=config.full, package_size=config.package_size)


class _Watcher:
    """Listens to every client that botocore makes in this process."""

    def __init__(self, config: RehearsalConfig) -> None:
        from zappa_iam_ext.iam import PolicySet
        from zappa_iam_ext.permissions.authorizations import Scope
        from zappa_iam_ext.rehearsal.inside_zappa.enforcement import Enforcer, ForcedDenial

        self._config = config
        scope = Scope(config.account, config.region, config.partition)
        enforced = None if config.policies is None else PolicySet(**config.policies)
        self._enforcer = Enforcer(enforced, config.principal, scope)
        self._refused = tuple(map(ForcedDenial.parse, config.deny))
        self._root: dict[str, Any] = {}
        self._making_own = False

    def watch(self) -> None:
        """Register for every call: before it is made, and after it is answered."""
        from botocore.client import ClientCreator

        from zappa_iam_ext.rehearsal.inside_zappa.adaptations import whole_name

        create = ClientCreator.create_client

        def create_client(creator: Any, *arguments: Any, **options: Any) -> Any:
            client = create(creator, *arguments, **options)
            if not self._making_own:
                events = client.meta.events
                region = client.meta.region_name
                events.register_first("provide-client-params", self._remember)
                events.register_first("before-call", lambda **told: self._before(region=region, **told))
                events.register_last("provide-client-params", whole_name)
                events.register_last("after-call", self._after)
                events.register_last("after-call-error", self._after_error)
            return client

        ClientCreator.create_client = create_client  # type: ignore[method-assign,assignment]

    def _remember(self, params: Any, context: dict[str, Any], **_: Any) -> None:
        from zappa_iam_ext.rehearsal.observation import jsonable

        context[VARIABLE] = {"parameters": jsonable(params), "at": _place_in_zappa()}

    def _before(self, model: Any, context: dict[str, Any], region: str, **_: Any) -> Any:
        from zappa_iam_ext.permissions.model import Call

        memory = context.setdefault(VARIABLE, {"parameters": {}})
        if "judged" in memory:
            return None
        call = Call(_client_name(model), model.name, memory["parameters"], region=region or "")
        judged = self._completed(call)
        checked, known = self._enforcer.judge(judged)
        memory.update(judged=judged, checked=checked, known=known)
        refusal = self._refusal(judged, checked, memory.get("at", ""))
        if refusal is None:
            return None
        memory["refused"] = True
        metadata = {"HTTPStatusCode": _FORBIDDEN, "HTTPHeaders": {}, "RequestId": "rehearsal"}
        return SimpleNamespace(status_code=_FORBIDDEN, headers={}, content=b""), {
            "Error": refusal,
            "ResponseMetadata": metadata,
        }

    def _refusal(self, call: Any, checked: Any, at: str) -> dict[str, str] | None:
        if any(refused.meets(call, at) for refused in self._refused):
            from zappa_iam_ext.rehearsal.observation import Checked

            return self._enforcer.refusal(call, (_denied(checked, Checked),))
        return self._enforcer.refusal(call, checked)

    def _completed(self, call: Any) -> Any:
        """Return the call with what AWS looks up itself: the function of a mapping, the template of a stack."""
        try:
            if f"{call.service}.{call.operation}" in _OF_A_MAPPING:
                mapping = self._client("lambda").get_event_source_mapping(UUID=call.parameters["UUID"])
                return replace(call, parameters={**call.parameters, "FunctionArn": mapping["FunctionArn"]})
            if f"{call.service}.{call.operation}" in _OF_A_STACK:
                return self._with_template(call)
            if f"{call.service}.{call.operation}" in _OF_A_ROLE:
                return self._with_path(call)
        except Exception:  # noqa: BLE001  -- there is no such object: the call itself will say so
            return call
        return call

    def _with_template(self, call: Any) -> Any:
        from zappa_iam_ext.rehearsal.inside_zappa.enforcement import with_template

        template, tags = self._template_of(call)
        former = self._template_held(call)[0] if call.operation == "UpdateStack" else None
        return with_template(call, template, tags, former)

    def _with_path(self, call: Any) -> Any:
        role = self._client("iam").get_role(RoleName=call.parameters["RoleName"])["Role"]
        path = str(role.get("Path", "/"))
        return call if path == "/" else replace(call, parameters={**call.parameters, "Path": path})

    def _template_of(self, call: Any) -> tuple[Any, Any]:
        """Return the template of the call, or of the stack it is about, and the stack's tags."""
        if url := str(call.parameters.get("TemplateURL", "")):
            bucket, _, key = url.split("://", 1)[-1].partition("/")[2].partition("/")
            body = self._client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            return json.loads(body), call.parameters.get("Tags") or []
        return self._template_held(call)

    def _template_held(self, call: Any) -> tuple[Any, Any]:
        """Return the template that the stack has before the call, and its tags."""
        stacks, name = self._client("cloudformation"), call.parameters["StackName"]
        body = stacks.get_template(StackName=name)["TemplateBody"]
        (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
        return body if isinstance(body, Mapping) else json.loads(body), stack.get("Tags") or []

    def _client(self, service: str) -> Any:
        """Return a client of the local account's root, whose calls nobody watches."""
        if service not in self._root:
            from zappa_iam_ext.rehearsal.local_aws.server import LocalAws

            self._making_own = True
            try:
                local = LocalAws(self._config.endpoint, self._config.account)
                self._root[service] = local.client(service, self._config.region)
            finally:
                self._making_own = False
        return self._root[service]

    def _after(self, parsed: Any, context: dict[str, Any], **_: Any) -> None:
        from zappa_iam_ext.rehearsal.observation import Outcome

        code = str(parsed.get("Error", {}).get("Code", "")) if isinstance(parsed, Mapping) else ""
        status = (
            parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
            if isinstance(parsed, Mapping)
            else 200
        )
        outcome = Outcome.OK
        if status >= _FAILED:
            denied = code in _DENIED or status == _FORBIDDEN
            outcome = Outcome.DENIED_BY_AWS if denied else Outcome.FAILED
        self._write(context, outcome, code if status >= _FAILED else "")

    def _after_error(self, exception: Any, context: dict[str, Any], **_: Any) -> None:
        from zappa_iam_ext.rehearsal.observation import Outcome

        self._write(context, Outcome.FAILED, type(exception).__name__)

    def _write(self, context: dict[str, Any], outcome: Any, error: str) -> None:
        from zappa_iam_ext.rehearsal.observation import Observation, Outcome, jsonable

        memory = context.pop(VARIABLE, None)
        if not memory or "judged" not in memory:
            return
        call = memory["judged"]
        seen = Observation(
            service=call.service,
            operation=call.operation,
            region=call.region,
            parameters=jsonable(call.parameters),
            outcome=Outcome.DENIED if memory.get("refused") else outcome,
            error=error,
            checked=memory["checked"],
            known=memory["known"],
            at=memory.get("at", ""),
        )
        line = json.dumps(seen.to_dict(), separators=(",", ":")) + "\n"
        with Path(self._config.record).open("a", encoding="utf-8") as file:
            file.write(line)


_OF_A_STACK = frozenset(
    {"cloudformation.CreateStack", "cloudformation.UpdateStack", "cloudformation.DeleteStack"}
)
_OF_A_MAPPING = frozenset(
    {"lambda.GetEventSourceMapping", "lambda.UpdateEventSourceMapping", "lambda.DeleteEventSourceMapping"}
)
_OF_A_ROLE = frozenset(
    {"iam.GetRole", "iam.GetRolePolicy", "iam.PutRolePolicy", "iam.UpdateAssumeRolePolicy"}
)
_FAILED = 300
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"}
)


def _denied(checked: Any, kind: Any) -> Any:
    first = checked[0] if checked else kind("*", "*")
    return kind(first.action, first.resource, allowed=False)


def _place_in_zappa() -> str:
    """Return the functions of Zappa that lead to the call, innermost first: ``Zappa.upload_to_s3 < ZappaCLI.deploy``.

    A transfer to S3 calls from threads of its own, while Zappa waits for it in the main thread.
    """
    main = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001  -- the documented way
    return " < ".join(_zappa_functions(sys._getframe(1)) or _zappa_functions(main))  # noqa: SLF001


def _zappa_functions(frame: FrameType | None) -> tuple[str, ...]:
    return tuple(name for name in _functions(frame) if name not in _EVERYWHERE)


def _functions(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] == "zappa":
            yield frame.f_code.co_qualname.rpartition("<locals>.")[2]
        frame = frame.f_back


_EVERYWHERE = frozenset({"handle", "ZappaCLI.handle", "ZappaCLI.dispatch_command", "<module>"})


def _client_name(model: Any) -> str:
    """Return the name under which boto3 makes the client (``elbv2``)."""
    return str(model.service_model.service_name)
