"""A copy of the data set becomes a folder of scenes that rest where the layouts say, and of what they need."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dagster_gsi.samples.codec import scene_from_document, scene_to_document
from dagster_gsi.scenes.bound import BoundCatalogue
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Scene
from dagster_gsi.sources.mesatask import layout_files
from dagster_gsi.sources.mesatask_assets import open_library
from dagster_gsi.sources.mesatask_import import Importer, Summary
from dagster_gsi.synthesis.tabletop import moved_things
from tests.mesatask_by_hand import LYING, TIN, WHOLE, layout, thing, write_assets, write_layout
from tests.toy_assets import write_toy_catalogue

SPOILT = layout(
    {**TIN, "position": [40, 30, 5]},  # 5 cm through the table
    thing("off", "uid-tin", [10, 6, 20], [150, 30, 10]),
    thing("big", "uid-tin", [20, 20, 20], [60, 40, 10]),
    thing("small", "uid-cup", [6, 6, 8], [63, 40, 4]),
    thing("bad", "uid-bad", [6, 6, 8], [20, 20, 4]),
    thing("bare", "uid-bare", [6, 6, 8], [20, 20, 4]),
    thing("nameless", "", [6, 6, 8], [20, 20, 4]),
    thing("needle", "uid-tin", [1, 1, 40], [100, 60, 20], rotation=[0.26, 0.0, 0.0, 0.9656]),
)
"""One of each reason; only `big` is left, which is too few."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mesatask")
    write_assets(root)
    shutil.copy(root / "Assets_library/uid-tin.glb", root / "Assets_library/uid-bare.glb")
    write_layout(root, "dining_table_0000", WHOLE)
    write_layout(root, "kitchen_counter_0003", SPOILT)
    write_layout(root, "office_table_0001", "{")
    write_toy_catalogue(root / "toys")
    return root


def run(copy: Path, into: Path, *names: str, seed: int = 0) -> Summary:
    files = layout_files(copy / "Layout_info")
    importer = Importer(open_library(copy / "Assets_library"), Catalogue(copy / "toys"), into, seed, 96)
    return importer.run({name: files[name] for name in names or files}, lambda _: None)


@pytest.fixture(scope="module")
def made(copy: Path) -> tuple[Path, Summary]:
    return copy / "made", run(copy, copy / "made")


@pytest.fixture(scope="module")
def scene(made: tuple[Path, Summary]) -> Scene:
    (line,) = (made[0] / "scenes.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["id"] == "dining_table_0000"
    return scene_from_document(json.loads(line)["scene"])


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def dropped(folder: Path, name: str) -> dict[str, str]:
    lines = [json.loads(line) for line in (folder / "dropped.jsonl").read_text(encoding="utf-8").splitlines()]
    return {line["instance"]: line["reason"] for line in lines if line["id"] == name}


def test_things_stand_where_the_layout_has_them(scene: Scene) -> None:
    assert [thing.name for thing in scene.things] == ["tin-1", "tin-2", "book-3"]
    expected = {
        "tin-1": ((-0.2, -0.1), 0.0, (0.1, 0.06, 0.2)),
        "tin-2": ((0.3, -0.1), np.pi / 2, (0.1, 0.06, 0.2)),
        "book-3": ((0.0, 0.2), 0.0, (0.12, 0.16, 0.04)),
    }
    for name, (place_2, yaw, size_3) in expected.items():
        pose = scene.find(name).pose_wo
        # Physics may shift them by as much as it does things of our own scenes.
        np.testing.assert_allclose(pose.translation_3, [*place_2, 0.75], atol=1e-3)
        assert pose.yaw == pytest.approx(yaw, abs=2e-3)
        assert pose.tilt == 0.0
        np.testing.assert_allclose(scene.find(name).size_3, size_3, atol=1e-9)
    np.testing.assert_allclose(scene.supports[0].body.size_3, [1.2, 0.8, 0.75])


def test_the_scene_rests_and_its_camera_looks_from_the_front_at_all_of_it(
    made: tuple[Path, Summary], scene: Scene
) -> None:
    assert moved_things(scene, BoundCatalogue(made[0])) == ()
    assert scene.camera.ahead_3[1] > np.cos(np.radians(36))
    for one in scene.things:
        left, top, right, bottom = one.box.picture(scene.camera)
        assert min(left, top) >= 0
        assert max(right, bottom) <= 96


def test_what_is_left_out_has_a_reason(made: tuple[Path, Summary]) -> None:
    folder, summary = made
    assert dropped(folder, "dining_table_0000") == {
        "4_tin_0": "floats",
        "5_cup_0": "stands on another thing",
        "6_vase_0": "no model of that uid",
    }
    assert dropped(folder, "kitchen_counter_0003") == {
        "1_tin_0": "reaches through the table",
        "off": "beside the table",
        "small": "inside another thing",
        "bad": "marked for deletion",
        "bare": "no annotation that can be read",
        "nameless": "no model of that uid",
        "needle": "model cannot be used",
        "": "too few things are left",
    }
    assert dropped(folder, "office_table_0001") == {"": "layout cannot be read"}
    # Where the copy lies on this machine is nobody's business.
    assert str(folder.parent) not in (folder / "dropped.jsonl").read_text(encoding="utf-8")
    assert (summary.layouts, summary.scenes, summary.things, summary.models) == (3, 1, 3, 2)
    assert summary.dropped["no model of that uid"] == 2
    assert sum(summary.dropped.values()) == 12


def test_a_thing_that_tips_over_is_left_out(copy: Path, tmp_path: Path) -> None:
    # 18 cm wide with a back as high on its left: the middle of its hull lies a third of the width from there, 2 cm beyond
    # the edge of the table, while the middle of its base is 1 cm inside.
    falls = thing("falls", "uid-hook", [18, 10, 20], [1, 30, 10])
    stays = thing("stays", "uid-hook", [18, 10, 20], [60, 30, 10])
    write_layout(tmp_path, "dining_table_0001", layout(falls, stays, LYING))
    importer = Importer(open_library(copy / "Assets_library"), Catalogue(copy / "toys"), tmp_path / "made", 0, 96)
    importer.run(layout_files(tmp_path / "Layout_info"), lambda _: None)
    assert dropped(tmp_path / "made", "dining_table_0001") == {"falls": "topples or slides"}


def test_a_folder_of_somebody_elses_stays_as_it_is(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "mine/models").mkdir(parents=True)
    (tmp_path / "mine/models/mug.glb").write_bytes(b"glTF")
    with pytest.raises(ValueError, match=r"mine is not empty and no import made it: name a folder of its own"):
        run(copy, tmp_path / "mine")
    assert files_of(tmp_path / "mine") == {"models/mug.glb": b"glTF"}


def test_things_that_cross_a_little_are_moved_apart(copy: Path, tmp_path: Path) -> None:
    reeds = [
        thing("left", "uid-cup", [2, 2, 40], [20, 60, 20]),
        thing("right", "uid-cup", [2, 2, 41], [21.6, 60, 20.5]),
    ]
    write_layout(tmp_path, "dining_table_0001", layout(TIN, *reeds))
    importer = Importer(open_library(copy / "Assets_library"), Catalogue(copy / "toys"), tmp_path / "made", 0, 96)
    assert importer.run(layout_files(tmp_path / "Layout_info"), lambda _: None).things == 3
    line = json.loads((tmp_path / "made/scenes.jsonl").read_text(encoding="utf-8"))
    left, right = scene_from_document(line["scene"]).things[1:]
    # They crossed by 4 mm.
    assert np.linalg.norm(left.centre_3[:2] - right.centre_3[:2]) > 0.0195


def test_a_scene_read_back_is_the_scene(made: tuple[Path, Summary], scene: Scene) -> None:
    line = json.loads((made[0] / "scenes.jsonl").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(scene_to_document(scene))) == line["scene"]


def test_the_folder_holds_what_its_scenes_use_and_nothing_else(made: tuple[Path, Summary], scene: Scene) -> None:
    catalogue = BoundCatalogue(made[0])
    catalogue.check()
    used = {scene.supports[0].body.asset, *(one.asset for one in scene.things)}
    assert set(catalogue.cards) == {path.stem for path in (made[0] / "models").iterdir()} == used
    credits_ = (made[0] / "CREDITS.md").read_text(encoding="utf-8")
    assert "under CC BY-NC-SA 4.0" in credits_
    assert all(f"| {asset} |" in credits_ for asset in used)


def test_after_a_kill_the_same_command_goes_on_and_gives_the_same_bytes(
    copy: Path, made: tuple[Path, Summary], tmp_path: Path
) -> None:
    whole = files_of(made[0])
    torn = Path(shutil.copytree(made[0], tmp_path / "torn"))
    # Killed while writing a record, before one of its models, and before all that is written last.
    (torn / "made/scenes/dining_table_0000.json").write_text('{"digest', encoding="utf-8")
    next((torn / "models").glob("uid-book-*.glb")).unlink()
    for name in ("catalogue.json", "scenes.jsonl", "dropped.jsonl", "CREDITS.md"):
        (torn / name).unlink()
    assert run(copy, torn) == made[1]
    assert files_of(torn) == whole


@pytest.mark.slow
def test_layouts_taken_in_one_by_one_or_without_what_was_found_out_give_the_same_folder(
    copy: Path, made: tuple[Path, Summary], tmp_path: Path
) -> None:
    for name in reversed(layout_files(copy / "Layout_info")):
        run(copy, tmp_path / "again", name)
    assert run(copy, tmp_path / "again") == made[1]
    assert files_of(tmp_path / "again") == files_of(made[0])
    shutil.rmtree(tmp_path / "again/made")
    assert run(copy, tmp_path / "again") == made[1]
    assert files_of(tmp_path / "again") == files_of(made[0])


def test_a_rerun_makes_nothing_anew(copy: Path, made: tuple[Path, Summary], monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("dagster_gsi.sources.mesatask_import.make_model", never)
    monkeypatch.setattr("dagster_gsi.sources.mesatask_import.make_scene", never)
    assert run(copy, made[0]) == made[1]


def test_another_seed_looks_at_the_same_things_otherwise(
    copy: Path, made: tuple[Path, Summary], scene: Scene, tmp_path: Path
) -> None:
    shutil.copytree(made[0], tmp_path / "other")
    run(copy, tmp_path / "other", "dining_table_0000", seed=1)
    other = scene_from_document(json.loads((tmp_path / "other/scenes.jsonl").read_text(encoding="utf-8"))["scene"])
    for one in scene.things:
        assert other.find(one.name).pose_wo.is_close(one.pose_wo)
    assert not other.camera.pose_wc.is_close(scene.camera.pose_wc)


def test_a_changed_model_or_layout_is_taken_in_anew(copy: Path, made: tuple[Path, Summary], tmp_path: Path) -> None:
    changed = Path(shutil.copytree(copy, tmp_path / "copy", ignore=shutil.ignore_patterns("made")))
    torn = Path(shutil.copytree(made[0], tmp_path / "made"))
    shutil.copy(changed / "Assets_library/uid-cup.glb", changed / "Assets_library/uid-tin.glb")
    write_layout(changed, "dining_table_0000", layout(TIN, {**LYING, "position": [70, 60, 2]}))
    summary = run(changed, torn, "dining_table_0000")
    assert (summary.layouts, summary.scenes, summary.things) == (1, 1, 2)
    line = json.loads((torn / "scenes.jsonl").read_text(encoding="utf-8"))
    book = scene_from_document(line["scene"]).find("book-2")
    np.testing.assert_allclose(book.pose_wo.translation_3, [0.1, 0.2, 0.75], atol=1e-3)
