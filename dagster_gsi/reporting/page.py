"""The report: one HTML file that needs nothing else, not even JavaScript."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_gsi.evaluation.statistics import ALL, stamped, summarise
from dagster_gsi.evaluation.table import FIGURES, read_scores
from dagster_gsi.quality.separation import Usage
from dagster_gsi.reporting.composition import composition_of
from dagster_gsi.reporting.gallery import Answer, Card, cards_of, choose, verdicts_of
from dagster_gsi.reporting.headline import LEAST_OF_CEILING, MOST_OF_FLOORS, models_of, panels_of
from dagster_gsi.reporting.provenance import provenance_of
from dagster_gsi.samples.acceptance import LEAST_ACCEPTANCE
from dagster_gsi.scenes.catalogue import ASSETS, Catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import jinja2
    import pandas as pd

    from dagster_gsi.reporting.headline import Model, Record

FIGURE_NAMES = {
    "ic": "instruction compliance: is it the edit that was asked for",
    "sa": "spatial accuracy: how exactly, where it complies",
    "ac": "appearance consistency: does the thing still look like itself",
    "el": "edit locality: was the rest left alone",
    "avg": "mean of the four",
}


@dataclass(frozen=True, slots=True)
class Content:
    """What the page is about and how much of it is shown."""

    title: str
    kinds: Mapping[str, str]
    """Kind of each editor by name, in the order of the tables."""
    protocols: Sequence[str]
    """The first is the one that headlines and the gallery follow."""
    gallery: int
    """Samples with pictures."""
    picture_width: int
    resamples: int
    seed: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One sample in the list of all verdicts."""

    sample_id: str
    set: str
    code: str
    instruction: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """The page and what it shows."""

    html: str
    summary: Sequence[Record]
    cards: Sequence[Card]


def build_page(root: Path, content: Content) -> Built:
    """The page for the scores in `root`/data/scores."""
    import pandas as pd

    models = models_of(content.kinds)
    scores = pd.concat([read_scores(root / f"data/scores/{model.name}.parquet") for model in models])
    scores = scores[scores["protocol"].isin(content.protocols)]
    if scores.empty:
        raise ValueError(f"{root / 'data/scores'} holds no rows of {', '.join(content.protocols)}: run `dvc repro`")
    named = stamped(scores)
    summary = records(summarise(named, resamples=content.resamples, seed=content.seed))
    rows = records(scores)
    chosen = choose(rows, models, content.protocols[0], content.gallery)
    # Those made here first, as `set_folders` has them; a page of scores alone needs no set.
    folders = [
        path.parent for kind in ("gsi_syn", "official") for path in sorted(root.glob(f"data/{kind}/*/manifest.parquet"))
    ]
    usage = Usage(Catalogue(root / ASSETS))
    sets = [composition_of(folder, usage) for folder in folders]
    cards = cards_of(root, chosen, rows, models, content.protocols, content.picture_width)
    html = (
        environment()
        .get_template("report.html.j2")
        .render(
            title=content.title,
            figures=FIGURE_NAMES,
            least=LEAST_OF_CEILING,
            most=MOST_OF_FLOORS,
            models=models,
            protocols=content.protocols,
            panels=panels_of(records(named), summary, models, content.protocols),
            sets=sets,
            least_acceptance=LEAST_ACCEPTANCE,
            shown=usage.lines(),
            cards=cards,
            entries=_entries(rows, models, content.protocols),
            provenance=provenance_of(root, own_stage="report"),
        )
    )
    return Built(html, summary, cards)


def environment() -> jinja2.Environment:
    """Templates of this package: everything that comes from data is escaped, and a name that is not there is an error."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["points"] = lambda value: "–" if value is None else f"{value:.1f}"
    made.filters["percent"] = lambda value: f"{100 * value:.0f} %"
    return made


def headlines(summary: Sequence[Record], protocol: str) -> dict[str, float]:
    """The means over all operations under one protocol, as metrics: `<set>/<model>/<FIGURE>`."""
    return {
        f"{row['set']}/{row['model']}/{row['figure'].upper()}": round(row["mean"], 3)
        for row in summary
        if (row["operation"], row["protocol"]) == (ALL, protocol)
    }


def records(frame: pd.DataFrame) -> list[Record]:
    """The rows of a table as dictionaries of plain values."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _entries(rows: Sequence[Record], models: Sequence[Model], protocols: Sequence[str]) -> list[Entry]:
    by_sample: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for row in rows:
        by_sample[row["set"], row["sample"]].append(row)
    entries = []
    for (name, sample), own in sorted(by_sample.items()):
        answers = tuple(
            Answer(model, None, verdicts)
            for model in models
            if (verdicts := verdicts_of([row for row in own if row["model"] == model.name], protocols))
        )
        entries.append(Entry(sample, name, own[0]["code"], own[0]["instruction"], answers))
    return entries


assert tuple(FIGURE_NAMES) == FIGURES
