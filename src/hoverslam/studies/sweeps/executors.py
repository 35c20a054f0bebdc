"""Where the walks of a sweep are solved: in this process, in processes of this machine, or on a Dask cluster.

Each executor is a generator of points as they end, with whether each was solved: a point whose worker died was not. Closing
the generator ends the work. A walk stays in one process, which keeps its flights. If that process dies, another one goes on
with the walk, from the figures as they are stated.
"""

import importlib
import pickle
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple
from uuid import uuid4

from hoverslam import __version__
from hoverslam.data.errors import Mistake
from hoverslam.reports.clusters import ClusterError, cluster_client, dask_module
from hoverslam.studies import parallel
from hoverslam.studies.sweeps.changes import SweepError
from hoverslam.studies.sweeps.points import FigurePoint
from hoverslam.studies.sweeps.walk import Walk, failed

MOST_WALKS = 2  # in a process, which may take over the walk of another; each holds a solved problem
ANSWER_TIMEOUT = 5.0  # s, after which the scheduler is asked whether a worker still holds an answer
LOOK_EVERY = 5.0  # s between looks for points that Dask has forgotten
MOST_SENDINGS = 4  # of a point to a cluster

Points = list[tuple[FigurePoint, bool]]
Ended = Generator[tuple[FigurePoint, bool], None, None]
Report = Callable[[str], None]


@dataclass(frozen=True)
class Executor:
    """Where walks are solved.

    Attributes:
        workers: Number of processes that solve walks at the same time.
        solve: Solves walks; yields each point as it ends, and whether it was solved.
    """

    workers: int
    solve: Callable[[Sequence[Walk]], Ended]


@contextmanager
def executor_of(processes: int, cluster: Any, report: Report | None) -> Iterator[Executor]:
    """Give the executor of a sweep; the connection to a cluster is closed at the end.

    Args:
        processes: Number of processes of this machine; without a cluster.
        cluster: Address of a Dask scheduler, a Dask cluster or a client; None without one.
        report: Receives a line if the cluster has no workers yet.

    Raises:
        SweepError: If Dask is not installed, or the cluster does not answer.
    """
    if cluster is None:
        yield Executor(processes, solve_here if processes == 1 else lambda found: solve_in_processes(found, processes))
        return
    with _client(cluster) as client:
        workers = _wait_for_workers(client, str(cluster), report)
        yield Executor(workers, lambda found: solve_on_cluster(found, client))


@dataclass
class Walker:
    """Solves the points of walks in one process, and keeps the flights of the walks that it is on."""

    _walks: dict[tuple[str, int], Walk] = field(default_factory=dict, init=False)
    _solving: Lock = field(default_factory=Lock, init=False)  # threads of a Dask worker share the solver

    def solve(self, sweep: str, walk: Walk, place: int) -> FigurePoint:
        """Return a point of a walk.

        Args:
            sweep: Text that tells the sweep from others.
            walk: The walk; of one that this process is on, only the number counts.
            place: Place of the point in the order of the walk.
        """
        with self._solving:
            return self._known(sweep, walk).solve(place)

    def _known(self, sweep: str, walk: Walk) -> Walk:
        """Return the walk with the flights that this process has solved; the one used last comes last in the table."""
        known = self._walks.pop((sweep, walk.number), None)
        if known is None:
            known = walk
            for (other, _), begun in self._walks.items():
                if other == sweep:
                    known.begin_as(begun)
        self._walks[sweep, walk.number] = known
        for old in list(self._walks)[:-MOST_WALKS]:
            del self._walks[old]
        return known


def solve_here(found: Sequence[Walk]) -> Ended:
    """Solve the walks in this process, one after the other."""
    walker = Walker()
    for walk in found:
        for place in range(len(walk.order)):
            yield walker.solve("", walk, place), True


_here = Walker()  # of this worker process


# ---- processes of this machine ---------------------------------------------------------------------------------------
def solve_in_processes(found: Sequence[Walk], processes: int) -> Ended:
    """Solve the walks in several processes; a process that dies loses one point."""
    steps = [[(walk, place) for place in range(len(walk.order))] for walk in found]
    flat = [step for stretch in steps for step in stretch]
    with closing(parallel.work_along(_step, steps, processes)) as finished:
        for done in finished:
            walk, place = flat[done.place]
            if done.answer is not None:
                yield done.answer, True
            else:
                yield failed(walk.subject, walk.order[place], done.error, 0.0), False


def _step(step: tuple[Walk, int]) -> FigurePoint:
    return _here.solve("", *step)


# ---- a Dask cluster --------------------------------------------------------------------------------------------------
@contextmanager
def _client(cluster: Any) -> Iterator[Any]:
    """Give a client. Raises SweepError if there is no Dask or no cluster."""
    with ExitStack() as stack:
        try:
            client = stack.enter_context(cluster_client(cluster))
        except ClusterError as error:
            raise SweepError([Mistake("cluster", str(cluster), str(error))]) from error
        yield client


def _wait_for_workers(client: Any, name: str, report: Report | None) -> int:
    """Return the number of workers of a cluster, at least 1."""
    if not client.nthreads() and report is not None:
        report(f"{name}: has no workers yet: waiting; start some with: dask worker ADDRESS")
    client.wait_for_workers(1)
    return len(client.nthreads())


def solve_on_cluster(found: Sequence[Walk], client: Any) -> Ended:
    """Solve the walks on the workers of a cluster, at most one walk at a time on each.

    Dask gives the point of a worker that died to another worker, and gives up after several deaths: that point is lost.

    Raises:
        SweepError: If the cluster is lost, or a worker cannot solve points of this version.
    """
    job, looked = _ClusterJob(client, list(found)[::-1]), time.monotonic()
    try:
        job.start_walks()
        while job.running:
            if job.ended.has_ready():
                yield from job.take(next(job.ended))
                job.start_walks()
            elif time.monotonic() > looked + LOOK_EVERY:
                looked = time.monotonic()
                yield from job.send_stuck()
            else:
                time.sleep(0.02)
    except OSError as error:  # of the connection
        raise _lost(str(error)) from error
    finally:
        if client.status == "running":  # not if the cluster is lost
            client.cancel(list(job.running))


class _Sent(NamedTuple):
    """A point on its way: place in the order of its walk, worker (empty: any), and how often it was sent."""

    walk: Walk
    place: int
    address: str
    times: int


@dataclass
class _ClusterJob:
    """The walks of a sweep on a cluster.

    Attributes:
        client: A client of the cluster.
        waiting: Walks that have not begun, the next one last.
        running: The point that is being solved of each walk that has begun, by its future.
        ended: Iterator over futures that have ended.
        sweep: Text that tells this sweep from others on the same workers.
    """

    client: Any
    waiting: list[Walk]
    running: dict[Any, _Sent] = field(default_factory=dict)
    ended: Any = None
    sweep: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        self.ended = dask_module().as_completed(loop=self.client.loop)

    def start_walks(self) -> None:
        """Begin a walk on every worker that has none, also on workers that have joined since."""
        for address in self.client.nthreads() if self.waiting else ():
            if self.waiting and address not in {sent.address for sent in self.running.values()}:
                self._send(_Sent(self.waiting.pop(), 0, address, 0))
        if self.waiting and not self.running:  # the last worker has gone: Dask keeps the point for the next one
            self._send(_Sent(self.waiting.pop(), 0, "", 0))

    def take(self, future: Any) -> Points:
        """Return the point of a future that has ended, and send the next point of its walk to the same worker.

        No point if the worker died before its answer came: the point is sent again.
        """
        if future not in self.running:  # it was stuck, and has been sent again
            return []
        if future.cancelled():  # by the loss of the cluster
            raise _lost("the scheduler ended")
        error = future.exception()
        if isinstance(error, dask_module().KilledWorker):
            return self._give_up(future, str(error))
        if error is not None:
            fix = "install the same version of hoverslam, and modules of your own, on the scheduler and every worker"
            told = f"a worker cannot solve points: {type(error).__name__}: {error}"
            raise SweepError([Mistake("cluster", told, fix)]) from error
        answer = self._answer(future)
        if answer is None:
            return self._send_again(future)
        point, address = answer
        self._go_on(self.running.pop(future), address)
        return [(point, True)]

    def send_stuck(self) -> Points:
        """Send the points again that Dask has forgotten, and return those that are given up.

        A point that prefers a worker may wait for ever if that worker died while there was no other one.
        """
        there = set(self.client.nthreads())
        processed = {key for keys in self.client.processing().values() for key in keys}
        stuck = [
            future for future, sent in self.running.items()
            if sent.address and sent.address not in there and future.key not in processed and not future.done()
        ]  # fmt: skip
        return [point for future in stuck for point in self._send_again(future)]

    def _answer(self, future: Any) -> tuple[FigurePoint, str] | None:
        """Return the answer of a future that has ended; None if no worker holds it any more."""
        while True:
            try:
                answer: tuple[FigurePoint, str] = future.result(timeout=ANSWER_TIMEOUT)
            except TimeoutError:  # a busy worker answers late; one that has died, never
                if not any(self.client.who_has([future]).values()):
                    return None
            else:
                return answer

    def _send_again(self, future: Any) -> Points:
        if self.running[future].times >= MOST_SENDINGS:
            return self._give_up(future, f"sent {MOST_SENDINGS} times")
        sent = self.running.pop(future)
        self.client.cancel([future])
        self._send(sent._replace(address=""))
        return []

    def _give_up(self, future: Any, why: str) -> Points:
        sent = self.running.pop(future)
        self.client.cancel([future])
        self._go_on(sent, "")
        return [(failed(sent.walk.subject, sent.walk.order[sent.place], f"the workers died: {why}", 0.0), False)]

    def _go_on(self, sent: _Sent, address: str) -> None:
        """Send the next point of a walk."""
        if sent.place + 1 < len(sent.walk.order):
            self._send(_Sent(sent.walk, sent.place + 1, address, 0))

    def _send(self, sent: _Sent) -> None:
        """Send a point to a worker; another one takes it if that one is gone."""
        where = {"workers": [sent.address], "allow_other_workers": True} if sent.address else {}
        pickled = importlib.import_module("cloudpickle").dumps(sent.walk)  # functions of a script as well
        # Not pure: Dask would otherwise give the answer of an equal call before, whatever the worker knows by now.
        future = self.client.submit(_on_worker, __version__, self.sweep, pickled, sent.place, pure=False, **where)
        self.running[future] = sent._replace(times=sent.times + 1)
        self.ended.add(future)


def _on_worker(version: str, sweep: str, pickled: bytes, place: int) -> tuple[FigurePoint, str]:
    """Return a point of a walk, which comes in bytes, and the address of this worker.

    The scheduler reads the arguments too, and need not have the modules of the walk.

    Raises:
        ValueError: If this worker has another version of the package.
    """
    if version != __version__:
        raise ValueError(f"this worker has hoverslam {__version__}, not {version}")
    return _here.solve(sweep, pickle.loads(pickled), place), dask_module().get_worker().address


def _lost(why: str) -> SweepError:
    fix = "start it and call again with the same folder: points kept there are not solved again"
    return SweepError([Mistake("cluster", f"lost on the way ({why})", fix)])
