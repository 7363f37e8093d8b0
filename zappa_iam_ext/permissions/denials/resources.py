"""The resource of a denial, as an ARN and as the pattern of what it may be; and what a table's row is checked on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.redaction import name_placeholders, placeholders, wildcards
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.tables.rows import AuthorizationRow, ResourceRow

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_HOME = re.compile(r"arn:(?P<partition>aws[a-z-]*):[a-z0-9-]+:[^:]*:(?P<account>[0-9]{12})?(?::|\Z)")
_NAMED = re.compile(r"(?P<kind>role|user|policy|group|instance profile)[ /](?P<name>\S+)")
_TEMPLATE = re.compile(r"role[ -]template (?P<arn>arn:\S+)")
_WHOLE = re.compile(r"arn:[^:\s]*:[a-z0-9-]+:[^\s]+")
_ACCOUNT = re.compile(r"[0-9]{12}")
_PARTS = 5


def resource_arn(denial: Denial) -> str:
    """Return the resource of a denial as an ARN or ``*``, placeholders for what is blacked out; empty without one."""
    named = _NAMED.fullmatch(denial.resource)
    if named:
        partition, account = home(denial)
        return f"arn:{partition}:iam::{account}:{named['kind'].replace(' ', '-')}/{name_placeholders(named['name'])}"
    template = _TEMPLATE.fullmatch(denial.resource)
    arn = template["arn"] if template else denial.resource
    if arn == "*":
        return arn
    filled = placeholders(arn, denial.action)
    return filled if _WHOLE.fullmatch(filled) and filled.count(":") >= _PARTS else ""


def resource_pattern(denial: Denial) -> str:
    """Return the pattern of what the resource may be: what is blacked out may be anything."""
    return wildcards(resource_arn(denial), denial.action)


def pattern_of(row: AuthorizationRow | ResourceRow, denial: Denial | None = None) -> str:
    """Return what a row's action is checked on, ``*`` for what only a call's parameters would say."""
    partition, account = home(denial) if denial else ("*", "*")
    text = row.resource.replace("{partition}", partition).replace("{account}", account)
    return _PLACEHOLDER.sub("*", text)


def fill(row: AuthorizationRow | ResourceRow, denial: Denial) -> Requirement:
    """Return what a row asks for, on the resource of the denial."""
    fixed = {key: value for key, value in row.context.items() if not _unknown(value)}
    restrict = tuple(key for key in row.restrict if key in fixed)
    return Requirement(
        row.action, resource_arn(denial) or pattern_of(row, denial), context=fixed, restrict=restrict
    )


def home(denial: Denial) -> tuple[str, str]:
    """Return partition and account of the principal, as far as the text names them; ``*`` for no account."""
    found = [match for text in (denial.principal, denial.resource) if (match := _HOME.match(text))]
    if _ACCOUNT.fullmatch(denial.principal):
        return (found[0]["partition"] if found else "aws"), denial.principal
    account = next((match["account"] for match in found if match["account"]), "*")
    return (found[0]["partition"] if found else "aws"), account


def account_of(arn: str) -> str:
    """Return the account in an ARN; empty where it has none or it is blacked out."""
    match = _HOME.match(arn)
    return (match["account"] or "") if match else ""


def _unknown(value: str | Iterable[str]) -> bool:
    texts = (value,) if isinstance(value, str) else value
    return any(_PLACEHOLDER.search(str(text)) for text in texts)
