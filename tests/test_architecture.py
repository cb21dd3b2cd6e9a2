"""Rules that no single module can keep: what loads, who knows what, who reports home."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dagster_gsi.telemetry import SWITCHES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dagster_gsi"
HEAVY = {
    *("torch", "diffusers", "transformers", "peft", "mitsuba", "drjit", "mujoco", "mlflow", "great_expectations"),
    *("pandas", "pyarrow", "scipy", "skimage", "sklearn", "cv2", "trimesh", "matplotlib", "dvc", "webdataset", "ray"),
}


def loaded_by(code: str) -> set[str]:
    """Modules that a fresh Python holds after `code`."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_code_location_loads_without_heavy_modules() -> None:
    modules = loaded_by("from dagster_gsi.definitions import defs; defs().resolve_all_job_defs()")
    assert "dagster_gsi.defs.jobs" in modules
    assert HEAVY & modules == set()


def test_the_command_line_answers_without_heavy_modules_or_dagster() -> None:
    modules = loaded_by("from dagster_gsi.cli.entry import run; run(['--help'])")
    assert "dagster_gsi.cli.app" in modules
    assert {*HEAVY, "dagster", "numpy"} & modules == set()


def test_loading_the_code_location_switches_telemetry_off() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    script = "from dagster_gsi.definitions import defs; defs(); import os; print(*(os.environ[n] for n in {!r}))"
    done = subprocess.run(
        [sys.executable, "-c", script.format(list(SWITCHES))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == list(SWITCHES.values())


def test_dvc_and_dagster_keep_to_themselves_when_started_by_hand() -> None:
    assert "analytics = false" in (ROOT / ".dvc/config").read_text(encoding="utf-8")
    assert re.search(r"telemetry:\n +enabled: false", (ROOT / ".dagster/dagster.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted((PACKAGE / "defs").glob("*.py")), ids=lambda path: path.name)
def test_definitions_have_annotations_that_dagster_can_read(path: Path) -> None:
    assert "from __future__ import annotations" not in path.read_text(encoding="utf-8")


def modules_that_say(pattern: str) -> set[str]:
    found = re.compile(pattern, re.MULTILINE)
    return {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if found.search(path.read_text(encoding="utf-8"))
    }


def test_one_module_starts_dvc() -> None:
    assert modules_that_say(r"""["']-m["'], ["']dvc["']|^\s*(from|import) dvc\b""") == {"pipeline/dvc.py"}


def test_one_module_imports_mlflow_and_one_package_great_expectations() -> None:
    assert modules_that_say(r"^\s*(from|import) mlflow\b") == {"tracking/mlflow.py"}
    assert modules_that_say(r"^\s*(from|import) great_expectations\b") == {"quality/base.py", "quality/gsi_syn.py"}


def test_nothing_unpickles_and_no_random_numbers_come_from_a_global_state() -> None:
    assert modules_that_say(r"^\s*(from|import) (pickle|random)\b") == set()
    assert modules_that_say(r"np\.random\.(?!default_rng|Generator|SeedSequence)\w") == set()
    assert modules_that_say(r"allow_pickle=True|weights_only=False") == set()


def test_every_command_of_make_is_explained() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (declared,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    explained = re.findall(r"^([a-z-]+):.* ## \S", text, re.MULTILINE)
    assert sorted(declared.split()) == sorted(explained)


def test_the_tested_set_of_versions_satisfies_every_requirement_and_all_are_exact() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    tested = {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines if not line.startswith("#")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text) for text in [*project["dependencies"], *project["optional-dependencies"]["dev"]]]
    for requirement in wanted:
        assert requirement.specifier == f"=={tested[canonicalize_name(requirement.name)]}", requirement
