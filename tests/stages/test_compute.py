"""The engine is chosen by one key; items of tasks that begin anew count once; an unfit node is told why."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from dagster_gsi.files import earlier_attempts, replacing, write_text
from dagster_gsi.stages.base import Params, Report, Stage, load_params
from dagster_gsi.stages.compute import ComputeParams, run_tasks
from dagster_gsi.stages.compute.node import own_workplace, packages, unfit
from dagster_gsi.stages.compute.tally import Tally
from dagster_gsi.stages.workers import count_one, counting


class ToyParams(Params):
    compute: ComputeParams


TOY = Stage("toy", ToyParams, lambda *_: Report(metrics={}), sections=("compute",))


@pytest.mark.parametrize(
    "address", ["", "auto", "ray://head:10001", "head.lab.example:6379", "10.0.0.1:6379", "[::1]:6379"]
)
def test_every_way_to_name_a_cluster_is_taken(address: str) -> None:
    assert load_params(TOY, {"toy": {}, "compute": {"address": address}}) == ToyParams(
        compute=ComputeParams(address=address)
    )


@pytest.mark.parametrize("address", ["local", "head", "http://head:8265", "ray://head", "head:port", " auto"])
def test_what_names_no_cluster_is_refused_with_the_key_and_what_to_write(address: str) -> None:
    with pytest.raises(
        ValueError, match=r"^params\.yaml, compute\.address: .*no address.*leave it empty.*ray://host:port"
    ):
        load_params(TOY, {"toy": {}, "compute": {"address": address}})


def test_a_key_with_a_typo_is_told_with_the_right_one() -> None:
    with pytest.raises(ValueError, match=r"params\.yaml, compute\.adress: unknown key; did you mean 'address'"):
        load_params(TOY, {"toy": {}, "compute": {"adress": ""}})


def squared(number: int) -> int:
    count_one()
    return number * number


def test_without_an_address_the_processes_of_this_machine_do_the_work(tmp_path: Path) -> None:
    advances: list[int] = []
    tasks = [(n,) for n in range(4)]
    results = run_tasks(squared, tasks, root=tmp_path, compute=ComputeParams(), workers=1, advance=advances.append)
    assert sorted(results) == [0, 1, 4, 9]
    assert sum(advances) == 4


def test_an_address_without_ray_is_told_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r"compute\.address is auto.*pip install 'dagster-gsi\[ray\]'"):
        list(
            run_tasks(
                squared, [(1,)], root=tmp_path, compute=ComputeParams(address="auto"), workers=0, advance=lambda _: None
            )
        )


def test_no_tasks_ask_for_no_cluster(tmp_path: Path) -> None:
    nowhere = ComputeParams(address="ray://nowhere.invalid:1")
    assert list(run_tasks(squared, [], root=tmp_path, compute=nowhere, workers=0, advance=lambda _: None)) == []


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nowhere.invalid:6379"])
def test_an_address_where_nothing_answers_is_told_at_once_with_what_to_start(tmp_path: Path, address: str) -> None:
    compute = ComputeParams(address=address)
    with pytest.raises(ValueError, match=r"compute\.address: nothing answers at .*ray start --head"):
        list(run_tasks(squared, [(1,)], root=tmp_path, compute=compute, workers=0, advance=lambda _: None))
    assert list(tmp_path.iterdir()) == []


def test_counting_reaches_the_innermost_block_and_ends_with_it() -> None:
    outer: list[int] = []
    inner: list[int] = []
    count_one()
    with counting(lambda: outer.append(1)):
        count_one()
        with counting(lambda: inner.append(1)):
            count_one()
        count_one()
    count_one()
    assert (len(outer), len(inner)) == (2, 1)


def test_a_task_that_begins_anew_counts_each_item_once() -> None:
    tally = Tally()
    tally.reach({0: 3, 1: 1})
    assert tally.news() == 4
    tally.reach({0: 1})  # its node died; the second attempt has done one
    assert tally.news() == 0
    tally.reach({0: 4})
    assert tally.news() == 1
    tally.finish(0, 5)
    tally.reach({0: 2})  # late news of the attempt that was given up
    assert tally.news() == 1
    tally.finish(1, 5)
    assert tally.news() == 4
    assert tally.news() == 0


def test_a_task_that_finished_with_less_than_it_said_takes_nothing_back() -> None:
    tally = Tally()
    tally.reach({0: 3})
    assert tally.news() == 3
    tally.finish(0, 2)
    assert tally.news() == 0
    tally.finish(1, 2)
    assert tally.news() == 1


def test_a_later_attempt_takes_the_file_from_an_earlier_one_that_still_writes(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    first = replacing(path)
    first.__enter__().write_text("half of the first", encoding="utf-8")
    token = earlier_attempts.set(1)
    with replacing(path) as partial:
        partial.write_text("whole", encoding="utf-8")
    earlier_attempts.reset(token)
    with pytest.raises(FileNotFoundError):
        first.__exit__(None, None, None)
    assert path.read_text(encoding="utf-8") == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_node_that_is_as_this_machine_is_fit(tmp_path: Path) -> None:
    write_text(tmp_path / "token", "token")
    assert unfit(own_workplace(tmp_path, tmp_path / "token")) is None
    assert dict(packages())["mitsuba"] == "3.9.1"
    assert "pytest" not in dict(packages())


def test_an_unfit_node_is_told_what_it_lacks_and_what_to_do(tmp_path: Path) -> None:
    write_text(tmp_path / "token", "token")
    fit = own_workplace(tmp_path, tmp_path / "token")
    elsewhere = dataclasses.replace(fit, token=tmp_path / "other")
    assert "does not see" in (unfit(elsewhere) or "")
    assert "No such file or directory): put the project on a file system that all nodes share" in (
        unfit(elsewhere) or ""
    )
    write_text(tmp_path / "other", "of another folder with this path")
    assert "(reading" in (unfit(elsewhere) or "")
    assert "runs other code of dagster_gsi" in (unfit(dataclasses.replace(fit, code="0")) or "")
    older = tuple((name, "3.8.0" if name == "mitsuba" else version) for name, version in fit.packages)
    assert (unfit(dataclasses.replace(fit, packages=older)) or "").startswith(
        "has mitsuba 3.9.1 instead of 3.8.0: install"
    )
