"""A pool of worker processes for the shards or samples of a stage, with progress counted while they work.

The pool changes who does a piece of work and when, never its result. Workers end with their parent, however it ends:
Ctrl-C and SIGTERM are handled by the parent, and a watch in each worker notices a parent that was killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.sharedctypes import Synchronized

Result = TypeVar("Result")

_count: Callable[[], None] | None = None
_SECONDS_BETWEEN_LOOKS = 0.5


def count_one() -> None:
    """Called inside the work: one more item is done."""
    if _count is not None:
        _count()


@contextmanager
def counting(count: Callable[[], None]) -> Iterator[None]:
    """`count_one` calls `count` inside the block."""
    global _count  # noqa: PLW0603 - the work calls `count_one` from deep inside and knows nothing of its engine
    before, _count = _count, count
    try:
        yield
    finally:
        _count = before


def num_workers(asked: int) -> int:
    """`asked`, or one for each core that this process may use if it is 0."""
    return asked or len(os.sched_getaffinity(0))


def run_pool(
    function: Callable[..., Result],
    tasks: Sequence[tuple[Any, ...]],
    *,
    workers: int,
    advance: Callable[[int], None],
) -> Iterator[Result]:
    """Call `function(*task)` for every task and yield the results as they come.

    `advance` is told how many items were counted by `count_one` since it was last called. The first task that fails
    ends the pool and raises its error here.
    """
    if not tasks:
        return
    # Spawned, not forked: renderers and torch keep threads that a forked child would wait for in vain.
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    pool = ProcessPoolExecutor(
        min(num_workers(workers), len(tasks)), mp_context=context, initializer=_start, initargs=(counter,)
    )
    told = 0
    try:
        pending: set[Future[Result]] = {pool.submit(function, *task) for task in tasks}
        while pending:
            done, pending = wait(pending, timeout=_SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED)
            if counter.value > told:
                advance(counter.value - told)
                told = counter.value
            for future in done:
                yield future.result()
    except BrokenProcessPool:
        raise ValueError(
            "a worker process was killed, most likely because memory ran out; set `workers` of the stage in "
            "params.yaml to a smaller number and start again: what was complete is kept"
        ) from None
    except BaseException:
        _end(pool)
        raise
    pool.shutdown()


def _start(counter: Synchronized[int]) -> None:
    global _count  # noqa: PLW0603 - an initializer has no other way to hand something to the work
    _count = partial(_add_one, counter)
    # The terminal sends Ctrl-C to every process; the parent decides and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _add_one(counter: Synchronized[int]) -> None:
    with counter.get_lock():
        counter.value += 1


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _end(pool: ProcessPoolExecutor) -> None:
    processes = list((pool._processes or {}).values())  # noqa: SLF001 - Python 3.14 has terminate_workers for this
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
