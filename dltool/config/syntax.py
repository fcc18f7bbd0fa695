"""The YAML parser's errors in the words of someone who writes a config: one line for each kind of syntax error."""

from __future__ import annotations

import re

from yaml.error import MarkedYAMLError

from dltool.errors import Problem

#: the parser's error ("context; problem") → its meaning, and whether the cause is where the context starts
_MEANINGS: tuple[tuple[str, str, bool], ...] = (
    (r"token.*'\\t'|'\\t'.*token", "a tab; YAML indents with spaces only", False),
    (r"found character '(.)' that cannot start any token", "text cannot start with '{0}'; put it in quotes", False),
    (r"flow sequence; expected ',' or ']'", "this '[' is not closed, or a ',' is missing after it", True),
    (r"flow mapping; expected ',' or '}'", "this '{{' is not closed, or a ',' is missing after it", True),
    (r"quoted scalar; found unexpected", "this quote is never closed", True),
    (r"found unknown escape character '(.*)'", "'\\{0}' means nothing in double quotes; use single quotes", False),
    (r"mapping values are not allowed", "a second ':' in one line, or a line that is indented too far", False),
    (r"could not find expected ':'", "expected 'key: value'; a ':' or the space after it is missing", True),
    (r"but found '<stream end>'", "the value ends too early; a '[' or a '{{' is not closed", False),
    (r"but found '([]}])'", "a '{0}' that was never opened", False),
    (r"sequence entries are not allowed", "a list cannot start here; put its '-' on a line of its own", False),
    (r"block \w+; expected <block end>|'<document start>'", "the indentation does not fit the lines above", False),
    (r"scanning a block scalar", "text after '|' or '>' starts on the next line; put other text in quotes", True),
    (r"expected the node content, but found '(.+)'", "a '{0}' where a value is expected", False),
    (r"but found another document", "a second document starts here; a config is one document", False),
    (r"duplicate anchor '(.*)'; first", "the anchor '&{0}' is already given above", False),
    (r"found undefined alias '(.*)'", "there is no anchor '&{0}' above", False),
    (
        r"(anchor|alias); expected alphabetic",
        "the name of the anchor is missing; put text with '&' or '*' in quotes",
        True,
    ),
)


def syntax_problem(error: MarkedYAMLError, source: str) -> Problem:
    """The parser's error as one line with its position."""
    said = f"{error.context or ''}; {error.problem or 'this is not YAML'}"
    mark = error.problem_mark or error.context_mark
    message = said.removeprefix("; ")
    for pattern, meaning, cause_is_context in _MEANINGS:
        if found := re.search(pattern, said):
            message = meaning.format(*found.groups())
            mark = (error.context_mark if cause_is_context else None) or mark
            break
    return Problem(message, f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source)
