"""Inside the process that the local AWS's Lambda starts for the function: writes down each AWS call and its end.

Nothing is judged or refused here: the local AWS does that, as which session of which role the function calls it.
Nothing of Zappa or of the application is changed. One endpoint is led elsewhere: AWS has a host name for each
WebSocket API, the local AWS a path.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

VARIABLE = "WITNESS"
"""Names the folder that the calls (``calls.jsonl``) and what the application notes (``notes.jsonl``) go to."""
_FAILED = 300
DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "ForbiddenException",
        "UnauthorizedOperation",
    }
)
"""The codes of denials: what AWS's services call them."""
_FORBIDDEN = 403


def install() -> None:
    """Listen to every client that botocore makes in this process."""
    from botocore.client import ClientCreator

    create = ClientCreator.create_client

    def create_client(creator: Any, service_name: str, *arguments: Any, **options: Any) -> Any:
        if service_name == "apigatewaymanagementapi" and options.get("endpoint_url"):
            options["endpoint_url"] = connections_at(options["endpoint_url"], os.environ["AWS_ENDPOINT_URL"])
        client = create(creator, service_name, *arguments, **options)
        events, region = client.meta.events, client.meta.region_name
        events.register_first("provide-client-params", _remember)
        events.register_last("after-call", lambda **told: _after(region=region, service=service_name, **told))
        return client

    ClientCreator.create_client = create_client  # type: ignore[method-assign,assignment]


def connections_at(url: str, endpoint: str) -> str:
    """Return where the local AWS has a WebSocket API's connections: ``https://ID.execute-api.HOST/STAGE`` as a path."""
    parts = urlsplit(url)
    return f"{endpoint}/_aws/execute-api/{parts.netloc.partition('.')[0]}{parts.path}"


def _remember(params: Any, context: dict[str, Any], **_: Any) -> None:
    context[VARIABLE] = _plain(params)


def _after(parsed: Any, model: Any, context: dict[str, Any], region: str, service: str, **_: Any) -> None:
    code = str(parsed.get("Error", {}).get("Code", ""))
    status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
    denied = code in DENIED or status == _FORBIDDEN
    write(
        "calls",
        service=service,
        operation=model.name,
        region=region,
        parameters=context.pop(VARIABLE, {}),
        outcome="ok" if status < _FAILED else "denied by AWS" if denied else "failed",
        error=code if status >= _FAILED else "",
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else f"<{type(value).__name__}>"


def write(name: str, **what: Any) -> None:
    """Append one line to a file of the folder; one write, so that several processes may."""
    line = json.dumps({**what, "process": os.getpid(), "time": time.time()}) + "\n"
    with Path(os.environ[VARIABLE], f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(line)
