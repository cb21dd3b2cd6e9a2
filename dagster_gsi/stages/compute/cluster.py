"""The tasks of a stage on a Ray cluster: handed out a few at a time, begun anew where a node dies, ended with the run.

This process keeps the list of tasks and begins lost ones anew itself, because only then does an attempt know how many
went before it, which keeps its files apart from theirs.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import uuid
from collections import deque
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dagster_gsi.files import write_text
from dagster_gsi.stages.compute.node import Counter, Workplace, attempt, own_workplace, unfit
from dagster_gsi.stages.compute.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Result = TypeVar("Result")

_KEY = "params.yaml, compute.address"
_SECONDS_BETWEEN_LOOKS = 0.5
# A task that was lost with so many workers most likely kills them.
_ATTEMPTS = 4
# Two for each core: one works, the next is ready, and a cluster that grows by demand sees that there is some.
_IN_FLIGHT_PER_CORE = 2
# Of a machine that is up but busy; one that is gone is known sooner.
_SECONDS_FOR_A_LOOK_AT_A_NODE = 120.0
_SECONDS_TO_END = 10.0
_SECONDS_TO_KNOCK = 10.0


def run_cluster(
    function: Callable[..., Result],
    tasks: Sequence[tuple[Any, ...]],
    *,
    root: Path,
    address: str,
    workers: int,
    advance: Callable[[int], None],
) -> Iterator[Result]:
    """As `run_tasks` says, on the cluster at `address`. All nodes must see `root` at the same path."""
    if not tasks:
        return
    with _connected(address), _workplace(root) as workplace:
        _check_nodes(workplace)
        yield from _Run(function, tasks, workplace, workers).results(advance)


class _Run:
    """The tasks that wait, those under way, and how far they are."""

    def __init__(
        self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], workplace: Workplace, workers: int
    ) -> None:
        import ray

        self._ray = ray
        self._function, self._tasks, self._workplace, self._workers = function, tasks, workplace, workers
        self._waiting = deque((number, 0) for number in range(len(tasks)))
        self._running: dict[Any, tuple[int, int]] = {}
        self._tally = Tally()
        # One thread each, as on a core of this machine. Fewer tasks than cores are spread over the machines.
        self._attempt = ray.remote(num_cpus=1, max_retries=0, scheduling_strategy="SPREAD")(attempt)
        self._counter = _start_counter()
        self._asked = self._counter.fetch.remote()

    def results(self, advance: Callable[[int], None]) -> Iterator[Any]:
        try:
            while self._waiting or self._running:
                self._hand_out()
                done, _ = self._ray.wait(list(self._running), timeout=_SECONDS_BETWEEN_LOOKS)
                finished = [outcome for ref in done for outcome in self._finish(ref)]
                self._hear()
                if news := self._tally.news():
                    advance(news)
                yield from finished
        except BaseException:
            self._end()
            raise

    def _hand_out(self) -> None:
        limit = self._workers or _IN_FLIGHT_PER_CORE * max(int(self._ray.cluster_resources().get("CPU", 0)), 1)
        while self._waiting and len(self._running) < limit:
            number, earlier = self._waiting.popleft()
            ref = self._attempt.remote(
                self._function,
                self._tasks[number],
                number=number,
                earlier=earlier,
                workplace=self._workplace,
                counter=self._counter,
            )
            self._running[ref] = (number, earlier)

    def _finish(self, ref: Any) -> list[Any]:
        """The result of an attempt that ended, in a list; an empty one if it was lost and has to begin anew."""
        number, earlier = self._running.pop(ref)
        try:
            result, items = self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except self._ray.exceptions.RayError as error:
            if earlier + 1 == _ATTEMPTS:
                raise ValueError(
                    f"the worker of a task was lost {_ATTEMPTS} times, most likely because memory ran out on its node: "
                    "give Ray fewer cores there (`ray start --num-cpus`) and start again: what was complete is kept. "
                    f"Ray says: {' '.join(str(error).split())}"
                ) from error
            self._waiting.appendleft((number, earlier + 1))
            return []
        self._tally.finish(number, items)
        return [result]

    def _hear(self) -> None:
        """Take in how far the tasks are, without waiting for a counter that was lost."""
        if self._ray.wait([self._asked], timeout=0)[0]:
            # It starts anew, and what tasks tell it next holds what it knew.
            with suppress(self._ray.exceptions.RayError):
                self._tally.reach(self._ray.get(self._asked))
            self._asked = self._counter.fetch.remote()

    def _end(self) -> None:
        refs = list(self._running)
        for ref in refs:
            self._ray.cancel(ref, force=True)
        if refs:
            self._ray.wait(refs, num_returns=len(refs), timeout=_SECONDS_TO_END)


@contextmanager
def _connected(address: str) -> Iterator[None]:
    # Read by Ray as it is imported and when it connects. A project started by `uv run` would be copied to each node.
    os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"})
    try:
        import ray
    except ImportError:
        raise ValueError(f"{_KEY} is {address}, but Ray is not installed: pip install 'dagster-gsi[ray]'") from None
    with _handlers_kept():
        try:
            _knock(address)
            ray.init(address=address, logging_level="WARNING")
        except (OSError, RuntimeError, ValueError) as error:
            raise ValueError(
                f"{_KEY}: nothing answers at {address} ({' '.join(str(error).split())}): start a cluster with "
                "`ray start --head` and join machines with `ray start --address=HOST:6379`, all with the same versions of "
                "Ray and Python; where it asks for a token, set RAY_AUTH_MODE and the token here too; or leave the key "
                "empty to work on this machine alone"
            ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError where no one listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS_TO_KNOCK).close()


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Ray sets a handler of SIGTERM of its own when it connects; the command line has one already."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


@contextmanager
def _workplace(root: Path) -> Iterator[Workplace]:
    """Lay a file of a new name into `root`, by which nodes show that they see this folder and not one of its path."""
    root = Path(os.path.abspath(root))  # noqa: PTH100 - links stay: what they lead to may differ on other machines
    token = root / ".cache/compute" / uuid.uuid4().hex
    write_text(token, token.name)
    try:
        yield own_workplace(root, token)
    finally:
        token.unlink(missing_ok=True)


def _check_nodes(workplace: Workplace) -> None:
    """Ask each node whether it is fit; one error names all that are not."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    look = ray.remote(num_cpus=0, max_retries=0)(unfit)
    nodes = {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}
    answers = {
        name: look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(name, soft=False)).remote(workplace)
        for name in nodes
    }
    faults = []
    for name, answer in answers.items():
        try:
            reason = ray.get(answer, timeout=_SECONDS_FOR_A_LOOK_AT_A_NODE)
        except ray.exceptions.GetTimeoutError:
            reason = f"did not answer for {_SECONDS_FOR_A_LOOK_AT_A_NODE:.0f} seconds: see `ray status`"
        except ray.exceptions.RayTaskError as error:
            reason = (
                f"cannot run dagster_gsi ({error.cause}): install the same commit there and restart Ray on that node"
            )
        except ray.exceptions.RayError:
            continue  # it died just now, and what dies later is no reason to end either
        if reason:
            faults.append(
                f"the node {nodes[name]['NodeManagerHostname']} ({nodes[name]['NodeManagerAddress']}) {reason}"
            )
    if faults:
        raise ValueError("\n".join(f"{_KEY}: {fault}" for fault in faults))


def _start_counter() -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    # On the node of this process, which the run does not outlive anyway.
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0, max_restarts=-1, scheduling_strategy=here)(Counter).remote()
