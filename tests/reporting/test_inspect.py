from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.rendering.base import Geometry
from dagster_gsi.reporting.inspect import find, inspect, views_of
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.scenes.scene import Words

MakeProject = Callable[..., Path]


def test_a_sheet_tells_everything_of_its_sample(
    make_project: MakeProject, toy_samples: list[tuple[Sample, Pictures]], tmp_path: Path
) -> None:
    sample, _ = toy_samples[0]
    out = tmp_path / "sheets/one.html"
    assert inspect(make_project(), sample.id, out) == out
    text = out.read_text(encoding="utf-8")
    for thing in sample.before.things:
        assert thing.description.en in text
        assert thing.description.zh in text
    assert sample.instruction.en in text
    assert sample.instruction.zh in text
    assert text.count('<img src="data:image/png;base64,') == 7
    assert text.count('class="edge"') == 2
    assert "://" not in text
    assert [path.name for path in out.parent.iterdir()] == ["one.html"]


def test_what_is_removed_has_a_box_before_and_none_after(toy_samples: list[tuple[Sample, Pictures]]) -> None:
    sample, pictures = next(found for found in toy_samples if found[0].edit.name == "remove")
    assert [len(view.lines) for view in views_of(sample, pictures)] == [1, 0, 0, 0, 0, 0, 0]


def test_without_a_true_picture_the_asked_box_lies_over_the_source(
    toy_samples: list[tuple[Sample, Pictures]],
) -> None:
    sample, pictures = next(found for found in toy_samples if found[0].edit.name == "move")
    views = views_of(sample, replace(pictures, target=None))
    with_truth = views_of(sample, pictures)
    assert [len(view.lines) for view in views] == [1, 0, 0, 1, 0, 0]
    assert views[3].picture == views[0].picture
    assert views[3].lines == with_truth[3].lines != views[0].lines


def test_a_box_is_drawn_around_the_thing_s_own_pixels(toy_samples: list[tuple[Sample, Pictures]]) -> None:
    sample, pictures = toy_samples[0]
    (path,) = views_of(sample, pictures)[0].lines
    points_N2 = np.array([pair.split() for pair in path.replace("M", "L").split("L")[1:]], dtype=float)
    assert len(points_N2) == 2 * 12
    frame = sample.before.find(sample.edit.target).box.picture(sample.before.camera)
    assert np.concatenate([points_N2.min(axis=0), points_N2.max(axis=0)]) == pytest.approx(frame, abs=0.05)


def test_a_sample_is_found_with_its_own_pictures(
    make_project: MakeProject, toy_samples: list[tuple[Sample, Pictures]]
) -> None:
    root = make_project()
    for sample, pictures in toy_samples[3:5]:
        found, shown = find(root, sample.id)
        assert found.to_document() == sample.to_document()
        assert np.array_equal(np.asarray(shown.target), np.asarray(pictures.target))


def test_an_unknown_id_is_answered_with_the_nearest_ones(make_project: MakeProject, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no sample 'toy-0-9' among 10; the nearest ids are: toy-0-"):
        inspect(make_project(), "toy-0-9", tmp_path / "sheet.html")
    assert not (tmp_path / "sheet.html").exists()


def test_a_project_without_sets_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no sets: run `dvc repro`"):
        inspect(tmp_path, "toy-0-0", tmp_path / "sheet.html")


def test_text_of_a_sample_cannot_become_markup(make_project: MakeProject, tmp_path: Path) -> None:
    def attacked(sample: Sample) -> Sample:
        return replace(
            sample, instruction=Words("<script>alert(1)</script>", "<b>"), provenance={"seed": 1, "<i>": "<u>"}
        )

    root = make_project(rewrite_sample=attacked)
    text = inspect(root, "toy-0-0", tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert not any(tag in text for tag in ("<script", "<b>&", "<i>", "<u>"))


def test_a_view_in_which_nothing_is_hit_is_black(toy_samples: list[tuple[Sample, Pictures]]) -> None:
    sample, pictures = toy_samples[0]
    nothing = Geometry(np.zeros((64, 64), dtype=np.uint16), np.zeros((64, 64), dtype=np.float32))
    views = views_of(sample, replace(pictures, source_geometry=nothing))
    assert "0.00 m" in views[2].caption
