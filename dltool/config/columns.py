"""Names of a table's columns, as configs and files write them."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator


def clean_name(name: str) -> str:
    """A column's name without blanks around it, its letters in the form in which they are typed (Unicode's NFC)."""
    return unicodedata.normalize("NFC", name.strip())


#: a column's name in a config, which finds the column however its file writes the same letters
ColumnName = Annotated[str, AfterValidator(clean_name)]
