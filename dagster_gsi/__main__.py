"""`gsi`, and `python -m dagster_gsi`: the command line."""

from __future__ import annotations

import sys

from dagster_gsi import telemetry


def main() -> None:
    telemetry.switch_off()
    from dagster_gsi.cli.entry import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
