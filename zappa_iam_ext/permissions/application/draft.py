"""A draft of the application's permissions, as ``iam-policy-autopilot generate-policies`` prints it, to statements. Pure.

The tool reads source code and guesses: what it finds is shown for review, never granted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.errors import InvalidPolicyDocument, ZappaIamError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.document import as_list

Covered = Callable[[Mapping[str, Any]], bool]
"""Says whether a statement is allowed already."""


class UnreadableDraft(ZappaIamError):
    """What should be the output of the tool is something else."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Statements that nothing allows yet, those that are allowed already, and what a reader has to look at."""

    statements: tuple[Mapping[str, Any], ...]
    covered: int = 0
    notes: tuple[str, ...] = ()


def drafted(text: str) -> tuple[Mapping[str, Any], ...]:
    """Return the statements of the tool's output, one action each. Raises `UnreadableDraft`."""
    try:
        told = json.loads(text)
        documents = [each["Policy"] for each in told["Policies"]]
        for document in documents:
            PolicyDocument.parse(document)
        return tuple(each for document in documents for each in _single(document["Statement"]))
    except InvalidPolicyDocument as error:
        raise UnreadableDraft(f"the draft holds no policy document: {error}", hint=_HINT) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableDraft("this is not what iam-policy-autopilot prints", hint=_HINT) from error


def review(statements: Sequence[Mapping[str, Any]], covered: Covered) -> Draft:
    """Return what of the statements is not allowed yet, actions of the same resources together, with notes on it."""
    left = [each for each in statements if not covered(each)]
    merged = tuple(_merged(left))
    return Draft(merged, len(statements) - len(left), tuple(_notes(merged)))


def _single(given: Any) -> Iterator[Mapping[str, Any]]:
    """Yield statements of one action and one resource each; what is no plain allowance stays as it is."""
    for statement in given if isinstance(given, list) else [given]:
        plain = {
            name: value for name, value in statement.items() if name not in {"Sid", "Action", "Resource"}
        }
        if plain.get("Effect") != "Allow" or "Action" not in statement or "Resource" not in statement:
            yield statement
            continue
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield {**plain, "Action": action, "Resource": resource}


def _merged(statements: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    by_action: dict[str, tuple[dict[str, Any], list[str]]] = {}
    rest = []
    for statement in statements:
        single = all(isinstance(statement.get(name), str) for name in ("Action", "Resource"))
        if statement["Effect"] != "Allow" or not single:
            rest.append(statement)
            continue
        plain = {name: value for name, value in statement.items() if name != "Resource"}
        resources = by_action.setdefault(json.dumps(plain, sort_keys=True), (plain, []))[1]
        resources += [each for each in [statement["Resource"]] if each not in resources]
    groups: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {}
    for plain, resources in by_action.values():
        service = plain["Action"].partition(":")[0]
        common = {name: value for name, value in plain.items() if name != "Action"}
        key = json.dumps([service, common, resources], sort_keys=True)
        groups.setdefault(key, (common, [], resources))[1].append(plain["Action"])
    for common, actions, resources in groups.values():
        conditions = {name: value for name, value in common.items() if name != "Effect"}
        yield {"Effect": "Allow", "Action": sorted(actions), "Resource": resources, **conditions}
    yield from rest


def _notes(statements: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for statement in statements:
        wide = [each for each in as_list(statement.get("Resource", [])) if _names_any(str(each))]
        if wide:
            actions = ", ".join(map(str, as_list(statement.get("Action", []))))
            yield f"{actions} on {', '.join(wide)}: name what the application uses"


def _names_any(resource: str) -> bool:
    """Say whether the part of an ARN that names the resource begins with a wildcard."""
    name = resource.split(":", 5)[-1]
    return any(part.startswith("*") for part in name.replace(":", "/").split("/"))


_HINT = "Run `iam-policy-autopilot generate-policies FILES > draft.json`, and name that file."
