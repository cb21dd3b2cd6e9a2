"""What runs on the nodes of a cluster: the look whether a node is fit for the work, and one attempt at a task."""

from __future__ import annotations

import importlib.metadata
import os
import re
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import dagster_gsi
from dagster_gsi import telemetry
from dagster_gsi.files import code_digest, earlier_attempts
from dagster_gsi.stages.workers import counting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Result = TypeVar("Result")

_SECONDS_BETWEEN_NEWS = 0.5
_DISTRIBUTION = "dagster-gsi"


@dataclass(frozen=True, slots=True)
class Workplace:
    """What the machine that hands out the work has, and each node must have too, or it would make something else."""

    root: Path
    token: Path
    """A file under `root` that holds its own name."""
    code: str
    packages: tuple[tuple[str, str], ...]


def own_workplace(root: Path, token: Path) -> Workplace:
    """The workplace as this process has it."""
    return Workplace(root, token, code_digest([dagster_gsi]), packages())


@cache
def packages() -> tuple[tuple[str, str], ...]:
    """Name and version of each package that the project requires; those that are missing have the version `none`."""
    try:
        required = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return ((_DISTRIBUTION, "none"),)
    names = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in required if "extra ==" not in line]
    return tuple((name, _version(name)) for name in sorted(names))


def unfit(workplace: Workplace) -> str | None:
    """Why this node cannot do the work, or None if it can; what to do about it is in the sentence."""
    try:
        seen = workplace.token.read_text(encoding="utf-8")
    except OSError as error:
        seen = error.strerror or type(error).__name__
    if seen != workplace.token.name:
        return (
            f"does not see {workplace.root} as this machine does (reading {workplace.token}: {seen}): put the project on "
            "a file system that all nodes share, mounted at the same path"
        )
    if code_digest([dagster_gsi]) != workplace.code:
        return (
            f"runs other code of dagster_gsi, from {dagster_gsi.__path__[0]}: install the same commit there and restart Ray "
            "on that node; or, if the code was changed during the run, start the run again"
        )
    here, wanted = dict(packages()), dict(workplace.packages)
    differing = [
        f"{name} {here.get(name, 'none')} instead of {version}"
        for name, version in wanted.items()
        if here.get(name) != version
    ]
    if differing:
        return f"has {', '.join(differing)}: install with the same constraints.txt there and restart Ray on that node"
    return None


# What a worker process found once holds for all tasks that it does for the run.
_unfit = cache(unfit)


class Counter:
    """How far the tasks of all nodes are; lives in an actor of its own and holds what was not fetched yet."""

    def __init__(self) -> None:
        self._news: dict[int, int] = {}

    def reach(self, task: int, items: int) -> None:
        self._news[task] = max(items, self._news.get(task, 0))

    def fetch(self) -> dict[int, int]:
        news, self._news = self._news, {}
        return news


class _Items:
    """Counts the items of one attempt and tells the counter now and then."""

    def __init__(self, counter: Any, task: int) -> None:
        self.count = 0
        self._counter, self._task = counter, task
        self._last = time.monotonic()

    def add(self) -> None:
        self.count += 1
        now = time.monotonic()
        # Nobody waits for the answer: the number that counts comes with the result.
        if now - self._last >= _SECONDS_BETWEEN_NEWS:
            self._last = now
            self._counter.reach.remote(self._task, self.count)


def attempt(
    function: Callable[..., Result],
    task: tuple[Any, ...],
    *,
    number: int,
    earlier: int,
    workplace: Workplace,
    counter: Any,
) -> tuple[Result, int]:
    """Do task `number`, which was begun `earlier` times before; its result and the number of items that it counted."""
    telemetry.switch_off()
    # A node may have joined after the others were looked at.
    if reason := _unfit(workplace):
        raise ValueError(f"params.yaml, compute.address: the node {os.uname().nodename} {reason}")
    os.chdir(workplace.root)
    items = _Items(counter, number)
    token = earlier_attempts.set(earlier)
    try:
        with counting(items.add):
            return function(*task), items.count
    finally:
        earlier_attempts.reset(token)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"
