"""`gsi demo`: the whole chain through Dagster, in one process, for somebody who watches."""

from __future__ import annotations

import logging
import os
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from dagster_gsi.cli.profile import use_profile
from dagster_gsi.pipeline import dvc, project
from dagster_gsi.rendering.llvm import find_llvm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import dagster as dg
    from dagster_shared.error import SerializableErrorInfo

_WITHOUT_LLVM = (
    "LLVM 19 was not found, so pictures are rendered by scalar_rgb, ten times slower, and the demo takes the profile "
    "`small` (128 px). For the real thing install libllvm19, or run `make llvm`, and then `git checkout params.yaml`."
)


def run_demo(root: Path, profile: str | None) -> None:
    """Materialize every asset that is not up to date; ends with a table of all of them."""
    console = Console()
    if find_llvm() is None and profile is None:
        console.print(_WITHOUT_LLVM, style="yellow")
        profile = "small"
    if profile:
        use_profile(root, profile)
    table = Table("asset", "partition", "", "seconds", "figures", title="The chain")
    num_made = 0
    with open_chain(root) as chain:
        for number, address in enumerate(chain.addresses, start=1):
            console.rule(f"{number} of {len(chain.addresses)}: {address}", align="left")
            started = time.monotonic()
            made = chain.bring_up_to_date(address)
            num_made += made
            console.print("made" if made else "up to date")
            asset, partition = chain.asset_of(address)
            seconds = f"{time.monotonic() - started:.1f}" if made else ""
            table.add_row(
                asset.to_user_string(),
                partition or "",
                "made" if made else "kept",
                seconds,
                project.headline(project.read_records(root, address).metrics),
            )
    console.print(table)
    console.print(
        f"{num_made} of {len(chain.addresses)} were made." if num_made else "All is up to date: nothing was done."
    )
    console.print(f"The report: {root / 'reports/report.html'}\nDagster's and MLflow's pages: make ui", soft_wrap=True)


@contextmanager
def open_chain(root: Path) -> Iterator[Chain]:
    """The chain's assets with the project's own Dagster instance, whose records the UI shows."""
    use_project_instance(root)
    # Dagster repeats every event on the terminal; they are in the UI.
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="dagster")
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        yield Chain(root, instance)


def use_project_instance(root: Path) -> None:
    """Keep Dagster's records in `.dagster/` of the project, in this process and its children."""
    os.environ.setdefault("DAGSTER_HOME", str(root / ".dagster"))


class Chain:
    """The stages in order, each materialized as the asset that shows it."""

    def __init__(self, root: Path, instance: dg.DagsterInstance) -> None:
        from dagster_gsi.definitions import defs

        self.addresses = project.addresses(root)
        self._root, self._instance = root, instance
        self._job = defs().resolve_implicit_global_asset_job_def()
        self._changed: set[str] | None = dvc.status(root)
        self.num_runs = 0

    def asset_of(self, address: str) -> tuple[dg.AssetKey, str | None]:
        from dagster_gsi.defs.jobs import ASSETS

        stage, _, partition = address.partition("@")
        return ASSETS[stage], partition or None

    def bring_up_to_date(self, address: str) -> bool:
        """Materialize one asset unless DVC and Dagster both have it as it is; returns whether its stage ran."""
        if self._changed is not None and address not in self._changed and self._is_recorded(address):
            return False
        # What is made now changes what the rest builds on: from here on every stage is looked at by itself.
        self._changed = None
        self.num_runs += 1
        asset, partition = self.asset_of(address)
        result = self._job.execute_in_process(
            instance=self._instance,
            asset_selection=[asset],
            partition_key=partition,
            run_config={
                "resources": {"pipeline": {"config": {"root": str(self._root), "echo": True}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )
        if not result.success:
            error = _innermost_error(result)
            if error.cls_name == "DagsterExecutionInterruptedError":
                raise KeyboardInterrupt
            raise SystemExit(error.message.removeprefix("dagster_gsi.pipeline.dvc.").strip())
        (event,) = result.asset_materializations_for_node(asset.to_python_identifier())
        return not event.metadata["was_current"].value

    def _is_recorded(self, address: str) -> bool:
        import dagster as dg

        asset, partition = self.asset_of(address)
        wanted = dg.AssetRecordsFilter(asset, asset_partitions=[partition] if partition else None)
        records = self._instance.fetch_materializations(wanted, limit=1).records
        last = records[0].asset_materialization if records else None
        version = dvc.versions(self._root).get(address)
        return last is not None and (last.tags or {}).get("dagster/data_version") == version


def _innermost_error(result: dg.ExecuteInProcessResult) -> SerializableErrorInfo:
    """The error of the step that failed, without what Dagster wrapped around it."""
    (error,) = [e.step_failure_data.error for e in result.all_events if e.is_step_failure and e.step_failure_data.error]
    while error.cause is not None:
        error = error.cause
    return error
