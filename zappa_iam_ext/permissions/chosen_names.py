"""Names that AWS chooses: an API's id, a mapping's UUID, a hosted zone. Settings cannot tell them, a policy may name one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zappa_iam_ext.iam import Effect, PolicyDocument

_CHOSEN = re.compile(
    r"(?:/restapis/|/apis/|/apikeys/|/usageplans/"  # API Gateway: ids of ten characters
    r"|:event-source-mapping:"  # Lambda: a UUID
    r"|:hostedzone/|:distribution/|:certificate/|:file-system/|:access-point/"
    r"|:stack/[^/*?]+/"  # CloudFormation: a stack's name, then a UUID
    r"|:(?:loadbalancer/app|targetgroup)/[^/*?]+/)(?=\*)"
)
"""What stands before such a name in an ARN (Service Authorization Reference, resource types of each service)."""
_NAME = re.compile(r"[^/:*?]+")
_SHORTEST = 10
"""Characters of an API's id. Fewer before a wildcard are the beginning of many names, and name none."""
_NOBODYS = "0zappaiamext0"
"""An id that no policy names."""


def has_chosen_name(resource: str) -> bool:
    """Say whether a pattern stands for one thing whose name AWS chose."""
    return bool(_CHOSEN.search(resource))


def marker_of(resource: str) -> str:
    """Return what stands before the name that AWS chose (``/restapis/``); empty where there is none."""
    found = _CHOSEN.search(resource)
    return found[0] if found else ""


def with_name(resource: str, name: str) -> str:
    """Return the resource with a name in the place of the one that AWS chose."""
    found = _CHOSEN.search(resource)
    return f"{resource[: found.end()]}{name}{resource[found.end() + 1 :]}" if found else resource


def named_by(documents: Iterable[PolicyDocument], resource: str) -> Iterator[str]:
    """Yield the resource with each name that an Allow of these documents writes in the place of the chosen one."""
    found = _CHOSEN.search(resource)
    if not found:
        return
    before, after = resource[: found.end()], resource[found.end() + 1 :]
    names = dict.fromkeys(
        name
        for document in documents
        for statement in document.statements
        if statement.effect is Effect.ALLOW
        for text in statement.resources
        for name in _named(text, found[0])
    )
    yield from (f"{before}{name}{after}" for name in names)


def named_by_nobody(resource: str) -> str:
    """Return the resource with a name that no policy writes in the place of the chosen one."""
    return with_name(resource, _NOBODYS)


def _named(text: str, marker: str) -> Iterator[str]:
    _, there, rest = text.partition(marker)
    name = _NAME.match(rest) if there else None
    if name and (len(name[0]) >= _SHORTEST or not rest[name.end() :].startswith(("*", "?"))):
        yield name[0]
