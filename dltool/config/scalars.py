"""The YAML 1.2 core schema: the types of plain scalars, which YAML 1.1 reads differently.

`1e-3` is a number, `no`, `yes` and `on` are text, `010` is ten and `0o17` fifteen; there are no dates.
"""

from __future__ import annotations

import re

from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

_PREFIX = "tag:yaml.org,2002:"
_FORMS = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    "merge": r"<<",
}
#: name of a scalar's type → its pattern; the first match wins
PATTERNS = {name: re.compile(rf"(?:{form})\Z") for name, form in _FORMS.items()}


class CoreResolver(BaseResolver):
    """Assigns plain scalars the types of the YAML 1.2 core schema."""


for _name, _pattern in PATTERNS.items():
    CoreResolver.add_implicit_resolver(_PREFIX + _name, _pattern, None)


class CoreLoader(Reader, Scanner, Parser, Composer, CoreResolver):
    """Composes text into nodes with positions; creates no Python objects."""

    def __init__(self, text: str):
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        CoreResolver.__init__(self)


def type_of(tag: str) -> str | None:
    """The name of a standard YAML tag, such as "int" or "map"."""
    return tag.removeprefix(_PREFIX) if tag.startswith(_PREFIX) else None


def value_of(type_name: str, text: str) -> str | int | float | bool | None:
    """The Python value of a scalar; raises ValueError if its text does not fit the type or is out of range."""
    if type_name == "str":
        return text
    if type_name not in PATTERNS or type_name == "merge":
        raise ValueError(f"the tag '!!{type_name}' is not allowed; write plain values")
    if not PATTERNS[type_name].match(text):
        raise ValueError(f"'{text}' is not {'an' if type_name == 'int' else 'a'} {type_name}")
    if type_name == "null":
        return None
    if type_name == "bool":
        return text.lower() == "true"
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan")) if type_name == "float" else _integer(text)


def _integer(text: str) -> int:
    bases = {"0o": 8, "0x": 16}
    digits, base = (text[2:], bases[text[:2]]) if text[:2] in bases else (text, 10)
    # the length first: Python refuses to convert thousands of digits
    if len(digits) > 80 or abs(number := int(digits, base)) >= 2**63:
        raise ValueError("the number does not fit into 64 bits")
    return number
