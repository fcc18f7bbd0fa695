import math

import pytest

from dltool.config.document import read_document
from dltool.errors import InputError

SCALARS = {
    "1e-3": 0.001,
    "1E3": 1000.0,
    "-.5": -0.5,
    "+1.": 1.0,
    ".inf": math.inf,
    "-.INF": -math.inf,
    "010": 10,
    "0o17": 15,
    "0x1F": 31,
    "-7": -7,
    "9223372036854775807": 2**63 - 1,
    "true": True,
    "FALSE": False,
    "no": "no",
    "Yes": "Yes",
    "on": "on",
    "~": None,
    "null": None,
    "": None,
    "'10'": "10",
    '"1e-3"': "1e-3",
    "1_000": "1_000",
    "2020-01-01": "2020-01-01",
    "12:30": "12:30",
    "0b1": "0b1",
    "1e": "1e",
    "!!str 10": "10",
    "!!float 1": 1.0,
    "a b # comment": "a b",
}


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    read = read_document(f"key: {text}", "c.yaml").root.plain()["key"]
    assert (read, type(read)) == (value, type(value))


def test_not_a_number() -> None:
    assert math.isnan(read_document("a: .nan", "c.yaml").root.plain()["a"])


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("# nothing", None),
        ("a:\n- 1\n- b: 2", {"a": [1, {"b": 2}]}),
        ("0: a\ntrue: b\n1.5: c", {"0": "a", "true": "b", "1.5": "c"}),
        ("x: &x [1, 2]\ny: *x", {"x": [1, 2], "y": [1, 2]}),
        ("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}", {"x": {"a": 1, "b": 2}, "y": {"b": 3, "a": 1}}),
        ("x: [&x {a: 1}, &y {a: 2}]\ny: {<<: [*x, *y]}", {"x": [{"a": 1}, {"a": 2}], "y": {"a": 1}}),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("---\na: 1\n...\n", {"a": 1}),
    ],
)  # fmt: skip
def test_documents(text: str, data: object) -> None:
    document = read_document(text, "c.yaml")
    assert document.root.plain() == data
    assert document.problems == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3", "c.yaml:3:1: the key 'a' is already given in line 1"),
        ("a: {b: 1, b: 1}", "c.yaml:1:11: the key 'b' is already given in line 1"),
        ("a: 1\n'a': 3", "c.yaml:2:1: the key 'a' is already given in line 1"),
        ("? [a]\n: 1", "c.yaml:1:3: a key must be a word or a number"),
        ("~: 1", "c.yaml:1:1: a key must be a word or a number"),
        ("a: !thing 1", "c.yaml:1:4: the tag '!thing' is not allowed; write plain values"),
        ("a: !!python/name:os ''", "c.yaml:1:4: the tag '!!python/name:os' is not allowed; write plain values"),
        ("a: !!binary aaaa", "c.yaml:1:4: the tag '!!binary' is not allowed; write plain values"),
        ("a: !!set {b}", "c.yaml:1:4: the tag '!!set' is not allowed; write plain values"),
        ("a: !!int ten", "c.yaml:1:4: 'ten' is not an int"),
        ("a: 9223372036854775808", "c.yaml:1:4: the number does not fit into 64 bits"),
        ("a: " + "9" * 100, "c.yaml:1:4: the number does not fit into 64 bits"),
        ("a: {<<: 3}", "c.yaml:1:5: '<<' merges mappings; give it an alias of one, such as *defaults"),
    ],
)  # fmt: skip
def test_problems_that_do_not_stop_reading(text: str, problem: str) -> None:
    assert [str(found) for _, found in read_document(text, "c.yaml").problems] == [problem]


BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}, *{before}, *{before}, *{before}, *{before}, *{before}, *{before}]\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BOMB, "c.yaml:1:8: more than 100000 values; are there aliases of aliases?"),
        ("a: &a [*a]", "c.yaml:1:4: an alias stands for something that contains it"),
        ("a: &a {<<: *a}", "c.yaml:1:8: an alias stands for something that contains it"),
        ("[" * 600, "c.yaml: brackets or lists are nested too deeply"),
        ("a: \x07", "c.yaml:1:4: the character '\\x07' is not allowed in YAML"),
        ("a:\n\tb: 1", "c.yaml:2:1: a tab; YAML indents with spaces only"),
        ("a: [1, 2\nb: 3\n", "c.yaml:1:4: this '[' is not closed, or a ',' is missing after it"),
        ("a: {b: 1\n", "c.yaml:1:4: this '{' is not closed, or a ',' is missing after it"),
        ("  a: 1\nb: 2", "c.yaml:2:1: the indentation does not fit the lines above"),
        ("a: |b", "c.yaml:1:4: text after '|' or '>' starts on the next line; put other text in quotes"),
        ("a: , b", "c.yaml:1:4: a ',' where a value is expected"),
        ("a: ]", "c.yaml:1:4: a ']' that was never opened"),
        ('a: "b\n', "c.yaml:1:4: this quote is never closed"),
        (r'a: "\q"', r"c.yaml:1:6: '\q' means nothing in double quotes; use single quotes"),
        ("a: @b", "c.yaml:1:4: text cannot start with '@'; put it in quotes"),
        ("a: *", "c.yaml:1:4: the name of the anchor is missing; put text with '&' or '*' in quotes"),
        ("a: *b", "c.yaml:1:4: there is no anchor '&b' above"),
        ("a: &b 1\nc: &b 2", "c.yaml:2:4: the anchor '&b' is already given above"),
        ("a: b: c", "c.yaml:1:5: a second ':' in one line, or a line that is indented too far"),
        ("a: - b", "c.yaml:1:4: a list cannot start here; put its '-' on a line of its own"),
        ("a: 1\nb\nc: 2", "c.yaml:2:1: expected 'key: value'; a ':' or the space after it is missing"),
        ("a:\n  - b\n - c", "c.yaml:3:2: the indentation does not fit the lines above"),
        ("a: 1\n---\nb: 2", "c.yaml:2:1: a second document starts here; a config is one document"),
    ],
)
def test_problems_that_stop_reading(text: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read_document(text, "c.yaml")
    assert str(caught.value) == problem


def test_positions() -> None:
    root = read_document("base: &base {x: 1}\nlist:\n  - a\n  - b: 2\nmerged:\n  <<: *base\n", "c.yaml").root
    inner = root.child("list").child(1).child("b")
    assert (str(inner.key), str(inner.place)) == ("c.yaml:4:5", "c.yaml:4:8")
    assert str(root.child("merged").key) == "c.yaml:5:1"
    assert str(root.child("merged").child("x").place) == "c.yaml:1:17"
