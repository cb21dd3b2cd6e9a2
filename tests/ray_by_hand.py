"""A Ray cluster of two nodes on this machine, one core each, for tests and measurements."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Only this machine reaches it.
_NODE = {"node_ip_address": "127.0.0.1", "num_cpus": 1, "object_store_memory": 80_000_000}


@contextmanager
def cluster(nodes: int) -> Iterator[Any]:
    """A running `ray.cluster_utils.Cluster`."""
    from ray.cluster_utils import Cluster

    # Short, because the paths of sockets must be.
    folder = tempfile.mkdtemp(prefix="gsi-", dir="/tmp")
    # What Ray notes of this cluster lies here, and a cluster of the person who runs the tests stays unseen and untouched.
    os.environ["RAY_TMPDIR"] = folder
    (Path(folder) / "ray").mkdir()
    found = Cluster(initialize_head=True, head_node_args={**_NODE, "include_dashboard": False})
    try:
        for _ in range(nodes - 1):
            add_node(found)
        yield found
    finally:
        found.shutdown()
        del os.environ["RAY_TMPDIR"]
        shutil.rmtree(folder, ignore_errors=True)


def address(found: Any) -> str:
    """For `compute.address`. Ray takes 127.0.0.1 for this machine's other address, where this cluster does not listen."""
    return f"[::ffff:127.0.0.1]:{found.address.rpartition(':')[2]}"


def add_node(found: Any) -> Any:
    return found.add_node(**_NODE)


def kill(node: Any) -> None:
    """End a node as a power cut would: no process of it has time for anything."""
    for processes in node.all_processes.values():
        for information in processes:
            information.process.kill()
            # Workers of the node look whether it is there, and one that nobody waited for still is.
            information.process.wait()
