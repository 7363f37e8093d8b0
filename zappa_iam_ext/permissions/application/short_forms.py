"""The short forms by the table ``short_forms.toml``: a service, what it is called, and an access, as statements."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any

from zappa_iam_ext.permissions.stage import Stage

_BRACES = re.compile(r"\{[a-z]+\}")


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """Actions, without the service's prefix, and what they are granted on; ``prefix_key`` limits them to a prefix."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    prefix_key: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """One access to a service: other words for it, and what it grants."""

    name: str
    also: tuple[str, ...]
    grants: tuple[AccessGrant, ...]


@dataclass(frozen=True, slots=True)
class ShortForm:
    """One service of the table. ``alias_key`` is the condition key for a key's alias, ``value_key`` that for the name itself."""

    service: str
    arn: str
    pattern: str
    example: str
    told: str
    source: str
    access: tuple[Access, ...]
    also: tuple[str, ...] = ()
    alias_key: str = ""
    value_key: str = ""

    def level(self, word: str) -> Access | None:
        """Return the access of this name."""
        return next((each for each in self.access if word in {each.name, *each.also}), None)

    def takes(self, name: str) -> bool:
        """Say whether this is a name, or an ARN, of what the service has; of an ARN partition, region and account are free."""
        if not name.startswith("arn:"):
            return re.fullmatch(self.pattern, name, re.ASCII) is not None
        if "{name}" not in self.arn:
            return False
        head, _, _ = self.arn.partition("{name}")
        return re.match(_arn_pattern(head), name) is not None

    def statements(self, names: tuple[str, ...], access: Access, stage: Stage) -> Iterator[dict[str, Any]]:
        """Yield the statements of an access to what is named: one for each set of actions and conditions."""
        for grant in access.grants:
            found: dict[str, tuple[dict[str, Any], list[str]]] = {}
            for name in names:
                condition = self._condition(name, grant)
                resources = found.setdefault(repr(condition), (condition, []))[1]
                resources += [each for each in self._resources(name, grant, stage) if each not in resources]
            for condition, resources in found.values():
                yield {
                    "Sid": _sid(self.service, access.name),
                    "Effect": "Allow",
                    "Action": [f"{self.service}:{action}" for action in grant.actions],
                    "Resource": resources,
                    **({"Condition": condition} if condition else {}),
                }

    def _resources(self, name: str, grant: AccessGrant, stage: Stage) -> Iterator[str]:
        arn = name if name.startswith("arn:") else self._arn(name, stage)
        for resource in grant.resources:
            yield resource.replace("{arn}", arn).replace("{head}", arn.partition("/")[0])

    def _arn(self, name: str, stage: Stage) -> str:
        plain = "*" if self.alias_key and name.startswith("alias/") else name.removeprefix("/")
        values = {"partition": stage.partition, "region": stage.region, "account": stage.account}
        return self.arn.format_map({**values, "name": plain})

    def _condition(self, name: str, grant: AccessGrant) -> dict[str, Any]:
        if self.alias_key and name.startswith("alias/"):
            return {"ForAnyValue:StringEquals": {self.alias_key: name}}
        if self.value_key:
            return {"StringEquals": {self.value_key: name}}
        prefix = name.rpartition(":::")[2].partition("/")[2]
        if grant.prefix_key and prefix:
            return {"StringLike": {grant.prefix_key: [prefix, f"{prefix}/*"]}}
        return {}


@lru_cache(maxsize=1)
def short_forms() -> Mapping[str, ShortForm]:
    """Return the forms by the service's prefix, and by further keys."""
    text = (files(__package__) / "short_forms.toml").read_text(encoding="utf-8")
    found: dict[str, ShortForm] = {}
    for row in tomllib.loads(text)["form"]:
        form = _form(row)
        found |= dict.fromkeys((form.service, *form.also), form)
    return found


def _form(row: Mapping[str, Any]) -> ShortForm:
    known = {item.name for item in fields(ShortForm)}
    if strange := sorted(set(row) - known):
        raise ValueError(f"short_forms.toml: {row['service']} has unknown {', '.join(strange)}")
    grants: dict[str, tuple[AccessGrant, ...]] = {}
    access = []
    for each in row["access"]:
        own = tuple(
            AccessGrant(tuple(g["actions"]), tuple(g["resources"]), g.get("prefix_key", ""))
            for g in each.get("grants", ())
        )
        grants[each["name"]] = own + tuple(grant for name in each.get("both", ()) for grant in grants[name])
        access.append(Access(each["name"], tuple(each.get("also", ())), grants[each["name"]]))
    return ShortForm(**{**row, "access": tuple(access), "also": tuple(row.get("also", ()))})


def _arn_pattern(head: str) -> str:
    """Return what an ARN of the service begins with, whatever its partition, region and account."""
    plain = _BRACES.split(head)
    return "[^:]*".join(map(re.escape, plain)) + "."


def _sid(service: str, access: str) -> str:
    words = re.split(r"[^a-z0-9]+", f"{service}-{access}")
    return "Application" + "".join(word.title() for word in words)
