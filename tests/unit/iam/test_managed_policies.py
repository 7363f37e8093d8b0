"""AWS's own managed policies as judges of lint: what it calls an error in them is one, or lint is wrong."""

from __future__ import annotations

import re

import pytest

from tests.generate.unlisted import TARGET, managed_policies, written
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicySet, compile_policies
from zappa_iam_ext.iam.findings import Kind, Severity, findings

USER = "arn:aws:iam::123456789012:user/zappa"
#: Errors of correctness in AWS's own policies, each with the reason why it is one.
TRUE_ERRORS = {
    ("condition/missing-set-operator", "events:detail-type"): (
        "Access Analyzer reports it too: a key of several values is tested as if it held one"
    ),
}


@pytest.fixture(scope="module")
def errors():
    """The errors of each policy that has some."""
    found = {
        name: [finding for finding in findings(document) if finding.severity is Severity.ERROR]
        for name, document in managed_policies().items()
    }
    return {name: told for name, told in found.items() if told}


def test_there_are_as_many_as_aws_has():
    assert len(managed_policies()) > 1_500


@pytest.mark.slow
def test_no_error_of_correctness_is_false(errors):
    told = {
        (finding.id, finding.message.partition(" ")[0])
        for each in errors.values()
        for finding in each
        if finding.kind is not Kind.SECURITY
    }
    assert told == set(TRUE_ERRORS)


@pytest.mark.slow
def test_every_error_of_security_is_allowed_after_the_evaluator(errors):
    """Each action that a finding names may be done on some resource that the document names."""
    false = []
    for name, told in errors.items():
        document = managed_policies()[name]
        policies = compile_policies(PolicySet(identity=document))
        resources = {named(each) for statement in document.statements for each in statement.resources}
        false += [
            (name, finding.id, action)
            for finding in told
            if finding.kind is Kind.SECURITY
            for action in finding.actions
            if not any(may(policies, action, resource) for resource in ("*", *sorted(resources)))
        ]
    assert false == []


def may(policies, action, resource):
    if action == "*":
        action = "iam:CreateUser"
    asked = AuthorizationRequest(USER, action, resource, unknown_context=True)
    return policies.decide(asked) in {Decision.ALLOWED, Decision.UNKNOWN}


def named(resource):
    """One resource of a pattern."""
    return re.sub(r"\$\{[^}]*\}|[*?]+", "x", resource)


def test_the_file_of_what_the_reference_lacks_is_what_the_policies_say_today():
    assert TARGET.read_text(encoding="utf-8") == written(), "run `python -m tests.generate.unlisted`"
