"""Running text: its blocks and parts, its vocabulary, and every refusal."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.dataset import opening
from dltool.data.dataset.dataset import Dataset
from dltool.data.dataset.opening import open_dataset
from dltool.data.files import text_pieces
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.sources.text_stream import TextStream
from dltool.data.store.folder import stores
from dltool.data.streams import tokens
from dltool.data.vocabularies.kinds import stored_vocabulary
from dltool.data.vocabularies.vocabulary import Vocabulary
from tests.data.opening import FOLDER, config, open_part, opened, problems, write

#: letters that differ from line to line
LETTERS = "".join(chr(0x4E00 + i) for i in range(100))
WORDS = "the cat sat on the mat. The cat ate the rat!\n"


def stream(path: Any = "a.txt", split: Any = None, **fields: Any) -> dict[str, Any]:
    return {"text_stream": {"path": path, **fields}, "split": {"validation": 0, **(split or {})}}


def vocabulary(dataset: Dataset) -> Vocabulary:
    return stored_vocabulary(dataset.preprocessing["source_state"]["vocabulary"])


def texts(dataset: Dataset, part: str = "train") -> list[str]:
    return [vocabulary(dataset).decode(block.tolist()) for block in dataset.parts[part].rows(0, 10**6).features]


def test_blocks_of_a_text():
    write("a.txt", "abcdefghij")
    dataset = opened(stream(block=3))
    assert texts(dataset) == ["abcd", "defg", "ghij"]
    part, signature = dataset.parts["train"], dataset.signature
    assert part.features.dtype == np.int32
    assert part.targets.tolist() == [[3, 3]] * 3
    assert (signature.task, signature.feature_shape, signature.feature_dtype) == ("tokens", (4,), "int32")
    assert signature.classes == ("(unknown)", *"abcdefghij")
    assert signature.class_shares == {}


@pytest.mark.parametrize(
    ("text", "fields", "blocks", "targets"),
    [
        ("abcdefghi", {"block": 3}, ["abcd", "defg", "ghi"], [[3, 3], [3, 3], [2, 2]]),
        ("abcdefgh", {"block": 3}, ["abcd", "defg", "gh"], [[3, 3], [3, 3], [1, 1]]),
        ("abcdefg", {"block": 3}, ["abcd", "defg"], [[3, 3], [3, 3]]),
        ("abcdefg", {"block": 4, "stride": 2}, ["abcde", "cdefg"], [[4, 4], [4, 4]]),
        ("abcdefgh", {"block": 4, "stride": 2}, ["abcde", "cdefg", "efgh"], [[4, 4], [4, 4], [3, 3]]),
        ("abcdefgh", {"block": 2, "stride": 5}, ["abc", "fgh"], [[2, 2], [2, 2]]),
        ("abcdefgh", {"block": 2, "stride": 6}, ["abc", "gh"], [[2, 2], [1, 1]]),
        ("abcdefgh", {"block": 2, "stride": 7}, ["abc"], [[2, 2]]),
        ("aa bb\n aa b", {"block": 2, "vocabulary": "word"}, ["aa bb\n", "\naa b"], [[2, 4], [2, 5]]),
        ("a\r\nb\rc", {"block": 4}, ["a\nb\nc"], [[4, 4]]),
    ],
)  # fmt: skip
def test_blocks_reach_the_end(text: str, fields: dict[str, Any], blocks: list[str], targets: list[list[int]]):
    write("a.txt", text)
    dataset = opened(stream(**fields))
    assert texts(dataset) == blocks
    assert dataset.parts["train"].targets.tolist() == targets
    for block, (count, _) in zip(dataset.parts["train"].features, targets, strict=True):
        assert (block[count + 1 :] == -1).all()


@pytest.mark.parametrize("kind", ["character", "word", "byte_pair"])
def test_pieces_make_no_difference(kind: str, monkeypatch: pytest.MonkeyPatch):
    """Long texts are read, kept and cut into blocks a little at a time."""
    write("a.txt", WORDS * 3 + "x" * 30 + "  \n" + WORDS)
    data = stream(block=5, stride=3, vocabulary=kind, size=258, split={"validation": 0.2})
    whole = opened(data)
    monkeypatch.setattr(text_pieces, "PIECE", 40)
    monkeypatch.setattr(tokens, "AT_ONCE", 1)
    monkeypatch.setattr(tokens, "IN_MEMORY", 16)
    pieces = opened(data)
    assert pieces.preprocessing == whole.preprocessing
    for part in ("train", "validation"):
        np.testing.assert_array_equal(pieces.parts[part].features, whole.parts[part].features)
        np.testing.assert_array_equal(pieces.parts[part].targets, whole.parts[part].targets)


def test_the_parts_are_stretches_of_the_text_without_a_common_token():
    write("a.txt", LETTERS)
    dataset = opened(stream(block=7, split={"validation": 0.2, "test": 0.1}))
    spans = [(name, "".join(texts(dataset, name))) for name in ("train", "validation", "test")]
    held = [set(LETTERS[:70]), set(LETTERS[70:90]), set(LETTERS[90:])]
    assert set(spans[0][1]) == held[0]
    assert vocabulary(dataset).tokens == tuple(LETTERS[:70])  # of the training part alone
    for name in ("validation", "test"):
        assert (dataset.parts[name].features <= 0).all()  # so all of these are unknown
    assert dataset.signature.rows == {"train": 10, "validation": 3, "test": 2}
    assert "the end of the text is set apart for validation and test" in dataset.notes
    assert "a.txt: 30 characters (30 %) not in the vocabulary, taken as unknown" in dataset.notes


def test_no_block_reaches_from_one_file_into_the_next():
    for name, text in {"b.txt": "bbbBBB", "a.txt": "aaaaAAA", "c.txt": "cccc"}.items():
        write(name, text)
    dataset = opened(stream("*.txt", block=3))
    assert texts(dataset) == ["aaaa", "aAAA", "bbbB", "BBB", "cccc"]
    assert texts(opened(stream(["b.txt", "a.txt"], block=3))) == ["bbbB", "BBB", "aaaa", "aAAA"]
    dataset = opened(stream("*.txt", block=2, split={"validation": 0.5}))
    assert texts(dataset) == ["aaa", "aaA", "AAA", "bb"]  # and validation: bBB, BB, ccc, cc
    assert dataset.signature.rows == {"train": 4, "validation": 4}


def test_a_compressed_text_and_other_encodings():
    Path("a.txt").write_bytes(gzip.compress(b"abcabc"))
    assert texts(opened(stream(block=5))) == ["abcabc"]
    Path("a.txt").write_bytes("añb".encode("latin-1"))
    assert texts(opened(stream(block=2, encoding="latin-1"))) == ["añb"]
    Path("a.txt").write_bytes("añb".encode("utf-16"))
    assert texts(opened(stream(block=2, encoding="utf-16"))) == ["añb"]


def test_another_text_is_read_with_the_vocabulary_of_the_training():
    write("a.txt", "abcabcabc")
    write("new.txt", "cxab")
    trained = opened(stream(block=5)).preprocessing
    part = open_part(TextStream(path="new.txt", block=5), trained, [])
    codes = stored_vocabulary(trained["source_state"]["vocabulary"]).encode("cxab")
    assert part.features.tolist() == [[*codes.tolist(), -1, -1]]
    assert part.targets.tolist() == [[3, 3]]
    again = opened({**stream(block=5), "validation": {"text_stream": "new.txt"}})
    assert again.parts["validation"].features.tolist() == part.features.tolist()
    assert Preprocessing.from_json(again.preprocessing).source_state == trained["source_state"]


def test_a_text_larger_than_memory_gives_the_same_blocks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    write("a.txt", WORDS * 20)
    data = stream(block=9, split={"validation": 0.2})
    small, large = opened({**data, "memory": "1kB"}), opened(data)
    assert not isinstance(small.parts["train"], type(large.parts["train"]))
    for part in ("train", "validation"):
        one, other = small.parts[part].rows(0, 1000), large.parts[part].rows(0, 1000)
        np.testing.assert_array_equal(one.features, other.features)
        np.testing.assert_array_equal(one.targets, other.targets)
    assert small.fingerprint == large.fingerprint


def test_rows_are_found_again():
    write("a.txt", "abcdefghij")
    data = stream(block=2, split={"validation": 0.3})
    rows = opening.raw_rows(config(data), [], opened(data).preprocessing, "validation", [0])
    assert rows is not None
    assert [(row.place, row.cells) for row in rows] == [("a.txt, validation, character 1", {"text": "\ufffd" * 3})]


@pytest.mark.parametrize(
    ("content", "fields", "lines"),
    [
        (b"", {}, ["a.txt: data.text_stream: the file is empty"]),
        (
            b"abc\nd\xff",
            {},
            ["a.txt:2: data.text_stream: not UTF-8 text; if it is Latin-1, set encoding: latin-1"],
        ),
        ("ab".encode("utf-16"), {}, ["a.txt: data.text_stream: UTF-16 text; set encoding: utf-16"]),
        (b"abc\nd\0\n", {}, ["a.txt:2: data.text_stream: holds a NUL character, so it is not text"]),
        (
            b"aaaaaa",
            {"block": 2},
            ["a.txt: data.text_stream: the text to train on has only the character 'a'; there is nothing to predict"],
        ),
        (
            b" \t ",
            {"block": 2, "vocabulary": "word"},
            ["a.txt: data.text_stream: the text to train on has no word; there is nothing to predict"],
        ),
        (
            b"a b c",
            {"block": 2, "vocabulary": "word", "min_count": 2},
            [
                "a.txt: data.text_stream: the text to train on has no word that occurs 2 times; there is nothing to"
                " predict"
            ],
        ),
        (
            b"abcabc",
            {"block": 6},
            [
                "a.txt: data.text_stream.block: a block of 6 characters, and the one to predict, is longer than the"
                " text to train on, 6 characters; give a smaller block"
            ],
        ),
        (
            b"abcabc",
            {"block": 2, "split": {"validation": {"last": 1}, "stratify": True}},
            [
                "data.split.validation: running text is divided by position, the end for validation and test; give"
                " them as shares, such as 0.1",
                "data.split.stratify: running text is divided by position, the end for validation and test; give"
                " them as shares, such as 0.1",
            ],
        ),
        (
            b"abcabcabca",
            {"block": 2, "split": {"validation": 0.1}},
            [
                "a.txt: data.split.validation: would be empty: the text is too short for this share",
            ],
        ),
    ],
)
def test_mistakes_have_a_line(content: bytes, fields: dict[str, Any], lines: list[str]):
    write("a.txt", content)
    assert problems(stream(**fields)) == lines


def test_a_missing_file_among_several_has_a_line():
    write("a.txt", "abc")
    (line,) = problems(stream(["a.txt", "b.txt"]))
    assert line.startswith("data.text_stream.path: no file 'b.txt'")
    (line,) = problems(stream("*.text"))
    assert line.startswith("data.text_stream.path: no file matches '*.text'")


@pytest.mark.parametrize("name", ["by_source", "settled"])
def test_what_a_source_has_fitted_is_found_in_older_checkpoints_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    write("a.txt", WORDS * 20)
    data = {**stream(block=9), "memory": "1kB"}
    trained = opened(data).preprocessing
    older = {**trained, name: trained["source_state"]}
    del older["source_state"]
    assert Preprocessing.from_json(older).source_state == trained["source_state"]
    open_dataset(config(data), [FOLDER], older)
    assert len(stores()) == 1, "the prepared data of the training"
