"""To whom a policy belongs, as its tags say: whether it is ours, for which stages it was made, what we wrote. Pure.

AWS: a tag's key has at most 128 characters and its value 256, of letters, digits, space and ``_ . : / = + - @``;
a policy has at most 50 tags (IAM User Guide, "Tagging IAM resources").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from zappa_iam_ext.errors import ZappaIamError

OWNER_TAG = ("CreatedBy", "zappa-iam-ext")
"""The tag that marks what we made, and may therefore change."""
DOCUMENT_TAG = "zappa-iam-ext:document"
"""Fingerprints of the documents we wrote, so that an edit by hand is noticed. Two while a new one is being written."""
STAGES_TAG = "zappa-iam-ext:stages"
"""The stages a policy was made for, ``project/stage`` each; further ones in ``zappa-iam-ext:stages-2`` and so on."""
ZAPPA_TAG = "zappa-iam-ext:zappa"
"""The version of Zappa that it was made for."""
PREVIOUS_TAG = "zappa-iam-ext:previous"
"""The version of the policy that was the default one before ours: what a rollback returns to."""

ADOPTED_TAG = "zappa-iam-ext:adopted"
"""Says that the policy holds what somebody wrote by hand, which was adopted: it may grow, and stays when it is destroyed."""

MAX_VALUE = 256
MAX_STAGE_TAGS = 40
"""So many of the 50 tags may hold stages; the rest is for the other ones, and for the user's own."""

_PLAIN = re.compile(r"[A-Za-z0-9_.:+@-]")
_KEY = re.compile(r"(?:[A-Za-z0-9_.:+@-]|=[0-9A-F]{2})+/(?:[A-Za-z0-9_.:+@-]|=[0-9A-F]{2})+")
_ESCAPED = re.compile(rb"=([0-9A-F]{2})")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9 _.:/=+@-]")


@dataclass(frozen=True, slots=True, order=True)
class StageKey:
    """A stage by the project's name and its own: what a policy is for."""

    project: str
    stage: str

    def __str__(self) -> str:
        return f"{self.project}/{self.stage}"


@dataclass(frozen=True, slots=True)
class Ownership:
    """What the tags of a policy say.

    ``stages`` are those it was made for; None where no tag tells (what version 0.1 made): it may be anybody's.
    ``documents`` are fingerprints of what we wrote, ``zappa`` the version of Zappa, ``previous`` the version
    of the policy that a rollback returns to. ``adopted`` says that an edit by hand is among what it says.
    """

    ours: bool = False
    stages: frozenset[StageKey] | None = None
    documents: tuple[str, ...] = ()
    zappa: str = ""
    previous: str = ""
    adopted: bool = False

    def wrote(self, fingerprint: str) -> bool:
        """Say whether the document with this fingerprint is one that we wrote."""
        return fingerprint in self.documents

    def to_tags(self) -> dict[str, str]:
        """Return the tags that say so. Raises `ZappaIamError` for stages that no tags can hold."""
        tags = {OWNER_TAG[0]: OWNER_TAG[1]} if self.ours else {}
        if self.documents:
            tags[DOCUMENT_TAG] = " ".join(self.documents)
        if self.zappa:
            tags[ZAPPA_TAG] = _FORBIDDEN.sub("-", self.zappa)[:MAX_VALUE]
        if self.previous:
            tags[PREVIOUS_TAG] = self.previous
        if self.adopted:
            tags[ADOPTED_TAG] = "yes"
        return tags | (stage_tags(self.stages) if self.stages else {})


def read_ownership(tags: Mapping[str, str]) -> Ownership:
    """Return what tags say. A tag with stages that cannot be read makes the policy everybody's, which is the safe side."""
    return Ownership(
        ours=tags.get(OWNER_TAG[0]) == OWNER_TAG[1],
        stages=_stages(tags),
        documents=tuple(tags.get(DOCUMENT_TAG, "").split()),
        zappa=tags.get(ZAPPA_TAG, ""),
        previous=tags.get(PREVIOUS_TAG, ""),
        adopted=ADOPTED_TAG in tags,
    )


def stage_tags(stages: Iterable[StageKey]) -> dict[str, str]:
    """Return the tags that name these stages, in a stable order. Raises `ZappaIamError` when they do not fit."""
    values = list(_packed(sorted(map(_encoded, stages))))
    if len(values) > MAX_STAGE_TAGS:
        raise ZappaIamError(
            f"the names of the stages need {len(values)} tags; {MAX_STAGE_TAGS} are kept for them",
            hint="Give some of the stages another policy (iam_ext.policy).",
        )
    return dict(zip(_stage_keys(), values, strict=False))


def surplus_tags(tags: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of ours that these tags have and the wanted ones have not."""
    ours = [DOCUMENT_TAG, ZAPPA_TAG, PREVIOUS_TAG, ADOPTED_TAG, *_present_stage_keys(tags)]
    return tuple(key for key in ours if key in tags and key not in wanted)


def _stages(tags: Mapping[str, str]) -> frozenset[StageKey] | None:
    words = [word for key in _present_stage_keys(tags) for word in tags[key].split(" ") if word]
    if not words or not all(map(_KEY.fullmatch, words)):
        return None
    try:
        return frozenset(map(_decoded, words))
    except UnicodeDecodeError:
        return None


def _stage_keys() -> Iterator[str]:
    yield STAGES_TAG
    yield from (f"{STAGES_TAG}-{number}" for number in count(2))


def _present_stage_keys(tags: Mapping[str, str]) -> Sequence[str]:
    return [key for key in tags if key == STAGES_TAG or re.fullmatch(rf"{STAGES_TAG}-[0-9]+", key)]


def _packed(words: Iterable[str]) -> Iterator[str]:
    """Yield values of at most 256 characters that hold the words, a space between."""
    value = ""
    for word in words:
        if value and len(value) + 1 + len(word) > MAX_VALUE:
            yield value
            value = word
        else:
            value = f"{value} {word}" if value else word
    if value:
        yield value


def _encoded(key: StageKey) -> str:
    word = "/".join(map(_escaped, (key.project, key.stage)))
    if len(word) > MAX_VALUE or not key.project or not key.stage:
        raise ZappaIamError(
            f"no tag can name the stage {word[:80]}",
            hint="Project and stage together have at most 255 characters.",
        )
    return word


def _escaped(text: str) -> str:
    """Return text with ``=XX`` for each byte (UTF-8) of what a tag or this list cannot hold."""
    return "".join(
        c if _PLAIN.fullmatch(c) else "".join(f"={byte:02X}" for byte in c.encode("utf-8", "surrogatepass"))
        for c in text
    )


def _decoded(word: str) -> StageKey:
    project, _, stage = word.partition("/")
    return StageKey(_unescaped(project), _unescaped(stage))


def _unescaped(text: str) -> str:
    raw = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text.encode())
    return raw.decode("utf-8", "surrogatepass")
