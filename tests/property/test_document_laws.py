"""Laws of policy documents: what is read, written and compared."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from tests.judges.generator import pair
from zappa_iam_ext.iam import PolicyDocument

KINDS = {
    "identity": "identity",
    "group": "identity",
    "boundary": "boundary",
    "session": "session",
    "scp": "scp",
}


def documents_of(index) -> list[tuple[str, dict]]:
    return [
        (KINDS.get(layer, layer), document)
        for layer, found in pair("documents", index)["policies"].items()
        for each in found
        for document in (each if isinstance(each, list) else [each])
    ]


documents = st.integers(0, 10**9).map(lambda index: documents_of(index)[-1])
chances = st.integers(0, 10**9).map(random.Random)


def swapped(chance, text) -> str:
    return "".join(chance.choice((letter.lower(), letter.upper())) for letter in text)


def written_otherwise(chance, document) -> dict:
    """The same meaning: another order, another case of actions and keys, a list for a string, a value twice."""
    statements = document["Statement"]
    found = []
    for statement in statements if isinstance(statements, list) else [statements]:
        changed = dict(statement)
        for element in ("Action", "NotAction", "Resource", "NotResource"):
            if element in changed:
                values = changed[element] if isinstance(changed[element], list) else [changed[element]]
                values = [*values, chance.choice(values)]
                chance.shuffle(values)
                changed[element] = [swapped(chance, v) if "Action" in element else v for v in values]
        if "Condition" in changed:
            changed["Condition"] = {
                operator: {swapped(chance, key): values for key, values in tests.items()}
                for operator, tests in changed["Condition"].items()
            }
        found.append(changed)
    chance.shuffle(found)
    return {**{k: v for k, v in document.items() if k != "Statement"}, "Statement": found}


@given(documents)
def test_what_is_written_reads_as_what_was_read(given_document):
    kind, document = given_document
    read = PolicyDocument.parse(document, kind)
    assert PolicyDocument.parse(read.to_json(), kind) == read
    assert PolicyDocument.parse(read.to_json(indent=2), kind) == read
    assert PolicyDocument.parse(read.to_dict(), kind) == read
    assert json.loads(read.to_json()) == read.to_dict()


@given(documents, chances)
def test_order_and_case_and_lists_change_no_meaning(given_document, chance):
    kind, document = given_document
    read = PolicyDocument.parse(document, kind)
    other = PolicyDocument.parse(written_otherwise(chance, document), kind)
    assert read.equivalent(other)
    assert other.equivalent(read)


@given(documents)
def test_a_size_counts_every_character_but_white_space(given_document):
    kind, document = given_document
    read = PolicyDocument.parse(document, kind)
    assert read.size == len("".join(read.to_json(indent=3).split()))
