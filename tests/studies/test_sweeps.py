"""Sweeps: a point is what solving it alone gives, no finished point is solved twice, and a failure costs one point."""

import json
import os
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from fake_flights import fake_flight

import hoverslam as hs
from hoverslam.data.writing import OutputError
from hoverslam.flights.craft.lander import Lander
from hoverslam.studies.sweeps.changes import SweepError, changes_of
from hoverslam.studies.sweeps.files import content_of
from hoverslam.studies.sweeps.launches import Launches
from hoverslam.studies.sweeps.subjects import Answer
from hoverslam.studies.sweeps.sweep import sweep_points
from hoverslam.studies.sweeps.walk import walks

DRY, LOAD = "stage1.dry_mass_t", "stage1.propellant_t"
MASSES = [26.9, 27.9, 28.9]
VEHICLE = hs.load_vehicle("falcon9")
LOADS = [VEHICLE.stage1.propellant_t.value + step for step in (-2.0, 0.0, 2.0)]
LAUNCHES = "hoverslam.studies.sweeps.launches"


def made_up_payload(vehicle):
    """What the made-up solver finds: it depends on the vehicle only."""
    return 30_000.0 - 300.0 * vehicle.stage1.dry_mass_t.value + 20.0 * vehicle.stage1.propellant_t.value


class Solver:
    """Stands in for `solve_launch`, and for solving again from a flight; writes down what it was asked for."""

    def __init__(self, failing=(), not_warm=(), interrupted_at=None):
        self.failing, self.not_warm, self.interrupted_at = failing, not_warm, interrupted_at
        self.searched, self.warm = [], []

    def __call__(self, vehicle, recovery="expendable", orbit=None, *, constraints=(), **options):
        self.searched.append(vehicle.stage1.dry_mass_t.value)
        if vehicle.stage1.dry_mass_t.value in self.failing:
            raise FloatingPointError("no trim")
        return self.flight(vehicle, recovery)

    def again(self, start, vehicle):
        mass = vehicle.stage1.dry_mass_t.value
        if mass == self.interrupted_at:
            raise KeyboardInterrupt
        self.warm.append((start.plan.vehicle.stage1.dry_mass_t.value, mass))
        return self.flight(vehicle, start.recovery, verified=mass not in (*self.failing, *self.not_warm))

    def flight(self, vehicle, recovery, **changes):
        found = fake_flight(vehicle, recovery, payload=made_up_payload(vehicle), **changes)
        found.with_vehicle = lambda other: self.again(found, other)
        return found

    @property
    def solved(self):
        return len(self.searched) + len(self.warm)


@pytest.fixture
def solver(monkeypatch):
    def use(**how):
        made = Solver(**how)
        monkeypatch.setattr(f"{LAUNCHES}.solve_launch", made)
        return made

    return use


def swept(figures, **how):
    return hs.sweep("falcon9", figures, **how)


# ---- solved for real -------------------------------------------------------------------------------------------------
def test_a_swept_payload_is_that_of_the_changed_vehicle_solved_alone():
    found = hs.sweep("zhuque3", {DRY: [43.0]})
    assert found.verified
    flown = hs.solve_launch(
        "zhuque3"
    ).plan.structure.choice  # of the stored flight: one structure takes a fifth of the search
    alone = hs.solve_launch(hs.load_vehicle("zhuque3", {DRY: 43.0}), choice=flown, effort="quick")
    assert alone.verified
    assert found[0].outputs["payload_kg"] == pytest.approx(alone.payload, rel=1e-4)


def test_a_swept_landing_burns_what_the_landing_from_that_start_burns():
    lander = Lander.simple("Booster", 20e3, 845e3, 2765.5, (0.4, 1.0))
    start = hs.LandingStart((0.0, 0.0, 5000.0), (0.0, 0.0, -300.0), 28e3)
    solved = hs.Landing(lander, start).solve()
    heights = [4000.0, 5000.0, 6000.0]
    found = hs.sweep(solved, {"start.position.up": heights, "start.mass": [27e3, 28e3]})
    assert found.verified
    assert [point.changes["start.position.up"] for point in found] == [h for h in heights for _ in range(2)]
    assert found[3].outputs["propellant_kg"] == pytest.approx(solved.propellant, rel=1e-5)
    high = hs.Landing(lander, hs.LandingStart((0.0, 0.0, 6000.0), (0.0, 0.0, -300.0), 27e3)).solve()
    assert found[4].outputs["propellant_kg"] == pytest.approx(high.propellant, rel=1e-5)
    with pytest.raises(SweepError, match=r"start\.position\.height.*start\.position\.downrange"):
        hs.sweep(solved, {"start.position.height": heights})
    with pytest.raises(SweepError, match=r"mass = 20000.*no propellant"):
        hs.sweep(solved, {"start.mass": [27e3, 20e3]})
    with pytest.raises(SweepError, match="recovery"):
        hs.sweep(solved, {"start.mass": [27e3]}, recovery="downrange")


# ---- points ----------------------------------------------------------------------------------------------------------
def test_a_grid_has_all_combinations_and_lists_without_one_are_changed_together():
    both = {"a": [1, 2], "b": [3.0, 4.0]}
    assert changes_of(both, True) == [tuple(zip("ab", pair, strict=True)) for pair in ((1, 3), (1, 4), (2, 3), (2, 4))]
    assert changes_of(both, False) == [(("a", 1.0), ("b", 3.0)), (("a", 2.0), ("b", 4.0))]


@pytest.mark.parametrize(
    ("figures", "how", "said"),
    [
        ({}, {}, "must give values by key"),
        ({DRY: []}, {}, rf"{DRY}: \[\]: give at least one value"),
        ({DRY: 40.0}, {}, f"{DRY}: 40: must be a list of numbers"),
        ({DRY: [26.0, "heavy"]}, {}, f'{DRY}: "heavy": must be a finite number'),
        ({DRY: [26.0, float("nan")]}, {}, f"{DRY}: nan: must be a finite number"),
        ({DRY: [26.0], LOAD: [400.0, 410.0]}, {"grid": False}, f"{DRY} 1, {LOAD} 2: without a grid"),
        ({"stage1.dry_mas_t": [26.0]}, {}, r"stage1\.dry_mas_t: no figure of falcon9, did you mean stage1\.dry_mass_t"),
        ({"title": [1.0]}, {}, "title: no figure"),
        ({DRY: [26.0, -1.0]}, {}, f"{DRY}: -1: must be more than 0 and at most"),
        ({DRY: [26.0]}, {"what": "price"}, "what: 'price': choose one of launch, cost, margin"),
        ({DRY: [26.0]}, {"what": "margin"}, "expended booster has no margin"),
        ({DRY: [26.0]}, {"samples": 3}, "samples: 3: no option of a sweep of this kind"),
        ({DRY: [26.0]}, {"recovery": "downranged"}, "did you mean downrange"),
        ({DRY: [26.0]}, {"processes": 0}, "processes = 0"),
        ({DRY: [26.0]}, {"constraints": [hs.LaunchLimit("heating", "glide", upper=1e4)]}, "glide"),
    ],
)
def test_what_cannot_be_swept_is_told_before_anything_is_solved(figures, how, said, solver):
    made = solver()
    with pytest.raises(ValueError, match=said):
        swept(figures, **how)
    assert made.solved == 0


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_solved(solver, tmp_path):
    made = solver()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a folder"):
        swept({DRY: MASSES}, folder=tmp_path / "file")
    assert made.solved == 0


# ---- the walk --------------------------------------------------------------------------------------------------------
def test_the_stated_vehicle_is_searched_and_the_others_start_from_their_neighbours(solver):
    made = solver()
    found = swept({DRY: [25.9, *MASSES, 29.9]})
    assert made.searched == [27.9]
    assert sorted(made.warm) == [(26.9, 25.9), (27.9, 26.9), (27.9, 28.9), (28.9, 29.9)]
    assert found.verified


def test_the_order_of_the_points_changes_nothing():
    figures = {DRY: MASSES, LOAD: LOADS}
    one, other = Solver(), Solver()
    found = {p.key: p.outputs for p in _swept_with(one, figures)}
    backwards = {key: values[::-1] for key, values in figures.items()}
    assert {p.key: p.outputs for p in _swept_with(other, backwards)} == found
    assert (one.searched, one.warm) == (other.searched, other.warm)


def _swept_with(made, figures):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{LAUNCHES}.solve_launch", made)
        return swept(figures)


def test_a_point_has_the_stated_figures_beside_its_own_changes(solver):
    solver()
    found = swept({DRY: MASSES, LOAD: LOADS})
    for point in found:
        assert point.outputs["payload_kg"] == made_up_payload(hs.load_vehicle("falcon9", point.changes))


def test_where_a_neighbour_does_not_lead_to_a_verified_flight_the_launch_is_searched(solver):
    made = solver(not_warm=(28.9,))
    assert swept({DRY: MASSES}).verified
    assert made.searched == [27.9, 28.9]


def test_a_point_that_fails_is_marked_and_the_others_are_there(solver):
    made = solver(failing=(26.9,))
    found = swept({DRY: [25.9, *MASSES]})
    assert [point.verified for point in found] == [True, False, True, True]
    assert np.isnan(found[1].outputs["payload_kg"])
    assert found[1].message == "FloatingPointError: no trim"
    assert (27.9, 25.9) in made.warm
    assert not found.verified
    assert found.to_frame()["payload_kg"].isna().tolist() == [False, True, False, False]


def test_walks_of_several_processes_are_neighbouring_points_of_nearly_equal_number():
    subject = Launches(VEHICLE)
    points = changes_of({DRY: [24.0, 25.0, 26.0, 27.0, 28.0, 29.0, 30.0]}, True)
    found = [[value for ((_, value),) in walk.order] for walk in walks(subject, points[::-1], ((DRY, 27.9),), 3)]
    assert found == [[25.0, 24.0], [27.0, 26.0], [28.0, 29.0, 30.0]]


def test_the_stated_vehicle_starts_the_walk_where_it_is_no_point(solver):
    made = solver()
    swept({DRY: [26.9, 25.9]})
    assert (made.searched, made.warm) == ([27.9], [(27.9, 26.9), (26.9, 25.9)])


def test_where_the_stated_vehicle_cannot_fly_the_first_point_is_searched(solver):
    made = solver(failing=(27.9,))
    found = swept({DRY: MASSES})
    assert [point.verified for point in found] == [True, False, True]
    assert (made.searched, made.warm) == ([27.9, 27.9, 26.9], [(26.9, 28.9)])


def test_every_point_is_searched_for_on_request(solver):
    made = solver()
    assert swept({DRY: MASSES}, search=True).verified
    assert (sorted(made.searched), made.warm) == (MASSES, [])


def test_values_given_twice_are_solved_once(solver):
    made = solver()
    assert len(swept({DRY: [27.9, 28.9, 27.9]})) == 3
    assert made.solved == 2


# ---- kept and resumed ------------------------------------------------------------------------------------------------
def test_a_sweep_ended_by_an_exception_goes_on_without_solving_finished_points_again(solver, tmp_path):
    made, told = solver(), []

    def ending(line):
        told.append(line)
        if len(told) == 2:
            raise RuntimeError("ended")

    with pytest.raises(RuntimeError, match="ended"):
        swept({DRY: MASSES}, folder=tmp_path, report=ending)
    assert (made.solved, len(list(tmp_path.iterdir()))) == (2, 2)
    again = solver()
    found = swept({DRY: MASSES}, folder=tmp_path)
    assert (again.searched, again.warm) == ([27.9], [(27.9, 28.9)])  # the start, and the missing point
    assert [p.outputs["payload_kg"] for p in found] == [p.outputs["payload_kg"] for p in swept({DRY: MASSES})]


def test_only_what_is_missing_or_damaged_is_solved_again_and_failures_are_kept(solver, tmp_path):
    solver(failing=(26.9,))
    before = swept({DRY: [25.9, *MASSES]}, folder=tmp_path)
    files = {json.loads(path.read_text())["changes"][DRY]: path for path in tmp_path.iterdir()}
    files[25.9].unlink()
    files[28.9].write_text(files[28.9].read_text()[:-30])
    again = solver()
    after = swept({DRY: [25.9, *MASSES]}, folder=tmp_path)
    assert (again.searched, sorted(again.warm)) == ([27.9], [(27.9, 25.9), (27.9, 28.9)])
    assert [p.message for p in after] == [p.message for p in before]
    np.testing.assert_array_equal(*[[p.outputs["payload_kg"] for p in found] for found in (before, after)])


@pytest.mark.parametrize("content", ["", "[]", "null", '{"changes": {}}', "of another point"])
def test_a_file_that_is_not_of_its_point_counts_as_missing(solver, tmp_path, content):
    solver()
    swept({DRY: [26.9, 27.9]}, folder=tmp_path)
    files = {json.loads(path.read_text())["changes"][DRY]: path for path in tmp_path.iterdir()}
    files[26.9].write_text(files[27.9].read_text() if content == "of another point" else content)
    made = solver()
    assert swept({DRY: [26.9, 27.9]}, folder=tmp_path)[0].outputs["payload_kg"] == made_up_payload(
        hs.load_vehicle("falcon9", {DRY: 26.9})
    )
    assert [mass for _, mass in made.warm] == [26.9]


@pytest.mark.parametrize(
    "other",
    [
        {"recovery": "downrange"},
        {"orbit": "500x500x60"},
        {"what": "cost", "samples": 50},
        {"effort": "quick"},
        {"search": True},
        {"constraints": [hs.LaunchLimit("axial_acceleration", "ascent", upper=34.0, unit="m/s2", name="crew")]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_point_of_another_question_is_no_point_of_this_one(solver, tmp_path, other):
    solver()
    swept({DRY: [27.9]}, folder=tmp_path)
    made = solver()
    swept({DRY: [27.9]}, folder=tmp_path)
    assert made.solved == 0
    swept({DRY: [27.9]}, folder=tmp_path, **other)
    assert made.solved == 1


def test_a_point_of_another_vehicle_is_no_point_of_this_one(solver, tmp_path):
    solver()
    swept({DRY: [27.9]}, folder=tmp_path)
    made = solver()
    hs.sweep(hs.load_vehicle("falcon9", {LOAD: LOADS[2]}), {DRY: [27.9]}, folder=tmp_path)
    assert made.solved == 1


def test_what_a_point_depends_on_is_told_by_content():
    limits = [hs.LaunchLimit(lambda s, c, p, top=top: s.mass - top, "ascent", upper=1.0) for top in (1.0, 2.0)]
    assert content_of(limits[0]) != content_of(limits[1])
    assert content_of(np.zeros(3)) != content_of(np.zeros(4))
    assert content_of(np.zeros(3)) == content_of(np.zeros(3))


def test_ctrl_c_keeps_the_points_that_are_done(solver):
    solver(interrupted_at=28.9)
    told = []
    found = swept({DRY: MASSES}, report=told.append)
    assert found.interrupted
    assert not found.verified
    assert [point.changes[DRY] for point in found] == [26.9, 27.9]
    assert told[-1] == "interrupted after 2 of 3 points"


# ---- processes -------------------------------------------------------------------------------------------------------
class MadeUpSubject(Launches):
    """A subject that worker processes can solve: 2 kg for every tonne; one mass ends the process."""

    def begin(self):
        return 27.9

    def solve(self, changes, near):
        mass = dict(changes)[DRY]
        if mass == 25.0:
            os._exit(11)
        return Answer({"payload_kg": 2.0 * mass, "staging_speed_m_s": near}, True, "verified", mass)


def test_processes_walk_along_neighbours_and_one_that_dies_costs_one_point(tmp_path):
    told = []
    points = changes_of({DRY: [24.0, 25.0, 26.0, 27.0, 28.0, 29.0]}, True)
    found = sweep_points(MadeUpSubject(VEHICLE), points, folder=tmp_path, processes=2, report=told.append)
    assert [point.verified for point in found] == [True, False, True, True, True, True]
    assert found[1].message == "the worker died, exit status 11"
    assert [p.outputs["staging_speed_m_s"] for p in found][2:] == [27.9, 27.9, 27.9, 28.0]
    assert len(told) == 6
    assert sorted(json.loads(path.read_text())["changes"][DRY] for path in tmp_path.iterdir()) == [24, 26, 27, 28, 29]


# ---- parts and a Dask cluster ----------------------------------------------------------------------------------------
ONE_PASS = hs.ocp.Options(max_passes=1, verify=False)


def pulled(mass):
    """A nonlinear flight whose last digits depend on where the solver starts: v' = u - v^3 / m, the greatest v(1)."""
    problem = hs.ocp.Problem("pulled")
    problem.parameter("m", value=mass)
    problem.phase(
        "go",
        states=[hs.ocp.Variable("x", initial=0.0), hs.ocp.Variable("v", initial=0.5)],
        controls=[hs.ocp.Variable("u", lower=-1.0, upper=1.0)],
        dynamics=lambda s, c, p: {"x": s.v, "v": c.u - s.v**3 / p.m},
        initial_time=0.0,
        final_time=2.0,
    )
    problem.minimize(lambda e, p: -e.go.final.x + 0.1 * e.go.final.v**2)
    return hs.ocp.solve(problem, ONE_PASS)


class SolvedSubject(Launches):
    """A subject that is really solved, each point from its neighbour."""

    def begin(self):
        return pulled(27.9)

    def solve(self, changes, near):
        found = near.resolve({"m": dict(changes)[DRY]}, ONE_PASS, verify=False)
        outputs = {"payload_kg": found.objective, "staging_speed_m_s": near.objective}  # the second tells the neighbour
        return Answer(outputs, found.converged, "converged", found)


@dataclass(frozen=True)
class DyingOnce(MadeUpSubject):
    """The worker dies at 25 t unless the file is there."""

    mark: str = ""

    def solve(self, changes, near):
        mass = dict(changes)[DRY]
        if mass == 25.0 and not os.path.exists(self.mark):
            open(self.mark, "w").close()
            os._exit(11)
        return Answer({"payload_kg": 2.0 * mass, "staging_speed_m_s": near}, True, "verified", mass)


class NotHere(MadeUpSubject):
    """A subject that no other process can read."""

    def __setstate__(self, state):
        raise ImportError("No module named 'mine'")


MANY = changes_of({DRY: [24.0, 25.0, 26.0, 27.0, 28.0, 29.0, 30.0]}, True)


def rows_of(found):
    """The rows without the times, every number with all its bits."""
    return [[float(x).hex() for x in (*p.changes.values(), *p.outputs.values())] + [p.message] for p in found]


@pytest.fixture(scope="module")
def cluster():
    """The address of a cluster of two worker processes; a point on which a worker died is tried once more."""
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
    ):
        yield cluster.scheduler_address


def test_the_rows_of_a_cluster_are_those_of_one_process_to_the_last_bit(cluster):
    subject = SolvedSubject(VEHICLE)
    away = sweep_points(subject, MANY, cluster=cluster)
    assert away.verified
    assert rows_of(sweep_points(subject, MANY, processes=1, parts=2)) == rows_of(away)
    assert rows_of(sweep_points(subject, MANY, processes=2)) == rows_of(away)
    thirds = [sweep_points(subject, MANY, **where, parts=3) for where in ({"processes": 1}, {"cluster": cluster})]
    assert rows_of(thirds[0]) == rows_of(thirds[1])


def test_a_point_on_which_workers_of_a_cluster_die_is_lost_alone_and_solved_by_the_next_call(tmp_path, cluster):
    told = []
    found = sweep_points(MadeUpSubject(VEHICLE), MANY[:-1], folder=tmp_path, cluster=cluster, report=told.append)
    assert [point.verified for point in found] == [True, False, True, True, True, True]
    assert found[1].message.startswith("the workers died")
    assert len(told) == 6
    told.clear()
    mark = tmp_path / "died before"
    mark.touch()
    again = DyingOnce(VEHICLE, mark=str(mark))
    assert sweep_points(again, MANY[:-1], folder=tmp_path, cluster=cluster, report=told.append).verified
    assert told[0] == f"5 of 6 points read from {tmp_path}"
    assert len(told) == 2


def test_dask_gives_the_point_of_a_worker_that_died_to_another_one(tmp_path, cluster):
    with pytest.importorskip("distributed").Client(cluster) as client:
        found = sweep_points(DyingOnce(VEHICLE, mark=str(tmp_path / "died")), MANY, cluster=client)
        assert client.status == "running"  # the caller's client stays open
    assert (tmp_path / "died").exists()
    assert found.verified


def test_ctrl_c_on_a_cluster_keeps_the_points_that_are_done(cluster):
    def stop(line):
        if "interrupted" not in line:
            raise KeyboardInterrupt

    found = sweep_points(SolvedSubject(VEHICLE), MANY, cluster=cluster, report=stop)
    assert found.interrupted
    assert len(found) == 1


def test_a_worker_that_cannot_read_the_subject_is_told_with_the_remedy(cluster):
    with pytest.raises(
        SweepError, match=r"No module named 'mine': install the same version .* on the scheduler and every worker"
    ):
        sweep_points(NotHere(VEHICLE), MANY, cluster=cluster)


def test_another_version_on_a_worker_is_told(cluster, monkeypatch):
    monkeypatch.setattr("hoverslam.studies.sweeps.executors.__version__", "99.0")
    with pytest.raises(SweepError, match=r"has hoverslam .*, not 99\.0.*install the same version"):
        sweep_points(MadeUpSubject(VEHICLE), MANY, cluster=cluster)


def test_without_dask_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SweepError, match=r"cluster: tcp://10\.0\.0\.5:8786: .*pip install 'hoverslam\[cluster\]'"):
        swept({DRY: MASSES}, cluster="tcp://10.0.0.5:8786")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            {"cluster": "tcp://127.0.0.1:9"},
            "cluster: tcp://127.0.0.1:9: no Dask cluster answers there .* dask scheduler",
        ),
        ({"cluster": "nonsense://nowhere"}, "no Dask cluster answers there"),
        ({"cluster": 7}, "must be the address of a Dask scheduler"),
        ({"cluster": "tcp://127.0.0.1:9", "processes": 2}, "processes: 2: .*leave one out"),
        ({"parts": 0}, "parts = 0"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_told_before_anything_is_solved(solver, monkeypatch, how, said):
    pytest.importorskip("distributed")
    monkeypatch.setattr("hoverslam.reports.clusters.CONNECT_TIMEOUT", 0.3)
    made = solver()
    with pytest.raises(ValueError, match=said):
        swept({DRY: MASSES}, **how)
    assert made.solved == 0


def test_a_cluster_that_is_lost_is_told_with_what_to_do(tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster:

        def lose(line):
            cluster.close()

        with pytest.raises(SweepError, match=r"lost on the way.*call again with the same folder"):
            sweep_points(MadeUpSubject(VEHICLE), MANY[2:], folder=tmp_path, cluster=cluster, report=lose)
    assert len(list(tmp_path.iterdir())) == 1


# ---- studies ---------------------------------------------------------------------------------------------------------
def test_the_cost_of_a_point_is_that_of_the_changed_vehicle_with_its_payload(solver):
    solver()
    found = hs.sweep("zhuque3", {DRY: [43.0]}, what="cost", recovery="downrange", samples=200)
    vehicle = hs.load_vehicle("zhuque3", {DRY: 43.0})
    payload = made_up_payload(vehicle)
    alone = hs.study_cost(vehicle, "downrange", payload_kg=payload, samples=200).estimate
    assert found[0].outputs["cost_per_kg_usd_p50"] == alone.cost_usd_per_kg.p50
    assert found[0].outputs["payload_kg"] == payload


def test_the_margin_of_a_point_follows_the_launch_of_that_point(solver, monkeypatch):
    from types import SimpleNamespace

    asked = []

    def study(vehicle, recovery, *, reference, samples):
        asked.append((vehicle.stage1.dry_mass_t.value, reference, samples))
        campaign = SimpleNamespace(interrupted=len(asked) == 3)
        curve = SimpleNamespace(at=lambda reserve: (0.9, 0.8, 0.95))
        return SimpleNamespace(
            campaign=campaign, reserve=SimpleNamespace(reserve=None), curve=curve, planned_reserve=1.0
        )

    solver()
    monkeypatch.setattr(f"{LAUNCHES}.study_margin", study)
    monkeypatch.setattr(f"{LAUNCHES}.reference_of", lambda flight: flight.payload)
    found = swept({DRY: MASSES}, what="margin", recovery="downrange", samples=4)
    assert found.interrupted
    assert asked[0] == (27.9, made_up_payload(VEHICLE), 4)
    assert [point.outputs["landed"] for point in found] == [0.9, 0.9]
    assert np.isnan(found[0].outputs["reserve_needed_kg"])


# ---- the result ------------------------------------------------------------------------------------------------------
def test_a_sweep_is_a_table_a_text_a_file_and_a_picture(solver, tmp_path):
    solver()
    one = swept({DRY: MASSES})
    assert list(one.to_frame().columns) == [DRY, "payload_kg", "staging_speed_m_s", "verified", "message", "seconds"]
    assert one.report().splitlines()[1].startswith(f"{DRY} = 26.9: payload_kg ")
    assert one.report().endswith("3 of 3 points verified")
    assert json.loads(one.save(tmp_path / "one.json").read_text())["points"][0]["changes"] == {DRY: 26.9}
    assert one.save(tmp_path / "one.png").exists()
    assert one[0].changes == {DRY: 26.9}
    axis = one.plot().axes[0]
    assert axis.lines[0].get_xdata().tolist() == MASSES
    family = swept({DRY: [*MASSES, 29.9], LOAD: LOADS}).plot().axes[0]
    assert [text.get_text() for text in family.get_legend().get_texts()] == [f"{load:g}" for load in LOADS]
    together = swept({DRY: MASSES, LOAD: LOADS}, grid=False)
    assert len(together) == 3
    labels = {DRY: "stage1 dry mass (t)", LOAD: "stage1 propellant (t)"}
    assert [axis.get_xlabel() for axis in together.plot().axes] == list(labels.values())
    assert axis.get_ylabel() == "payload (kg)"
    figure = one.plot()
    figure.canvas.draw()
    assert all("," in text.get_text() for text in figure.axes[0].get_yticklabels())  # some 30,000 kg
    steps = [0.1 * n for n in range(8)]
    many = swept({DRY: [27.0 + step for step in steps], LOAD: [LOADS[0] + step for step in steps]})
    assert many.plot().axes[0].get_ylabel() in labels.values()
