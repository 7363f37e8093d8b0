"""The issuers that many tenants share, by ``issuers.toml``, and which of them a trust policy names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any

_PROVIDER = ":oidc-provider/"


class Family(StrEnum):
    """How IAM looks at an issuer's claims when a trust policy is written."""

    GENERAL = "general"
    GITHUB = "github"
    BUILTIN = "builtin"


@dataclass(frozen=True, slots=True)
class Issuer:
    """One shared issuer: its URL without ``https://``, and the condition keys of which one must be tested.

    ``tenant`` is the regular expression that the beginning of a pattern must match to name one tenant, ``named`` one that
    a value without a pattern must hold somewhere.
    """

    provider: str
    issuer: str
    claims: tuple[str, ...]
    family: Family
    observed: bool
    tenant: str = ""
    named: str = ""

    def claims_of(self, issuer: str) -> tuple[str, ...]:
        """Return the condition keys for an issuer that this row stands for: its own URL is their prefix."""
        return tuple(claim.replace(f"{self.issuer}:", f"{issuer}:", 1) for claim in self.claims)


@lru_cache(maxsize=1)
def issuers() -> tuple[Issuer, ...]:
    """Return the table of shared issuers."""
    return tuple(
        Issuer(**{**row, "claims": tuple(row["claims"]), "family": Family(row["family"])})
        for row in _table()["issuer"]
    )


@lru_cache(maxsize=128)
def condition_keys(issuer: str) -> frozenset[str]:
    """Return the claims of an issuer that AWS puts into a request as condition keys, in lower case."""
    row = next(row for row in _table()["keys"] if fnmatchcase(issuer, row["issuer"]))
    return frozenset(claim.lower() for claim in row["claims"])


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "issuers.toml").read_text(encoding="utf-8"))


def issuer_of(federated: str) -> str:
    """Return the issuer behind a ``Federated`` principal: what follows ``oidc-provider/``, else the name itself.

    It keeps its case, path and slash: IAM holds providers that differ in these for different ones (as observed).
    """
    return federated.split(_PROVIDER, 1)[1] if _PROVIDER in federated else federated


def shared_issuer(issuer: str) -> Issuer | None:
    """Return the row that an issuer falls under; None when AWS asks nothing of it.

    Of GitHub Actions that is every issuer which begins with its host name; of all others the very string.
    """
    for row in issuers():
        if issuer == row.issuer or (row.family is Family.GITHUB and issuer.startswith(row.issuer)):
            return row
    return None
