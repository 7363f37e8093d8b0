"""The page of what an administrator needs, from the calls that the commands with ``--admin-profile`` make."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.permissions.authorizations import Scope
from zappa_iam_ext.permissions.own_calls import ADMINISTRATION, administration

HEAD = """# What an administrator needs

`plan`, `apply`, `destroy`, `keys` and `role ensure` look and change with the credentials of `--admin-profile`, which need not be
those of an administrator of the whole account: what they ask of IAM is below, computed from the calls themselves. As a policy
document, with your account and names filled in:

    zappa-iam policy dev --for-admin --account 123456789012
    zappa-iam policy dev --for-admin --account 123456789012 --mode oidc

`plan` holds what it would do against the administrator's own policies, where they may be read, and says what is denied
before anything is written. What hangs on a condition that only the real request carries (MFA, an address) is not called denied.

Whoever may write a policy and attach it can give anything to whoever holds it. The document is narrow in whom
and which policies it names, and that is all it can be: give it to people whom you would trust with the account, and
bound it where your organization has a boundary for that.

"""


def administrator_page() -> str:
    """Return the page."""
    return HEAD + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    names = {
        "user": "USER",
        "group": "GROUP",
        "function": "FUNCTION",
        "role": "ROLE",
        "issuer": "ISSUER",
        "policy_name": "POLICY*",
        "policy_arn": "arn:aws:iam::ACCOUNT:policy/POLICY*",
    }
    found: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for row, item in administration(names, Scope("ACCOUNT", "REGION")):
        cell = found.setdefault((item.action, item.resource), {"commands": {}, "why": {}, "denied": {}})
        cell["commands"] |= dict.fromkeys(name for name in ADMINISTRATION if name in row.commands)
        cell["why"][item.because or row.because] = None
        cell["denied"][f"{row.on_denied}: {row.symptom}"] = None
    yield "| action | resource | commands | why | when denied |"
    yield "| --- | --- | --- | --- | --- |"
    for (action, resource), cell in sorted(found.items()):
        told = (", ".join(cell["commands"]), "; ".join(cell["why"]), "; ".join(cell["denied"]))
        yield f"| `{action}` | `{resource}` | {' | '.join(told)} |"
