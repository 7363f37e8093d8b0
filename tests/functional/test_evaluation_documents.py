"""Which documents are refused, beside moto's validator, which was written from the answers of the real IAM.

Documents are good ones that were broken (``tests.judges.mutations``). Every difference has its reason here.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from tests.judges.mutations import mutant
from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import PolicyDocument

MUTANTS, LEAST = 12_000, 8_000
#: What moto refuses and we accept, by its message.
LENIENT = {
    "IAM resource path must": "the list of paths is older than IAM, and it refuses arn:aws:iam::*:*",
    "can not contain region": "an ARN of S3 that names no account may be incomplete, or a pattern of regions",
    "Syntax errors in policy": "the grammar lets numbers stand in conditions without quotation marks",
    "version 2012-10-17 or greater": "older versions are read: documents of that age are attached and in force",
}
#: What moto accepts and we refuse, by our rule.
STRICT = {
    "action": "a service has a name and the action one too",
    "condition value": "moto looks at no element of a list",
    "resource": "an ARN names its service, fully",
    "string": "half a surrogate pair and NUL are no text that AWS takes",
    "number": "IAM was seen to refuse NaN, and moto looks at no number",
    "binary": "IAM was seen to refuse what is no base64, and moto looks at none",
    "arn": "an ARN of a condition has six parts, and moto looks at none",
    "ip": "IAM was seen to refuse addresses that are none, and moto looks at none",
    "date": "moto reads numbers as Python does, white space and all, and knows no calendar",
    "json": "NaN and Infinity are words of Python's reader and not of JSON",
    "principal": "identity policies have no principal",
}


def of_moto(text) -> str:
    try:
        IAMPolicyDocumentValidator(text).validate()
    except MalformedPolicyDocument as error:
        return str(error)
    except (AttributeError, TypeError):
        return "moto stumbles over a value of the wrong type"
    return ""


def of_ours(text) -> str:
    try:
        PolicyDocument.parse(text)
    except InvalidPolicyDocument as error:
        return error.rule
    return ""


@pytest.mark.slow
def test_what_moto_learned_from_iam_to_refuse_is_refused():
    seen: Counter[str] = Counter()
    for index in range(MUTANTS):
        for text in documents(index):
            theirs, ours = of_moto(text), of_ours(text)
            seen["refused by both" if theirs and ours else "asked"] += 1
            if theirs and not ours:
                reasons = [known for known in LENIENT if known in theirs]
                assert reasons, f"mutant('documents', {index}): {theirs}: {text}"
                seen.update(reasons)
            if ours and not theirs:
                assert ours in STRICT, f"mutant('documents', {index}): {ours}: {text}"
                seen[ours] += 1
    assert {*LENIENT, *STRICT} <= set(seen)
    assert seen["asked"] >= LEAST
    assert seen["refused by both"] >= LEAST // 4


def documents(index) -> list[str]:
    policies, _ = mutant("documents", index)
    found = policies.get("identity")
    texts = []
    for document in found if isinstance(found, list) else []:
        try:
            text = document if isinstance(document, str) else json.dumps(document)
            json.loads(text)
        except (TypeError, ValueError, RecursionError):
            continue
        if isinstance(json.loads(text), dict):
            texts.append(text)
    return texts
