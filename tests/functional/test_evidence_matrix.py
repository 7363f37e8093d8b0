"""Kind of credentials x who denies x evidence: what a check says, through real clients of botocore."""

from __future__ import annotations

import pytest

from tests.support.model_simulator import ModelSimulator, answering
from tests.support.recorded_simulator import stubbed
from tests.support.stages import stage
from zappa_iam_ext.aws.asking.deadline import Deadline
from zappa_iam_ext.aws.identity import identity_from
from zappa_iam_ext.aws.reading.model import HeldPolicy, PrincipalPolicies
from zappa_iam_ext.check import Evidence, check
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.workflow.deciding.evidence import CHOICES, with_evidence
from zappa_iam_ext.workflow.deciding.principals import ReadPrincipal

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello-dev"
UPDATE = Requirement("lambda:UpdateFunctionCode", FUNCTION)
USER = f"arn:aws:iam::{ACCOUNT}:user/jane"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"
CALLERS = {
    "user": (USER, USER),
    "role session": (f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci", ROLE),
    "Identity Center": (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Dev_0123/jane",
        f"arn:aws:iam::{ACCOUNT}:role/AWSReservedSSO_Dev_0123",
    ),
}
NO_PRINCIPAL = {
    "root": f"arn:aws:iam::{ACCOUNT}:root",
    "federated user": f"arn:aws:sts::{ACCOUNT}:federated-user/jane",
}


def document(effect, action):
    return {
        "Version": "2012-10-17",
        "Statement": {"Effect": effect, "Action": action, "Resource": "*"},
    }


ALL, OTHER, DENY = document("Allow", "*"), document("Allow", "s3:*"), document("Deny", "lambda:*")
#: Who denies: the principal's policies, its boundary, the organization's policy.
LAYERS = {
    "nobody": ([ALL], None, ALL),
    "no Allow": ([OTHER], None, ALL),
    "an explicit deny": ([ALL, DENY], None, ALL),
    "the boundary": ([ALL], OTHER, ALL),
    "the organization": ([ALL], None, OTHER),
    "the organization and no Allow": ([OTHER], None, OTHER),
}
#: With everything read: the verdict of the policies alone, and with the simulator asked about all.
READ = {
    "nobody": ("allowed", "allowed"),
    "no Allow": ("denied", "denied"),
    "an explicit deny": ("denied", "denied"),
    "the boundary": ("denied", "denied"),
    "the organization": ("allowed", "unknown"),
    "the organization and no Allow": ("denied", "denied"),
}
#: With nothing read: the same.
UNREAD = {
    "nobody": ("unknown", "allowed"),
    "no Allow": ("unknown", "denied"),
    "an explicit deny": ("unknown", "denied"),
    "the boundary": ("unknown", "denied"),
    "the organization": ("unknown", "unknown"),
    "the organization and no Allow": ("unknown", "denied"),
}


def checked(caller, layer, evidence, *, read, iam=None):
    arn, source = CALLERS[caller] if caller in CALLERS else (NO_PRINCIPAL[caller], "")
    identity = identity_from(arn, ACCOUNT)
    identity_policies, boundary, scp = LAYERS[layer]
    held = tuple(
        HeldPolicy(f"user jane / inline policy {number}", "identity", PolicyDocument.parse(each))
        for number, each in enumerate(identity_policies)
    )
    if boundary:
        held += (HeldPolicy("boundary", "boundary", PolicyDocument.parse(boundary)),)
    known = PrincipalPolicies(
        identity.principal, held if read else (), () if read else ("everything: iam:GetUser is denied",)
    )
    named = {f"user_jane_{number}": each for number, each in enumerate(identity_policies)}
    model = ModelSimulator(source or arn, named, boundary, scp)
    iam = iam or answering(model, source)
    report = check(stage(), (), (UPDATE,), known.policies, known.principal, unreadable=known.unreadable)
    principal = ReadPrincipal(identity, known, iam, Deadline(1), lambda _: None, evidence)
    return with_evidence(report, stage(), (), principal), model


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("read", "expected"), [(True, READ), (False, UNREAD)], ids=["read", "unread"])
def test_a_verdict(caller, layer, read, expected):
    """The role behind a session is asked about by name, without a GetRole that would tell its path."""
    policies, simulation = expected[layer]
    alone, silent = checked(caller, layer, "policies", read=read)
    both, _ = checked(caller, layer, "simulation", read=read)
    assert [str(result.verdict) for result in (*alone.results, *both.results)] == [policies, simulation]
    assert silent.asked == []


@pytest.mark.parametrize("layer", LAYERS)
def test_by_default_the_simulator_is_asked_only_where_a_policy_could_not_be_read(layer):
    read, silent = checked("user", layer, "", read=True)
    unread, asked = checked("user", layer, "", read=False)
    assert str(read.results[0].verdict) == READ[layer][0]
    assert str(unread.results[0].verdict) == UNREAD[layer][1]
    assert silent.asked == []
    assert asked.asked


@pytest.mark.parametrize("caller", NO_PRINCIPAL)
def test_whom_the_simulator_does_not_know_it_is_not_asked_about(caller):
    report, model = checked(caller, "nobody", "simulation", read=True)
    assert model.asked == []
    assert report.evidence[-1].told == "it knows users and roles only, no root user and no federated user"


@pytest.mark.parametrize("layer", ["the organization", "the boundary", "an explicit deny"])
def test_who_blocks_is_told(layer):
    report, _ = checked("user", layer, "simulation", read=True)
    (result,) = report.results
    if layer == "the organization":
        assert result.why == (
            "the policies that were read would allow it, AWS's simulator denies it by an organization policy alone,"
            " about which it is known to be wrong at times"
        )
        assert (result.blocker.layer, result.layer) == ("organization", None)
    elif layer == "the boundary":
        assert result.layer == "boundary"
    else:
        assert (result.layer, result.explicit) == ("identity", True)
        assert result.blocker.policy == "user jane / inline policy 1"


@pytest.mark.parametrize("evidence", CHOICES)
@pytest.mark.parametrize(
    "code", ["AccessDenied", "Throttling", "NoSuchEntity", "InvalidInput", "ServiceUnavailable"]
)
def test_a_simulator_that_does_not_answer_changes_no_verdict(evidence, code):
    with stubbed() as (iam, stubber):
        if evidence in {"simulation", "all"}:
            stubber.add_client_error("simulate_principal_policy", code, "no", 400)
        for _ in range(0 if evidence not in {"simulation", "all"} or code != "Throttling" else 40):
            stubber.add_client_error("simulate_principal_policy", code, "no", 400)
        report, _ = checked("user", "nobody", evidence, read=True, iam=iam)
        stubber._queue.clear()
    assert [str(result.verdict) for result in report.results] == ["allowed"]
    told = {note.evidence: note.told for note in report.evidence}
    assert told[Evidence.POLICIES] == ""
    if evidence in {"simulation", "all"}:
        assert code.replace("AccessDenied", "is denied") in told[Evidence.SIMULATION]
