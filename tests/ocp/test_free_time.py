"""Problems with free, fixed and very large times: least time, least propellant, starts, the time limit, and refusals."""

import sys
from pathlib import Path

import numpy as np
import pytest

from hoverslam.ocp.multistart import multistart
from hoverslam.ocp.solution import SolveOutcome
from hoverslam.ocp.solved import load, solve
from hoverslam.ocp.solving.diagnosis import diagnose
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.phase import PathConstraint, StatementError
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.guess import guesses
from hoverslam.ocp.transcription.starts import drawn_start

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import least_time

FIRST_PASS = Options(max_passes=1, diagnose=False, verify=False)


def quiet(line):
    """Show no passes."""


def stopped(q=1.0, v=2.0, begin=0.0, bounds=None, final_time=None):
    """A point on a line that is brought to rest at zero in least time, with an acceleration of at most one."""
    problem = Problem("stop")
    bounds = bounds or {}
    problem.phase(
        "line",
        states=[
            Variable("q", initial=q, final=0.0, **bounds.get("q", {})),
            Variable("v", initial=v, final=0.0, **bounds.get("v", {})),
        ],
        controls=[Variable("u", lower=-1.0, upper=1.0)],
        dynamics=lambda s, c, p: {"q": s.v, "v": c.u},
        initial_time=begin,
        final_time=final_time,
    )
    problem.minimize(lambda e, p: e.line.duration)
    return problem


def least_stop(q, v):
    """The least time of :func:`stopped`: one switch on the parabola of the last arc."""
    s = np.sign(q + v * abs(v) / 2.0)
    return s * v + 2.0 * np.sqrt(v * v / 2.0 + s * q)


def closed_curve():
    """A closed curve of length one around the largest area, traced by a direction of unit length that is guessed zero."""
    problem = Problem("Dido")
    problem.phase(
        "curve",
        states=[Variable("x", initial=0.0, final=0.0), Variable("y", initial=0.0, final=0.0)],
        controls=[Variable("d", 2)],
        dynamics=lambda s, c, p: {"x": c.d[0], "y": c.d[1]},
        path=[PathConstraint("unit length", lambda s, c, p: c.d @ c.d, 1.0, 1.0)],
        integrals={"area": lambda s, c, p: 0.5 * (s.x * c.d[1] - s.y * c.d[0])},
        initial_time=0.0,
        final_time=1.0,
    )
    problem.maximize(lambda e, p: e.curve.final.area)
    return problem


# ---- known answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "final_time"),
    [
        (None, None),
        ({"q": {"lower": 0.0, "upper": 5.0}, "v": {"lower": -2.0, "upper": 3.0}}, None),
        (None, (0.1, 100.0)),
    ],
)
def test_least_time_with_an_initial_speed_and_a_free_final_time(bounds, final_time):
    solution = solve(stopped(bounds=bounds, final_time=final_time), report=quiet)
    assert solution.verification.passed, solution.message
    assert solution.objective == pytest.approx(2.0 + 2.0 * np.sqrt(3.0), rel=1e-8)


@pytest.mark.parametrize(("q", "v"), [(-2.754, -2.901), (0.822, -1.381), (-0.085, 2.337), (2.144, -2.798)])
def test_least_time_from_starts_that_overshoot(q, v):
    solution = solve(stopped(q, v), report=quiet)
    assert solution.verification.passed, solution.message
    assert solution.objective == pytest.approx(least_stop(q, v), rel=1e-6)


def test_a_body_thrown_upwards_lands_from_a_first_guess_that_is_460_times_too_short():
    # Its miss has a local minimum where the body is highest; landings end much later.
    row, _ = least_time.row_of(146)
    assert row.verified
    assert abs(row.error) < least_time.WRONG


def test_no_negative_duration_is_tried_behind_a_fixed_start():
    # The cost of effort has no least value for negative durations: the first pass used 648 iterations on its way down.
    _, solution = least_time.row_of(270)
    assert solution.passes[0]["status"] == "Solve_Succeeded"
    assert solution.verification.passed


@pytest.mark.parametrize("number", range(len(least_time.KINDS)))
def test_each_kind_of_problem_with_a_closed_form_is_solved(number):
    row, solution = least_time.row_of(number)
    assert row.verified, solution.report()
    assert abs(row.error) < least_time.WRONG


@pytest.mark.slow
def test_random_problems_of_least_time_are_never_called_infeasible_and_never_wrong():
    rows = [least_time.row_of(number)[0] for number in range(11, 77)]
    missed = [(r.number, r.kind, r.outcome, r.error) for r in rows if not r.verified or abs(r.error) > least_time.WRONG]
    assert not missed


def test_a_direction_of_unit_length_may_be_guessed_zero():
    solution = solve(closed_curve(), report=quiet)
    assert solution.verification.passed, solution.message
    assert solution.objective == pytest.approx(1.0 / (4.0 * np.pi), rel=1e-7)


# ---- times far from zero --------------------------------------------------------------------------------------------


def test_times_in_seconds_since_1970_give_the_answer_of_times_from_zero(tmp_path):
    begin = 1.7e9
    solution = solve(stopped(begin=begin), report=quiet)
    assert solution.verification.passed, solution.message
    assert solution.objective == pytest.approx(2.0 + 2.0 * np.sqrt(3.0), rel=1e-8)
    assert solution["line"].time == pytest.approx([begin, begin + solution.objective], abs=1e-6)
    assert solution.sensitivities()["line.initial.q"] == pytest.approx(1.0 / np.sqrt(3.0), rel=1e-6)
    later = solution.resolve({"line.initial_time": begin + 50.0})
    assert later["line"].time[0] == begin + 50.0
    assert later.objective == pytest.approx(solution.objective, rel=1e-8)
    solution.save(tmp_path / "stop.nc")
    again = load(tmp_path / "stop.nc", stopped(begin=begin))
    assert np.array_equal(again["line"].time, solution["line"].time)
    assert again["line"].duration == solution["line"].duration


def test_phases_link_and_dynamics_read_the_time_far_from_zero():
    begin = 1.7e9
    problem = Problem("late")
    for name, ends in (("a", {"initial_time": begin, "duration": 1.0}), ("b", {"duration": 1.0})):
        problem.phase(
            name,
            states=[Variable("x", initial=0.0 if name == "a" else None)],
            controls=[Variable("u", lower=0.0, upper=1.0)],
            dynamics=lambda s, c, p, t: {"x": c.u * (t - begin)},
            **ends,
        )
    problem.link("a", "b")
    problem.maximize(lambda e, p: e.b.final.x)
    solution = solve(problem, report=quiet)
    assert solution.objective == pytest.approx(2.0, rel=1e-6)  # x = t^2 / 2 after two seconds
    assert solution["b"].time[0] == solution["a"].time[1]


# ---- durations ------------------------------------------------------------------------------------------------------


def test_the_elastic_problem_keeps_free_durations_at_zero_or_above():
    problem = stopped(3.0, 3.0)
    first = solve(problem, FIRST_PASS, quiet)
    diagnosis = diagnose(first.programme, FIRST_PASS, first.programme.pack(guesses(problem)))
    assert diagnosis.trajectory["line"].duration >= -1e-9
    assert all(s.limit != "duration" for s in diagnosis.shortfalls)


def test_an_impossible_problem_is_not_called_infeasible_but_not_found_and_says_what_is_missed():
    solution = solve(stopped(1.0, 2.0, final_time=(0.1, 3.0)), report=quiet)
    assert solution.outcome is SolveOutcome.NOT_FEASIBLE
    assert "no feasible point found from this guess" in solution.message
    assert "final" in solution.message
    assert solution.diagnosis.tried > 1
    assert "line: q, v" in solution.message  # the states that have no bounds
    assert (
        "bounds"
        not in solve(
            stopped(1.0, 2.0, final_time=(0.1, 3.0), bounds={n: {"lower": -9.0, "upper": 9.0} for n in "qv"}),
            report=quiet,
        ).message
    )


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ({"initial_time": 5.0, "final_time": 3.0}, "ends before it starts"),
        ({"initial_time": (5.0, 6.0), "final_time": (1.0, 3.0)}, "ends before it starts"),
        ({"initial_time": 0.0, "final_time": 3.0, "duration": (4.0, 9.0)}, "allow durations of"),
        ({"initial_time": 0.0, "final_time": 30.0, "duration": (4.0, 9.0)}, "allow durations of"),
        ({"duration": (-2.0, 5.0)}, "bounded below by -2 s"),
        ({"initial_time": "begin", "final_time": 3.0}, "ends before it starts"),
    ],
)
def test_times_that_contradict_each_other_are_refused(times, told):
    problem = Problem("clock")
    problem.parameter("begin", value=5.0)
    with pytest.raises(StatementError, match=f"phase 'tick'.*{told}"):
        problem.phase("tick", states=[Variable("x")], dynamics=lambda s, c, p: {"x": s.x}, **times)


def test_times_that_are_changed_to_the_wrong_order_are_refused():
    solution = solve(stopped(final_time=6.0), report=quiet)
    with pytest.raises(StatementError, match="ends before it starts"):
        solution.resolve({"line.initial_time": 7.0})
    assert solution.resolve({"line.initial_time": 0.2}).converged  # the refused value is gone


# ---- starts ---------------------------------------------------------------------------------------------------------


def test_drawn_starts_move_controls_that_are_guessed_zero_and_free_parameters():
    problem = closed_curve()
    problem.parameter("far", guess=0.0)
    problem.parameter("mass", guess=2000.0, lower=1900.0, upper=2100.0)
    drawn = [drawn_start(problem, np.random.default_rng(seed)) for seed in range(20)]
    controls = [guesses(each)["curve"].controls["d"] for each in drawn]
    assert all(np.ptp(control, axis=0).min() > 0.0 for control in controls)
    assert len({each.free_guess["far"] for each in drawn}) == 20
    masses = [each.free_guess["mass"] for each in drawn]
    assert len(set(masses)) > 10
    assert 1900.0 <= min(masses) < max(masses) <= 2100.0
    assert problem.free_guess["mass"] == 2000.0


def test_several_starts_find_the_curve_that_a_zero_guess_hides():
    found = multistart(closed_curve(), starts=4)
    assert found[0].objective == pytest.approx(1.0 / (4.0 * np.pi), rel=1e-6)


# ---- the time limit -------------------------------------------------------------------------------------------------


def endless():
    """A stiff problem over 10,000 s that takes many iterations and whose bad points take long to re-fly."""
    problem = Problem("long")
    problem.phase(
        "long",
        states=[Variable("x", initial=1.5, final=1.0)],
        controls=[Variable("u")],
        dynamics=lambda s, c, p: {"x": -(s.x**3) + c.u},
        integrals={"cost": lambda s, c, p: 0.5 * (s.x**2 + c.u**2)},
        initial_time=0.0,
        final_time=10000.0,
    )
    problem.minimize(lambda e, p: e.long.final.cost)
    return problem


def test_a_time_limit_ends_a_solve_and_the_outcome_says_so():
    solution = solve(endless(), Options(time_limit=0.05), quiet)
    assert solution.outcome is SolveOutcome.TIME
    assert solution.time_limit_reached
    assert not solution.verification.passed
    assert "time limit" in solution.message
    assert len(solution.passes) == 1
    assert solution.iterations < 1000


def test_a_time_limit_that_is_long_enough_changes_nothing():
    solution = solve(stopped(1.0, 0.0), Options(time_limit=1e6), quiet)
    assert solution.outcome is SolveOutcome.SOLVED
    assert not solution.time_limit_reached


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_time_limit_of_nothing_is_refused(seconds):
    with pytest.raises(ValueError, match="time_limit"):
        Options(time_limit=seconds)


def test_a_long_horizon_with_fast_ends_is_solved_to_the_published_digits():
    solution = solve(endless(), report=quiet)
    assert solution.verification.passed, solution.message
    assert solution.objective == pytest.approx(1.330806905, rel=1e-6)
