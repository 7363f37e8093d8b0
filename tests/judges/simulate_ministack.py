"""Answers authorization questions with ministack's policy engine: one JSON object a line in, one a line out.

Runs under the interpreter that ministack is installed in (it pins its own botocore), never under ours. The input and
the output are those of ``simulate.mjs``. The engine is the one behind ministack's ``SimulateCustomPolicy`` and its
``AUTH=true``; here it is also given the boundary, the session policies and a request context, which that API call of
ministack does not read.
"""

import json
import sys

from ministack.core import iam_evaluator

DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}
# ministack takes these from its own clock, socket or account and not from the request's context.
OWN_KEYS = {
    "aws:currenttime",
    "aws:epochtime",
    "aws:resourceaccount",
    "s3:resourceaccount",
    "aws:principaltype",
}


class Abstains(Exception):
    """The engine has no answer to this question."""


def condition_keys(policies):
    for layer in policies.values():
        for entry in layer:
            for document in entry if isinstance(entry, list) else [entry]:
                statements = document["Statement"]
                for statement in [statements] if isinstance(statements, dict) else statements:
                    for keys in (statement.get("Condition") or {}).values():
                        yield from (key.lower() for key in keys)


def parse(documents):
    return [iam_evaluator.parse_policy_document(document) for document in documents]


def is_pattern(text):
    return "*" in text or "?" in text


def account_of(arn):
    return (arn + ":::::").split(":")[4]


def require_one_account(policies, request, account):
    """Abstain from accounts, organizations and principals that the engine does not know."""
    if not account or "-provider/" in request["principal"]:
        raise Abstains("knows users, roles and sessions of roles")
    owner = request.get("resource_account") or account_of(request["resource"])
    if owner not in {"", account} or policies.get("rcp"):
        raise Abstains("knows one account, and no resource control policies")
    if policies.get("resource") and request["action"].split(":")[0].lower() in {"kms", "sts"}:
        raise Abstains("knows no key policies and trust policies")


def decide(policies, request):
    context = {key.lower(): value for key, value in request["context"].items()}
    asked = set(condition_keys(policies))
    principal = request["principal"]
    account = account_of(principal)
    require_one_account(policies, request, account)
    if asked & OWN_KEYS:
        raise Abstains("takes a context key from its own surroundings")
    if "aws:securetransport" in asked and "aws:securetransport" not in context:
        raise Abstains("always knows aws:SecureTransport")
    if "aws:principalarn" in asked and context.get("aws:principalarn") != principal:
        raise Abstains("derives aws:PrincipalArn from the principal")
    if "aws:principalaccount" in asked and context.get("aws:principalaccount") != account:
        raise Abstains("derives aws:PrincipalAccount from the principal")
    if is_pattern(request["action"]) or (is_pattern(request["resource"]) and request["resource"] != "*"):
        raise Abstains("knows no patterns as requests")
    if principal.endswith(":root"):
        raise Abstains("lets the root user pass before any policy")
    if policies.get("scp") and policies.get("resource"):
        raise Abstains("knows no organization levels above a resource policy")
    if len(policies.get("resource", [])) > 1:
        raise Abstains("takes one resource policy")
    evaluated = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type=None,
        principal_account=account,
        action=request["action"],
        resource_arn=request["resource"],
        region=context.get("aws:requestedregion"),
        source_ip=context.get("aws:sourceip"),
        secure_transport=context.get("aws:securetransport"),
        service_context={"aws:tagkeys": None, **context},
    )
    limits = [parse(policies[layer]) for layer in ("boundary", "session") if policies.get(layer)]
    levels = [parse(level) for level in policies.get("scp", [])]
    identity = parse([*policies.get("identity", []), *policies.get("group", [])])
    result = iam_evaluator.evaluate(evaluated, identity, *limits, *levels)
    for document in policies.get("resource", []):
        result = iam_evaluator.combine_resource_policy(result, evaluated, document, account, limits=limits)
    return DECISIONS[result.decision]


def answer(line):
    question = json.loads(line)
    try:
        return {"decision": decide(question["policies"], question["request"])}
    except Abstains as reason:
        return {"abstains": str(reason)}


def main():
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(line)) + "\n")


if __name__ == "__main__":
    main()
