"""A set is the same bytes whoever makes it, in however many tries; a tiny one of plain shapes shows it."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from dagster_gsi.cli.entry import explain
from dagster_gsi.samples.manifest import read_manifest
from dagster_gsi.samples.sample import Sample
from dagster_gsi.samples.shards import read_samples, read_set, shard_paths
from dagster_gsi.scenes.catalogue import ASSETS
from dagster_gsi.stages.synthesize import SynthesizeParams, run
from tests.toy_assets import write_toy_catalogue

PAIRS, PAIRS_PER_SHARD = 12, 4
# Of seven operations a toy catalogue offers some too rarely.
FOUR = ("move", "rotate", "scale", "remove")


def make_params(**changes: object) -> SynthesizeParams:
    document = {
        "seed": 3,
        "image_size": 48,
        "samples_per_pixel": 1,
        "edits_per_scene": 4,
        "pairs_per_shard": PAIRS_PER_SHARD,
        "variant": "auto",
        "workers": 1,
        "limits": {"visible": 0.3, "mask_fraction": 0.001, "pixel_change": 2.0, "look_change": 0.01},
        "sets": {
            "toy": {"environment": "table", "split": "train", "pairs": PAIRS, "assets": ASSETS, "operations": FOUR}
        },
    }
    return SynthesizeParams.model_validate({**document, **changes}, strict=False)


def hashes(root: Path) -> dict[str, str]:
    folder = root / "data/gsi_syn/toy"
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project root whose set was made by one worker without interruption."""
    root = tmp_path_factory.mktemp("made")
    write_toy_catalogue(root / "data/assets")
    (root / "report.json").write_text(run(make_params(), root, "toy").model_dump_json(), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def samples(made: Path) -> list[Sample]:
    return [sample for path in shard_paths(made / "data/gsi_syn/toy") for sample in read_samples(path)]


def fresh_root(made: Path, tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/assets").symlink_to(made / "data/assets")
    return tmp_path


def test_the_set_is_whole_balanced_and_its_ids_are_unique(samples: list[Sample], made: Path) -> None:
    assert len({sample.id for sample in samples}) == PAIRS
    assert Counter(sample.edit.name for sample in samples) == dict.fromkeys(FOUR, PAIRS // len(FOUR))
    assert list(read_manifest(made / "data/gsi_syn/toy")["sample_id"]) == [sample.id for sample in samples]
    assert not list((made / ".cache/synthesize").iterdir())


def test_the_report_tells_what_part_of_the_candidates_became_pairs(samples: list[Sample], made: Path) -> None:
    metrics = json.loads((made / "report.json").read_text(encoding="utf-8"))["metrics"]
    rejections = sum((Counter(sample.rejections) for sample in samples), Counter[str]())
    for name in FOUR:
        failed = sum(count for key, count in rejections.items() if key.startswith(f"{name}: "))
        assert metrics[f"acceptance_{name}"] == round(3 / (3 + failed), 3)
    assert {key.removeprefix("rejected/"): n for key, n in metrics.items() if key.startswith("rejected/")} == rejections
    assert any(key.startswith("rules: ") for key in rejections)


def test_the_state_after_is_exactly_what_the_edit_says(samples: list[Sample]) -> None:
    for sample in samples:
        ideal = sample.edit.apply(sample.before)
        assert [thing.name for thing in ideal.things] == [thing.name for thing in sample.after.things]
        for expected, found in zip(ideal.things, sample.after.things, strict=True):
            assert expected.pose_wo.is_close(found.pose_wo, atol=1e-12)
            assert expected.scale == found.scale


def test_what_stays_in_place_keeps_its_pixels_and_its_instances(made: Path) -> None:
    for sample, pictures in read_set(made / "data/gsi_syn/toy"):
        target = sample.instances[sample.edit.target]
        changed_HW = pictures.source_geometry.ids_HW != pictures.target_geometry.ids_HW
        touched_HW = (pictures.source_geometry.ids_HW == target) | (pictures.target_geometry.ids_HW == target)
        assert changed_HW.any()
        assert not (changed_HW & ~touched_HW).any()


def test_samples_of_one_scene_share_their_source_picture(made: Path) -> None:
    sources: dict[str, set[bytes]] = {}
    for sample, pictures in read_set(made / "data/gsi_syn/toy"):
        sources.setdefault(sample.scene_id, set()).add(pictures.source.tobytes())
    assert all(len(pictures) == 1 for pictures in sources.values())
    assert len(sources) < PAIRS


def test_two_workers_make_the_same_bytes_as_one(made: Path, tmp_path: Path) -> None:
    root = fresh_root(made, tmp_path)
    run(make_params(workers=2), root, "toy")
    assert hashes(root) == hashes(made)


def test_after_a_kill_the_same_command_goes_on_and_makes_the_same_bytes(made: Path, tmp_path: Path) -> None:
    root = fresh_root(made, tmp_path)
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from dagster_gsi.stages.synthesize import run\n"
        "from tests.stages.test_synthesize import make_params\n"
        "if __name__ == '__main__':\n"
        "    run(make_params(), Path(sys.argv[1]), 'toy')\n"
    )
    project = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(root)], env={**os.environ, "PYTHONPATH": str(project)}, cwd=project
    )
    gathering, deadline = root / ".cache/synthesize", time.monotonic() + 120
    while not list(gathering.glob("toy-*/shard-*.tar")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {path.name: path.stat().st_mtime_ns for path in gathering.glob("toy-*/shard-*.tar")}
    assert 1 <= len(finished) < PAIRS // PAIRS_PER_SHARD, "the kill came too early or too late to show anything"
    assert not (root / "data/gsi_syn").exists()

    run(make_params(), root, "toy")
    assert hashes(root) == hashes(made)
    for name, written in finished.items():
        assert (root / "data/gsi_syn/toy" / name).stat().st_mtime_ns == written, "a finished shard was made again"


def test_shards_of_other_parameters_are_not_reused(made: Path, tmp_path: Path) -> None:
    root = fresh_root(made, tmp_path)
    stale = root / ".cache/synthesize/toy-0123456789abcdef"
    stale.mkdir(parents=True)
    (stale / "shard-00000.tar").write_bytes(b"of another seed")
    run(make_params(), root, "toy")
    assert not stale.exists()
    assert hashes(root) == hashes(made)


def test_a_missing_model_is_named_before_anything_is_made(tmp_path: Path) -> None:
    write_toy_catalogue(tmp_path / "data/assets")
    (tmp_path / "data/assets/models/yellow-mug.glb").unlink()
    with pytest.raises(ValueError, match=r"yellow-mug\.glb is missing: restore it"):
        run(make_params(), tmp_path, "toy")
    assert not (tmp_path / "data/gsi_syn").exists()


def test_a_corrupt_model_ends_the_run_with_its_name_and_leaves_nothing_in_place(tmp_path: Path) -> None:
    write_toy_catalogue(tmp_path / "data/assets")
    for path in (tmp_path / "data/assets/models").glob("*.glb"):
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match=r"\.glb cannot be read as glTF.*restore or rebuild"):
        run(make_params(), tmp_path, "toy")
    assert not (tmp_path / "data/gsi_syn").exists()


def test_a_full_disk_ends_the_run_and_leaves_no_half_shard(made: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be made by root only")
    try:
        with pytest.raises(OSError, match="No space left") as caught:
            run(make_params(), fresh_root(made, disk), "toy")
        assert explain(caught.value).startswith("the disk is full")
        assert not list(disk.rglob("shard-*.tar"))
        assert not (disk / "data/gsi_syn").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_limits_that_nothing_meets_end_with_what_to_change(made: Path, tmp_path: Path) -> None:
    root = fresh_root(made, tmp_path)
    hopeless = make_params(
        limits={"visible": 0.3, "mask_fraction": 0.9, "pixel_change": 2.0, "look_change": 0.01},
        sets={"toy": {"environment": "table", "split": "train", "pairs": 1, "assets": ASSETS, "operations": FOUR}},
    )
    with pytest.raises(ValueError, match=r"lacks 1 of 1 pairs.*thing: too small before.*Relax synthesize\.limits"):
        run(hopeless, root, "toy")
