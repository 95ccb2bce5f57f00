"""What must not stray into the repository: places that exist on one machine only, and leftovers of work."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from checks.sources import ROOT, our_files, text_of

PATTERNS = {
    "a path of one machine": r"(?<![\w.])/(?:work|root|opt/wheels|home/\w+|Users/\w+)(?![\w-])",
    "the address of a package index": r"https?://\S*(?:/simple\b|/packages/|registry\.)",
    "a package index option": r"--(?:extra-index-url|index-url|find-links|trusted-host)\b",
    "a reference to a tracker's number": r"(?i)\b(?:issue|ticket) ?#?\d+",
    "a folder outside the repository": r"(?<!\w)[.]library\b|\bshared/(?:spec|data|hooks)\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an unfinished merge": r"(?m)^(?:<{7}|>{7}) ",
}
DRAWERS = {"utils", "util", "common", "helpers", "helper", "misc"}


def strays(name: str, text: str) -> Iterator[str]:
    """One sentence for each thing in the file that should not be there."""
    stem = name.rsplit("/", 1)[-1].split(".", 1)[0]
    if stem.lower() in DRAWERS:
        yield f"{name}: a file is named after its subject, and {stem!r} is none"
    for meaning, pattern in PATTERNS.items():
        for found in re.finditer(pattern, text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{name}:{line}: {meaning}: {found.group()}"


def main() -> int:
    """Print every stray, and fail when there is one."""
    files = ((str(path.relative_to(ROOT)), text_of(path)) for path in our_files())
    found = [sentence for name, text in files for sentence in strays(name, text)]
    print(*found, sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
