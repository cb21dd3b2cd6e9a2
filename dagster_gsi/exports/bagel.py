"""Training files of BAGEL (ByteDance-Seed/Bagel): what its unified editing data set reads.

```
OUT/<split>/00000.parquet, ...   image_list: [source, target] in PNG; instruction_list: [[one or more phrasings]]; id
OUT/parquet_info.json            {DATA_DIR/<split>/00000.parquet: {num_row_groups, num_rows}, ...}
```
A row holds a chain of pictures, and for each step from one to the next a list of instructions, of which the reader draws
one. Its loader lists a folder, joins folder and name, and takes the files whose joined path is a key of the JSON, others
it leaves out without a word; hence `data_dir`, the path by which the trainer calls OUT. It deals out row groups, a share
to each process, and drops what is left over; hence small ones.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from dagster_gsi.exports.card import Layout, configs, write_card
from dagster_gsi.exports.contents import Contents
from dagster_gsi.exports.pairs import new_folder, read_pairs
from dagster_gsi.exports.rows import Bounds, RowWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dagster_gsi.exports.rows import Written
    from dagster_gsi.scenes.catalogue import Catalogue
    from dagster_gsi.scenes.scene import Words

Language = Literal["en", "zh", "both"]
INFO = "parquet_info.json"
# 96 pairs still give 6 groups: as many processes have work.
BOUNDS = Bounds(group_rows=16)
_LOADING = """
import io
import json

import pyarrow.parquet as pq
from PIL import Image

files = json.load(open("parquet_info.json", encoding="utf-8"))  # its keys are paths on the machine that trains
pair = pq.ParquetFile("{first}").read_row_group(0).to_pylist()[0]
source, target = (Image.open(io.BytesIO(data)) for data in pair["image_list"])
(instructions,) = pair["instruction_list"]
print(instructions[0], source.size, target.size)
"""
_REMARK = """For `DATASET_INFO['unified_edit']` in BAGEL's `data/dataset_info.py`, with the path of this folder for FOLDER:

{table}

The keys of `parquet_info.json` must begin with the same path, or the files are left out silently."""


def export_bagel(
    folder: Path,
    out: Path,
    catalogue: Catalogue,
    *,
    language: Language,
    data_dir: str,
    advance: Callable[[int], None],
    bounds: Bounds = BOUNDS,
) -> tuple[Contents, tuple[Written, ...]]:
    """Write the set in `folder` to the new folder `out`, which the trainer will know as `data_dir`."""
    import pyarrow as pa

    texts = pa.list_(pa.list_(pa.string()))
    schema = pa.schema([("id", pa.string()), ("image_list", pa.list_(pa.binary())), ("instruction_list", texts)])
    contents = Contents(catalogue)
    with new_folder(out) as partial:
        with RowWriter(partial, schema, bounds) as writer:
            for pair in read_pairs(folder):
                if pair.target is None:
                    contents.skip(pair.sample)
                else:
                    contents.add(pair.sample)
                    row = {
                        "id": pair.sample.id,
                        "image_list": [pair.source, pair.target],
                        "instruction_list": [phrasings(pair.sample.instruction, language)],
                    }
                    writer.add(pair.sample.split, row, len(pair.source) + len(pair.target))
                advance(1)
            files = writer.finish()
        if not files:
            raise ValueError(f"{folder} has no true pictures, so there is nothing to train on")
        info = {
            f"{data_dir.rstrip('/')}/{file.name}": {"num_row_groups": file.num_row_groups, "num_rows": file.num_rows}
            for file in files
        }
        (partial / INFO).write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")
        write_card(partial, contents, _layout(contents, files, language))
    return contents, files


def phrasings(instruction: Words, language: Language) -> list[str]:
    """What the reader may draw, each text once."""
    texts = {"en": [instruction.en], "zh": [instruction.zh], "both": [instruction.en, instruction.zh]}[language]
    return list(dict.fromkeys(texts))


def _layout(contents: Contents, files: tuple[Written, ...], language: Language) -> Layout:
    spoken = ("en", "zh") if language == "both" else (language,)
    splits = sorted({file.split for file in files})
    lines = [
        _entry(contents.set_name if len(splits) == 1 else f"{contents.set_name}-{split}", split, files)
        for split in splits
    ]
    return Layout(
        form="parquet for BAGEL's unified editing data set",
        files=(
            (
                "<split>/*.parquet",
                "`image_list`: source and target, PNG; `instruction_list`: a list with one list; `id`",
            ),
            (INFO, "row groups and rows of each file, by the path under which the trainer finds it"),
        ),
        loading=_LOADING.format(first=files[0].name),
        languages=spoken if contents.has_chinese else ("en",),
        front=configs({split: f"{split}/*.parquet" for split in splits}),
        remarks=(_REMARK.format(table="```python\n" + "\n".join(lines) + "\n```"),),
    )


def _entry(name: str, split: str, files: tuple[Written, ...]) -> str:
    own = [file for file in files if file.split == split]
    return (
        f"'{name}': {{'data_dir': 'FOLDER/{split}', 'num_files': {len(own)}, "
        f"'num_total_samples': {sum(file.num_rows for file in own)}, 'parquet_info_path': 'FOLDER/{INFO}'}},"
    )
