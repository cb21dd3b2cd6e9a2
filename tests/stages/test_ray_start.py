"""A cluster started by the commands of docs/scaling.md, which asks for a token, reached by each address of it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.stages.test_ray import DEADLINE_S, ROOT, until

pytestmark = pytest.mark.slow

_DRIVER = """
import json, sys
from pathlib import Path
from tests.stages.test_ray import met, run
folder = Path(sys.argv[1])
results, advances = run(met, [(folder, n, 2) for n in range(2)], folder, sys.argv[2])
print(json.dumps([sorted(number for number, _ in results), len({name for _, name in results}), sum(advances)]))
"""


@dataclass(frozen=True)
class Started:
    environment: dict[str, str]
    port: int
    client_port: int


@pytest.fixture(scope="module")
def started() -> Iterator[Started]:
    # Short, because the paths of sockets must be.
    folder = tempfile.mkdtemp(prefix="gsi-", dir="/tmp")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(16),
        "RAY_TMPDIR": folder,
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    port, client_port = _free_port(), _free_port()
    head = [f"--port={port}", "--head", f"--ray-client-server-port={client_port}", "--include-dashboard=false"]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for arguments, ports in ((head, (port, client_port)), ([f"--address={socket.gethostname()}:{port}"], ())):
            # `ray stop` would end the clusters of the person who runs the tests too.
            command = [
                _program("ray"),
                "start",
                "--block",
                "--num-cpus=1",
                "--object-store-memory=80000000",
                *arguments,
            ]
            processes.append(
                subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
            )
            until(lambda ports=ports: all(_answers(port) for port in ports))
        yield Started(environment, port, client_port)
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(DEADLINE_S)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("named", ["auto", "{host}:{port}", "ray://127.0.0.1:{client_port}"])
def test_however_it_is_named_both_nodes_work_at_once_and_all_is_counted(
    started: Started, tmp_path: Path, named: str
) -> None:
    at = named.format(host=socket.gethostname(), port=started.port, client_port=started.client_port)
    driver = _drive(started.environment, tmp_path, at)
    assert driver.returncode == 0, driver.stderr
    assert json.loads(driver.stdout.splitlines()[-1]) == [[0, 1], 2, 2]


@pytest.mark.parametrize("named", ["{host}:{port}", "ray://127.0.0.1:{client_port}"])
def test_who_has_another_token_is_told_so_and_runs_nothing(started: Started, tmp_path: Path, named: str) -> None:
    at = named.format(host=socket.gethostname(), port=started.port, client_port=started.client_port)
    driver = _drive(started.environment | {"RAY_AUTH_TOKEN": secrets.token_hex(16)}, tmp_path, at)
    assert driver.returncode != 0
    assert "RAY_AUTH_MODE" in driver.stderr.splitlines()[-1]
    assert list(tmp_path.glob("here-*")) == []


def _drive(environment: dict[str, str], folder: Path, at: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _DRIVER, str(folder), at]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=2 * DEADLINE_S, check=False
    )


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
