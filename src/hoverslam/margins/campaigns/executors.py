"""Where the blocks of a campaign fly: in this process, in processes of this machine, or on a Dask cluster.

Each executor is a generator that keeps every block as it ends and yields its timing. Closing the generator ends the work.
"""

import importlib
import os
import pickle
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import lru_cache
from threading import Lock
from typing import Any, Protocol, TypeVar

from hoverslam.margins.campaigns.blocks import CampaignError, Columns, FlownBlock, Flyer, TimedFlyer
from hoverslam.margins.campaigns.run import CampaignRun
from hoverslam.reports.clusters import ClusterError, cluster_client, dask_module
from hoverslam.reports.workers import prepare_worker, starting_workers

_RETRIES = 2  # of a block on a cluster
_IDLE_TIMEOUT = 60.0  # s, after which idle processes of this machine end
# Environment of such a process: it uses one core, and is not restarted when its memory grows, as it does in compilation.
_ONE_CORE = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LOKY_MAX_MEMORY_LEAK_SIZE": "1e12"
}  # fmt: skip

Answer = TypeVar("Answer", covariant=True)


class _Job(Protocol[Answer]):
    """A block that flies elsewhere."""

    def result(self) -> Answer:
        """Return its answer; raise its exception."""


def default_workers() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fly_blocks(
    run: CampaignRun, indices: Sequence[int], workers: int, scheduler: str | None
) -> Generator[FlownBlock, None, None]:
    """Return the executor of a campaign: a cluster, several processes of this machine, or this process for one worker."""
    if scheduler is not None:
        return _on_cluster(run, indices, scheduler)
    return _here(run, indices) if min(workers, len(indices)) == 1 else _in_processes(run, indices, workers)


def _here(run: CampaignRun, indices: Sequence[int]) -> Generator[FlownBlock, None, None]:
    """Fly in this process: the flyer need not be picklable, and keeps what it compiled."""
    timed = TimedFlyer(run.flyer)

    def fly(index: int) -> FlownBlock:
        columns, seconds, cold = timed(index, run.size)
        run.keep(index, columns)
        return FlownBlock(seconds, cold, 1)

    # In a thread, so that Ctrl-C ends the wait while the unfinished block still ends and is kept.
    pool = ThreadPoolExecutor(1, thread_name_prefix="campaign")
    try:
        for index in indices:
            yield _result_of(run, pool.submit(fly, index), index)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _in_processes(run: CampaignRun, indices: Sequence[int], workers: int) -> Generator[FlownBlock, None, None]:
    """Fly in processes of this machine. Each compiles for itself; they stay a while and serve the next campaign."""
    from loky import get_reusable_executor  # type: ignore[import-untyped]

    pickled, concurrent = _pickled(run.flyer), min(workers, len(indices))
    with starting_workers():
        pool = get_reusable_executor(concurrent, timeout=_IDLE_TIMEOUT, initializer=prepare_worker, env=_ONE_CORE)
    ended = False
    try:
        waiting, jobs = list(indices)[::-1], dict[Future[tuple[Columns, float, bool]], int]()
        while waiting or jobs:
            while waiting and len(jobs) < concurrent:
                index = waiting.pop()
                with starting_workers():
                    jobs[pool.submit(_fly_pickled, pickled, run.flyer.fingerprint, index, run.size)] = index
            for job in wait(jobs, return_when=FIRST_COMPLETED).done:
                index = jobs.pop(job)
                columns, seconds, cold = _result_of(run, job, index)
                run.keep(index, columns)
                yield FlownBlock(seconds, cold, concurrent)
        ended = True
    finally:
        if not ended:
            pool.shutdown(wait=False, kill_workers=True)


def _result_of(run: CampaignRun, job: _Job[Answer], index: int) -> Answer:
    """Return the answer of a block. Raises BlockFailed in place of its exception."""
    try:
        return job.result()
    except Exception as error:
        raise run.failed(index, error) from error


def _on_cluster(run: CampaignRun, indices: Sequence[int], scheduler: str) -> Generator[FlownBlock, None, None]:
    """Fly on a Dask cluster; blocks are kept from this process."""
    with ExitStack() as closing:
        try:
            distributed = dask_module()
            pickled = _pickled(run.flyer)
            client = closing.enter_context(cluster_client(scheduler))
        except ClusterError as error:
            raise CampaignError(f"scheduler {scheduler!r}: {error}") from error
        if not client.nthreads():
            run.report(f"{scheduler}: has no workers yet: waiting; start some with: dask worker {scheduler}")
        # Not pure: Dask would otherwise repeat an earlier failure from memory instead of trying again.
        jobs = {
            client.submit(_fly_pickled, pickled, run.flyer.fingerprint, index, run.size, retries=_RETRIES, pure=False):
            index for index in indices
        }  # fmt: skip
        for job in distributed.as_completed(jobs, loop=client.loop):
            if job.cancelled():  # by the loss of the cluster: this process cancels nothing
                raise CampaignError(f"scheduler {scheduler!r}: lost on the way{run.kept()}: start it and run again")
            columns, seconds, cold = _result_of(run, job, jobs[job])
            job.release()  # frees the memory of the cluster
            run.keep(jobs[job], columns)
            yield FlownBlock(seconds, cold, min(len(indices), _threads(client)))


def _threads(client: Any) -> int:
    """Return the number of threads of a cluster; 1 if it is lost, which the next block reports."""
    try:
        return max(1, sum(client.nthreads().values()))
    except OSError:
        return 1


def _pickled(flyer: Flyer) -> bytes:
    """Return the flyer in bytes, including functions of a script, which cannot be imported elsewhere."""
    try:
        pickled: bytes = importlib.import_module("cloudpickle").dumps(flyer)
    except Exception as error:
        raise CampaignError(f"{flyer.fingerprint}: a flyer must be picklable to go to a cluster ({error})") from error
    return pickled


_UNPICKLING = Lock()  # threads of a Dask worker share one flyer


@lru_cache(maxsize=4)  # flyers of the last campaigns in this process; each keeps what it compiled
def _unpickled(pickled: bytes) -> TimedFlyer:
    return TimedFlyer(pickle.loads(pickled))


def _fly_pickled(pickled: bytes, fingerprint: str, index: int, size: int) -> tuple[Columns, float, bool]:
    """Fly a block in a worker. The flyer is unpickled once in a process, so that it compiles once."""
    with _UNPICKLING:
        timed = _unpickled(pickled)
    if timed.flyer.fingerprint != fingerprint:
        what = f"the flyer is {timed.flyer.fingerprint} on this worker, not {fingerprint}"
        raise CampaignError(f"{what}: install the same version of hoverslam on every worker")
    return timed(index, size)
