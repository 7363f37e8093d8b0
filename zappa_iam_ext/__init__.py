"""The AWS permissions of a Zappa deployment: known, checked, provisioned and rehearsed.

In ``zappa_settings``: ``"callbacks": {"settings": "zappa_iam_ext.gate"}``. In scripts:
`ensure_deploy_permissions` and `check_deploy_permissions`. On the command line: ``zappa-iam``.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zappa_iam_ext.check import CheckedRequirement, Evidence, Report, Verdict
    from zappa_iam_ext.errors import (
        CredentialsProblem,
        DeployPermissionsMissing,
        InconclusiveCheck,
        MissingPermissions,
        NotOwned,
        PolicyDrift,
        QuotaExceeded,
        ZappaIamError,
    )
    from zappa_iam_ext.hook import gate
    from zappa_iam_ext.permissions.model import Call, Command, Consequence, Requirement, UsedBy
    from zappa_iam_ext.permissions.policy import deployment_policy
    from zappa_iam_ext.permissions.requirements import requirements
    from zappa_iam_ext.permissions.runtime import execution_policy, runtime_requirements
    from zappa_iam_ext.permissions.stage import ExecutionRole, Stage
    from zappa_iam_ext.settings_file import read_stages, stage_from_cli
    from zappa_iam_ext.workflow import check_deploy_permissions, ensure_deploy_permissions

__version__ = "0.2.0"

_HOME = {
    "Call": "permissions.model",
    "CheckedRequirement": "check",
    "Command": "permissions.model",
    "Consequence": "permissions.model",
    "CredentialsProblem": "errors",
    "DeployPermissionsMissing": "errors",
    "Evidence": "check",
    "ExecutionRole": "permissions.stage",
    "InconclusiveCheck": "errors",
    "MissingPermissions": "errors",
    "NotOwned": "errors",
    "PolicyDrift": "errors",
    "QuotaExceeded": "errors",
    "Report": "check",
    "Requirement": "permissions.model",
    "Stage": "permissions.stage",
    "UsedBy": "permissions.model",
    "Verdict": "check",
    "ZappaIamError": "errors",
    "check_deploy_permissions": "workflow",
    "deployment_policy": "permissions.policy",
    "ensure_deploy_permissions": "workflow",
    "execution_policy": "permissions.runtime",
    "gate": "hook",
    "read_stages": "settings_file",
    "requirements": "permissions.requirements",
    "runtime_requirements": "permissions.runtime",
    "stage_from_cli": "settings_file",
}

__all__ = [
    "Call",
    "CheckedRequirement",
    "Command",
    "Consequence",
    "CredentialsProblem",
    "DeployPermissionsMissing",
    "Evidence",
    "ExecutionRole",
    "InconclusiveCheck",
    "MissingPermissions",
    "NotOwned",
    "PolicyDrift",
    "QuotaExceeded",
    "Report",
    "Requirement",
    "Stage",
    "UsedBy",
    "Verdict",
    "ZappaIamError",
    "check_deploy_permissions",
    "deployment_policy",
    "ensure_deploy_permissions",
    "execution_policy",
    "gate",
    "read_stages",
    "requirements",
    "runtime_requirements",
    "stage_from_cli",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: importing the package in a callback stays cheap."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    except ModuleNotFoundError:
        if importlib.util.find_spec(f"{__name__}.left_out") is None:
            raise
        return _left_out(name)


def _left_out(name: str) -> type:
    """Return what stands in a function's package for a name of ours: it may be imported, and not used."""

    def refuse(_: Any, *__: Any, **___: Any) -> None:
        raise ImportError(
            f"{__name__}.{name} is left out of the function's package: it is of use where Zappa runs"
        )

    return type(name, (), {"__init__": refuse, "__doc__": "Left out of the function's package."})
