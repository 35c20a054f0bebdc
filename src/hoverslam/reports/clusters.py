"""Dask clusters: the client of a scheduler, and errors that say what to install or to start.

Dask is an optional dependency without type information, hence ``Any`` for its module and its clients.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CONNECT_TIMEOUT = 10.0  # s, for a scheduler to answer


class ClusterError(ValueError):
    """Dask is not installed, or the scheduler does not answer."""


def dask_module() -> Any:
    """Return the module ``distributed``.

    Raises:
        ClusterError: If it is not installed.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise ClusterError("needs Dask: pip install 'hoverslam[cluster]', or leave the cluster out") from None


@contextmanager
def cluster_client(cluster: Any) -> Iterator[Any]:
    """Give a client of a cluster; it is closed at the end if it was made here, and the cluster then drops its jobs.

    Args:
        cluster: Address of a scheduler, such as ``tcp://10.0.0.5:8786``, a Dask cluster, or a ``distributed.Client``, which
            stays open.

    Raises:
        ClusterError: If Dask is not installed, the scheduler does not answer, the client is closed or asynchronous, or the
            argument is none of these.
    """
    distributed = dask_module()
    if isinstance(cluster, distributed.Client):
        if cluster.asynchronous or cluster.status != "running":
            kind = "asynchronous" if cluster.asynchronous else cluster.status
            raise ClusterError(f"the client is {kind}: give a synchronous client that is connected, or an address")
        yield cluster
        return
    if not isinstance(cluster, str) and not hasattr(cluster, "scheduler_address"):
        raise ClusterError("must be the address of a Dask scheduler, a Dask cluster or a distributed.Client")
    client = _connected(distributed, cluster)
    try:
        yield client
    finally:
        client.close()


def _connected(distributed: Any, cluster: Any) -> Any:
    try:
        return distributed.Client(cluster, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        fix = "start one with: dask scheduler, and give the address that it prints, such as tcp://10.0.0.5:8786"
        raise ClusterError(f"no Dask cluster answers there ({error}): {fix}") from error
