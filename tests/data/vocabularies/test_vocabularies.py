"""Vocabularies: codes of texts, texts of codes, and what a checkpoint keeps of them."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from dltool.data.vocabularies import byte_pair
from dltool.data.vocabularies.kinds import VocabularyKind, fitting_of, stored_vocabulary
from dltool.data.vocabularies.vocabulary import UNKNOWN_TEXT, Vocabulary
from dltool.errors import InputError

TEXT = "The cat sat.\nThe cat ate, the dog sat!\n"
KINDS: list[VocabularyKind] = ["character", "word", "byte_pair"]


def fitted(kind: VocabularyKind, *texts: str, size: int = 1000, min_count: int = 1) -> Vocabulary:
    """The vocabulary of some texts, as a checkpoint gives it back."""
    fitting = fitting_of(kind)
    for text in texts:
        fitting.update(text)
    vocabulary = fitting.result(size, min_count)
    again = stored_vocabulary(json.loads(json.dumps(vocabulary.as_json())))
    assert again == vocabulary
    return again


@pytest.mark.parametrize(
    ("kind", "text", "fields", "tokens", "codes"),
    [
        ("character", "abracadabra", {}, "abrcd", [1, 2, 3, 1, 4, 1, 5, 1, 2, 3, 1]),
        ("character", "abracadabra", {"size": 2}, "ab", [1, 2, 0, 1, 0, 1, 0, 1, 2, 0, 1]),
        ("character", "abracadabra", {"min_count": 2}, "abr", [1, 2, 3, 1, 0, 1, 0, 1, 2, 3, 1]),
        ("character", "a\n😀a", {}, "a\n😀", [1, 2, 3, 1]),
        ("word", "b a, b a\nc", {}, ("a", "b", "\n", ",", "c"), [2, 1, 4, 2, 1, 3, 5]),
        ("word", "don't stop_it 42x", {}, ("42", "_", "don't", "it", "stop", "x"), [3, 5, 2, 4, 1, 6]),
        ("word", "b a, b a\nc", {"size": 2, "min_count": 2}, ("a", "b"), [2, 1, 0, 2, 1, 0, 0]),
        ("word", " \t ", {}, (), []),
    ],
)
def test_codes_of_a_text(kind: VocabularyKind, text: str, fields: dict[str, int], tokens: str, codes: list[int]):
    vocabulary = fitted(kind, text, **fields)
    assert vocabulary.tokens == tuple(tokens)
    assert vocabulary.size == len(tokens) + 1
    assert vocabulary.encode(text).tolist() == codes
    assert vocabulary.encode(text).dtype == np.int32


def test_pieces_of_a_text_give_the_vocabulary_of_the_whole():
    for kind in KINDS:
        assert fitted(kind, TEXT[:13], TEXT[13:]) == fitted(kind, TEXT)


def test_what_is_not_in_the_vocabulary_is_unknown():
    assert fitted("character", "ab").encode("acb").tolist() == [1, 0, 2]
    assert fitted("word", "a b").encode("a c b").tolist() == [1, 0, 2]
    assert fitted("character", "ab").decode([1, 0, 2, -1]) == f"a{UNKNOWN_TEXT}b"


@pytest.mark.parametrize("kind", KINDS)
def test_codes_become_text_again(kind: VocabularyKind):
    vocabulary = fitted(kind, TEXT)
    assert vocabulary.decode([*vocabulary.encode(TEXT).tolist(), -1, -1]) == TEXT


@pytest.mark.parametrize("kind", KINDS)
def test_every_character_belongs_to_a_token(kind: VocabularyKind):
    vocabulary, text = fitted(kind, TEXT, size=260), f"{TEXT}ünï 😀 cat"
    codes = vocabulary.encode(text)
    assert vocabulary.characters(text, codes).shape == codes.shape
    assert vocabulary.characters(text, codes).sum() == len(text)
    assert fitted("word", "a bc").characters(" a  x\n", np.zeros(3)).tolist() == [2, 3, 1]


def test_words_are_joined_as_one_writes_them():
    text = 'He said (twice): "No"; [5%] isn\'t "it"?\n\nNo!'
    assert fitted("word", text).decode(fitted("word", text).encode(text)) == (
        'He said (twice): " No "; [5%] isn\'t " it "?\n\nNo!'
    )


@pytest.mark.parametrize("text", ["", "naïve 😀 \x00\t  ", "¡日本語! \\x00 ␣", " leading\r\n\x85and\u2028more  "])
def test_byte_pairs_write_any_text_exactly(text: str):
    vocabulary = fitted("byte_pair", TEXT * 3, size=300)
    codes = vocabulary.encode(text)
    assert vocabulary.decode(codes.tolist()) == text
    assert not (codes == 0).any()


def test_long_texts_are_encoded_in_pieces_with_the_same_codes(monkeypatch: pytest.MonkeyPatch):
    vocabulary, text = fitted("byte_pair", TEXT * 3, size=300), f"{TEXT}  \n\t{TEXT} {'x' * 50}{TEXT}"
    whole = vocabulary.encode(text)
    monkeypatch.setattr(byte_pair, "TOGETHER", 60)
    np.testing.assert_array_equal(vocabulary.encode(text), whole)


def test_a_part_of_a_character_is_no_text_yet():
    vocabulary = fitted("byte_pair", "ab")
    assert vocabulary.decode(vocabulary.encode("é").tolist()[:1]) == UNKNOWN_TEXT


def test_frequent_pairs_become_tokens():
    vocabulary = fitted("byte_pair", "low low low lower lowest", size=260)
    assert vocabulary.size == 261
    assert vocabulary.names[257:259] == ("lo", "low")


def test_names_are_printable_and_different():
    vocabulary = fitted("character", " \n\t\\␣n\x80\u00ad\u2028é")
    assert set(vocabulary.names) == {
        "(unknown)", "␣", "\\n", "\\t", "\\\\", "\\u2423", "n", "\\u0080", "\\u00ad", "\\u2028", "é",
    }  # fmt: skip
    names = fitted("byte_pair", TEXT + "\\xff", size=400).names
    assert len(set(names)) == len(names)
    assert all(name.isprintable() for name in names)
    assert "\\xff" in names


def test_another_process_learns_the_same_byte_pairs():
    """Hashes of strings differ from process to process."""
    program = (
        "from dltool.data.vocabularies.kinds import fitting_of; fitting = fitting_of('byte_pair');"
        f"fitting.update({TEXT!r} * 9); print(hash('a'), fitting.result(300, 1).tokens)"
    )
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True) for _ in range(2)]
    (one, first), (other, second) = (run.stdout.split(" ", 1) for run in runs)
    assert one != other
    assert first == second


def test_a_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch):
    stored = fitted("byte_pair", TEXT)
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    for use in (lambda: fitting_of("byte_pair"), lambda: stored_vocabulary(stored.as_json()).encode("a")):
        with pytest.raises(InputError) as error:
            use()
        assert str(error.value) == "byte pairs need the tokenizers library: pip install 'dltool[text]'"
    assert stored.decode([1, 2]) == '!"'
