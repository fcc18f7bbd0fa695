"""Names of a table's columns, as configs and files write them."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator


def clean_name(name: str) -> str:
    """A column's name without surrounding blanks, in Unicode's composed form (NFC), as keyboards type it."""
    return unicodedata.normalize("NFC", name.strip())


#: a column's name in a config; it matches the column whichever Unicode form the file uses
ColumnName = Annotated[str, AfterValidator(clean_name)]
