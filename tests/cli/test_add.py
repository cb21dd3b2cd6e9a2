"""`gsi assets add` as somebody with a folder of models meets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from dagster_gsi.cli.add import Places, add_models
from dagster_gsi.cli.entry import run
from dagster_gsi.rendering.base import FIRST_THING
from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.rendering.mitsuba import open_view
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Scene
from dagster_gsi.synthesis.tabletop import moved_things, sample_scene
from tests.models_by_hand import box_gltf, box_obj, quarters, table_obj, write
from tests.toy_assets import write_toy_catalogue

ANSWERS = {
    "all": {"licence": "CC-BY-4.0", "creator": "A. Maker", "source": "Toys"},
    "models": {
        "block.glb": {
            "category_en": "block", "category_zh": "积木", "description_en": "four-coloured block",
            "description_zh": "四色积木", "front": "+x",
        },
        "desk.obj": {
            "kind": "support", "category_en": "table", "category_zh": "桌子", "description_en": "gray table",
            "description_zh": "灰色桌子", "unit": "cm",
        },
    },
}  # fmt: skip


@pytest.fixture
def project(toy_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(toy_project)
    write_toy_catalogue(toy_project / "data/assets")
    block, desk = box_gltf((0.1, 0.06, 0.2), picture=quarters()).glb(), table_obj(120, 80, 72, up="z")
    write(toy_project / "mine", block__glb=block, desk__obj=desk, dot__obj="v 0 0 0\n")
    return toy_project


def fill(path: Path, answers: dict[str, dict[str, object]]) -> None:
    """As people do: in the file, without touching what is there."""
    yaml = YAML()
    document = yaml.load(path.read_text("utf-8"))
    document["all"].update(answers["all"])
    for name, said in answers["models"].items():
        document["models"][name].update(said)
    yaml.dump(document, path)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_from_template_to_catalogue(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, cards = files(project / "data/assets"), Catalogue(project / "data/assets").cards
    assert run(["assets", "add", "mine", "--write-template"]) == 0
    said = capsys.readouterr().out
    assert "left out: dot.obj: has no faces; leave it out" in said
    assert "fill it in, then run `gsi assets add mine`" in said
    text = (project / "mine/models.yaml").read_text("utf-8")
    for line in (
        "    # 120.0 x 80.0 x 72.0 cm (width, depth, height), 60 triangles",
        "    # things can stand on it at 72 cm",
        "    # 120 x 80 x 72 in the file, measured as cm; up is z",
        "    # plausible units: cm, mm; many files are in none: is the size right?",
        "    # picture: inspect/add/desk.jpg",
        "    up: z",
        "    front: none",
        "    unit:  # what a unit of the file is: m, cm or mm; or write `height: 12.5`, in centimetres",
    ):
        assert line in text.splitlines()
    assert (project / "inspect/add/desk.jpg").is_file()

    assert run(["assets", "add", "mine"]) == 1
    told = capsys.readouterr().err
    assert "nothing is added before mine/models.yaml is filled in; it leaves open\n" in told
    assert "desk.obj: kind, category_en, category_zh, description_en, description_zh, unit, licence, creator" in told
    assert files(project / "data/assets") == before

    fill(project / "mine/models.yaml", ANSWERS)
    answered = (project / "mine/models.yaml").read_bytes()
    assert run(["assets", "add", "mine", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "block " in said
    assert "dry run: 2 would be added to data/assets; nothing is written" in said
    assert files(project / "data/assets") == before

    assert run(["assets", "add", "mine"]) == 0
    said = capsys.readouterr().out
    assert "data/assets: 2 models added\nleft out: dot.obj" in said
    after = Catalogue(project / "data/assets")
    assert {name: after[name] for name in cards} == cards
    assert (after["block"].size, after["block"].has_front) == ((0.2, 0.1, 0.06), True)
    assert after["block"].source == "Toys, block.glb"
    assert [surface.height for surface in after["desk"].surfaces] == pytest.approx([0.72], abs=1e-4)
    assert (project / "mine/models.yaml").read_bytes() == answered
    made = files(project / "data/assets")
    assert {name: made[name] for name in before if name != "catalogue.json"} == {
        name: content for name, content in before.items() if name != "catalogue.json"
    }

    assert run(["assets", "add", "mine"]) == 0
    assert "data/assets: 0 models added, 2 were there already" in capsys.readouterr().out
    assert files(project / "data/assets") == made


@pytest.mark.slow
def test_a_dry_run_before_any_answer_says_what_is_known_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(project / "mine")
    assert run(["assets", "add", "mine", "--dry-run", "--unit", "mm"]) == 0
    said = capsys.readouterr().out
    assert "desk.obj\n  12.0 x 8.0 x 7.2 cm" in said
    assert "cannot be used: dot.obj: has no faces; leave it out" in said
    assert files(project / "mine") == before
    assert not (project / "data/assets/CREDITS.md").exists()


@pytest.mark.slow
def test_what_the_command_line_says_goes_into_the_answers_of_files_that_do_not_say_it(project: Path) -> None:
    options = ["--unit", "cm", "--up", "y", "--front=-x", "--write-template"]
    assert run(["assets", "add", "mine", *options]) == 0
    models = YAML().load((project / "mine/models.yaml").read_text("utf-8"))["models"]
    assert {key: models["desk.obj"][key] for key in ("unit", "up", "front")} == {"unit": "cm", "up": "y", "front": "-x"}
    assert models["block.glb"]["front"] == "-x"
    assert "unit" not in models["block.glb"]
    assert run(["assets", "add", "mine", "--up", "z", "--write-template"]) == 0
    models = YAML().load((project / "mine/models.yaml").read_text("utf-8"))["models"]
    assert {key: models["desk.obj"][key] for key in ("unit", "up", "front")} == {"unit": "cm", "up": "z", "front": "-x"}


@pytest.mark.slow
def test_models_that_come_later_are_asked_about_and_ones_that_go_are_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["assets", "add", "mine", "--write-template"]) == 0
    fill(project / "mine/models.yaml", ANSWERS)
    before = (project / "mine/models.yaml").read_text("utf-8")
    write(project / "mine", cube__obj=box_obj((0, 0, 0), (10, 10, 10)))
    assert run(["assets", "add", "mine"]) == 1
    assert "cube.obj: category_en, category_zh, description_en, description_zh, unit\n" in capsys.readouterr().err
    assert (project / "mine/models.yaml").read_text("utf-8").startswith(before)
    (project / "mine/cube.obj").unlink()
    assert run(["assets", "add", "mine"]) == 1
    assert "mine/models.yaml: there is no cube.obj; take it out, or put the file back" in capsys.readouterr().err


@pytest.mark.slow
def test_one_model_that_does_not_fit_keeps_all_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assets", "add", "mine", "--write-template"]) == 0
    wrong = {**ANSWERS["models"]["block.glb"], "description_en": "Green can", "scale": 10}
    fill(project / "mine/models.yaml", {**ANSWERS, "models": {**ANSWERS["models"], "block.glb": wrong}})
    before = files(project / "data/assets")
    assert run(["assets", "add", "mine"]) == 1
    told = capsys.readouterr().err
    assert "nothing is added: correct these, or say `skip: true` to leave a model out\n" in told
    assert "block.glb: description_en: green-cylinder is 'Green can', too; say what tells them apart\n" in told
    assert "block.glb: it is 200.0 x 100.0 x 60.0 cm; what stands on a table is" in told
    assert files(project / "data/assets") == before


class Person:
    """Answers in turn; remembers the questions."""

    def __init__(self, *answers: str) -> None:
        self.answers: Iterator[str] = iter(answers)
        self.questions: list[tuple[str, str | None]] = []

    def __call__(self, question: str, default: str | None) -> str:
        self.questions.append((question, default))
        try:
            answer = next(self.answers)
        except StopIteration:
            raise KeyboardInterrupt from None
        return (default or "") if answer == "<return>" else answer


@pytest.mark.slow
def test_a_talk_asks_what_is_open_again_where_it_must_and_goes_on_where_it_stopped(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = Places(project / "mine", project / "data/assets", project / "inspect/add")
    person = Person("CC-BY-NC", "cc by 4.0", "<return>", "Toys", "y", "box", "<return>", "red box with a white corner")
    with pytest.raises(KeyboardInterrupt):
        add_models(places, {}, ask=person, template=False, dry_run=False)
    said = capsys.readouterr().out
    assert "licence: 'CC-BY-NC': it forbids commercial use" in said
    assert "description_en: red-box is 'red box with a white corner', too; say what tells them apart" in said
    assert [question.split(":")[0].split(" ")[0] for question, _ in person.questions] == [
        *("licence", "licence", "creator", "source", "add", "category_en", "category_zh"),
        *("description_en", "description_en"),
    ]
    assert person.questions[6][1] == "盒子"  # a category has one name in each language
    person = Person(
        "", *("<return>", "four-coloured block", "四色积木", "+x", "A. Maker"), "n",
    )  # fmt: skip
    add_models(places, {}, ask=person, template=False, dry_run=False)
    assert person.questions[0][0].startswith("creator of all models, empty where they differ: ")
    said = capsys.readouterr().out
    assert "1 model added\nleft out: desk.obj, dot.obj" in said
    assert "look at " in said
    card = Catalogue(project / "data/assets")["block"]
    assert (card.category_zh, card.description_en, card.creator) == ("盒子", "four-coloured block", "A. Maker")
    assert (card.licence, card.source) == ("CC-BY-4.0", "Toys, block.glb")


def test_a_cube_goes_from_a_folder_into_a_catalogue_of_its_own(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project / "cubes", cube__obj=box_obj((0, 0, 0), (10, 10, 10)))
    places = Places(project / "cubes", project / "new", project / "inspect/add")
    person = Person("y", "cube", "方块", "plain cube", "普通方块", "<return>", "cc0", "me", "my own")
    add_models(places, {}, ask=person, template=False, dry_run=False)
    assert [question.split(":")[0] for question, _ in person.questions[1:]] == [
        *("category_en", "category_zh", "description_en", "description_zh", "unit", "licence", "creator", "source"),
    ]
    assert person.questions[5][1] == "cm"
    (card,) = Catalogue(project / "new")
    assert card.model_dump(mode="json") == {
        "id": "cube", "kind": "object", "category_en": "cube", "category_zh": "方块", "description_en": "plain cube",
        "description_zh": "普通方块", "size": [0.1, 0.1, 0.1], "has_front": False, "symmetry": 4, "surfaces": [],
        "creator": "me", "licence": "CC0-1.0", "source": "my own, cube.obj",
    }  # fmt: skip
    assert "| cube | me | my own, cube.obj | CC0-1.0 |" in (project / "new/CREDITS.md").read_text("utf-8")
    assert "4 turns" in capsys.readouterr().out


def test_help_teaches_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assets", "add", "--help"]) == 0
    said = capsys.readouterr().out
    for words in ("--write-template", "--dry-run", "skip: true", "LICENSE.txt", "docs/assets.md", "never changed"):
        assert words in said


@pytest.mark.slow
def test_an_added_model_stands_in_a_scene_on_an_added_table(project: Path) -> None:
    run(["assets", "add", "mine", "--write-template"])
    fill(project / "mine/models.yaml", ANSWERS)
    assert run(["assets", "add", "mine"]) == 0
    catalogue = Catalogue(project / "data/assets")
    catalogue.check()
    drawn = (sample_scene(catalogue, np.random.default_rng(seed), image_size=96) for seed in range(100))
    scene = next(
        scene
        for scene in drawn
        if isinstance(scene, Scene)
        and scene.supports[0].body.asset == "desk"
        and "block" in {t.asset for t in scene.things}
    )
    number = next(number for number, thing in enumerate(scene.things) if thing.asset == "block")
    assert scene.things[number].pose_wo.translation_3[2] == pytest.approx(0.72, abs=1e-4)
    assert moved_things(scene, catalogue) == ()
    view = open_view(scene, catalogue, variant=best_variant("auto"), samples_per_pixel=1, seed=7)
    assert (view.trace(scene).ids_HW == FIRST_THING + number).sum() > 30
