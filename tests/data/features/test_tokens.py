"""Text as sequences: codes in order, what is cut, what is unknown, and what stands for an empty text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.data.features.tokens import TokensEncoder
from tests.data.features.test_features import cells, fitted, written
from tests.data.opening import opened, problems, table, write

ALL = {"split": {"validation": 0}}


@pytest.mark.parametrize(
    ("fields", "texts", "text", "codes"),
    [
        ({}, ("a b a", "B c"), "c B, a", [0, 2, 0, 1]),
        ({"min_count": 1}, ("a b a", "B c"), "c B, a", [3, 2, 0, 1]),
        ({"min_count": 1, "size": 1}, ("a b a", "B c"), "c B a", [0, 0, 1]),
        ({"min_count": 1, "lowercase": False}, ("a b a", "B c"), "c B b", [4, 2, 3]),
        ({"vocabulary": "character", "min_count": 1}, ("aab",), "Ba c", [2, 1, 0, 0]),
        ({"min_count": 1, "length": 2}, ("a b c a",), "a b c", [1, 2]),
        ({"min_count": 1, "length": 2, "keep": "last"}, ("a b c a",), "a b c", [2, 3]),
        ({"min_count": 1}, ("cafe\u0301",), "café", [1]),
        ({"min_count": 1}, ("a", None), None, [0]),
        ({"min_count": 1}, ("a", None), "", [0]),
        ({"min_count": 1}, ("a", None), " \t", [0]),
        ({"vocabulary": "byte_pair", "size": 256}, ("ab",), "", [0]),
    ],
)
def test_a_text_is_a_sequence_of_codes(fields: dict[str, Any], texts: tuple[Any, ...], text: Any, codes: list[int]):
    encoder = fitted("tokens", cells(*texts), **{"length": 6, **fields})
    _, ((*found,),) = written(encoder, cells(text))
    assert found == [*codes, *[-1] * (encoder.length - len(codes))]
    assert encoder.field.sequence
    assert encoder.field.size == len(encoder.code_names)


def test_pieces_of_the_training_part_give_the_same_encoder():
    texts = cells("a b", "b c", None, "a")
    assert fitted("tokens", texts[:1], texts[1:]) == fitted("tokens", texts)


@pytest.mark.parametrize("vocabulary", ["word", "character", "byte_pair"])
def test_the_usual_length_holds_almost_all_texts(vocabulary: str):
    texts = cells(*["z" * 5 if vocabulary == "character" else "z z z z z"] * 99, "z " * 300)
    encoder = fitted("tokens", texts, vocabulary=vocabulary, size=300)
    assert isinstance(encoder, TokensEncoder)
    assert encoder.length == len(encoder.vocabulary.encode(texts[0]))
    assert fitted("tokens", cells("z " * 2000), vocabulary=vocabulary, size=258).length == 512


def test_texts_that_are_cut_are_noted():
    write("t.csv", "text,y\n" + "a b c d e,0\n" * 3 + "a b,1\n")
    data = {**table("t.csv"), **ALL, "features": {"text": {"tokens": {"length": 3}}}}
    note = "column 'text': 75 % of the texts to train on are longer, the first 3 words are kept (length, keep)"
    assert opened(data).notes == [note]
    data["features"] = {"text": {"tokens": {"length": 5}}}
    assert not opened(data).notes


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "data.features.text: the texts to train on have no word that occurs 2 times; lower min_count"),
        ({"min_count": 1, "lowercase": False}, ""),
        (
            {"vocabulary": "character", "min_count": 9},
            "data.features.text: the texts to train on have no character that occurs 9 times; lower min_count",
        ),
    ],
)  # fmt: skip
def test_an_empty_vocabulary_has_a_line(fields: dict[str, Any], line: str):
    write("t.csv", "text,y\nsome,0\nother,1\nwords,0\n")
    data = {**table("t.csv"), **ALL, "features": {"text": {"tokens": fields}}}
    if line:
        assert problems(data) == [line]
    else:
        assert opened(data).signature.codes[0].size == 4


def test_texts_without_words_have_a_line():
    write("t.csv", "text,y\n\u3000,0\n\u2003,1\n")
    data = {**table("t.csv"), **ALL, "features": {"text": {"tokens": {"min_count": 1}}}}
    assert problems(data) == ["data.features.text: the texts to train on have no word"]


def test_unknown_tokens_are_counted_but_not_empty_cells():
    encoder = fitted("tokens", cells("a b"), min_count=1, length=3)
    column = cells("a x y", "", None, "x", "b", "z a a a z")
    _, codes = written(encoder, column)
    assert encoder.unit == "word"
    assert encoder.unknown(column, codes) == 4
    assert encoder.cells(np.empty((6, 0)), codes).tolist() == [3, 1, 1, 1, 1, 3]


@pytest.mark.parametrize("rows", [3, 300])
def test_sequences_stand_beside_other_columns(rows: int):
    write("t.csv", "n,text,city,y\n" + "\n".join(f"{i},{'ab'[i % 2]} and so on,c{i % 3},{i % 2}" for i in range(rows)))
    dataset = opened({**table("t.csv"), **ALL, "features": {"text": {"tokens": {"min_count": 1}}}})
    fields = {field.name: field for field in dataset.signature.codes}
    assert (fields["text"].start, fields["text"].length, fields["text"].size) == (0, 4, 6)
    assert fields["city"].start == 4
    assert dataset.signature.numbers == {"n": (0, 1)}
    assert dataset.signature.columns == ("text", "city", "n")
    assert (dataset.parts["train"].codes[:, :4] > 0).all()
