"""Rows with pictures as parquet: one folder a split, files and row groups of bounded size, no more than one group in
memory.

```
FOLDER/<split>/00000.parquet, 00001.parquet, ...
```
Nothing is compressed: PNG cannot be, and the texts are a thousandth of the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    import pyarrow.parquet as pq


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most of a row group and of a file. Bytes are those of the pictures."""

    group_rows: int
    # Three times as much is in memory while a group is written: as Python's bytes, as Arrow's, and encoded.
    group_bytes: int = 64 * 2**20
    # What `datasets` and the Hub divide at, too.
    file_bytes: int = 500 * 10**6


@dataclass(frozen=True, slots=True)
class Written:
    """One whole file."""

    split: str
    name: str
    """Below the folder, such as train/00000.parquet."""
    num_rows: int
    num_row_groups: int


class RowWriter:
    """Takes rows in order and writes those of each split to files of its own."""

    def __init__(self, folder: Path, schema: pa.Schema, bounds: Bounds) -> None:
        self._folder, self._schema, self._bounds = folder, schema, bounds
        self._splits: dict[str, _Split] = {}

    def add(self, split: str, row: dict[str, Any], num_bytes: int) -> None:
        if split not in self._splits:
            self._splits[split] = _Split(self._folder, split, self._schema, self._bounds)
        self._splits[split].add(row, num_bytes)

    def finish(self) -> tuple[Written, ...]:
        """Write what is left; returns all files in order."""
        for _, split in sorted(self._splits.items()):
            split.end_file()
        return tuple(file for _, split in sorted(self._splits.items()) for file in split.files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for split in self._splits.values():
            split.abandon()


@dataclass(slots=True)
class _Split:
    folder: Path
    name: str
    schema: pa.Schema
    bounds: Bounds
    files: list[Written] = field(default_factory=list)
    _file: pq.ParquetWriter | None = None
    _file_rows: int = 0
    _file_groups: int = 0
    _file_bytes: int = 0
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _bytes: int = 0

    def add(self, row: dict[str, Any], num_bytes: int) -> None:
        full = len(self._rows) == self.bounds.group_rows or self._bytes + num_bytes > self.bounds.group_bytes
        if self._rows and full:
            self._end_group()
        self._rows.append(row)
        self._bytes += num_bytes

    def end_file(self) -> None:
        if self._rows:
            self._end_group()
        if self._file is not None:
            self._file.close()
            self.files.append(Written(self.name, self._next, self._file_rows, self._file_groups))
            self._file, self._file_rows, self._file_groups, self._file_bytes = None, 0, 0, 0

    def abandon(self) -> None:
        if self._file is not None:
            self._file.close()

    def _end_group(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows, num_bytes = self._rows, self._bytes
        self._rows, self._bytes = [], 0
        if self._file_bytes + num_bytes > self.bounds.file_bytes:
            self.end_file()
        if self._file is None:
            (self.folder / self.name).mkdir(exist_ok=True)
            self._file = pq.ParquetWriter(
                self.folder / self._next, self.schema, compression="none", use_dictionary=False
            )
        self._file.write_table(pa.Table.from_pylist(rows, schema=self.schema), row_group_size=len(rows))
        self._file_rows += len(rows)
        self._file_groups += 1
        self._file_bytes += num_bytes

    @property
    def _next(self) -> str:
        return f"{self.name}/{len(self.files):05}.parquet"
