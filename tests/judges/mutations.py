"""Broken and strange policies and requests, made from good ones: what nobody should send, and somebody will.

``mutant(seed, index)`` is a pure function, so that a failure is reproduced from two numbers.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from tests.judges.generator import pair

#: Values that stand where others belong: of the wrong type, too long, too deep, or almost right.
STRANGE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "*",
    "?",
    "**?*",
    ":",
    ":::::",
    "arn:",
    "arn:aws:::::",
    "arn:aws:s3:::",
    "${",
    "${}",
    "${*}${?}${$}",
    "${aws:username",
    "${aws:username, 'a'}",
    "${aws:username, ${*}}",
    "\0",
    "\ud800",
    "\u0130\u00df\ufb01",
    "*" * 300,
    "*a" * 60 + "*",
    "?" * 400,
    "a" * 5000,
    "arn:aws:s3:::" + "*a" * 40 + "b",
    "9" * 400,
    "1e999999",
    "2026-02-30T25:61:61Z",
    "0000-00-00",
    "999.1.1.1/99",
    "::/129",
    "fe80::1%eth0",
    "ForAllValues:",
    "ForAnyValue:Null",
    "StringEqualsIfExistsIfExists",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": ""},
    {"AWS": []},
    {"AWS": "*", "Service": ["x"]},
    ["*"] * 300,
    b"bytes",
    (1, 2),
    {1: 2},
    object(),
)
#: Mutants of one good pair.
LITTER = 5
NAMES = (
    "Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
    "Resource", "NotResource", "Condition", "effect", "Statment", "StringEquals", "StringEqual", "Null",
    "NumericLessThan", "DateEquals", "IpAddress", "BinaryEquals", "ArnLike", "ForAllValues:StringLike",
    "ForAnyValue:BoolIfExists", "aws:username", "", "s3:prefix",
)  # fmt: skip


def mutant(seed: object, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keyword arguments of a policy set and of a request, somewhere broken."""
    source = random.Random(f"mutant {seed}/{index}")  # noqa: S311  -- reproducible, not secret
    policies, request = json.loads(_good(seed, index // LITTER))
    if source.random() < 0.4:
        for _ in range(8):
            _stretch(source.choice((policies, request)), source)
    else:
        for _ in range(source.choice((1, 1, 1, 2, 3))):
            _break(policies if source.random() < 0.75 else request, source)
    for layer, found in policies.items():
        if isinstance(found, list) and found and source.random() < 0.3:
            policies[layer] = [_as_text(document, source) for document in found]
    request.setdefault("principal", None)
    request.setdefault("action", None)
    if source.random() < 0.2:
        request["unknown_keys"] = source.choice(
            (["s3:prefix", "aws:username"], "aws:TagKeys", None, [None], 7)
        )
    if source.random() < 0.05:
        request["unknown_context"] = True
    return (
        {layer: found for layer, found in policies.items() if layer in LAYERS},
        {name: value for name, value in request.items() if name in FIELDS},
    )


@lru_cache(maxsize=2)
def _good(seed: object, index: int) -> str:
    good = pair(seed, index)
    return json.dumps([good["policies"], good["request"]])


LAYERS = ("identity", "group", "boundary", "session", "scp", "resource")
FIELDS = ("principal", "action", "resource", "context", "unknown_keys", "unknown_context")


#: Names in which a pattern has much to try.
KNOTS = (
    "*a" * 40 + "*b", "a" * 3000, "?" * 50 + "*", "*" + "?" * 60, "a*?" * 20, "${aws:username}*" * 5, "*", "?", "",
    "${s3:prefix, '*'}", "${*}a*", "aaa:bbb/ccc", "*/*:*", "\u00e9*\n", "$" * 40, "${${aws:username}}",
)  # fmt: skip


def _stretch(tree: Any, source: random.Random) -> None:
    """Put a knotty name into an ARN, or bend another value: mostly still legal, and hard to compare."""
    leaves = [path for path in _places(tree) if isinstance(_at(tree, path), str)]
    if not leaves:
        return
    *way, last = source.choice(leaves)
    holder = _at(tree, way)
    text = holder[last]
    if text.startswith("arn:"):
        holder[last] = ":".join([*text.split(":", 5)[:5], source.choice(KNOTS)])
    elif "Condition" in way or "context" in way:
        holder[last] = source.choice((*KNOTS, _bent(text, source)))


def _at(node: Any, path: Sequence[Any]) -> Any:
    for step in path:
        node = node[step]
    return node


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(node, dict):
        for key, value in node.items():
            found += _places(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            found += _places(value, (*path, number))
    return found


def _break(tree: Any, source: random.Random) -> None:
    """Change one node: replaced, removed, renamed, copied from elsewhere, a text cut or bent, nested deeply."""
    places = _places(tree)
    if not places:
        return
    *way, last = source.choice(places)
    holder = _at(tree, way)
    kind = source.randrange(6)
    if kind == 0:
        del holder[last]
    elif kind == 1 and isinstance(holder, dict):
        holder[source.choice(NAMES)] = holder.pop(last)
    elif kind == 2 and isinstance(holder[last], str):
        holder[last] = _bent(holder[last], source)
    elif kind == 3:
        holder[last] = _deep(holder[last], source.choice((1, 2, 50)))
    elif kind == 4:
        *elsewhere, there = source.choice(places)
        node = tree
        for step in (*elsewhere, there):
            node = node[step] if _has(node, step) else node
        holder[last] = copy.deepcopy(node)
    else:
        holder[last] = copy.deepcopy(source.choice(STRANGE))


def _has(node: Any, step: Any) -> bool:
    return (isinstance(node, dict) and step in node) or (
        isinstance(node, list) and isinstance(step, int) and step < len(node)
    )


def _bent(text: str, source: random.Random) -> str:
    at = source.randint(0, len(text))
    piece = source.choice(("", "*", "?", ":", "/", "${", "}", "'", "\\", "\n", "\u00e9", text, text[::-1]))
    return text[:at] + piece + text[at + source.randint(0, 3) :]


def _deep(node: Any, depth: int) -> Any:
    for _ in range(depth):
        node = [node] if depth % 2 else {"Statement": node}
    return node


def _as_text(document: Any, source: random.Random) -> Any:
    """Write a document as JSON, sometimes cut or bent; what JSON cannot write stays as it is."""
    try:
        text = json.dumps(document)
    except (TypeError, ValueError):
        return document
    chance = source.random()
    if chance < 0.3:
        text = _bent(text, source)
    elif chance < 0.4:
        text = text[: source.randint(0, len(text))]
    elif chance < 0.45:
        text = "[" * 100_000
    return text.encode("utf-8", "surrogatepass") if source.random() < 0.3 else text
