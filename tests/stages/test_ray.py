"""Ray does what the pool does, on two nodes of this machine, and loses and doubles nothing when a node dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_gsi.files import earlier_attempts, replacing
from dagster_gsi.stages import synthesize
from dagster_gsi.stages.compute import ComputeParams, run_tasks
from dagster_gsi.stages.workers import count_one
from tests.ray_by_hand import add_node, address, cluster, kill
from tests.stages.test_synthesize import PAIRS, PAIRS_PER_SHARD, make_params
from tests.toy_assets import write_toy_catalogue

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ITEMS = 4
DEADLINE_S = 60.0


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[Any]:
    with cluster(2) as found:
        yield found


def node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def met(folder: Path, number: int, of: int) -> tuple[int, str]:
    """Wait until all `of` tasks are under way at once, which takes as many cores."""
    (folder / f"here-{number}").touch()
    until(lambda: len(list(folder.glob("here-*"))) == of)
    count_one()
    return number, node()


def written(folder: Path, number: int, doomed: str) -> tuple[int, int]:
    """A file of some items; on the node `doomed` the work stops in the middle of it, for ever."""
    with replacing(folder / f"{number}.txt") as partial, partial.open("w", encoding="utf-8") as file:
        for item in range(ITEMS):
            file.write(f"{number}.{item}\n")
            file.flush()
            count_one()
            if node() == doomed:
                time.sleep(0.3)
                if item == ITEMS - 2:
                    (folder.parent / "began").touch()
                    time.sleep(600)
    return number, earlier_attempts.get()


def until(condition: Any) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.05)


def run(function: Any, tasks: list[Any], root: Path, at: str, *, workers: int = 0) -> tuple[list[Any], list[int]]:
    advances: list[int] = []
    compute = ComputeParams(address=at)
    found = run_tasks(function, tasks, root=root, compute=compute, workers=workers, advance=advances.append)
    return list(found), advances


def test_both_nodes_work_at_once_and_all_is_counted(two_nodes: Any, tmp_path: Path) -> None:
    results, advances = run(met, [(tmp_path, n, 2) for n in range(2)], tmp_path, address(two_nodes))
    assert sorted(number for number, _ in results) == [0, 1]
    assert len({name for _, name in results}) == 2
    assert sum(advances) == 2
    assert list((tmp_path / ".cache/compute").iterdir()) == []


def test_a_node_that_dies_in_mid_run_loses_and_doubles_nothing(two_nodes: Any, tmp_path: Path) -> None:
    victim, folder = add_node(two_nodes), tmp_path / "out"

    def strike() -> None:
        until((tmp_path / "began").exists)
        kill(victim)

    striker = threading.Thread(target=strike)
    striker.start()
    count = 12
    results, advances = run(written, [(folder, n, victim.node_id) for n in range(count)], tmp_path, address(two_nodes))
    striker.join()
    two_nodes.remove_node(victim)
    assert sorted(number for number, _ in results) == list(range(count))
    assert max(earlier for _, earlier in results) >= 1, "the node died without a task"
    assert sum(advances) == count * ITEMS
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == {
        f"{n}.txt": "".join(f"{n}.{item}\n" for item in range(ITEMS)) for n in range(count)
    }


def test_the_first_error_of_a_task_is_raised_here_as_it_was(two_nodes: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^invalid literal for int") as caught:
        run(int, [("7",), ("seven",)], tmp_path, address(two_nodes))
    assert type(caught.value) is ValueError


def test_a_task_that_kills_its_workers_is_given_up_with_a_remedy(two_nodes: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"lost 4 times.*memory ran out.*--num-cpus"):
        run(os._exit, [(9,)], tmp_path, address(two_nodes))


def test_a_node_that_does_not_see_the_folder_is_named_with_it(
    two_nodes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Under this path every process sees its own working folder.
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ValueError, match=r"compute\.address: the node .* does not see /proc/self/cwd .*share"
    ) as caught:
        run(squared, [(1,)], Path("/proc/self/cwd"), address(two_nodes))
    assert len(str(caught.value).splitlines()) == 2, "one line a node"
    assert list((tmp_path / ".cache/compute").iterdir()) == []


def test_a_set_is_the_same_bytes_from_one_process_and_from_a_cluster(two_nodes: Any, tmp_path: Path) -> None:
    made: dict[str, dict[str, bytes]] = {}
    for at in ("", address(two_nodes)):
        root = tmp_path / ("cluster" if at else "alone")
        write_toy_catalogue(root / "data/assets")
        synthesize.run(make_params(compute={"address": at}), root, "toy")
        made[root.name] = {path.name: path.read_bytes() for path in (root / "data/gsi_syn/toy").iterdir()}
    assert len([name for name in made["alone"] if name.endswith(".tar")]) == PAIRS // PAIRS_PER_SHARD
    assert made["cluster"] == made["alone"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_tasks_end_with_the_run_that_began_them(two_nodes: Any, tmp_path: Path, how: signal.Signals) -> None:
    script = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from tests.stages.test_ray import run, sleep_long\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        "run(sleep_long, [(Path(sys.argv[1]),)] * 2, Path(sys.argv[1]), sys.argv[2])\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), address(two_nodes)]
    driver = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: len(list(tmp_path.glob("pid-*"))) == 2)
    pids = [int(path.name.removeprefix("pid-")) for path in tmp_path.glob("pid-*")]
    driver.send_signal(how)
    assert driver.wait(DEADLINE_S) != 0
    until(lambda: not any(alive(pid) for pid in pids))
    assert list((tmp_path / ".cache/compute").iterdir()) == []


def squared(number: int) -> int:
    return number * number


def sleep_long(folder: Path) -> None:
    (folder / f"pid-{os.getpid()}").touch()
    time.sleep(600)


def alive(pid: int) -> bool:
    try:
        return "(ray::attempt" in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
