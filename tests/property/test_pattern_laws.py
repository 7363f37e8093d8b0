"""Matching, containment and overlap of patterns, against brute force over all short texts."""

from __future__ import annotations

import itertools
import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zappa_iam_ext.iam.patterns import classes as patterns
from zappa_iam_ext.iam.patterns.automaton import Automaton
from zappa_iam_ext.iam.patterns.classes import PatternTooComplex, allowance, some_class, some_word
from zappa_iam_ext.iam.patterns.containment import covers
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps, pairs
from zappa_iam_ext.iam.patterns.prefix_index import PrefixIndex
from zappa_iam_ext.iam.patterns.tokens import Wild, collapsed

LETTERS = "ab:"
TEXTS = ["".join(text) for length in range(8) for text in itertools.product(LETTERS, repeat=length)]
PLAIN = {Wild.STAR: "[ab:]*", Wild.ANY: "[ab:]", Wild.PART_STAR: "[ab]*", Wild.PART_ANY: "[ab]"}

tokens = st.lists(st.sampled_from([*"aab:", *Wild]), max_size=4)
few = st.lists(st.sampled_from([*"ab:", *Wild]), max_size=3)
texts = st.text("ab*?", max_size=5)


def of_pattern(written) -> set[str]:
    """All short texts of a pattern, found by a plain regular expression that may go back as it likes."""
    plain = re.compile("".join(PLAIN.get(token, token) for token in written))
    return {text for text in TEXTS if plain.fullmatch(text)}


@given(tokens)
def test_a_glob_matches_what_the_plain_expression_does(written):
    glob = Glob.of(written)
    assert {text for text in TEXTS if glob.matches(text)} == of_pattern(written)


@given(tokens)
def test_the_automaton_accepts_what_the_glob_matches(written):
    glob = Glob.of(written)
    assert {text for text in TEXTS if glob.automaton.accepts(text)} == of_pattern(written)


@given(tokens, tokens)
def test_covers_is_containment(wider, narrower):
    assert covers(Glob.of(wider), Glob.of(narrower)) == (of_pattern(narrower) <= of_pattern(wider))


@given(tokens, tokens)
@example([":", Wild.STAR], [Wild.PART_STAR])
@example(["a", "a", Wild.STAR], [Wild.ANY, ":"])
def test_overlaps_is_intersection(one, other):
    found = overlaps(Glob.of(one), Glob.of(other))
    assert found == bool(of_pattern(one) & of_pattern(other))
    assert found == overlaps(Glob.of(other), Glob.of(one))


@given(few, st.lists(few, max_size=2))
def test_some_word_sees_every_class_of_texts_and_no_other(request, others):
    globs = [Glob.of(written) for written in others]
    classes = set()
    some_word(Glob.of(request), globs, classes.add)
    assert classes == {tuple(glob.matches(text) for glob in globs) for text in of_pattern(request)}


@given(texts, texts)
def test_the_patterns_of_plain_text_know_no_parts(one, other):
    every = [Wild.STAR if letter == "*" else Wild.ANY if letter == "?" else letter for letter in one]
    assert text_glob(one) == Glob.of(every)
    assert covers(text_glob("*"), text_glob(other))


@given(
    st.lists(st.text("a*?", max_size=3), min_size=6, max_size=6),
    st.lists(st.sampled_from(["a", "aa", "", "b"]), min_size=6, max_size=7),
)
def test_the_parts_of_an_arn_are_compared_as_the_manual_says(written, asked):
    """A star that ends a part may reach over colons; every other wildcard of the first five parts stays inside."""
    pattern, text = ":".join(["arn", *written[1:]]), ":".join(["arn", *asked[1:]])
    pieces = []
    for number, part in enumerate(pattern.split(":", 5)):
        inner = "" if number == 5 else ":"
        plain = "".join(
            {"*": f"[^{inner}]*" if inner else ".*", "?": f"[^{inner}]" if inner else "."}.get(letter, letter)
            for letter in part
        )
        pieces.append(re.sub(r"\[\^:\]\*$", ".*", plain))
    assert arn_glob(pattern).matches(text) == bool(re.fullmatch(":".join(pieces), text))


@pytest.mark.parametrize("stars", [2, 5, 40])
@pytest.mark.parametrize("make", [text_glob, lambda text: arn_glob(f"arn:aws:s3:::{text}")])
def test_matching_is_linear_in_the_text_for_every_star(stars, make, clock):
    """`*a*a*a*b` against many letters: four times the text must not take more than the square of four."""
    glob = make("*a" * stars + "*b")
    start = "arn:aws:s3:::" if glob.prefix else ""
    short, long = (
        clock(lambda text=f"{start}{'a' * length}": glob.matches(text)) for length in (20_000, 80_000)
    )
    assert not glob.matches(start + "a" * 1000)
    assert glob.matches(start + "a" * 1000 + "b")
    assert long < 40 * short + 0.05


def never(_matched) -> bool:
    return False


@pytest.mark.parametrize("text", ["*a" * 30 + "*", "?a*" * 20, "*?" * 30 + "b", "*" + "?" * 60])
def test_a_comparison_ends_with_an_answer_or_says_that_it_is_too_complex(text, monkeypatch):
    steps = 0
    plain = Automaton.step

    def counted(self, positions, character):
        nonlocal steps
        steps += 1
        return plain(self, positions, character)

    monkeypatch.setattr(Automaton, "step", counted)
    others = [Glob.of(text_glob(text).tokens), *(text_glob(f"*{letter}" * 12 + "*") for letter in "abcdef")]
    with suppress(PatternTooComplex):
        some_word(others[0], others[1:], never)
    lengths = sum(len(glob.tokens) for glob in others)
    assert 0 < steps <= patterns.MAX_COST + len(others) * lengths


def test_a_comparison_that_is_too_complex_is_refused_by_name():
    knots = [text_glob("*" + letter + "?" * 14 + "*b") for letter in "abcdefgh"]
    with pytest.raises(PatternTooComplex):
        some_word(text_glob("*"), knots, never)


@given(tokens, tokens)
def test_tokens_that_pair_tell_of_containment(wider, narrower):
    if pairs(Glob.of(wider), Glob.of(narrower)):
        assert of_pattern(narrower) <= of_pattern(wider)


@given(tokens)
def test_the_samples_of_a_pattern_are_of_it(written):
    glob = Glob.of(written)
    assert all(map(glob.matches, glob.samples))
    assert glob.literal is None or glob.samples == (glob.literal,)


@given(tokens)
def test_collapsing_changes_no_pattern(written):
    assert of_pattern(collapsed(written)) == of_pattern(written)
    assert collapsed(collapsed(written)) == collapsed(written)


@given(few, st.lists(st.lists(few, min_size=1, max_size=2), max_size=2))
def test_unions_are_told_apart_as_their_patterns_are(request, groups):
    unions = [tuple(map(Glob.of, group)) for group in groups]
    classes = set()
    some_class(Glob.of(request), unions, classes.add)
    wanted = {
        tuple(any(glob.matches(text) for glob in union) for union in unions) for text in of_pattern(request)
    }
    assert classes == wanted


@given(few, st.lists(few, min_size=1, max_size=3))
def test_an_automaton_of_several_patterns_accepts_what_any_of_them_does(request, others):
    machine = Automaton(*(Glob.of(written).tokens for written in [request, *others]))
    accepted = set().union(*map(of_pattern, [request, *others]))
    assert {text for text in TEXTS if machine.accepts(text)} == accepted


@given(st.lists(tokens, max_size=6), tokens)
def test_no_pattern_that_covers_is_missed_by_its_beginning(several, narrower):
    globs = [Glob.of(written) for written in several]
    covering = {place for place, glob in enumerate(globs) if covers(glob, Glob.of(narrower))}
    assert covering <= set(PrefixIndex(globs).may_cover(Glob.of(narrower)))


def test_globs_with_one_beginning_have_hashes_of_their_own():
    globs = [arn_glob(f"arn:aws:lambda:*:123456789012:function:app-{number}-*") for number in range(500)]
    assert len({hash(glob) for glob in globs}) > 490


def test_within_an_allowance_the_walks_end_together_and_are_counted():
    knots = [text_glob("*" + letter + "?" * 14 + "*b") for letter in "abcdefgh"]
    with allowance(10_000, 4_000) as given_allowance:
        for _ in range(5):
            with suppress(PatternTooComplex):
                some_word(text_glob("*"), knots, never)
    assert given_allowance.undecided == 5
    assert given_allowance.left == 0
