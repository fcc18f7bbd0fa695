"""Texts as tokens in ONNX: the Tokenizer of onnxruntime, and codes of words in all spellings that are likely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from dltool.export.onnx.model import Model

#: what stands behind the last token of a shorter text; no token is empty
PADDING = ""
#: letters, digits and white space of Python's regular expressions in RE2's
_LETTER = r"[\p{L}\p{Nl}\p{No}]"
_MARK = r"[^\p{L}\p{N}_\s\x0b\x1c-\x1f\x{85}\p{Z}]"
#: texts of which the letters are decomposed, or in upper case, differ
DIFFERENCES = [
    "letters with accents must be single characters (Unicode NFC)",
    "upper case beyond A to Z is known where it begins a word, or is all of it",
]


def tokens(model: Model, cells: str, pattern: str | None, *, lowercase: bool) -> str:
    """(N, T) tokens of texts (N,): what fits Python's regular expression `pattern`, or single characters."""
    if lowercase:
        cells = model.node("StringNormalizer", cells, case_change_action="LOWER", is_case_sensitive=1, locale="C")
    how = {"separators": [""]} if pattern is None else {"tokenexp": _for_re2(pattern)}
    fields = {"mark": 0, "mincharnum": 1, "pad_value": PADDING, **how}
    return model.node("Tokenizer", cells, domain="com.microsoft", **fields)


def codes(model: Model, words: str, known: Mapping[str, int], default: int) -> str:
    """(N, T) int64 codes of words."""
    return model.node(
        "LabelEncoder",
        words,
        domain="ai.onnx.ml",
        keys_strings=[*known],
        values_int64s=[*known.values()],
        default_int64=default,
    )


def all_spellings(words: Iterable[str], first: int, *, lowercase: bool) -> dict[str, int]:
    """The code of each word, counted from `first`, and of what it is once A to Z alone are in lower case."""
    codes = {word: code for code, word in enumerate(words, first)}
    if lowercase:
        for word, code in [*codes.items()]:
            if not word.isascii():
                for other in (word.title(), word.capitalize(), word.upper()):
                    codes.setdefault(_lower_ascii(other), code)
    return codes


def _lower_ascii(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _for_re2(pattern: str) -> str:
    for ours, theirs in {r"[^\W\d_]": _LETTER, r"\d": r"\p{Nd}", r"[^\w\s]": _MARK}.items():
        pattern = pattern.replace(ours, theirs)
    return pattern


def strange_texts(generator: np.random.Generator, words: Iterable[str], rows: int) -> np.ndarray:
    """Texts (rows,) of these words and of unknown ones, one of them empty, one long."""
    known = np.array([*words, "qzxw", "7", "!"], object)
    sizes = [0, 300, *generator.integers(1, 30, size=rows)][:rows]
    return np.array([" ".join(generator.choice(known, size)) for size in sizes], object)
