"""What to do about a denial: whose policy it is about, and what has to be done there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zappa_iam_ext.permissions.denials.principals import CallerKind
from zappa_iam_ext.permissions.denials.remedies.case import Case
from zappa_iam_ext.permissions.denials.remedies.deployer import of_deployer
from zappa_iam_ext.permissions.denials.remedies.others import (
    OF_RESOURCE,
    cross_account,
    is_about_trust,
    no_grant,
    of_cloudformation_role,
    of_execution_role,
    of_service,
    of_trust,
)

__all__ = ["Case", "advice"]

_LAYERS = {
    "boundary": "The permissions boundary of the user or role does not allow it: whoever owns the boundary has to widen"
    " it; a policy alone cannot.",
    "organization": "A policy of the organization (SCP or RCP) does not allow it: only the organization's administrators"
    " can change that.",
    "quarantine": "AWS found the access key in public and put the user into quarantine: delete the key, look at what it"
    " did, make a new one, then detach the quarantine policy.",
    "session": "The session policy of the temporary credentials does not allow it: start the session with a wider one.",
}
_DENY = 'A statement with "Effect": "Deny" says no: no further policy helps; find and change that statement'
_OWN_SESSION = {
    CallerKind.SERVICE_LINKED_ROLE: "A service-linked role was denied. Its policy is AWS's and cannot be edited: look at the"
    " policy of the resource and at the organization's policies.",
    CallerKind.ROOT: "The root user was denied. No policy of IAM limits it: look at the policy of the resource and at the"
    " organization's service control policies. Deploy as a user or role.",
    CallerKind.ANONYMOUS: "The request was not signed: it came without credentials, so that only the policy of the resource"
    " could allow it. For an API of the stage that is apigateway_policy, or a signed request (iam_authorization).",
}


_ADVICE: Mapping[CallerKind, Callable[[Case], str]] = {
    CallerKind.CLOUDFORMATION_ROLE: of_cloudformation_role,
    CallerKind.DEPLOYER: of_deployer,
    CallerKind.EXECUTION_ROLE: of_execution_role,
    CallerKind.SERVICE: of_service,
}

_NO_POLICY: Mapping[str, Callable[[Case], str]] = {"cross-account": cross_account, "grant": no_grant}


def advice(case: Case) -> str:
    """Return what to do, in a few sentences: what no policy of the caller can mend first, then by who was denied."""
    denial = case.denial
    if denial.layer in _NO_POLICY:
        return _NO_POLICY[denial.layer](case)
    if denial.layer in _LAYERS:
        return _LAYERS[denial.layer]
    if is_about_trust(case):
        return of_trust(case)
    if denial.explicit:
        return (
            OF_RESOURCE
            if denial.layer == "resource"
            else f"{_DENY}{f' in {denial.policy}' if denial.policy else ''}."
        )
    if case.caller in _OWN_SESSION:
        return _OWN_SESSION[case.caller]
    return _ADVICE[case.caller](case)
