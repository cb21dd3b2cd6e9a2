"""`dvc.yaml`, the stages and the Dagster assets are views of one graph."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml

from dagster_gsi.definitions import defs
from dagster_gsi.pipeline import project
from dagster_gsi.stages import STAGES
from dagster_gsi.stages.base import load_params

ROOT = Path(__file__).parents[2]
DECLARED: dict[str, dict[str, Any]] = {
    name: stage.get("do", stage)
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"].items()
}
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
MODULES = grimp.build_graph("dagster_gsi")


def paths(entries: list[str | dict[str, Any]]) -> list[str]:
    """Paths of outputs or dependencies without the part that names an instance."""
    names = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
    return [re.sub(r"/[^/]*\$\{.*", "", name) for name in names]


def dvc_graph() -> dict[str, set[str]]:
    made_by = {out: name for name, stage in DECLARED.items() for out in paths(stage["outs"])}
    return {name: {made_by[d] for d in paths(s["deps"]) if d in made_by} for name, s in DECLARED.items()}


def asset_graph() -> dict[str, set[str]]:
    specs = [spec for spec in defs().resolve_all_asset_specs() if "dvc_stage" in spec.metadata]
    stage_of = {spec.key: spec.metadata["dvc_stage"] for spec in specs}
    return {stage_of[spec.key]: {stage_of[dep.asset_key] for dep in spec.deps} for spec in specs}


def test_dagster_dvc_and_the_stages_are_one_graph() -> None:
    assert asset_graph() == dvc_graph()
    assert list(STAGES) == list(DECLARED)


def test_assets_have_the_partitions_that_dvc_has_instances() -> None:
    for asset in defs().resolve_asset_graph().assets_defs:
        metadata = next(iter(asset.metadata_by_key.values()), {})
        if "dvc_stage" in metadata:
            keys = asset.partitions_def.get_partition_keys() if asset.partitions_def else None
            instances = project.instances(ROOT, metadata["dvc_stage"])
            assert keys == (list(instances) if instances else None), asset.key


def test_only_the_night_watch_is_no_stage() -> None:
    keys = {spec.key.to_user_string() for spec in defs().resolve_all_asset_specs() if "dvc_stage" not in spec.metadata}
    assert keys == {"nightly"}


@pytest.mark.parametrize("name", STAGES)
def test_dvc_watches_every_module_that_a_stage_imports(name: str) -> None:
    module = STAGES[name].run.__module__
    files = {m.replace(".", "/") for m in {module, *MODULES.find_upstream_modules(module)}}
    watched = tuple(dep.removesuffix(".py") for dep in DECLARED[name]["deps"])
    # The package itself is an empty file.
    missed = {f for f in files - {"dagster_gsi"} if not any(f == w or f.startswith(f"{w}/") for w in watched)}
    assert missed == set()


@pytest.mark.parametrize("name", STAGES)
def test_every_dependency_on_code_exists(name: str) -> None:
    assert [dep for dep in DECLARED[name]["deps"] if dep.startswith("dagster_gsi/") and not (ROOT / dep).exists()] == []


@pytest.mark.parametrize("name", STAGES)
def test_parameters_are_valid_and_dvc_watches_each_that_changes_the_result(name: str) -> None:
    stage = STAGES[name]
    params = load_params(stage, PARAMS)
    assert set(stage.params.model_fields) - set(stage.sections) >= set(PARAMS[name])
    watched = {key.split(".${")[0] for key in DECLARED[name]["params"]}
    if name not in watched:
        keys = {f"{name}.{field}" for field in set(PARAMS[name]) - params.unwatched}
        assert {w for w in watched if w.startswith(f"{name}.")} == keys
    assert {w.split(".")[0] for w in watched} == {name, *stage.sections} - params.unwatched


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_runs_by_its_own_command_and_reports_where_dagster_reads(name: str) -> None:
    key = " ${key}" if project.instances(ROOT, name) else ""
    assert DECLARED[name]["cmd"] == f"gsi {name}{key}"
    assert DECLARED[name]["metrics"] == [{f"reports/{name}{key.replace(' ', '-')}.json": {"cache": False}}]


@pytest.mark.parametrize("profile", sorted(path.stem for path in (ROOT / "profiles").glob("*.yaml")))
def test_profiles_change_only_keys_that_exist_to_values_that_are_valid(profile: str) -> None:
    overlay = yaml.safe_load((ROOT / f"profiles/{profile}.yaml").read_text(encoding="utf-8"))

    def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
        assert set(over) <= set(base)
        return {k: merged(v, over[k]) if isinstance(v, dict) and k in over else over.get(k, v) for k, v in base.items()}

    for stage in STAGES.values():
        load_params(stage, merged(PARAMS, overlay))


def test_dvc_sees_this_graph_and_no_other() -> None:
    from dvc.repo import Repo

    with Repo(str(ROOT)) as repo:
        names = {stage.addressing.rpartition(":")[2] for stage in repo.index.stages}
    assert names == set(project.addresses(ROOT))
