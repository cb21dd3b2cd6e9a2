"""Source, target and instruction for Hugging Face's `datasets`: parquet with picture columns, or a folder of pictures.

```
OUT/<split>/00000.parquet, ...                      a row a pair, pictures as {bytes, path}, features in the schema
OUT/<split>/metadata.jsonl                          a line a pair, pictures named in source_file_name, target_file_name
OUT/<split>/<number>/<id>.source.png, .target.png   the pictures, a thousand pairs a folder
```
`datasets.load_dataset(OUT)` gives the same rows of both.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal, TextIO

from dagster_gsi.exports.card import Layout, configs, write_card
from dagster_gsi.exports.contents import Contents
from dagster_gsi.exports.pairs import Pair, new_folder, read_pairs
from dagster_gsi.exports.rows import Bounds, RowWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from dagster_gsi.samples.sample import Sample
    from dagster_gsi.scenes.catalogue import Catalogue

Form = Literal["parquet", "imagefolder"]
METADATA = "metadata.jsonl"
# As many as `datasets` puts into a group when pictures are in it: one row is reached without reading much more.
BOUNDS = Bounds(group_rows=100)
# The Hub wants less than 10,000 files in a folder.
PAIRS_PER_FOLDER = 1000
_TEXTS = ("id", "instruction", "instruction_zh", "operation", "scene_id", "environment", "split")
_LOADING = """
from pathlib import Path

from datasets import load_dataset

pairs = load_dataset(str(Path.cwd()), split="{split}")  # elsewhere: the folder's path, or its name on the Hub
pair = pairs[0]
print(pair["instruction"], pair["source"].size, pair["target"].size)
"""
_COLUMNS = (
    "`source`, `target` (pictures), `instruction` (English), `instruction_zh` (Chinese), `operation`, `id`, `scene_id`, "
    "`environment`, `split`"
)


def export_huggingface(
    folder: Path,
    out: Path,
    catalogue: Catalogue,
    *,
    form: Form,
    advance: Callable[[int], None],
    bounds: Bounds = BOUNDS,
) -> Contents:
    """Write the set in `folder` to the new folder `out`."""
    contents = Contents(catalogue)
    with new_folder(out) as partial:
        pairs = _complete(folder, contents, advance)
        if form == "parquet":
            _write_parquet(partial, pairs, bounds)
        else:
            _write_pictures(partial, pairs)
        if not contents.pairs:
            raise ValueError(f"{folder} has no true pictures, so there are no pairs to write")
        write_card(partial, contents, _layout(contents, form))
    return contents


def columns_of(sample: Sample) -> dict[str, str]:
    """The columns that are texts."""
    return {
        "id": sample.id,
        "instruction": sample.instruction.en,
        "instruction_zh": sample.instruction.zh,
        "operation": sample.edit.name,
        "scene_id": sample.scene_id,
        "environment": sample.environment,
        "split": sample.split,
    }


def _complete(folder: Path, contents: Contents, advance: Callable[[int], None]) -> Iterator[tuple[Pair, bytes]]:
    """Pairs with their target; others are counted."""
    for pair in read_pairs(folder):
        if pair.target is None:
            contents.skip(pair.sample)
        else:
            contents.add(pair.sample)
            yield pair, pair.target
        advance(1)


def _write_parquet(out: Path, pairs: Iterator[tuple[Pair, bytes]], bounds: Bounds) -> None:
    with RowWriter(out, _schema(), bounds) as writer:
        for pair, target in pairs:
            name = pair.sample.id
            row = {
                "source": {"bytes": pair.source, "path": f"{name}.source.png"},
                "target": {"bytes": target, "path": f"{name}.target.png"},
                **columns_of(pair.sample),
            }
            writer.add(pair.sample.split, row, len(pair.source) + len(target))
        writer.finish()


def _schema() -> pa.Schema:
    """Pictures are structs that the schema's metadata declares to be pictures, as `datasets` itself writes them."""
    import pyarrow as pa

    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    fields = [("source", picture), ("target", picture), *((name, pa.string()) for name in _TEXTS)]
    features: Mapping[str, Mapping[str, str]] = {
        "source": {"_type": "Image"},
        "target": {"_type": "Image"},
        **{name: {"dtype": "string", "_type": "Value"} for name in _TEXTS},
    }
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _write_pictures(out: Path, pairs: Iterator[tuple[Pair, bytes]]) -> None:
    written: dict[str, int] = {}
    with ExitStack() as stack:
        lists: dict[str, TextIO] = {}
        for pair, target in pairs:
            split = pair.sample.split
            number = written.get(split, 0)
            written[split] = number + 1
            inner = out / split / f"{number // PAIRS_PER_FOLDER:05}"
            inner.mkdir(parents=True, exist_ok=True)
            if split not in lists:
                lists[split] = stack.enter_context((out / split / METADATA).open("w", encoding="utf-8"))
            names = {}
            for side, data in (("source", pair.source), ("target", target)):
                path = inner / f"{pair.sample.id}.{side}.png"
                path.write_bytes(data)
                names[f"{side}_file_name"] = f"{inner.name}/{path.name}"
            lists[split].write(json.dumps({**names, **columns_of(pair.sample)}, ensure_ascii=False) + "\n")


def _layout(contents: Contents, form: Form) -> Layout:
    splits = sorted(contents.splits)
    if form == "parquet":
        pattern, said = "*.parquet", "Parquet"
        files: tuple[tuple[str, str], ...] = (("<split>/*.parquet", f"a row a pair: {_COLUMNS}"),)
    else:
        pattern, said = "**", "an image folder"
        files = (
            (f"<split>/{METADATA}", f"a line a pair: {_COLUMNS}; pictures as names of files, `source_file_name`"),
            ("<split>/*/<id>.source.png, <id>.target.png", "the pictures"),
        )
    return Layout(
        form=f"{said} for Hugging Face's `datasets`",
        files=files,
        loading=_LOADING.format(split=splits[0]),
        languages=("en", "zh") if contents.has_chinese else ("en",),
        front=configs({split: f"{split}/{pattern}" for split in splits}),
    )
