"""What the deployed function, the services that use its role and Lambda's pollers need of the execution role.

The third subject of the tables (``tables/runtime/``), beside what Zappa needs of the deploying principal and what we ask.
"""

from __future__ import annotations

from zappa_iam_ext.permissions.runtime.needs import RUNTIME, runtime_requirements
from zappa_iam_ext.permissions.runtime.policy import execution_policy
from zappa_iam_ext.permissions.runtime.telling import appended_by_zappa, runtime_untold, runtime_warnings

__all__ = [
    "RUNTIME",
    "appended_by_zappa",
    "execution_policy",
    "runtime_requirements",
    "runtime_untold",
    "runtime_warnings",
]
