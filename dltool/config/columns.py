"""Names of a table's columns, as configs and files write them."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

#: within a name, with the blanks around it; spreadsheets have them in their headers
_LINE_BREAK = re.compile(r"\s*[\r\n]+\s*")


def clean_name(name: str) -> str:
    """A column's name on one line, without blanks around it, in Unicode's composed form (NFC), as keyboards type it."""
    return unicodedata.normalize("NFC", _LINE_BREAK.sub(" ", name.strip()))


#: a column's name in a config; it matches the column whichever Unicode form the file uses
ColumnName = Annotated[str, AfterValidator(clean_name)]


Word = TypeVar("Word", bound=str)


def distinct(names: list[Word]) -> list[Word]:
    """The same names; raises ValueError for one that is listed twice."""
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"'{name}' is listed twice")
    return names


#: several columns, each of them once
ColumnNames = Annotated[list[ColumnName], AfterValidator(distinct), Field(json_schema_extra={"uniqueItems": True})]
#: likewise, and at least one
SomeColumnNames = Annotated[ColumnNames, Field(min_length=1)]
