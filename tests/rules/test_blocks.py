"""Long texts are looked through in blocks: what is found is what would be found in the whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from audittrail.rules.evaluation import blocks as dividing
from audittrail.rules.evaluation.blocks import blocks
from audittrail.rules.evaluation.detectors import find_personal_data, find_secret

_FOUND = [
    "sk-proj-" + "a1B2c3D4" * 6,
    "AKIAIOSFODNN7PRODKEY",
    "postgres://shop:S3cr3tW0rd@db/shop",
    'aws_secret_access_key\\": \\"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\\"',
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN" + "a" * 3000,
    "4111 1111 1111 1111",
    "GB33 BUKB 2020 1555 5555 55",
    "ann.lee@shop.example.org",
]
# Beside them what almost looks like one, with nothing between.
_ALMOST = ["my-sk-proj-" + "a1B2c3D4" * 6, "x4111111111111111", "sk-", "eyJ", "://", "aws"]
_filler = st.tuples(
    st.sampled_from(["word ", '{"role": "user"}, ', "ten letters\\n", "a-b_c/d", "123 ", "é "]),
    st.integers(0, 20),
).map(lambda each: each[0] * each[1])
_texts = st.lists(
    _filler | st.sampled_from(_ALMOST) | st.sampled_from([f" {each} " for each in _FOUND]),
    min_size=1,
    max_size=8,
).map("".join)


@settings(max_examples=120)
@given(_texts)
def test_in_blocks_is_found_what_is_in_the_whole(text: str) -> None:
    """The same secret and the same personal data, at the same place; blocks are as short here as
    what is looked for, so that most of it lies over an end."""
    kinds = "email card iban ssn phone"
    whole = find_secret(text), find_personal_data(text, kinds)
    lengths = dividing._STRIDE, dividing._OVERLAP
    dividing._STRIDE, dividing._OVERLAP = 5, 100
    try:
        assert (find_secret(text), find_personal_data(text, kinds)) == whole
    finally:
        dividing._STRIDE, dividing._OVERLAP = lengths


@given(st.text('ab c"', max_size=300).map(lambda text: text * 200))
def test_blocks_cover_the_text(text: str) -> None:
    """In order, without a gap, each beginning where a word begins."""
    end = 0
    for begin, block in blocks(text):
        assert begin <= end
        assert text[begin : begin + len(block)] == block
        end = begin + len(block)
    assert end == len(text)


def test_a_history_has_the_same_blocks_again() -> None:
    """A text that goes on from another one has all its blocks but the last."""
    first = "".join(f"message {number}, " for number in range(10_000))
    before, after = list(blocks(first)), list(blocks(first + "and one more" * 100))
    assert len(before) > 10
    assert after[: len(before) - 1] == before[:-1]


def test_a_text_without_words_has_few_blocks() -> None:
    """A megabyte of letters is looked through about once and a half, not once for each block."""
    text = "a" * 1_000_000
    assert sum(len(block) for _, block in blocks(text)) < 1.5 * len(text)
