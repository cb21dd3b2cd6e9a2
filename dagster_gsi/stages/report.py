"""Write the report: one HTML file over the scores of all editors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from dagster_gsi.files import write_text
from dagster_gsi.reporting.page import Content, build_page, headlines
from dagster_gsi.reporting.pictures import from_uri
from dagster_gsi.reporting.sheets import contact_sheet
from dagster_gsi.stages.base import Params, Report, Stage
from dagster_gsi.stages.edit import EditParams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster_gsi.reporting.gallery import Card

PAGE = "reports/report.html"
_PREVIEW = "logs/report.png"
_PREVIEWED = 6
"""Cards in the preview: two columns that fit beside the figures in the Dagster UI."""


class EvaluationParams(BaseModel):
    """What the page shows of the section `evaluate`; the rest of that section is the evaluation's business."""

    model_config = ConfigDict(frozen=True)

    protocols: tuple[str, ...] = Field(min_length=1)
    """The first is the one that headlines and the gallery follow."""
    resamples: int = Field(gt=0)
    """Of the bootstrap."""
    seed: int = Field(ge=0)


class ReportParams(Params):
    """The `report` section of params.yaml, and the sections that say whose scores there are."""

    title: str = Field(min_length=1)
    gallery: int = Field(ge=0)
    """Samples with pictures: each adds about 0.1 MB to the page for two editors."""
    picture_width: int = Field(ge=64, le=1024)
    edit: EditParams
    evaluate: EvaluationParams


def run(params: ReportParams, root: Path) -> Report:
    """Write `reports/report.html`; the metrics are the headline figures under the first protocol."""
    content = Content(
        title=params.title,
        kinds={name: settings.kind for name, settings in params.edit.editors.items()},
        protocols=params.evaluate.protocols,
        gallery=params.gallery,
        picture_width=params.picture_width,
        resamples=params.evaluate.resamples,
        seed=params.evaluate.seed,
    )
    built = build_page(root, content)
    path = root / PAGE
    write_text(path, built.html)
    return Report(
        metrics=headlines(built.summary, params.evaluate.protocols[0]),
        log={"page_mb": round(path.stat().st_size / 1e6, 2)},
        preview=_write_preview(root, built.cards[:_PREVIEWED]),
    )


def _write_preview(root: Path, cards: Sequence[Card]) -> str | None:
    """Source, edits and truth of the first cards; returns the picture's path from the root."""
    if not cards:
        return None
    rows, captions = [], []
    for card in cards:
        edits = [answer for answer in card.answers if answer.picture is not None]
        uris = (card.source, *(edit.picture for edit in edits), card.target)
        rows.append([from_uri(uri) for uri in uris if uri])
        verdicts = ", ".join(f"{edit.model.name} {edit.verdicts[0].word}" for edit in edits)
        captions.append(f"{card.code}  {card.instruction_en} · {verdicts}")
    (root / _PREVIEW).parent.mkdir(exist_ok=True)
    contact_sheet(rows, captions, width=960, columns=2).save(root / _PREVIEW)
    return _PREVIEW


STAGE = Stage("report", ReportParams, run, sections=("edit", "evaluate"))
