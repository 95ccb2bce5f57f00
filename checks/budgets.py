"""Size budgets: functions past 60 lines and source files past 500 fail; past 40 and 300 they are noted."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from checks.sources import ROOT, our_files, text_of

FUNCTION_NOTE, FUNCTION_LIMIT = 40, 60
FILE_NOTE, FILE_LIMIT = 300, 500
LISTS = "/migrations/"  # a migration is a list of statements, however long
SOURCE_SUFFIXES = {".py", ".sql", ".js", ".css", ".html", ".sh"}


@dataclass(frozen=True, slots=True)
class Size:
    """How many lines something has, and how many it may have."""

    where: str
    lines: int
    limit: int

    @property
    def fails(self) -> bool:
        return self.lines > self.limit


def measured(name: str, text: str) -> Iterator[Size]:
    """The file and the functions in it that are past the size worth a note."""
    lines = len(text.splitlines())
    if lines > FILE_NOTE:
        yield Size(name, lines, FILE_LIMIT)
    if name.endswith(".py"):
        yield from _functions(name, text)


def _functions(name: str, text: str) -> Iterator[Size]:
    for node in ast.walk(ast.parse(text, name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_NOTE:
                yield Size(f"{name}:{node.lineno} {node.name}()", lines, FUNCTION_LIMIT)


def _sources() -> Iterator[tuple[str, str]]:
    for path in our_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in SOURCE_SUFFIXES and LISTS not in name:
            yield name, text_of(path)


def main() -> int:
    """Print what is large, and fail for what is too large."""
    sizes = [size for name, text in _sources() for size in measured(name, text)]
    for size in sizes:
        word = "too long" if size.fails else "note"
        print(f"{word}: {size.where} has {size.lines} lines of at most {size.limit}")
    return int(any(size.fails for size in sizes))


if __name__ == "__main__":
    sys.exit(main())
