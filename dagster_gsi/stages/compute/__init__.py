"""Who does the work of a stage: processes of this machine, or the nodes of a Ray cluster.

The engine changes who does a piece of work and when, never its result: the same function, the same bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AfterValidator

from dagster_gsi.stages.base import Params
from dagster_gsi.stages.workers import run_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Result = TypeVar("Result")

_ADDRESS = re.compile(r"|auto|(ray://)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(
            f"{text!r} is no address of a Ray cluster: leave it empty for processes of this machine, or set `auto` (the "
            "cluster that this machine belongs to), `host:port` (its head, from a machine that belongs to it) or "
            "`ray://host:port` (its client port, from any machine)"
        )
    return text


class ComputeParams(Params):
    """The `compute` section of params.yaml. Nothing in it changes what a stage makes."""

    address: Annotated[str, AfterValidator(_address)] = ""
    """Of a Ray cluster; empty for a pool of processes on this machine."""


def run_tasks(
    function: Callable[..., Result],
    tasks: Sequence[tuple[Any, ...]],
    *,
    root: Path,
    compute: ComputeParams,
    workers: int,
    advance: Callable[[int], None],
) -> Iterator[Result]:
    """Call `function(*task)` for every task and yield the results as they come, in whatever order that is.

    `workers` is how many work at once; 0 is one for each core of this machine, or of the cluster. `advance` is told how
    many items were counted by `count_one` since it was last called, and never of one item twice. The first task that
    fails ends all others and raises its error here. `root` is the folder under which tasks read and write.
    """
    if not compute.address:
        return run_pool(function, tasks, workers=workers, advance=advance)
    from dagster_gsi.stages.compute.cluster import run_cluster

    return run_cluster(function, tasks, root=root, address=compute.address, workers=workers, advance=advance)
