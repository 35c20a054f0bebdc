"""The store of solved launches: what is kept, what is found again, and what a start from it gives."""

import multiprocessing
import os
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "problems" / "optimal_control"))

import soft_landing

from hoverslam.flights.launch import stored, stored_file
from hoverslam.flights.launch.attempts import ATTEMPTS
from hoverslam.flights.launch.case_key import case_key
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.plan import make_plan
from hoverslam.flights.launch.problem import launch_problem
from hoverslam.flights.launch.result import summarise
from hoverslam.flights.launch.starts import guess_launch
from hoverslam.flights.launch.stored import (
    exact,
    holds,
    keep,
    neighbours,
    ship,
    worse_but_carries_more,
)
from hoverslam.flights.launch.stored_file import StoredFlight, read_flight, write_flight
from hoverslam.flights.launch.structure import Choice
from hoverslam.ocp.solved import solve, solve_from
from hoverslam.ocp.statement.phase import StatementError
from hoverslam.vehicles.loading import load_vehicle


def plan_of(changes=(), recovery="expendable", orbit="leo200", constraints=(), burns=1):
    vehicle = load_vehicle("falcon9", list(changes))
    return make_plan(vehicle, recovery, vehicle.orbit(orbit, recovery), constraints, Choice(burns))


@pytest.fixture(scope="module")
def landed():
    """A solution that stands in for that of a launch: the store knows phases and variables by their names only."""
    return solve(soft_landing.problem())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty store; no flights come with the package."""
    monkeypatch.setenv("HOVERSLAM_SOLUTIONS", str(tmp_path / "local"))
    monkeypatch.setattr(stored, "SHIPPED", tmp_path / "shipped")
    return tmp_path / "local"


def flown(solution, plan=None, objective=None, verified=True):
    """A launch result with the parts that the store reads; ``objective`` (kg of propellant, minimised) makes it another."""
    if objective is not None:
        solution = replace(solution, objective=objective)
    return SimpleNamespace(
        plan=plan or plan_of(), solution=solution, payload=1e4, verified=verified, converged=solution.converged
    )


def points_equal(a, b):
    """Whether two points have the same meshes and bit for bit the same numbers."""
    same = [a.free == b.free, a.shape == b.shape, np.array_equal(a.rows, b.rows), np.array_equal(a.bounds, b.bounds)]
    for name, guess in a.guesses.items():
        other = b.guesses[name]
        mesh, read = a.meshes[name], b.meshes[name]
        same += [mesh.edges == read.edges, np.array_equal(mesh.counts, read.counts), mesh.pins == read.pins]
        same += [mesh.knots == read.knots, mesh.spare == read.spare, mesh.control_degree == read.control_degree]
        same += [np.array_equal(guess.time, other.time), guess.states.keys() == other.states.keys()]
        same += [np.array_equal(guess.states[v], other.states[v]) for v in guess.states]
        same += [np.array_equal(guess.controls[v], other.controls[v]) for v in guess.controls]
    return all(same) and a.guesses.keys() == b.guesses.keys()


# ---- files -------------------------------------------------------------------------------------------------------------
def test_a_file_gives_back_the_same_numbers(landed, tmp_path):
    flight = StoredFlight.of(flown(landed))
    write_flight(flight, tmp_path / "a.npz")
    again = read_flight(tmp_path / "a.npz")
    assert points_equal(again.point, flight.point)
    assert {**vars(again), "point": None} == {**vars(flight), "point": None}


def test_a_kept_flight_is_found_for_the_same_case_only(landed, folder):
    assert exact(plan_of()) is None
    assert keep(flown(landed)).parent == folder
    assert exact(plan_of()).objective == landed.objective
    assert exact(plan_of(["stage1.dry_mass_t=28"])) is None
    assert exact(plan_of(orbit="leo310_43")) is None


def test_a_flight_that_is_not_verified_is_not_kept(landed, folder):
    assert keep(flown(landed, verified=False)) is None
    assert stored._files(folder) == []


def test_nothing_is_kept_or_read_where_the_variable_is_empty(landed, monkeypatch, folder):
    keep(flown(landed))
    monkeypatch.setenv("HOVERSLAM_SOLUTIONS", "")
    assert keep(flown(landed)) is None
    assert exact(plan_of()) is None


# ---- never worse -------------------------------------------------------------------------------------------------------
def test_a_better_flight_replaces_a_worse_one_and_never_the_other_way(landed, folder):
    assert keep(flown(landed, objective=5000.0)) is not None
    assert keep(flown(landed, objective=5001.0)) is None
    assert exact(plan_of()).objective == 5000.0
    assert keep(flown(landed, objective=4999.0)) is not None
    assert exact(plan_of()).objective == 4999.0
    assert len(stored._files(folder)) == 1


def test_a_better_flight_that_no_longer_satisfies_the_problem_is_replaced(landed, folder):
    keep(flown(landed, objective=4000.0))
    heavier = solve(soft_landing.problem(m0=29e3))
    assert not holds(exact(plan_of()), heavier.problem)
    assert keep(flown(heavier)) is not None
    assert exact(plan_of()).objective == heavier.objective


def test_a_shipped_flight_that_is_better_is_read_and_not_kept_again(landed, folder, tmp_path):
    keep(flown(landed, objective=4999.0), tmp_path / "shipped")
    assert keep(flown(landed, objective=5000.0)) is None
    assert exact(plan_of()).objective == 4999.0


BOTH = (Choice(1), Choice(2))


def test_a_flight_of_a_vehicle_that_is_worse_in_every_figure_and_carries_more_is_found(landed, folder):
    worse = plan_of(["stage2.dry_mass_t=4.6", "stage2.engine.specific_impulse_vacuum_s=340"])
    keep(flown(landed, worse))  # carries 10 t
    assert worse_but_carries_more(plan_of(), 9990.0, BOTH).payload == 1e4
    assert worse_but_carries_more(plan_of(), 1e4, BOTH) is None
    assert worse_but_carries_more(plan_of(burns=2), 9990.0, BOTH).choice == Choice(1)  # whatever is flown
    assert worse_but_carries_more(plan_of(["stage2.dry_mass_t=4.7"]), 9990.0, BOTH) is None  # better and worse
    assert (
        worse_but_carries_more(plan_of(["stage1.propellant_t=410"]), 9990.0, BOTH) is None
    )  # more is not always better
    assert worse_but_carries_more(plan_of(orbit="leo310_43"), 9990.0, BOTH) is None
    assert worse_but_carries_more(plan_of(recovery="downrange"), 9990.0, BOTH) is None
    assert worse_but_carries_more(plan_of(), 9990.0, [Choice(2)]) is None  # another way than the user asks for


def test_a_limit_that_is_wider_counts_as_better(landed, folder):
    keep(flown(landed, plan_of(["limits.dynamic_pressure_max_kPa=25"])))
    assert worse_but_carries_more(plan_of(), 9990.0, BOTH) is not None
    assert worse_but_carries_more(plan_of(["limits.dynamic_pressure_max_kPa=24"]), 9990.0, BOTH) is None


# ---- damaged files -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["cut", "noise", "empty", "old version", "other arrays"])
def test_a_file_that_cannot_be_read_is_skipped_with_a_warning(landed, folder, how, monkeypatch):
    path = keep(flown(landed))
    content = path.read_bytes()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "noise":
        path.write_bytes(content[:200] + bytes(200) + content[400:])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "old version":
        monkeypatch.setattr(stored_file, "VERSION", 99)
    else:
        with np.load(path) as archive:
            arrays = dict(archive)
        np.savez_compressed(path, **{**arrays, "numbers": arrays["numbers"][:-1]})
    with pytest.warns(UserWarning, match="is skipped"):
        assert exact(plan_of()) is None
    with pytest.warns(UserWarning, match="is skipped"):
        assert keep(flown(landed)) is not None


def test_a_folder_that_cannot_be_written_gives_a_warning(landed, folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="not kept"):
        assert keep(flown(landed), tmp_path / "file") is None


# ---- several processes -------------------------------------------------------------------------------------------------
def keep_many(folder, objectives, barrier):
    """Keep one flight after the other of the same case, at the same time as another process."""
    solution, barrier_ = solve(soft_landing.problem()), barrier
    barrier_.wait(60.0)
    for objective in objectives:
        keep(flown(solution, objective=objective), folder)


def test_two_processes_that_write_at_the_same_time_lose_no_better_flight(folder):
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    halves = [[5000.0 - i for i in range(0, 20, 2)], [5000.0 - i for i in range(1, 20, 2)]]
    workers = [context.Process(target=keep_many, args=(folder, half, barrier)) for half in halves]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert exact(plan_of()).objective == 4981.0
    assert not list(folder.glob(".part-*"))


# ---- bound -------------------------------------------------------------------------------------------------------------
def test_the_flights_used_least_recently_are_removed_beyond_the_bound(landed, folder, monkeypatch):
    monkeypatch.setattr(stored, "MOST_FILES", 3)
    plans = [plan_of([f"stage1.dry_mass_t={mass}"]) for mass in (27, 28, 29, 30)]
    for age, plan in zip((50, 40, 30), plans, strict=False):
        path = keep(flown(landed, plan))
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert exact(plans[0]) is not None  # used last, although it is the oldest
    keep(flown(landed, plans[3]))
    assert [exact(plan) is not None for plan in plans] == [True, False, True, True]


def test_an_unfinished_file_of_a_process_that_was_killed_is_removed_after_a_day(landed, folder):
    folder.mkdir()
    for name, age in ((".part-old.npz", 1e6), (".part-new.npz", 10.0)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, ((folder / name).stat().st_mtime - age,) * 2)
    keep(flown(landed))
    assert [path.name for path in folder.glob(".part-*")] == [".part-new.npz"]


def test_the_best_flight_of_several_choices_is_found(landed, folder):
    choices = (Choice(1), Choice(2))
    assert exact(plan_of(), choices) is None
    keep(flown(landed, plan_of(burns=2), objective=5000.0))
    assert exact(plan_of(), choices).choice == Choice(2)
    keep(flown(landed, objective=4999.0))
    assert exact(plan_of(burns=2), choices).choice == Choice(1)
    assert exact(plan_of(burns=2)).choice == Choice(2)


# ---- keys and distances ------------------------------------------------------------------------------------------------
def test_the_key_ignores_sources_and_names_and_sees_figures_limits_and_the_pad():
    base = plan_of()
    vehicle = base.vehicle.model_copy(update={"name": "mine", "title": "Mine", "payload_published": ()})
    assert case_key(replace(base, vehicle=vehicle)) == case_key(base)
    limit = LaunchLimit("axial_acceleration", "ascent", upper=40.0, name="crew")
    others = [
        plan_of(["stage1.engine.throttle_min=0.6"]),
        plan_of(constraints=[limit]),
        plan_of(constraints=[replace(limit, upper=41.0)]),
        plan_of(recovery="downrange"),
        plan_of(orbit="leo310_43"),
    ]
    keys = [case_key(plan) for plan in (base, *others)]
    assert len(set(keys)) == len(keys)


def slow_at(speed):
    return lambda s, c, p: s.mass * speed


def test_the_key_sees_the_numbers_in_a_function_of_the_user():
    plans = [plan_of(constraints=[LaunchLimit(slow_at(x), "ascent", name="own")]) for x in (1.0, 1.0, 2.0)]
    keys = [case_key(plan) for plan in plans]
    assert keys[0] == keys[1] != keys[2]


def test_neighbours_are_other_cases_of_the_same_phases_the_nearest_first(landed, folder):
    masses = {mass: plan_of([f"stage1.dry_mass_t={mass}"]) for mass in (27, 28.5, 33)}
    for plan in (*masses.values(), plan_of(), plan_of(orbit="leo310_43"), plan_of(recovery="downrange")):
        keep(flown(landed, plan))
    found = neighbours(plan_of(), 3)
    nearest_first = [masses[mass].values["stage1.dry_mass"] for mass in (28.5, 27, 33)]
    assert [flight.values["stage1.dry_mass"] for flight in found] == nearest_first
    far = neighbours(plan_of(), 9)
    assert {flight.phases for flight in far} == {plan_of().phases}
    assert plan_of(recovery="downrange").phases != plan_of().phases


def test_shipping_copies_the_best_flight_of_each_case_of_a_known_vehicle(landed, folder, tmp_path):
    keep(flown(landed, objective=5000.0))
    target = tmp_path / "target"
    own = plan_of()
    unknown = replace(own, vehicle=own.vehicle.model_copy(update={"name": "mine"}))
    keep(flown(landed, unknown))
    new = ship(folder, target)
    assert [path.parent for path in new] == [target]
    assert read_flight(new[0]).vehicle == "falcon9"
    write_flight(
        replace(read_flight(new[0]), objective=4990.0), folder / f"{StoredFlight.of(flown(landed)).file_start()}-x.npz"
    )
    assert [read_flight(path).objective for path in ship(folder, target)] == [4990.0]
    assert len(list(target.iterdir())) == 1


def test_a_flight_with_other_phases_is_refused_as_a_start(landed, folder):
    keep(flown(landed))
    flight = exact(plan_of())
    problem = launch_problem(plan_of(), LaunchGuess(_any_guess(plan_of()), 1e4))
    assert not holds(flight, problem)
    with pytest.raises(StatementError, match="different phases"):
        solve_from(problem, flight.point, ATTEMPTS[0])


def _any_guess(plan):
    return dict.fromkeys(plan.phases)


# ---- a launch ----------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_launch_starts_from_its_own_file_in_few_iterations_and_from_that_of_another_in_fewer(folder):
    plan = plan_of()
    scratch = solve(launch_problem(plan, guess_launch(plan)), ATTEMPTS[0])
    path = keep(summarise(plan, scratch))
    assert path.stat().st_size < 60e3
    flight = exact(plan)
    again = solve_from(launch_problem(plan, LaunchGuess.at(flight.point)), flight.point, ATTEMPTS[0])
    assert again.verification.passed
    assert again.iterations <= 10
    assert again.objective == pytest.approx(scratch.objective, rel=1e-7)
    heavier = plan_of(["stage1.dry_mass_t=28.46"])
    near = neighbours(heavier)[0]
    other = solve_from(launch_problem(heavier, LaunchGuess.at(near.point)), near.point, ATTEMPTS[0])
    assert other.verification.passed
    assert other.iterations < scratch.iterations / 2
    assert other.objective < scratch.objective
