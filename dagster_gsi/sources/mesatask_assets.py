"""Models of MesaTask-10K as layouts use them: each in the size, and laid down as, one layout has it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.assets.convert import Budget, Shape, convert, turned
from dagster_gsi.assets.form import as_id
from dagster_gsi.assets.found import read_model
from dagster_gsi.assets.gltf import to_glb
from dagster_gsi.assets.measure import measure
from dagster_gsi.scenes.bound import BOUND, BoundCard
from dagster_gsi.scenes.mesh import load_mesh

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.catalogue import Card
    from dagster_gsi.scenes.mesh import Mesh
    from dagster_gsi.sources.mesatask import Placed

CREATOR = "InternRobotics, MesaTask-10K"
SOURCE = "MesaTask-10K, https://huggingface.co/datasets/InternRobotics/MesaTask-10K"
ANNOTATIONS = "Asset_annotation.json"
# As `gsi assets add` keeps of a model unless somebody says otherwise.
_BUDGET = Budget(10_000, 512)
_MOST_WORDS = 14
_OPENING = re.compile(r"^(?:(?:this|it|the image) (?:is|shows|depicts) )?(?:(?:a|an|the) )?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """What the data set says of a model."""

    category: str
    caption: str
    is_discarded: bool
    """Whether its makers marked it for deletion."""


@dataclass(frozen=True, slots=True)
class Library:
    """A user's copy of the models, by uid, and what is said of them."""

    folder: Path
    files: Mapping[str, str]
    """Paths below `folder`."""
    annotations: Mapping[str, Any]
    """`Asset_annotation.json` as it is: 12,000 entries, of which an import looks at those that it uses."""

    def note(self, uid: str) -> Note | None:
        """What is said of one model, or None. Raises ValueError with file and key where that is no annotation."""
        if uid not in self.annotations:
            return None
        entry, where = self.annotations[uid], f"{ANNOTATIONS}: {uid}"
        if not isinstance(entry, dict):
            raise ValueError(f"{where}: it is {type(entry).__name__}, not an object with keys")
        texts = {key: entry.get(key) or "" for key in ("category", "detailed_caption")}
        for key, text in texts.items():
            if not isinstance(text, str):
                raise ValueError(f"{where}.{key}: it is {text!r:.60}, not a text")
        return Note(texts["category"], texts["detailed_caption"], bool(entry.get("mark_deletion", False)))


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model made ready: its card, its file, and where its origin is."""

    card: Card
    glb: bytes
    offset_3: Array
    """Of its origin, the middle of its base, from the middle of the layout's box before the yaw, in metres."""


def open_library(folder: Path) -> Library:
    """The models in `folder`, with the annotations in it or beside it. Raises ValueError where either is missing."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is missing: name the folder that holds the models, Assets_library")
    files: dict[str, str] = {}
    for path in sorted(folder.rglob("*.glb")):
        files.setdefault(path.stem, path.relative_to(folder).as_posix())
    if not files:
        raise ValueError(f"{folder} has no .glb in it or below: unpack Assets_library_archive into Assets_library")
    places = (folder / ANNOTATIONS, folder.resolve().parent / ANNOTATIONS)
    said = next((place for place in places if place.is_file()), None)
    if said is None:
        raise ValueError(f"{folder} has no {ANNOTATIONS}, and neither has the folder above it: put it there")
    try:
        document = json.loads(said.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{said} cannot be read as JSON ({error}): fetch it again") from error
    if not isinstance(document, dict):
        raise ValueError(f"{said} holds no annotations: it is {type(document).__name__}, not an object by uid")
    return Library(folder, files, document)


def asset_id(placed: Placed) -> str:
    """One id for one model of one size, laid down one way."""
    _, tilt_33 = placed.turns()
    key = [np.round(placed.size_3 * 1e4).astype(int).tolist(), (np.round(tilt_33 * 1e4) + 0.0).astype(int).tolist()]
    digest = hashlib.sha256(json.dumps([placed.uid, *key]).encode()).hexdigest()
    return f"{as_id(placed.uid)[:40]}-{digest[:8]}"


def make_model(placed: Placed, library: Library, chinese: Mapping[str, str]) -> Model:
    """The model of `placed`, in the size and tilt of the layout; it is told apart from others by `asset_id`.

    `chinese` has names of categories by their English ones. Raises ValueError where the model cannot be used.
    """
    note = library.note(placed.uid)
    assert note is not None
    mesh = convert(read_model(library.folder, library.files[placed.uid]), _shape(placed), _BUDGET)
    _, tilt_33 = placed.turns()
    offset_3 = _origin_after(tilt_33, mesh)
    if not np.array_equal(tilt_33, np.eye(3)):
        mesh = turned(mesh, tilt_33.astype(np.float32))
    glb = to_glb(mesh)
    measured = measure(_as_loaded(glb), "object")
    category = " ".join(re.split(r"[\s_]+", ascii_text(note.category).lower())).strip() or "object"
    description = noun_phrase(note.caption, category)
    card = BoundCard(
        id=asset_id(placed),
        kind="object",
        category_en=category,
        # The data set is in English; where no Chinese is known, the published instructions say the English noun, too.
        category_zh=chinese.get(category, category),
        description_en=description,
        description_zh=description if description != category else chinese.get(category, category),
        size=measured.size,
        has_front=False,
        symmetry=measured.symmetry,
        creator=CREATOR,
        licence=BOUND,
        source=f"{SOURCE}, {placed.uid}.glb",
    )
    return Model(card, glb, offset_3)


def noun_phrase(caption: str, category: str) -> str:
    """The caption as it fits into "Move the ... to the left.": its first phrase, without article and full stop."""
    text = " ".join(ascii_text(caption).replace("|", " ").split())
    text = re.split(r"[.;:]\s|[.;:]$", text, maxsplit=1)[0]
    text = _OPENING.sub("", text, count=1)
    head, _, _ = text.partition(", ")
    # "small, round wooden bowl" goes on after its comma; "mug with a blue handle, featuring a cat" has said it.
    if len(head.split()) >= 4 or category.rsplit(maxsplit=1)[-1] in head.lower().split():
        text = head
    words = text.split()
    if not words or len(words) > _MOST_WORDS:
        return category
    # BMW stays, A and Red become small.
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def ascii_text(text: str) -> str:
    """Letters without accents; what is no letter of English goes."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _shape(placed: Placed) -> Shape:
    width, depth, height = (float(length) for length in placed.size_3)
    return Shape(size_3=(width, depth, height))


def _origin_after(tilt_33: Array, mesh: Mesh) -> Array:
    """Where the middle of the base lies from the middle of the box, once the mesh is tilted about that."""
    points_N3 = mesh.points().astype(np.float64)
    low_3, high_3 = points_N3.min(axis=0), points_N3.max(axis=0)
    tilted_N3 = (points_N3 - (low_3 + high_3) / 2) @ tilt_33.T
    low_3, high_3 = tilted_N3.min(axis=0), tilted_N3.max(axis=0)
    return np.array([(low_3[0] + high_3[0]) / 2, (low_3[1] + high_3[1]) / 2, low_3[2]])


def _as_loaded(glb: bytes) -> Mesh:
    """What is measured is what users will load."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "model.glb"
        path.write_bytes(glb)
        return load_mesh(path)
