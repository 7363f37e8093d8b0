"""Where the documents of a principal's policies come from, so that a denial names the policy and the line."""

from __future__ import annotations

from zappa_iam_ext.aws.reading.model import HeldPolicy, PrincipalPolicies
from zappa_iam_ext.check import Source, Sources
from zappa_iam_ext.iam.positions import statement_lines


def held_sources(held: PrincipalPolicies) -> Sources:
    """Return the sources of ``held.policies``: of the text as IAM stores it, the lines."""
    own = [policy for layer in ("identity", "group") for policy in held.held if policy.layer == layer]
    boundary = [policy for policy in held.held if policy.layer == "boundary"]
    return Sources(
        tuple(Source(policy.source, _lines(policy)) for policy in own),
        tuple(Source(policy.arn, _lines(policy)) for policy in boundary),
    )


def _lines(policy: HeldPolicy) -> tuple[int, ...]:
    return statement_lines(policy.text)[0] if policy.text else ()
