"""Fits: least squares over what was measured, against the closed forms of linear estimation."""

import numpy as np
import pytest

from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.options import Options, Tolerances
from hoverslam.ocp.statement.phase import Guess, StatementError
from hoverslam.ocp.statement.problem import Problem

TIMES = np.linspace(0.05, 3.97, 40)
OPTIONS = Options(max_passes=1, diagnose=False, tolerances=Tolerances(mesh=1e-5))


def thrown(values: np.ndarray, sigma: float, prior: float = 2.0) -> Problem:
    """A body thrown upwards: height ``h``, speed and gravity unknown, gravity known beforehand to ``prior``."""
    problem = Problem("thrown")
    problem.parameter("gravity", guess=9.0, lower=5.0, upper=15.0)
    problem.phase(
        "flight",
        states=[Variable("height", None, "m", initial=0.0), Variable("speed", None, "m/s", -100.0, 100.0)],
        dynamics=lambda x, u, p: {"height": x.speed, "speed": -p.gravity},
        initial_time=0.0,
        final_time=4.0,
        mesh=Mesh.uniform(7, 3),
        guess=Guess(np.array([0.0, 4.0]), {"height": np.zeros(2), "speed": np.array([20.0, -20.0])}),
    )
    problem.measure("height", "flight", lambda x, p: x.height, TIMES, values, np.full(len(TIMES), sigma), "m")
    problem.minimize(lambda e, p: 0.5 * ((p.gravity - 9.81) / prior) ** 2)
    return problem


def linear_estimate(values: np.ndarray, sigma: float, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """Speed and gravity, and their covariance: the normal equations."""
    design = np.column_stack([TIMES, -0.5 * TIMES**2]) / sigma
    design = np.vstack([design, [0.0, 1.0 / prior]])
    right = np.append(values / sigma, 9.81 / prior)
    information = design.T @ design
    return np.linalg.solve(information, design.T @ right), np.linalg.inv(information)


def noisy(seed: int, sigma: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 21.0 * TIMES - 0.5 * 9.7 * TIMES**2 + sigma * rng.standard_normal(len(TIMES))


def test_a_fit_is_the_normal_equations_and_so_is_its_covariance() -> None:
    values = noisy(1, 0.3)
    solution = solve(thrown(values, 0.3), OPTIONS)
    estimate, covariance = linear_estimate(values, 0.3, 2.0)
    assert solution.verification is not None
    assert solution.verification.passed
    assert float(solution["flight"].initial.speed) == pytest.approx(estimate[0], rel=1e-7)
    assert float(solution.parameters.gravity) == pytest.approx(estimate[1], rel=1e-7)
    found = solution.covariance(speed=lambda e, p: e.flight.initial.speed, gravity=lambda e, p: p.gravity)
    np.testing.assert_allclose(found, covariance, rtol=1e-6)
    residuals = (values - estimate[0] * TIMES + 0.5 * estimate[1] * TIMES**2) / 0.3
    expected = 0.5 * residuals @ residuals + 0.5 * ((estimate[1] - 9.81) / 2.0) ** 2
    assert solution.objective == pytest.approx(expected, rel=1e-7)


def test_other_measurements_are_solved_for_without_building_again() -> None:
    problem = thrown(noisy(1, 0.3), 0.3)
    first = solve(problem, OPTIONS)
    again = noisy(2, 0.3)
    problem.measurements[0].values[:] = again
    second = first.resolve({})
    assert float(second.parameters.gravity) == pytest.approx(linear_estimate(again, 0.3, 2.0)[0][1], rel=1e-7)


def test_a_phase_that_may_move_in_time_finds_the_clock() -> None:
    """Free fall from rest, seen by a clock that is off: the start of the phase is the offset."""
    late = 0.37
    problem = Problem("dropped")
    problem.phase(
        "fall",
        states=[
            Variable("height", None, "m", initial=0.0),
            Variable("speed", None, "m/s", -100.0, 100.0, initial=0.0),
        ],
        dynamics=lambda x, u, p: {"height": x.speed, "speed": -9.81},
        initial_time=(-1.0, 1.0),
        duration=4.0,
        mesh=Mesh.uniform(5, 3),
        guess=Guess(np.array([0.0, 4.0]), {"height": np.zeros(2), "speed": np.array([0.0, -40.0])}),
    )
    at = np.linspace(0.8, 4.0, 17)
    problem.measure("height", "fall", lambda x, p: x.height, at, -0.5 * 9.81 * (at - late) ** 2, np.full(17, 0.1), "m")
    problem.minimize(lambda e, p: 0.0)
    solution = solve(problem, OPTIONS)
    assert solution["fall"].time[0] == pytest.approx(late, abs=1e-6)
    slope = 9.81 * (at - late) / 0.1
    sigma = np.sqrt(solution.covariance(start=lambda e, p: e.fall.initial_time))[0, 0]
    assert sigma == pytest.approx(1.0 / np.sqrt(slope @ slope), rel=1e-6)


def test_a_rough_control_follows_what_was_measured_as_a_random_walk_does() -> None:
    """Speed measured, acceleration a random walk: against the same linear problem written out by hand."""
    intervals, roughness, sigma = 8, 0.5, 0.2
    edges = np.linspace(0.0, 4.0, intervals + 1)
    rng = np.random.default_rng(3)
    at = edges[1:]
    values = np.sin(at) + sigma * rng.standard_normal(intervals)
    problem = Problem("walk")
    problem.phase(
        "walk",
        states=[Variable("speed", None, "m/s", -10.0, 10.0, initial=0.0)],
        controls=[Variable("push", None, "m/s2", -10.0, 10.0, roughness=roughness)],
        dynamics=lambda x, u, p: {"speed": u.push},
        initial_time=0.0,
        final_time=4.0,
        mesh=Mesh.uniform(intervals, 3, control_degree=1),
        guess=Guess(np.array([0.0, 4.0]), {"speed": np.zeros(2)}, {"push": np.zeros(2)}),
    )
    problem.measure("speed", "walk", lambda x, p: x.speed, at, values, np.full(intervals, sigma), "m/s")
    problem.minimize(lambda e, p: 0.0)
    solution = solve(problem, OPTIONS)
    step = 4.0 / intervals
    integral = np.array(
        [[0.5 * step * ((j < i) + (0 < j <= i)) for j in range(intervals + 1)] for i in range(1, intervals + 1)]
    )
    change = np.diff(np.eye(intervals + 1), axis=0) / (roughness * np.sqrt(step))
    design = np.vstack([integral / sigma, change])
    right = np.append(values / sigma, np.zeros(intervals))
    expected = np.linalg.lstsq(design, right, rcond=None)[0]
    np.testing.assert_allclose(solution["walk"].controls[:, 0], expected, atol=1e-6)


def test_mistakes_are_named() -> None:
    problem = thrown(noisy(1, 0.3), 0.3)
    with pytest.raises(StatementError, match="there is no such phase: there is flight"):
        problem.measure("height", "fall", lambda x, p: x.height, TIMES, TIMES, TIMES)
    with pytest.raises(StatementError, match="sigmas positive"):
        problem.measure("height", "flight", lambda x, p: x.height, TIMES, TIMES, 0.0 * TIMES)
    with pytest.raises(StatementError, match="have shapes"):
        problem.measure("height", "flight", lambda x, p: x.height, TIMES, TIMES[1:], TIMES)
    problem.measure("late", "flight", lambda x, p: x.height, np.array([9.0]), np.zeros(1), np.ones(1))
    with pytest.raises(StatementError, match="'late': 9 s lies outside the phase, 0 to 4 s"):
        solve(problem, OPTIONS)
    upside = thrown(noisy(1, 0.3), 0.3)
    upside.maximize(lambda e, p: p.gravity)
    with pytest.raises(StatementError, match="objective to minimise"):
        solve(upside, OPTIONS)
