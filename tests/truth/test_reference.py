"""The generated pages and the lists of codes say what the code does."""

import re
from pathlib import Path

import pytest

from cobi.domain.codes import RECORD_CODES, REQUEST_CODES, WARNING_CODES
from docs.generate import PAGES, up_to_date

_SOURCES = [path for path in Path("cobi").rglob("*.py") if path.name != "codes.py"]
_USED = re.compile(
    r'code="(\w+)"'
    r'|FieldProblem\(\s*"(\w+)"'
    r'|\bProblem\(\s*(?:None|"\w+"|\w+(?:\.\w+)?),\s*"(\w+)"'
    r'|^    code = "(\w+)"$'
    r'|reading\.warn\(\s*"(\w+)"',
    re.MULTILINE,
)
_BASES = {"error", "rejected_record"}  # the codes of base classes, which no answer carries


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert up_to_date(name), "run `python -m docs.generate`"


def test_every_code_the_program_uses_is_explained() -> None:
    used = {code for path in _SOURCES for found in _USED.findall(path.read_text()) for code in found if code}
    assert used - _BASES <= RECORD_CODES.keys() | REQUEST_CODES.keys() | WARNING_CODES.keys()


def test_every_explained_code_is_used() -> None:
    text = "".join(path.read_text() for path in _SOURCES)
    for code in (*RECORD_CODES, *REQUEST_CODES, *WARNING_CODES):
        assert f'"{code}"' in text, code
