from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dagster_gsi.evaluation.table import Row
from dagster_gsi.reporting.page import Content, build_page, headlines
from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import read_set, write_shard
from dagster_gsi.scenes.scene import Words

CONTENT = Content(
    title="A report", kinds={kind: kind for kind in ("oracle", "identity", "shuffled", "warp")},
    protocols=("strict", "official"), gallery=6, picture_width=64, resamples=50, seed=0,
)  # fmt: skip
ATTACK = "<script>alert('x')</script><img src=https://evil.example/a.png onerror=alert(1)>\"'&"


class Page(HTMLParser):
    """The elements of a page: fails on the way if tags do not nest."""

    VOID = frozenset({"meta", "img", "input", "br", "link", "rect", "path"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, css: str | None = None) -> list[dict[str, str | None]]:
        return [a for t, a in self.elements if t == tag and (css is None or css in (a.get("class") or "").split())]


MakeProject = Callable[..., Path]


def test_the_page_has_every_figure_sample_and_instruction(
    make_project: MakeProject, toy_samples: list[tuple[Sample, Pictures]]
) -> None:
    text = build_page(make_project(), CONTENT).html
    page = Page(text)
    for sample, _ in toy_samples:
        assert f"{sample.instruction.en} {sample.id}" in page.text
        assert sample.instruction.en in page.text
    # A verdict for each sample, model and protocol in the list of all.
    assert (
        len(re.findall(r"(?:warp|oracle|identity|shuffled) (?:strict|official) (?:complies|fails) ", page.text))
        == 10 * 4 * 2
    )
    # warp complies with every third of ten samples; what complies has 93.25 on average.
    assert "all operations warp 10 40.0" in page.text
    assert "37.3" in page.text
    assert "10 pairs 2 scenes" in page.text
    # Three candidates failed a sample: one of four became a pair.
    assert "25 % of all candidates became pairs" in page.text
    assert "Left aside scene: things toppled 10 " in page.text


def test_each_operation_has_its_candidates_and_few_that_pass_are_marked(make_project: MakeProject) -> None:
    page = Page(build_page(make_project(), CONTENT).html)
    # Four of ten samples are moves; all failures are those of moves, and they are read before the draws.
    assert "move 4 34 12 % under 30 % hidden after 30 20 collision 20 rotate 2 2 100 % – – scale " in page.text
    assert len(page.all("tr", "low")) == 1
    assert "move: which way 2 values, 100 % even away 2 left 2 " in page.text
    assert "Operations 4 values, 96 % even move 4 rotate 2 scale 2 remove 2 " in page.text


def test_what_train_and_test_share_is_told_and_what_they_must_not_is_a_fault(make_project: MakeProject) -> None:
    root = make_project()
    page = Page(build_page(root, CONTENT).html)
    assert [panel["class"] for panel in page.all("div", "apart")] == ["panel apart holds"]
    assert "They share nothing that must be apart." in page.text
    # Four things of one file on one table, in two scenes.
    assert "objects no 0 4 0 0 1 0 supports no 0 1 0 0 1 0 textures yes 0 2 0 – – – " in page.text
    samples = list(read_set(root / "data/gsi_syn/toy-test"))
    folder = root / "data/gsi_syn/toy-train"
    folder.mkdir()
    write_shard(
        folder / "shard-00000.tar", [(replace(sample, set="toy-train", split="train"), p) for sample, p in samples[:1]]
    )
    write_manifest(folder)
    page = Page(build_page(root, CONTENT).html)
    assert [panel["class"] for panel in page.all("div", "apart")] == ["panel apart broken"]
    assert "objects no, but are 4 4 4 1 1 1 " in page.text
    shared = "tests/toy_assets.py (blue-wedge, green-cylinder, red-box, yellow-mug) box toy-test, toy-train"
    assert "objects in both (1) " in page.text
    assert shared.replace(" box ", " wedge ") in page.text


def test_imported_sets_are_listed_behind_those_made_here_without_a_rate_of_draws(
    make_project: MakeProject, toy_samples: list[tuple[Sample, Pictures]]
) -> None:
    root = make_project()
    folder = root / "data/official/fine"
    folder.mkdir(parents=True)
    imported = [
        (replace(sample, set="fine", rejections={}, provenance={"origin": "fine.zip", "geometry": "boxes"}), pictures)
        for sample, pictures in toy_samples[:3]
    ]
    write_shard(folder / "shard-00000.tar", imported)
    write_manifest(folder)
    text = Page(build_page(root, CONTENT).html).text
    assert text.index("toy-test 10 pairs") < text.index("fine 3 pairs 3 pairs")
    assert text.count("of all candidates became pairs") == 1


def test_the_page_fetches_nothing(make_project: MakeProject) -> None:
    text = build_page(make_project(), CONTENT).html
    page = Page(text)
    addresses = [a[name] for _, a in page.elements for name in ("src", "href", "srcset", "data", "action") if name in a]
    assert addresses
    assert all(str(address).startswith(("data:image/", "#")) for address in addresses)
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "://" not in re.sub(r'"data:[^"]*"', "", text)
    assert "default-src 'none'" in str(page.all("meta"))


def test_text_from_data_cannot_become_markup(make_project: MakeProject) -> None:
    def attacked_row(row: Row) -> Row:
        return replace(row, reason=ATTACK, instruction=ATTACK)

    def attacked_sample(sample: Sample) -> Sample:
        return replace(sample, instruction=Words(ATTACK, ATTACK), rejections={ATTACK: 1})

    plain = Page(build_page(make_project(), CONTENT).html)
    text = build_page(make_project(attacked_row, attacked_sample), replace(CONTENT, title=ATTACK)).html
    attacked = Page(text)
    assert "alert('x')" in attacked.text
    assert len(attacked.all("script")) == len(plain.all("script")) == 1
    assert len(attacked.all("img")) == len(plain.all("img"))
    assert not any("onerror" in attributes for _, attributes in attacked.elements)


def test_a_model_s_name_cannot_become_markup(make_project: MakeProject) -> None:
    name = "a<b>&amp;'\"onload=x"
    root = make_project(models=("oracle", "identity", name))
    page = Page(
        build_page(root, replace(CONTENT, kinds={"oracle": "oracle", "identity": "identity", name: "warp"})).html
    )
    assert name in page.text
    assert page.all("b", "onload") == []
    assert not any("onload" in attribute for _, attributes in page.elements for attribute in attributes)


def test_equal_inputs_give_equal_bytes(make_project: MakeProject) -> None:
    root = make_project()
    assert build_page(root, CONTENT).html == build_page(root, CONTENT).html


def test_the_gallery_takes_every_operation_and_verdict_before_it_repeats_one(make_project: MakeProject) -> None:
    text = build_page(make_project(), replace(CONTENT, gallery=8)).html
    cards = Page(text).all("article", "card")
    first = [(card["data-operation"], card["data-verdict"]) for card in cards]
    assert len(first) == 8
    assert {operation for operation, _ in first[:4]} == {"move", "rotate", "scale", "remove"}
    # By `make_project`, no turn complies; of the other operations some do and some do not.
    assert set(first) == {
        ("move", "complies"), ("move", "fails"), ("rotate", "fails"), ("scale", "complies"), ("scale", "fails"),
        ("remove", "complies"), ("remove", "fails"),
    }  # fmt: skip


def test_what_a_judge_or_editor_failed_at_is_said_and_not_counted_as_a_figure(make_project: MakeProject) -> None:
    def failing(row: Row) -> Row:
        if row.model == "warp" and row.sample == "toy-0-0":
            return replace(row, status="unjudged", ac=None, avg=None, reason="the judge timed out")
        if row.model == "warp" and row.sample == "toy-1-0":
            return replace(row, status="missing", ic=0.0, sa=0.0, ac=0.0, el=0.0, avg=0.0, reason="there is no picture")
        return row

    text = build_page(make_project(failing), replace(CONTENT, gallery=10)).html
    page = Page(text)
    assert "warp: 1 missing (counts 0)." in page.text
    assert "warp: 1 unjudged (left out of AC and Avg)." in page.text
    assert "unjudged IC 100.0 SA 95.0 AC – EL 98.0 AVG –" in page.text


def test_who_looked_who_judged_and_what_it_cost_is_said_once_a_set_and_protocol(make_project: MakeProject) -> None:
    def judged(row: Row) -> Row:
        asked = row.model == "warp"
        return replace(
            row,
            detector="fit-2",
            judge="chat-1:qwen" if asked else "perceptual-1",
            judge_prompt_tokens=1000 if asked else None,
            judge_completion_tokens=50 if asked else None,
            judge_cost=0.25 if asked else None,
        )

    page = Page(build_page(make_project(judged), CONTENT).html)
    said = "warp: detector fit-2, judge chat-1:qwen, 10,000 tokens read and 500 written at a cost of 2.50."
    assert page.text.count(said) == 2
    assert page.text.count("identity, oracle, shuffled: detector fit-2, judge perceptual-1.") == 2


def test_figures_of_a_run_that_was_limited_carry_the_limit(make_project: MakeProject) -> None:
    built = build_page(make_project(lambda row: replace(row, limited=True)), CONTENT)
    assert Page(built.html).text.count("toy-test:first 10 strict protocol") == 1
    assert set(headlines(built.summary, "strict")) >= {"toy-test:first 10/warp/IC"}


@pytest.mark.parametrize(
    ("model", "figures"),
    [("identity", {"ic": 100.0}), ("shuffled", {"ic": 3.1}), ("oracle", {"ic": 96.9}), ("oracle", {"sa": 92.9})],
)
def test_a_protocol_that_a_reference_contradicts_is_called_out(
    model: str, figures: dict[str, float], make_project: MakeProject
) -> None:
    def fooled(row: Row) -> Row:
        return replace(row, **figures) if row.model == model and row.protocol == "official" else row

    page = Page(build_page(make_project(fooled), CONTENT).html)
    assert [proof["class"] for proof in page.all("div", "proof")] == ["proof holds", "proof broken"]


def test_a_proof_that_lacks_a_reference_says_which(make_project: MakeProject) -> None:
    root = make_project(models=("oracle", "identity", "warp"))
    page = Page(build_page(root, replace(CONTENT, kinds={k: k for k in ("oracle", "identity", "warp")})).html)
    assert [proof["class"] for proof in page.all("div", "proof")] == ["proof open", "proof open"]
    assert "it needs editors of the kinds shuffled too" in page.text


def test_the_metrics_are_the_means_under_the_first_protocol(make_project: MakeProject) -> None:
    summary = build_page(make_project(), CONTENT).summary
    metrics = headlines(summary, "strict")
    assert len(metrics) == 4 * 5
    assert metrics["toy-test/warp/IC"] == 40.0
    assert metrics["toy-test/warp/AVG"] == 37.3
    assert metrics["toy-test/identity/AVG"] == 0.0


def test_scores_that_are_not_there_are_an_error_that_says_what_to_run(make_project: MakeProject) -> None:
    root = make_project(models=("oracle", "identity"))
    with pytest.raises(ValueError, match=r"warp.parquet is missing: run `dvc repro`"):
        build_page(root, CONTENT)


def test_the_commit_is_that_of_code_and_parameters_not_of_the_lock(tmp_path: Path, make_project: MakeProject) -> None:
    from dagster_gsi.reporting.provenance import provenance_of

    def git(*words: str) -> str:
        options = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *options, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    assert provenance_of(tmp_path, own_stage="report").commit == "not committed to Git"
    git("init", "-q")
    (tmp_path / "params.yaml").write_text("a: 1\n")
    git("add", "params.yaml")
    assert provenance_of(tmp_path, own_stage="report").commit == "not committed to Git"
    git("commit", "-q", "-m", "code")
    first = git("rev-parse", "HEAD").strip()
    (tmp_path / "dvc.lock").write_text(LOCK)
    git("add", "dvc.lock")
    git("commit", "-q", "-m", "lock")
    found = provenance_of(tmp_path, own_stage="report")
    assert found.commit == first
    assert found.data == (("data/a", "0a"),)
    assert found.parameters == (("edit.sets", '["t"]'), ("seed", "7"))
    (tmp_path / "params.yaml").write_text("a: 2\n")
    assert provenance_of(tmp_path, own_stage="report").commit == f"{first} and changes that are not committed"


LOCK = """
schema: '2.0'
stages:
  synthesize@a:
    cmd: gsi synthesize a
    params: {params.yaml: {seed: 7, edit: {sets: [t]}}}
    outs: [{path: data/a, md5: 0a}]
  report:
    cmd: gsi report
    outs: [{path: reports/report.html, md5: 0b}]
"""


def test_a_stage_writes_the_page_whole(make_project: MakeProject) -> None:
    from dagster_gsi.stages.base import load_params
    from dagster_gsi.stages.report import STAGE

    root = make_project()
    document: dict[str, Any] = {
        "report": {"title": "A report", "gallery": 2, "picture_width": 64},
        "edit": {
            "sets": ["toy-test"],
            "editors": {name: {"kind": name} for name in ("oracle", "identity", "shuffled", "warp")},
        },
        "evaluate": {"protocols": ["strict", "official"], "resamples": 50, "seed": 0, "judge": "perceptual"},
    }
    report = STAGE.run(load_params(STAGE, document), root)
    assert report.metrics["toy-test/oracle/AVG"] == 93.25
    assert [path.name for path in (root / "reports").iterdir()] == ["report.html"]
    assert report.preview == "logs/report.png"
    assert Image.open(root / report.preview).width == 960
    assert Page((root / "reports/report.html").read_text(encoding="utf-8")).text.startswith("A report")
