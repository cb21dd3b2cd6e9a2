"""The two UIs, for as long as somebody looks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from dagster_gsi.cli.demo import use_project_instance
from dagster_gsi.tracking.mlflow import tracking_uri

_HOST = "127.0.0.1"
_GRACE_SECONDS = 10.0


def serve(root: Path, *, dagster_port: int, mlflow_port: int) -> None:
    """Run Dagster's webserver with its daemon, and MLflow's; Ctrl-C, or the end of either, ends both."""
    use_project_instance(root)
    for name, port in (("dagster", dagster_port), ("mlflow", mlflow_port)):
        if _is_taken(port):
            raise ValueError(f"port {port} is in use: choose another with --{name}-port")
    dagster = ["dg", "dev", "--host", _HOST, "--port", str(dagster_port), "--log-level", "warning"]
    store = ["--backend-store-uri", tracking_uri(root), "--artifacts-destination", str(root / "mlartifacts")]
    mlflow = ["mlflow", "ui", *store, "--host", _HOST, "--port", str(mlflow_port), "--workers", "1"]
    servers = [_start(root, dagster), _start(root, mlflow)]
    print(f"Dagster: http://{_HOST}:{dagster_port}\nMLflow:  http://{_HOST}:{mlflow_port}", flush=True)
    print("Both answer after some ten seconds. Ctrl-C ends them.", flush=True)
    try:
        while all(server.poll() is None for server in servers):
            time.sleep(0.5)
        raise SystemExit("one of the servers ended by itself; what it said is above")
    finally:
        _end(servers)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0


def _start(root: Path, command: list[str]) -> subprocess.Popen[bytes]:
    # A session each: both start children of their own, which are ended with them.
    program, *arguments = command
    programs = Path(sys.executable).parent
    environment = {**os.environ, "VIRTUAL_ENV": str(programs.parent)}
    return subprocess.Popen([programs / program, *arguments], cwd=root, env=environment, start_new_session=True)


def _end(servers: list[subprocess.Popen[bytes]]) -> None:
    for server in servers:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
    for server in servers:
        try:
            server.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
