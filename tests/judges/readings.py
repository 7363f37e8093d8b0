"""How a judge misreads a policy, each as a rewriting of the pair into what the judge believes it says.

A disagreement is explained by a reading when our evaluator, given the rewritten pair, answers what the judge answered
about the original. That is much narrower than "the pair uses the feature": a second fault beside it is not excused.
The reasons, with the page of the manual that decides, are in ``disagreements.toml``.
"""

from __future__ import annotations

import copy
import fnmatch
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.judges.judges import Pair

Statement = dict[str, Any]
Reading = "Callable[[Pair], None]"
"""Changes a private copy of a pair in place."""


def apply(reading: Callable[[Pair], None], pair: Pair) -> Pair:
    """Return the pair as the reading sees it; the given one stays as it is."""
    seen = copy.deepcopy({"policies": pair["policies"], "request": pair["request"]})
    reading(seen)
    return seen


def _documents(pair: Pair) -> Iterator[dict[str, Any]]:
    for layer in pair["policies"].values():
        for entry in layer:
            yield from entry if isinstance(entry, list) else [entry]


def _statements(pair: Pair) -> Iterator[Statement]:
    for document in _documents(pair):
        if isinstance(document["Statement"], dict):
            document["Statement"] = [document["Statement"]]
        yield from document["Statement"]


def _values(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _context(pair: Pair) -> dict[str, Any]:
    return {key.lower(): value for key, value in pair["request"]["context"].items()}


def _rewrite_conditions(pair: Pair, change: Callable[[str, str, Any], tuple[str, str, Any] | None]) -> None:
    """Give each (operator, key, values) to ``change``; what it returns takes its place, nothing removes it."""
    for statement in _statements(pair):
        condition: dict[str, dict[str, Any]] = {}
        for operator, keys in (statement.get("Condition") or {}).items():
            for key, values in keys.items():
                changed = change(operator, key, values)
                if changed is not None:
                    condition.setdefault(changed[0], {})[changed[1]] = changed[2]
        if "Condition" in statement:
            statement["Condition"] = condition


def _drop_statements(pair: Pair, dropped: Callable[[Statement], bool]) -> None:
    nobody = {"Effect": "Deny", "Principal": {"AWS": "000000000000"}, "Action": "none:None", "Resource": "*"}
    for document in pair["policies"].get("resource", []):
        statements = document["Statement"]
        statements = [statements] if isinstance(statements, dict) else statements
        document["Statement"] = [s for s in statements if not dropped(s)] or [nobody]


def _base(operator: str) -> str:
    return operator.rpartition(":")[2].removesuffix("IfExists")


# -------------------------------------------------------------------------------- iam-simulate


def fills_variables_of_2008(pair: Pair) -> None:
    """Variables are filled in whatever version the document has."""
    for document in _documents(pair):
        document["Version"] = "2012-10-17"


def takes_predefined_variables_literally_in_equals(pair: Pair) -> None:
    """``${*}`` in an operator without wildcards is compared as these four characters."""

    def change(operator: str, key: str, values: Any) -> tuple[str, str, Any]:
        if _base(operator).startswith(("StringEquals", "StringNotEquals")):
            values = [
                value.replace("${*}", "${$}{*}").replace("${?}", "${$}{?}") for value in _values(values)
            ]
        return operator, key, values

    _rewrite_conditions(pair, change)


def cuts_variables_in_arn_operators_at_the_colon(pair: Pair) -> None:
    """The ARN is parted at its colons before the variables are filled, so a variable's own colon breaks it."""

    def change(operator: str, key: str, values: Any) -> tuple[str, str, Any]:
        if _base(operator).startswith("Arn"):
            values = ["arn:-:-:-:-:-" if "${" in value else value for value in _values(values)]
        return operator, key, values

    _rewrite_conditions(pair, change)


def counts_epoch_seconds_as_milliseconds(pair: Pair) -> None:
    """A number given as a date is milliseconds, so it lies in January 1970."""

    def change(operator: str, key: str, values: Any) -> tuple[str, str, Any]:
        if not _base(operator).startswith("Date"):
            return operator, key, values
        context = pair["request"]["context"]
        for name in context:
            if name.lower() == key.lower() and str(context[name]).isdigit():
                context[name] = str(int(context[name]) / 1000)
        return operator, key, [str(int(v) / 1000) if v.isdigit() else v for v in _values(values)]

    _rewrite_conditions(pair, change)


def takes_a_range_of_all_addresses_for_one(pair: Pair) -> None:
    """``0.0.0.0/0`` holds the address 0.0.0.0 alone."""

    def change(operator: str, key: str, values: Any) -> tuple[str, str, Any]:
        if _base(operator).endswith("IpAddress"):
            values = ["0.0.0.0/32" if value == "0.0.0.0/0" else value for value in _values(values)]
        return operator, key, values

    _rewrite_conditions(pair, change)


def fails_not_ip_address_across_families(pair: Pair) -> None:
    """``NotIpAddress`` of one address without a prefix length fails for an address of the other family."""
    seen = _context(pair)

    def change(operator: str, key: str, values: Any) -> tuple[str, str, Any]:
        address = seen.get(key.lower())
        if _base(operator) == "NotIpAddress" and isinstance(address, str):
            other = [v for v in _values(values) if "/" not in v and (":" in v) != (":" in address)]
            values = [*_values(values), *([address] if other else [])]
        return operator, key, values

    _rewrite_conditions(pair, change)


def spares_the_account_of_not_principal(pair: Pair) -> None:
    """``NotPrincipal`` with the account's ARN spares every principal of the account."""
    account = (pair["request"]["principal"] + ":::::").split(":")[4]
    _drop_statements(pair, lambda statement: _names_account(statement.get("NotPrincipal"), account))


def _names_account(principal: Any, account: str) -> bool:
    if not isinstance(principal, dict):
        return False
    return bool({account, f"arn:aws:iam::{account}:root"} & set(_values(principal.get("AWS", []))))


def knows_no_root_user(pair: Pair) -> None:
    """The root user is a principal without identity policies, and so has no permissions."""
    account = (pair["request"]["principal"] + ":::::").split(":")[4]
    if pair["request"]["principal"] == f"arn:aws:iam::{account}:root":
        pair["request"]["principal"] = f"arn:aws:iam::{account}:user/root"


def limits_every_grant_by_the_session_policy(pair: Pair) -> None:
    """The session policy limits whatever is granted, as an organization's level does."""
    session = pair["policies"].pop("session", [])
    if session:
        pair["policies"]["scp"] = [*pair["policies"].get("scp", []), session]


def cuts_resources_at_the_colon_of_a_variable(pair: Pair) -> None:
    """The first colon or slash of the resource part ends its type, even when it stands within a variable."""
    for statement in _statements(pair):
        for element in ("Resource", "NotResource"):
            if element in statement:
                statement[element] = [
                    "arn:aws:none:::none" if _is_cut(value.split(":", 5)) else value
                    for value in _values(statement[element])
                ]


def _is_cut(parts: list[str]) -> bool:
    if len(parts) < len(("arn", "partition", "service", "region", "account", "resource")) or not any(
        parts[3:5]
    ):
        return False
    kind = re.split(r"[:/]", parts[5], maxsplit=1)[0]
    return "${" in kind


def keeps_wildcards_within_their_segment(pair: Pair) -> None:
    """A star never reaches beyond a colon of the ARN: what matches only so does not match."""
    asked = pair["request"]["resource"].split(":", 5)
    for statement in _statements(pair):
        for element in ("Resource", "NotResource"):
            if element in statement:
                statement[element] = [
                    value if _matches_by_segment(value.split(":", 5), asked) else "arn:aws:none:::none"
                    for value in _values(statement[element])
                ]


def _matches_by_segment(pattern: list[str], asked: list[str]) -> bool:
    if len(pattern) != len(asked) or "${" in ":".join(pattern):
        return True
    return all(
        fnmatch.fnmatchcase(part, glob.replace("[", "[[]")) for part, glob in zip(asked, pattern, strict=True)
    )


def voids_what_negates_a_variable_without_value(pair: Pair) -> None:
    """What is compared with a variable without a value fails, negated or not; so does a NotResource in its own ARN."""
    seen = _context(pair)
    asked = pair["request"]["resource"].split(":", 5)

    def change(operator: str, key: str, values: Any) -> tuple[str, str, Any]:
        voided = "Not" in _base(operator) and key.lower() in seen and any(map(without_value, _values(values)))
        return ("Null", key, ["true"]) if voided else (operator, key, values)

    def without_value(value: str) -> bool:
        return any(name.lower() not in seen for name in re.findall(r"\$\{([^}*?$,]+)\}", value))

    _rewrite_conditions(pair, change)
    for statement in _statements(pair):
        if any(
            without_value(value) and not _is_elsewhere(value.split(":", 5), asked)
            for value in _values(statement.get("NotResource", []))
        ):
            statement["NotResource"] = "*"


def _is_elsewhere(pattern: list[str], asked: list[str]) -> bool:
    return not all(
        fnmatch.fnmatchcase(part, glob) for part, glob in zip(asked[:5], pattern[:5], strict=False)
    )


def reaches_every_service_by_rcps(pair: Pair) -> None:
    """An RCP denies whatever it names: any service, any action, any principal, any role."""
    own_policies = pair["request"]["principal"].startswith("arn:")
    layer, dropped = ("identity", {"Principal"}) if own_policies else ("resource", set())
    for level in pair["policies"].pop("rcp", []):
        for document in level:
            own = copy.deepcopy(document)
            statements = [own["Statement"]] if isinstance(own["Statement"], dict) else own["Statement"]
            own["Statement"] = [
                {key: value for key, value in statement.items() if key not in dropped}
                for statement in statements
                if statement["Effect"] == "Deny"
            ]
            if own["Statement"]:
                pair["policies"][layer] = [*pair["policies"].get(layer, []), own]


def reaches_service_linked_roles_by_scps(pair: Pair) -> None:
    """A service-linked role is a role like any other."""
    request = pair["request"]
    request["principal"] = request["principal"].replace("AWSServiceRoleFor", "RoleFor")
    request["principal"] = request["principal"].replace(":role/aws-service-role/", ":role/")


def reaches_services_by_scps(pair: Pair) -> None:
    """A service is bound by the SCPs of the account, as its users are."""
    if pair["request"]["principal"].startswith("arn:"):
        return
    for level in pair["policies"].pop("scp", []):
        for document in copy.deepcopy(level):
            statements = document["Statement"]
            denies = [each | {"Principal": "*"} for each in statements if each["Effect"] == "Deny"]
            if denies:
                document["Statement"] = denies
                pair["policies"]["resource"] = [*pair["policies"].get("resource", []), document]


def takes_a_missing_key_policy_for_a_silent_one(pair: Pair) -> None:
    """A key whose policy is not given delegates nothing."""
    if pair["request"]["action"].lower().startswith("kms:") and not pair["policies"].get("resource"):
        nobody = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "kms:*", "Resource": "*"}
        pair["policies"]["resource"] = [{"Version": "2012-10-17", "Statement": [nobody]}]


def asks_the_account_of_an_identity_provider(pair: Pair) -> None:
    """An identity provider of another account needs an identity policy there."""
    account = (pair["request"]["principal"] + ":::::").split(":")[4]
    if "-provider/" in pair["request"]["principal"]:
        pair["request"]["principal"] = f"arn:aws:iam::{account}:user/provider"
        for statement in _statements(pair):
            if "Principal" in statement:
                statement["Principal"] = "*"


def spares_the_sessions_of_a_role_in_not_principal(pair: Pair) -> None:
    """Who is listed, or whose role is, is spared; the account need not be listed beside it."""
    principal = pair["request"]["principal"]
    account = (principal + ":::::").split(":")[4]
    role = (
        f"arn:aws:iam::{account}:role/{principal.split('/')[1]}"
        if ":assumed-role/" in principal
        else principal
    )
    for statement in _statements(pair):
        listed = statement.get("NotPrincipal", {})
        entries = _values(listed["AWS"]) if isinstance(listed, dict) and "AWS" in listed else []
        if role in entries or principal in entries:
            statement["NotPrincipal"] = {"AWS": [*entries, role, principal, account]}


# -------------------------------------------------------------------------------- ministack


def takes_variables_literally(pair: Pair) -> None:
    """No policy variable is filled: the text stands for itself, as in version 2008."""
    for document in _documents(pair):
        document["Version"] = "2008-10-17"


def compares_arns_as_one_string(pair: Pair) -> None:
    """The ARN operators compare the whole text, so a wildcard reaches over the colons."""

    def change(operator: str, key: str, values: Any) -> tuple[str, str, Any]:
        for theirs, meant in (
            ("ArnNotEquals", "StringNotLike"),
            ("ArnNotLike", "StringNotLike"),
            ("Arn", "StringLike"),
        ):
            if _base(operator).startswith(theirs):
                operator = operator.replace(_base(operator), meant)
        return operator, key, values

    _rewrite_conditions(pair, change)


def completes_no_arn(pair: Pair) -> None:
    """An ARN with fewer than six parts names nothing."""
    for statement in _statements(pair):
        for element in ("Resource", "NotResource"):
            if element in statement:
                short = [value != "*" and value.count(":") < 5 for value in _values(statement[element])]
                statement[element] = [
                    "arn:aws:none:::none" if cut else value
                    for cut, value in zip(short, _values(statement[element]), strict=True)
                ]


def excuses_for_any_value_by_if_exists(pair: Pair) -> None:
    """``ForAnyValue:...IfExists`` holds when the key is missing."""
    present = _context(pair)

    def change(operator: str, key: str, values: Any) -> tuple[str, str, Any] | None:
        excused = (
            operator.startswith("ForAnyValue:")
            and operator.endswith("IfExists")
            and key.lower() not in present
        )
        return None if excused else (operator, key, values)

    _rewrite_conditions(pair, change)


def knows_no_not_principal(pair: Pair) -> None:
    """A statement with ``NotPrincipal`` matches nobody."""
    _drop_statements(pair, lambda statement: "NotPrincipal" in statement)


def limits_what_everyone_is_granted(pair: Pair) -> None:
    """A grant to ``*`` is limited by boundary and session policy, as if an identity policy made it."""
    moved = []
    for document in pair["policies"].get("resource", []):
        for statement in (
            [document["Statement"]] if isinstance(document["Statement"], dict) else document["Statement"]
        ):
            if statement["Effect"] == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"}):
                own = {key: value for key, value in statement.items() if key != "Principal"}
                moved.append({**document, "Statement": [own]})
                statement["Principal"] = {"AWS": "000000000000"}
    pair["policies"]["identity"] = [*pair["policies"].get("identity", []), *moved]
