"""The grammar of policy documents: reads what IAM accepts, refuses what it would call malformed.

IAM User Guide, "Grammar of the IAM JSON policy language" and the pages of the elements. A misspelt element or
operator is refused, never skipped: in a Deny it would make the Deny vanish.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam.conditions.operators import parse_operator
from zappa_iam_ext.iam.literals import why_unreadable
from zappa_iam_ext.iam.principal_elements import KINDS, misplaced, refusal
from zappa_iam_ext.iam.statement import Condition, Effect, PolicyKind, PrincipalElement, Statement

VERSIONS = ("2008-10-17", "2012-10-17")
MAX_TEXT = 1_000_000
_DOCUMENT = frozenset({"Version", "Id", "Statement"})
_STATEMENT = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_ACTION = re.compile(r"\*|(?:\*|[A-Za-z0-9.-]+):[^:]+", re.DOTALL)
_RESOURCE = re.compile(r"arn:(?:\*|aws(?:-[a-z]+)*):[^:*?]+(?::.*)?", re.DOTALL)
_SID = re.compile(r"[A-Za-z0-9]*")
_WITH_PRINCIPAL = frozenset({PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.RCP})
_ARN_COLONS = 5
_NO_TEXT = re.compile("[\ud800-\udfff\0]")
_LARGEST = 10**300


class ReadDocument(NamedTuple):
    """The elements of a document as they were written."""

    statements: tuple[Statement, ...]
    version: str
    id: str


def read(
    source: str | bytes | Mapping[str, Any], kind: PolicyKind, *, stored: bool = True, readable: bool = True
) -> ReadDocument:
    """Return the elements of a document; raise `InvalidPolicyDocument`.

    ``stored`` False reads what may be evaluated: see `why_unreadable`. ``readable`` False does not ask it.
    """
    document = _loaded(source) if isinstance(source, str | bytes) else source
    if not isinstance(document, Mapping):
        raise _refused("$", "a policy document is a JSON object", "document")
    _only(document, _DOCUMENT, "$")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not _is_list(statements) or not statements:
        raise _refused("$.Statement", "a document needs at least one statement", "statement")
    read_statements = tuple(
        _statement(item, f"$.Statement[{index}]", kind) for index, item in enumerate(statements)
    )
    for index, statement in enumerate(read_statements if readable else ()):
        _readable(statement.condition, f"$.Statement[{index}].Condition", kind, stored=stored)
    _unique_sids(read_statements)
    return ReadDocument(read_statements, _version(document), _text(document.get("Id", ""), "$.Id"))


def _loaded(text: str | bytes) -> Any:
    if len(text) > MAX_TEXT:
        raise _refused("$", "the text is too long to be a policy document", "size")
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(decoded, object_pairs_hook=_unique, parse_constant=_no_constant)
    except InvalidPolicyDocument:
        raise
    except (ValueError, RecursionError) as error:
        raise _refused("$", f"this is not JSON: {str(error)[:100]}", "json") from error


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _refused("$", "an element is given twice in one object", "duplicate element")
    return found


def _no_constant(name: str) -> Any:
    raise _refused("$", f"{name} is no JSON", "json")


def _version(document: Mapping[str, Any]) -> str:
    version = document.get("Version", VERSIONS[0])
    if not isinstance(version, str) or version not in VERSIONS:
        raise _refused("$.Version", f"the version is one of {' and '.join(VERSIONS)}", "version")
    return version


def _statement(item: Any, path: str, kind: PolicyKind) -> Statement:
    if not isinstance(item, Mapping):
        raise _refused(path, "a statement is an object", "statement")
    _only(item, _STATEMENT, path)
    effect = item.get("Effect")
    if not isinstance(effect, str) or effect not in set(Effect):
        raise _refused(f"{path}.Effect", "the effect is Allow or Deny, written so", "effect")
    _one_of(item, "Action", "NotAction", path, required=True)
    _one_of(
        item, "Resource", "NotResource", path, required=kind not in {PolicyKind.RESOURCE, PolicyKind.TRUST}
    )
    _one_of(item, "Principal", "NotPrincipal", path, required=kind in _WITH_PRINCIPAL)
    if kind not in _WITH_PRINCIPAL and ("Principal" in item or "NotPrincipal" in item):
        raise _refused(path, f"a policy of kind {kind} has no principal", "principal")
    if kind is PolicyKind.TRUST and ("Resource" in item or "NotResource" in item):
        raise _refused(path, "a trust policy has no resource", "resource")
    statement = Statement(
        effect=Effect(effect),
        actions=_actions(item, "Action", path),
        not_actions=_actions(item, "NotAction", path),
        resources=_resources(item, "Resource", path),
        not_resources=_resources(item, "NotResource", path),
        condition=_condition(item.get("Condition", {}), f"{path}.Condition"),
        sid=_sid(item.get("Sid", ""), f"{path}.Sid", kind),
        principals=_principals(item, "Principal", path),
        not_principals=_principals(item, "NotPrincipal", path),
    )
    if told := misplaced(statement, kind):
        raise _refused(path, told, "principal")
    return statement


def _one_of(item: Mapping[str, Any], one: str, other: str, path: str, *, required: bool) -> None:
    given = [name for name in (one, other) if name in item]
    if len(given) > 1:
        raise _refused(path, f"{one} and {other} exclude one another", "exclusive elements")
    if required and not given:
        raise _refused(path, f"a statement needs {one} or {other}", "missing element")


def _actions(item: Mapping[str, Any], name: str, path: str) -> tuple[str, ...]:
    values = _strings(item, name, path)
    for value in values:
        if not _ACTION.fullmatch(value):
            raise _refused(f"{path}.{name}", f"{value[:100]!r} is no action: service:Action, or *", "action")
    return values


def _resources(item: Mapping[str, Any], name: str, path: str) -> tuple[str, ...]:
    values = _strings(item, name, path)
    for value in values:
        if value != "*" and not _RESOURCE.fullmatch(value):
            raise _refused(f"{path}.{name}", f"{value[:100]!r} is neither an ARN nor *", "resource")
        parts = value.split(":", _ARN_COLONS)
        if len(parts) <= _ARN_COLONS and "::" in value:
            raise _refused(f"{path}.{name}", f"{value[:100]!r} has lost a part of its ARN", "resource")
        if _names_a_region_in_vain(parts):
            raise _refused(
                f"{path}.{name}", f"an ARN of {parts[2]} has no region: {value[:100]!r}", "resource"
            )
    return values


def _names_a_region_in_vain(parts: Sequence[str]) -> bool:
    """Say whether an ARN of a service without regions names one; S3 has ARNs of an account which do."""
    service, region, account = (*parts, "", "", "", "", "")[2:5]
    if region in {"", "*"}:
        return False
    return service == "iam" or (service == "s3" and not account and len(parts) > _ARN_COLONS)


def _strings(item: Mapping[str, Any], name: str, path: str) -> tuple[str, ...]:
    if name not in item:
        return ()
    value = item[name]
    values = [value] if isinstance(value, str) else value
    if not _is_list(values) or not values:
        raise _refused(f"{path}.{name}", f"{name} is a string or a list of strings, not empty", "strings")
    return tuple(_text(entry, f"{path}.{name}") for entry in values)


def _principals(item: Mapping[str, Any], name: str, path: str) -> PrincipalElement | None:
    if name not in item:
        return None
    value = item[name]
    if value == "*":
        return {"*": ("*",)}
    if not isinstance(value, Mapping) or not value or not set(value) <= KINDS:
        raise _refused(
            f"{path}.{name}", f"a principal is * or an object of {', '.join(sorted(KINDS))}", "principal"
        )
    found = {kind: _strings(value, kind, f"{path}.{name}") for kind in value}
    for kind, entries in found.items():
        for entry in entries:
            if told := refusal(kind, entry):
                raise _refused(f"{path}.{name}.{kind}", told, "principal")
    return found


def _condition(value: Any, path: str) -> Condition:
    if not isinstance(value, Mapping):
        raise _refused(path, "a condition is an object", "condition")
    found = {}
    for operator, tests in value.items():
        if not isinstance(operator, str) or parse_operator(operator) is None:
            raise _refused(path, f"{str(operator)[:100]!r} is no condition operator", "operator")
        if not isinstance(tests, Mapping):
            raise _refused(f"{path}.{operator}", "an operator holds an object of keys", "condition")
        found[operator] = {
            _key(key, f"{path}.{operator}"): _values(entry, f"{path}.{operator}.{key}")
            for key, entry in tests.items()
        }
    return found


def _readable(condition: Condition, path: str, kind: PolicyKind, *, stored: bool) -> None:
    """Refuse values that their operator cannot read, as AWS does: a Deny with one would not deny."""
    for name, tests in condition.items():
        operator = parse_operator(name)
        for key, values in tests.items() if operator else ():
            for value in values:
                if operator and (what := why_unreadable(operator, value, kind, stored=stored)):
                    raise _refused(
                        f"{path}.{name}.{key}",
                        f"{value[:100]!r} is no {what}",
                        operator.family.partition(" ")[0],
                    )


def _key(key: Any, path: str) -> str:
    if not _text(key, path) or key != key.strip():
        raise _refused(path, "a condition key has a name", "condition key")
    return str(key)


def _values(value: Any, path: str) -> tuple[str, ...]:
    return tuple(_scalar(entry, path) for entry in (value if _is_list(value) else [value]))


def _scalar(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and abs(value) < _LARGEST and math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return _text(value, path)
    raise _refused(path, "a condition's value is a string, a number or a boolean", "condition value")


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _refused(path, "this is a string", "string")
    if _NO_TEXT.search(value):
        raise _refused(path, "this string holds characters that are none", "string")
    return value


def _sid(value: Any, path: str, kind: PolicyKind) -> str:
    sid = _text(value, path)
    if kind not in _WITH_PRINCIPAL and not _SID.fullmatch(sid):
        raise _refused(path, "a Sid holds letters and digits only", "sid")
    return sid


def _unique_sids(statements: Sequence[Statement]) -> None:
    sids = [statement.sid for statement in statements if statement.sid]
    for index, sid in enumerate(sids):
        if sid in sids[:index]:
            raise _refused("$.Statement", f"the Sid {sid[:100]!r} is given twice", "sid")


def _only(item: Mapping[str, Any], known: frozenset[str], path: str) -> None:
    for name in item:
        if name not in known:
            raise _refused(path, f"{str(name)[:100]!r} is no element here", "unknown element")


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _refused(path: str, message: str, rule: str) -> InvalidPolicyDocument:
    return InvalidPolicyDocument(
        message, path=path, rule=rule, hint="AWS would refuse it as MalformedPolicyDocument."
    )
