"""Why a sample passed or failed: both pictures with the boxes that were asked for and found, and what was measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from dagster_gsi.evaluation.case import read_case
from dagster_gsi.evaluation.comparison import nearest, scores_of
from dagster_gsi.evaluation.table import FIGURES, read_scores
from dagster_gsi.files import replacing
from dagster_gsi.reporting.blocks import INK, PAPER, QUIET, badge, beside, cell, font_of, stacked, text_block
from dagster_gsi.reporting.inspect import find_in
from dagster_gsi.reporting.outlines import outlines_of
from dagster_gsi.reporting.readings import measured, motion_in_words, number, record_of, verdict_of
from dagster_gsi.reporting.strokes import drawn_over, sample_line
from dagster_gsi.samples.shards import set_folder

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.evaluation.case import Case
    from dagster_gsi.reporting.outlines import Outlines
    from dagster_gsi.reporting.readings import Record
    from dagster_gsi.reporting.strokes import Colour, Frame
    from dagster_gsi.samples.sample import Sample

_POSES = (
    "found_x", "found_y", "found_z", "found_yaw", "found_scale", "reference", "receptacle",
    *(f"{which}_{name}" for which in ("found", "asked") for name in ("turn", "tilt", "forward", "sideways", "up")),
)  # fmt: skip
PANEL = 768
"""Width of either picture: three times the default sets' 256 pixels, enough for a column of print."""
_GAP = 24
_MARGIN = 36
_WIDTH = 2 * PANEL + _GAP
_EMPTY: Colour = (205, 208, 212)
_NAMES = {"ic": "IC, compliance", "sa": "SA, accuracy", "ac": "AC, appearance", "el": "EL, locality", "avg": "mean"}
_VERDICT_COLOURS: dict[str, Colour] = {"complies": (22, 130, 72), "fails": (196, 52, 44)}
_OTHER_COLOUR: Colour = (110, 104, 92)
# Close-ups are wider than high, and are shown where they enlarge enough to be worth their room.
_CLOSE_UP_ASPECT, _CLOSE_UP_MOST = 1.6, 0.6


@dataclass(frozen=True, slots=True)
class Explained:
    """Where the picture is and the sentence under it."""

    path: Path
    verdict: str
    sentence: str
    limited: bool


def explain(root: Path, model: str, sample_id: str, *, protocol: str, out: Path | None) -> Explained:
    """Draw one scored picture of `model` into `out`, or into inspect/; unknown names raise ValueError with near ones."""
    scores = scores_of(root, model, protocol)
    rows = scores[scores["sample"] == sample_id]
    if rows.empty:
        raise ValueError(f"{model} has no sample {sample_id!r}; {nearest(sample_id, scores['sample'])}")
    record = _with_poses(root, record_of(rows.to_dict("records")[0]))
    sample, pictures = find_in([set_folder(root, record["set"])], sample_id)
    edited = root / "data/edits" / model / sample.set / f"{sample.id}.png"
    case = read_case(sample, pictures, edited, record["reason"])
    path = write(case, record, out or default_path(root, model, sample_id))
    return Explained(path, verdict_of(record), record["reason"], bool(record["limited"]))


def _with_poses(root: Path, record: Record) -> Record:
    """The record with the poses of the strict one where it has none: pictures are looked at once for all protocols."""
    if record["protocol"] == "strict":
        return record
    scores = read_scores(root / f"data/scores/{record['model']}.parquet")
    one = (scores["protocol"] == "strict") & (scores["sample"] == record["sample"]) & (scores["set"] == record["set"])
    for row in scores[one].to_dict("records"):
        seen = record_of(row)
        return {**record, **{name: seen[name] for name in _POSES if record[name] is None}}
    return record


def write(case: Case, record: Record, out: Path) -> Path:
    """Draw a case and the row `record` that it was given into the PNG `out`."""
    if out.suffix.lower() != ".png":
        raise ValueError(f"{out} is not named *.png, which is what is written")
    edited = None if case.edited_HW3 is None else Image.fromarray(case.edited_HW3)
    with replacing(out) as partial:
        draw(case.sample, case.pictures.source, edited, record).save(partial, "PNG")
    return out


def default_path(root: Path, model: str, sample_id: str) -> Path:
    """In inspect/, whatever signs the names have."""
    safe = (re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:100] for name in (model, sample_id))
    return root / "inspect" / f"explain-{'-'.join(safe)}.png"


def draw(sample: Sample, source: Image.Image, edited: Image.Image | None, record: Record) -> Image.Image:
    """The page; without an edited picture the second panel is grey and says so."""
    outlines = outlines_of(sample, record)
    blocks = [
        _heading(record),
        _panels(outlines, source, edited, record),
        text_block(f"“{record['instruction']}”", width=_WIDTH, size=34),
        _sentence(record),
        *_motion(record),
        _figures(record),
        *_notes(record),
    ]
    page = stacked(blocks, gap=_GAP, width=_WIDTH)
    framed = Image.new("RGB", (_WIDTH + 2 * _MARGIN, page.height + 2 * _MARGIN), PAPER)
    framed.paste(page, (_MARGIN, _MARGIN))
    return framed


def _heading(record: Record) -> Image.Image:
    words = f"{record['operation']} ({record['code']})  ·  {record['set']}  ·  {record['protocol']} protocol"
    left = text_block(f"{record['model']}  ·  {record['sample']}", width=PANEL, size=26, bold=True)
    return beside([left, text_block(words, width=PANEL, size=22, colour=QUIET)], gap=_GAP, middle=True)


def _panels(outlines: Outlines, source: Image.Image, edited: Image.Image | None, record: Record) -> Image.Image:
    """Both pictures, close-ups where what is drawn is small, and what the lines mean."""
    captions = ("source", f"edited by {record['model']}")
    rows = [beside([text_block(caption, width=PANEL, size=22, colour=QUIET) for caption in captions], gap=_GAP)]
    whole = drawn_over(source, outlines.source, width=PANEL)
    if edited is None:
        return stacked([*rows, beside([whole, _nothing(whole.size)], gap=_GAP)], gap=4, width=_WIDTH)
    rows.append(beside([whole, drawn_over(edited, outlines.edited, width=PANEL)], gap=_GAP))
    if (part := _close_up(outlines.frame(), source.size)) is not None:
        closer = [
            drawn_over(picture, strokes, width=PANEL, part=part)
            for picture, strokes in ((source, outlines.source), (edited, outlines.edited))
        ]
        rows.append(beside(closer, gap=_GAP))
    return stacked([stacked(rows, gap=10, width=_WIDTH), _legend(outlines)], gap=16, width=_WIDTH)


def _nothing(size: tuple[int, int]) -> Image.Image:
    shown = Image.new("RGB", size, _EMPTY)
    middle = (size[0] / 2, size[1] / 2)
    ImageDraw.Draw(shown).text(middle, "no picture to score", fill=INK, font=font_of(34), anchor="mm")
    return shown


def _close_up(frame: Frame | None, size: tuple[int, int]) -> Frame | None:
    """The part of a picture around what is drawn, or None where that fills most of it."""
    if frame is None:
        return None
    left, top, right, bottom = frame
    width, height = size
    # Some surroundings on every side, and at least a sixth of the picture: of fewer pixels there is little to see.
    across = max(1.3 * (right - left), 1.3 * (bottom - top) * _CLOSE_UP_ASPECT, width / 6)
    down = across / _CLOSE_UP_ASPECT
    if across > _CLOSE_UP_MOST * width or down > height:
        return None
    x = min(max((left + right - across) / 2, 0.0), width - across)
    y = min(max((top + bottom - down) / 2, 0.0), height - down)
    return x, y, x + across, y + down


def _legend(outlines: Outlines) -> Image.Image:
    entries = []
    for pen, meaning in outlines.legend:
        line = sample_line(pen, width=70, height=30, ground=PAPER)
        width = round(font_of(22).getlength(meaning)) + 8
        entries.append(beside([line, text_block(meaning, width=width, size=22)], gap=10, middle=True))
    rows: list[list[Image.Image]] = [[]]
    for entry in entries:
        if rows[-1] and sum(block.width + 2 * _GAP for block in rows[-1]) + entry.width > _WIDTH:
            rows.append([])
        rows[-1].append(entry)
    return stacked([beside(row, gap=2 * _GAP) for row in rows if row], gap=8, width=_WIDTH)


def _sentence(record: Record) -> Image.Image:
    word = verdict_of(record)
    sign = badge(word.upper(), size=26, colour=_VERDICT_COLOURS.get(word, _OTHER_COLOUR))
    return beside([sign, text_block(record["reason"], width=_WIDTH - sign.width - _GAP, size=26)], gap=_GAP)


def _motion(record: Record) -> list[Image.Image]:
    """What the camera should have done and did, for changes of the view whose sentence does not say it already."""
    asked, found = motion_in_words(record, "asked"), motion_in_words(record, "found") or "not found"
    if asked is None or (record["protocol"] == "strict" and record["found_turn"] is not None):
        return []
    return [text_block(f"Camera, asked: {asked}. Found: {found}.", width=_WIDTH, size=24, colour=QUIET)]


def _figures(record: Record) -> Image.Image:
    """The four figures and their mean, then what they follow from."""
    large = [cell(_NAMES[figure], number(record[figure]), width=220, size=38) for figure in FIGURES]
    small = [cell(label, value, width=220, size=24) for label, value in measured(record)]
    columns = max(1, (_WIDTH + _GAP) // (220 + _GAP))
    rows = [beside(small[start : start + columns], gap=_GAP) for start in range(0, len(small), columns)]
    return stacked([beside(large, gap=_GAP), *rows], gap=16, width=_WIDTH)


def _notes(record: Record) -> list[Image.Image]:
    names = [f"{what}: {record[what]}" for what in ("detector", "judge") if record[what] is not None]
    if record["limited"]:
        names.append("scored with --limit: one of some samples, not of the whole set")
    return [text_block("  ·  ".join(names), width=_WIDTH, size=20, colour=QUIET)] if names else []
