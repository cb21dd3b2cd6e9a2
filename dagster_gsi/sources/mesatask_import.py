"""A folder of scenes and their models made from MesaTask-10K, layout by layout; what is there already stays.

`FOLDER` is an asset folder (`scenes.bound`), with `scenes.jsonl`, one scene a line. `made/` keeps what was found out of
each layout and model, so that an interrupted import goes on; the result does not depend on interruptions.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zlib
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi import assets, physics, scenes, sources
from dagster_gsi.assets.credits import ADDED
from dagster_gsi.assets.shelf import catalogue_text
from dagster_gsi.files import code_digest, replacing, write_text
from dagster_gsi.samples.codec import scene_to_document
from dagster_gsi.scenes.bound import BoundCatalogue, as_card
from dagster_gsi.sources.mesatask import read_layout
from dagster_gsi.sources.mesatask_assets import SOURCE, asset_id, make_model
from dagster_gsi.sources.mesatask_scene import (
    DISCARDED,
    NO_MODEL,
    NOT_ANNOTATED,
    UNUSABLE,
    Candidate,
    Dropped,
    make_scene,
)
from dagster_gsi.sources.plain_table import plain_table
from dagster_gsi.synthesis import framing, layouts, tabletop
from dagster_gsi.synthesis.layouts import SCENES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dagster_gsi.scenes.catalogue import Card, Catalogue
    from dagster_gsi.sources.mesatask import Layout, Placed
    from dagster_gsi.sources.mesatask_assets import Library

UNREADABLE = "layout cannot be read"

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of all layouts."""

    layouts: int
    scenes: int
    things: int
    """In the scenes."""
    models: int
    """Made for the scenes: each size and way of lying is one."""
    dropped: Mapping[str, int]
    """Objects and whole layouts by why they were left out."""


@dataclass(frozen=True, slots=True)
class Importer:
    """All that the bytes of the folder follow from, besides the layouts."""

    library: Library
    surroundings: Catalogue
    """Textures and panoramas for the rooms, and Chinese names of categories."""
    into: Path
    seed: int
    image_size: int

    def run(self, layouts: Mapping[str, Path], advance: Callable[[int], None]) -> Summary:
        """Make what is missing, then write the credits, the scenes, what was dropped and, last, the catalogue."""
        ours = any((self.into / name).exists() for name in ("made", SCENES))
        if not ours and self.into.is_dir() and any(self.into.iterdir()):
            # Models that no scene uses are taken out of the folder at the end.
            raise ValueError(f"{self.into} is not empty and no import made it: name a folder of its own")
        (self.into / "made").mkdir(parents=True, exist_ok=True)
        self._copy_surroundings()
        records = []
        for name, path in layouts.items():
            records.append(self._record(name, path))
            advance(1)
        return self._write(records)

    def _copy_surroundings(self) -> None:
        for folder, pattern in (("textures", "*.jpg"), ("environments", "*.exr")):
            for path in sorted((self.surroundings.root / folder).glob(pattern)):
                target = self.into / folder / path.name
                if not target.is_file() or target.read_bytes() != path.read_bytes():
                    with replacing(target) as partial:
                        shutil.copyfile(path, partial)

    def _record(self, name: str, path: Path) -> Record:
        """What is known of one layout, from before or made now."""
        place = self.into / "made" / "scenes" / f"{name}.json"
        try:
            layout = read_layout(path)
        except ValueError as error:
            told = str(error).removeprefix(f"{path}").lstrip(": ")
            return {"id": name, "scene": None, "dropped": [asdict(Dropped("", UNREADABLE, f"{path.name}: {told}"))]}
        settings = [self.seed, self.image_size, self.surroundings.textures, self.surroundings.environments]
        start = json.dumps(settings).encode() + path.read_bytes()
        digest = self._digest(start, [placed.uid for placed in layout.placed])
        known = _known(place, digest)
        if known is not None and all(self._model_path(asset).is_file() for asset in known["assets"]):
            return known
        record = {"digest": digest, "id": name, **self._scene(layout)}
        write_text(place, _text(record))
        return record

    def _scene(self, layout: Layout) -> Record:
        candidates: list[Candidate] = []
        dropped: list[Dropped] = []
        for placed in layout.placed:
            found = self._candidate(placed)
            if isinstance(found, Dropped):
                dropped.append(found)
            else:
                candidates.append(found)
        table = plain_table(layout.kind, layout.width, layout.depth)
        with replacing(self._model_path(table.card.id)) as partial:
            partial.write_bytes(table.glb)
        # Of two things alike there is one card.
        catalogue = BoundCatalogue(self.into, [table.card, *(one.card for one in candidates)])
        rng = np.random.default_rng([self.seed, zlib.crc32(layout.name.encode())])
        scene, left_out = make_scene(layout, candidates, table.card, catalogue, rng, image_size=self.image_size)
        used = [] if scene is None else sorted({thing.asset for thing in (*scene.furniture, *scene.things)})
        return {
            "scene": None if scene is None else scene_to_document(scene),
            "assets": used,
            "cards": [catalogue[asset].model_dump(mode="json") for asset in used],
            "dropped": [asdict(one) for one in (*dropped, *left_out)],
        }

    def _candidate(self, placed: Placed) -> Candidate | Dropped:
        if placed.uid not in self.library.files:
            return Dropped(placed.instance, NO_MODEL, placed.uid)
        try:
            note = self.library.note(placed.uid)
        except ValueError as error:
            return Dropped(placed.instance, NOT_ANNOTATED, str(error))
        if note is None:
            return Dropped(placed.instance, NOT_ANNOTATED, placed.uid)
        if note.is_discarded:
            return Dropped(placed.instance, DISCARDED, placed.uid)
        record = self._model(placed)
        if record["refused"]:
            return Dropped(placed.instance, UNUSABLE, record["refused"])
        return Candidate(placed, as_card(record["card"]), np.array(record["offset"]))

    def _model(self, placed: Placed) -> Record:
        """The model in the size and tilt of `placed`, from before or made now."""
        asset = asset_id(placed)
        place = self.into / "made" / "models" / f"{asset}.json"
        digest = self._digest(asset.encode(), [placed.uid])
        known = _known(place, digest)
        if known is not None and (known["refused"] or self._model_path(asset).is_file()):
            return known
        record: Record = {"digest": digest, "card": None, "offset": [], "refused": ""}
        try:
            model = make_model(placed, self.library, self._chinese())
        except ValueError as error:
            record["refused"] = str(error)
        else:
            with replacing(self._model_path(asset)) as partial:
                partial.write_bytes(model.glb)
            record |= {"card": model.card.model_dump(mode="json"), "offset": model.offset_3.tolist()}
        write_text(place, _text(record))
        return record

    def _chinese(self) -> dict[str, str]:
        return {card.category_en: card.category_zh for card in self.surroundings}

    def _model_path(self, asset: str) -> Path:
        return self.into / "models" / f"{asset}.glb"

    def _digest(self, start: bytes, uids: list[str]) -> str:
        """Of everything that a model follows from: an older record of anything else is made anew."""
        digest = hashlib.sha256(start)
        digest.update(json.dumps([_code(), self._chinese()]).encode())
        for uid in uids:
            file = self.library.files.get(uid)
            digest.update(json.dumps([uid, self.library.annotations.get(uid)], sort_keys=True).encode())
            digest.update(b"" if file is None else hashlib.sha256((self.library.folder / file).read_bytes()).digest())
        return digest.hexdigest()

    def _write(self, records: list[Record]) -> Summary:
        kept = [record for record in records if record["scene"] is not None]
        cards = {card["id"]: as_card(card) for record in kept for card in record["cards"]}
        for path in sorted((self.into / "models").glob("*.glb")):
            # What only dropped things and layouts use; a later import with more layouts makes them again.
            if path.stem not in cards:
                path.unlink()
        write_text(self.into / "CREDITS.md", _credits(list(cards.values()), self.surroundings))
        lines = [{key: record[key] for key in ("id", "scene", "dropped")} for record in kept]
        write_text(self.into / SCENES, "".join(_text(line) for line in lines))
        left_out = [{"id": record["id"], **one} for record in records for one in record["dropped"]]
        write_text(self.into / "dropped.jsonl", "".join(_text(line) for line in left_out))
        # Last: where there is a catalogue, everything is there.
        entries = [card.model_dump(mode="json") for _, card in sorted(cards.items())]
        write_text(self.into / "catalogue.json", catalogue_text(entries))
        return Summary(
            layouts=len(records),
            scenes=len(kept),
            things=sum(len(record["scene"]["things"]) for record in kept),
            models=sum(card.kind == "object" for card in cards.values()),
            dropped=Counter(one["reason"] for one in left_out),
        )


@cache
def _code() -> str:
    """Of the code that models and scenes follow from."""
    return code_digest([assets, physics, scenes, sources, framing, layouts, tabletop])


def _known(place: Path, digest: str) -> Record | None:
    """The record at `place`, unless it is of something else or was cut off."""
    try:
        record: Record = json.loads(place.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return record if record.get("digest") == digest else None


def _text(document: Record) -> str:
    """One line; the same values give the same bytes."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False) + "\n"


def _credits(cards: list[Card], surroundings: Catalogue) -> str:
    lines = [
        "# Credits",
        "",
        f"Layouts and models are from {SOURCE}, by InternRobotics, under CC BY-NC-SA 4.0",
        "(https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode): no commercial use, and what is made from them,",
        "pictures too, is passed on under the same terms and with these credits. The models were scaled, turned, decimated",
        "and given other materials; things were left out of the layouts and set upright on other tables. The tables are",
        "our own, under CC0-1.0.",
        "",
        "## Models",
        "",
        "| model | creator | source and file | licence |",
        "|---|---|---|---|",
        *(
            f"| {card.id} | {card.creator} | {card.source} | {card.licence} |"
            for card in sorted(cards, key=lambda c: c.id)
        ),
        "",
    ]
    record = surroundings.root / "CREDITS.md"
    text = record.read_text(encoding="utf-8") if record.is_file() else ""
    _, title, after = text.partition("## Textures\n")
    return "\n".join(lines) + (f"\n{title}{after.partition(ADDED)[0].rstrip()}\n" if title else "")
