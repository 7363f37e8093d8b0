"""The row that a call of the code in the function needs, ready to paste; what only a person can know is left to fill in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version

from tests.support.new_rows import UNSAID, span
from tests.support.runtime_source import runtime_source
from tests.support.zappa_source import Site
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.permissions.tables.reading import parts, read
from zappa_iam_ext.permissions.tables.runtime_rows import RuntimeRow, runtime_rows

FOLDER = "permissions/tables/runtime"
#: Services of boto3 whose actions have another prefix (Service Authorization Reference).
PREFIXES = {"apigatewaymanagementapi": "execute-api", "elbv2": "elasticloadbalancing"}
#: What AWS checks for an operation where no action bears its name (Service Authorization Reference).
ACTIONS = {
    "apigatewaymanagementapi.PostToConnection": "execute-api:ManageConnections",
    "lambda.Invoke": "lambda:InvokeFunction",
    "s3.HeadObject": "s3:GetObject",
    "s3.ListObjectsV2": "s3:ListBucket",
}


def new_runtime_rows(sites: Iterable[Site], zappa: str = "") -> str:
    """Return the rows for these sites of a version (default: the installed one), each with the file it belongs to."""
    return "\n\n".join(_row(site, zappa or version("zappa")) for site in sites)


def action_for(site: Site) -> str:
    """Return the action that AWS checks for the operation, where its name tells."""
    call = f"{site.service}.{site.operation}"
    return ACTIONS.get(call, f"{PREFIXES.get(site.service, site.service)}:{site.operation}")


def _row(site: Site, zappa: str) -> str:
    since, until = span(site, zappa, runtime_source)
    action = action_for(site)
    near = _nearest(site, action)
    known = (
        "" if action_definition(action) else "  # AWS knows no action of this name: which one does it check?"
    )
    lines = [
        f"# to {FOLDER}/{_part_of(near)}.toml:",
        "[[runtime]]",
        'used_by = "function"',
        f'action = "{action}"{known}',
        f'resource = "{near.resource if near.action.startswith(action.partition(":")[0]) else "*"}"',
        f'purpose = "{site.operation}"',
        f'call = "{site.service}.{site.operation}"',
        'context = { "lambda:SourceFunctionArn" = "{function_arn}" }',
        f'because = "{UNSAID}"',
        'consequence = "stops"',
        'symptom = "what is then wrong"',
        f'source = "{site.place}"',
        'confidence = "documented"',
        f'since = "{since}"' if since else "",
        f'until = "{until}"' if until else "",
        '# when = ["a feature"] or each = "a collection", and setting = "its setting", where it is called only then;',
        '# consequence = "silent", where the function goes on without it; in nothing.toml as [[nothing]], where AWS lets everybody',
    ]
    return "\n".join(line for line in lines if line)


def _nearest(site: Site, action: str) -> RuntimeRow:
    """Return the row that is most like the new one: of the same function, module or service."""
    service = action.partition(":")[0]

    def likeness(row: RuntimeRow) -> int:
        return (
            4 * (site.place in row.source or f", {site.function}" in row.source)
            + 2 * row.source.startswith(site.module)
            + row.action.startswith(f"{service}:")
        )

    return max(runtime_rows(), key=likeness)


def _part_of(row: RuntimeRow) -> str:
    """Return the part of the table where a row stands."""
    places = Counter[str]()
    for entry in read("runtime", "runtime"):
        if entry.values["source"] == row.source and entry.values["action"] == row.action:
            places[entry.place.rpartition("/")[2].partition(".toml")[0]] += 1
    return places.most_common(1)[0][0] if places else parts("runtime")[0]
