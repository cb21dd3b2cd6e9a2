"""The Dagster code location. Everything in it is found in `defs/`."""

from pathlib import Path

import dagster as dg

from dagster_gsi import telemetry


@dg.definitions
def defs() -> dg.Definitions:
    telemetry.switch_off()
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
