"""The tools that the project is made of report home by default. This is the place that tells them not to.

Dagster alone listens to no variable: `telemetry` in `.dagster/dagster.yaml` tells it, so `DAGSTER_HOME` must point there,
as `gsi` and `make` see to.
"""

from __future__ import annotations

import os

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def switch_off() -> None:
    """Set the variables for this process and its children; to be called before any of the tools is imported."""
    os.environ.update(SWITCHES)
