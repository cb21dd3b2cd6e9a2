"""The data set card: `README.md` with the front matter that the Hugging Face Hub reads, written with every export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from dagster_gsi.exports.card_tables import amounts, table, tally
from dagster_gsi.exports.credits import Credits, credits_of
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.scenes.bound import BOUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dagster_gsi.exports.contents import Contents

NAME = "README.md"
# The Hub's own classes.
_SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"), (10**9, "100M<n<1B"),
)  # fmt: skip
_CITATION = """```bibtex
@misc{gsibench2026,
  title         = {Exploring Spatial Intelligence from a Generative Perspective},
  note          = {CVPR 2026. Defines the edits and the scores},
  eprint        = {2604.20570},
  archivePrefix = {arXiv},
  year          = {2026}
}

@software{dagster_gsi,
  title   = {dagster_gsi},
  author  = {{The dagster_gsi authors}},
  note    = {Made these files%s},
  year    = {2026}
}
```"""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the card says of one export's files."""

    form: str
    """What the files are, as the end of "Written as ..."."""
    files: tuple[tuple[str, str], ...]
    """Names or patterns, and what each is."""
    loading: str
    """Python that reads the first pair and prints what was asked; to be run in the folder."""
    languages: tuple[str, ...]
    front: Mapping[str, Any] = field(default_factory=dict)
    """What the Hub has to know to show the files."""
    remarks: tuple[str, ...] = ()


def configs(patterns: Mapping[str, str]) -> dict[str, Any]:
    """Front matter that names the files of each split."""
    data_files = [{"split": split, "path": pattern} for split, pattern in patterns.items()]
    return {"configs": [{"config_name": "default", "data_files": data_files}]}


def write_card(folder: Path, contents: Contents, layout: Layout) -> None:
    (folder / NAME).write_text(card_text(contents, layout), encoding="utf-8")


def card_text(contents: Contents, layout: Layout) -> str:
    """The whole card. It follows from the set and the layout alone: no time, no machine."""
    credits_ = credits_of(contents)
    parts = [
        *_opening(contents, layout),
        "## How to load it",
        f"In this folder:\n\n```python\n{layout.loading.strip()}\n```",
        "## Files",
        table(("file", "what"), [(f"`{name}`", what) for name, what in layout.files]),
        *(layout.remarks),
        *_what(contents),
        *_how(contents),
        *_rights(contents, credits_),
        "## Known limits",
        "\n".join(f"* {limit}" for limit in _limits(contents)),
        "## Citation",
        _CITATION % "".join(f", version {v}" for v in sorted(contents.provenance.get("dagster_gsi", ()))),
    ]
    front = yaml.safe_dump(_front(contents, layout, credits_), sort_keys=False, allow_unicode=True, width=10**6)
    return f"---\n{front}---\n\n" + "\n\n".join(parts) + "\n"


def _front(contents: Contents, layout: Layout, credits_: Credits) -> dict[str, Any]:
    return {
        "pretty_name": f"GSI {contents.set_name}",
        "license": [
            *(licence.lower() for licence in credits_.licences),
            *([] if credits_.is_complete else ["unknown"]),
        ],
        "task_categories": ["image-to-image"],
        "language": list(layout.languages),
        "size_categories": [next((name for most, name in _SIZES if contents.pairs < most), "n>1T")],
        "tags": ["image-editing", "spatial", "3d", *([] if contents.is_imported else ["synthetic"])],
        **layout.front,
    }


def _opening(contents: Contents, layout: Layout) -> Iterator[str]:
    yield f"# {contents.set_name}"
    made = "Pairs of rendered pictures, before and after one spatial edit of a 3D scene"
    if contents.is_simulated:
        made = "Pairs of pictures of AI2-THOR's rooms, before and after one spatial edit by the simulator's own actions"
    elif contents.is_imported:
        made = "Edits of captured or rendered pictures, imported from the published files of GSI-Bench"
    yield (
        f"{made}, each with the instruction that asks for it: {_counted(contents.pairs, 'edit')} of "
        f"{_counted(len(contents.scenes), 'scene')}. Written as {layout.form} by dagster_gsi."
    )


def _what(contents: Contents) -> Iterator[str]:
    yield "## What is in it"
    cells = sorted({cell[:2] for cell in contents.asked}, key=lambda cell: (list(OPERATIONS).index(cell[0]), cell[1]))
    rows = [
        (operation, direction.replace("_", " "), *amounts(contents.asked, operation, direction))
        for operation, direction in cells
    ]
    yield table(("operation", "direction", "edits", "how much (edits)"), rows)
    if contents.skipped:
        yield (
            f"Left out, because the set has no true picture for them: {_counted(contents.skipped.total(), 'sample')}, "
            f"{tally(contents.skipped)}."
        )
    yield f"Environments: {tally(contents.environments)}."
    if contents.categories:
        yield f"Categories of what is edited: {tally(contents.categories)}."
    sizes = {f"{width} x {height}": count for (width, height), count in contents.picture_sizes.items()}
    yield f"Pictures in pixels: {tally(sizes)}."
    yield "## Splits"
    yield table(("split", "edits"), [(split, str(count)) for split, count in sorted(contents.splits.items())])
    yield "Edits of one scene are alike in all but the edit: cluster statistics by scene."


def _how(contents: Contents) -> Iterator[str]:
    yield "## How it was made"
    if contents.is_simulated:
        yield (
            "Views, masks, depth and boxes are AI2-THOR's. An edit was drawn, done by actions that were not forced, and kept "
            "if the target came to rest within 1 cm and 2 degrees of where it was asked to be and nothing else moved. The "
            "instruction is a phrasing of the edit that was made."
        )
    elif contents.is_imported:
        yield (
            "Pictures and instructions are those of the published files, word for word. Scenes were made of the published "
            "boxes."
        )
    else:
        yield (
            "3D models were laid out on a support and settled in physics; an edit was drawn, applied exactly and checked "
            "in physics again; both states were path-traced with the same random numbers. The instruction is a phrasing "
            "of the edit that was made."
        )
    rows = [(key, ", ".join(sorted(values))) for key, values in sorted(contents.provenance.items()) if values]
    yield table(("setting", "value"), rows)
    if contents.floors:
        least = ", ".join(f"{key.replace('_', ' ')} {value:.3g}" for key, value in contents.floors.items())
        yield f"The least of what filters look at, over all edits here: {least}."
    if contents.failures:
        kept = contents.pairs + contents.skipped.total()
        tried = kept + sum(contents.failures.values())
        yield f"Of {tried} candidates {kept} were kept. Given up: {tally(contents.failures)}."


def _rights(contents: Contents, credits_: Credits) -> Iterator[str]:
    yield "## Licences and credits"
    if contents.is_simulated:
        yield (
            "The pictures were rendered by AI2-THOR (https://ai2thor.allenai.org), by the Allen Institute for AI. Its code is "
            "under the Apache License 2.0; the rooms, models and textures that they show have terms of their own. Check them "
            "before you pass the pictures on."
        )
        return
    if contents.is_imported:
        yield (
            "The pictures are those of GSI-Bench (https://huggingface.co/datasets/GSI-Bench/GSI-Bench), made from sources "
            "with terms of their own. Ask there before you pass them on."
        )
        if not credits_.models:
            return
    yield (
        f"The pictures show models, textures and light under {', '.join(credits_.licences)} (texts: "
        "https://spdx.org/licenses). Models were scaled and simplified, and some cut out of larger files or recoloured. "
        "Whoever passes the pictures on keeps these credits."
    )
    if BOUND in credits_.licences:
        yield (
            f"Because of the models under {BOUND} the pictures are for non-commercial use only and are passed on under the "
            "same terms."
        )
    models = [(credit.name, credit.creator, credit.source, credit.licence) for credit in credits_.models]
    yield table(("model", "creator", "source", "licence"), models)
    others = [
        (credit.name, credit.source or "not in CREDITS.md of the assets", credit.licence or "unknown")
        for credit in credits_.surroundings
    ]
    yield table(("texture or environment", "source", "licence"), others)
    if credits_.notices:
        yield credits_.notices


def _limits(contents: Contents) -> Iterator[str]:
    if contents.is_imported and not contents.is_simulated:
        yield "Only boxes are known of the scenes: no meshes, no other things, masks and depth painted from boxes."
        return
    yield "One edit at a time, of one thing or of the camera; everything else stays exactly as it was."
    yield (
        "Rendered, not captured: few materials and lights, no people, no clutter beyond what the catalogue of models has."
        if not contents.is_simulated
        else "Rendered, not captured, and nothing but boxes is known of the shapes."
    )
    yield "Instructions come from templates, a few phrasings for each edit and language; nobody wrote them freely."
    yield "A true picture is one right answer. Others, such as another place that fits the words, are right too."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
