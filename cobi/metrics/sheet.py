"""The numbers of one process, where the other processes of the server can read them.

A sheet is a run of entries: two little-endian uint32 (length of the name, count of numbers), the name in UTF-8
padded to 8 bytes, the numbers as float64. An entry's name is written before its lengths, so that a reader,
who stops at lengths of 0, never meets half an entry.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

SIZE = 1 << 20
"""Bytes of a sheet: some ten thousand counters, or two thousand histograms."""

_LENGTHS = struct.Struct("<II")
_NUMBER = struct.Struct("<d")
_SUFFIX = ".sheet"

Buffer = bytearray | mmap.mmap


class Sheet:
    """Numbers under names, for one process to write; a name that no longer fits is not counted."""

    def __init__(self, buffer: Buffer, path: Path | None = None) -> None:
        self.buffer = buffer
        self.path = path
        self._end = 0
        self._places: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def add(self, name: bytes, count: int, amounts: Iterable[tuple[int, float]]) -> None:
        """Add to some of the `count` numbers of this name, given as pairs of their place and amount."""
        with self._lock:
            start = self._place(name, count)
            if start is not None:
                for place, amount in amounts:
                    at = start + place * _NUMBER.size
                    _NUMBER.pack_into(self.buffer, at, _NUMBER.unpack_from(self.buffer, at)[0] + amount)

    def set(self, name: bytes, value: float) -> None:
        """Replace the only number of this name."""
        with self._lock:
            start = self._place(name, 1)
            if start is not None:
                _NUMBER.pack_into(self.buffer, start, value)

    def _place(self, name: bytes, count: int) -> int | None:
        place = self._places.get(name)
        return self._make(name, count) if place is None else place

    def _make(self, name: bytes, count: int) -> int | None:
        start = self._end
        numbers = start + _LENGTHS.size + _padded(len(name))
        end = numbers + count * _NUMBER.size
        if end + _LENGTHS.size > len(self.buffer):
            return None
        self.buffer[start + _LENGTHS.size : start + _LENGTHS.size + len(name)] = name
        _LENGTHS.pack_into(self.buffer, start, len(name), count)
        self._end = end
        self._places[name] = numbers
        return numbers


def read(buffer: Buffer | bytes) -> Iterable[tuple[bytes, tuple[float, ...]]]:
    """Every name of a sheet with its numbers."""
    at = 0
    while True:
        length, count = _LENGTHS.unpack_from(buffer, at)
        if not length:
            return
        at += _LENGTHS.size
        name = bytes(buffer[at : at + length])
        at += _padded(length)
        yield name, struct.unpack_from(f"<{count}d", buffer, at)
        at += count * _NUMBER.size


def in_directory(directory: Path) -> Sheet:
    """A new sheet of this process, in a file."""
    handle, path = tempfile.mkstemp(_SUFFIX, f"{os.getpid()}-", directory)
    with open(handle, "r+b") as file:  # noqa: PTH123 (a handle, not a path)
        # Written out in full: a hole would be filled when it is first counted in, where a full disk is fatal.
        file.write(bytes(SIZE))
        file.flush()
        return Sheet(mmap.mmap(file.fileno(), SIZE), Path(path))


def others(directory: Path, own: Sheet) -> Iterable[tuple[bool, bytes]]:
    """The other sheets of a directory, and whether the process of each still lives."""
    for path in sorted(directory.glob(f"*{_SUFFIX}")):
        if path != own.path:
            yield _lives(int(path.name.partition("-")[0])), path.read_bytes()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _padded(length: int) -> int:
    return (length + 7) // 8 * 8
