"""The guidance solver, against Clarabel on the same programmes and against the landing module's own formulation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from random_plans import random_plan

from hoverslam.flights.references.convex import Descent, land
from hoverslam.margins.guidance.convex_plan import MISSED, SOLVED, UNDECIDED, VIOLATED, plan_descent
from hoverslam.margins.guidance.descent_programme import DescentCase

CASES = 60


def stacked(cases: list[DescentCase]) -> DescentCase:
    return jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf, dtype=float) for leaf in leaves]), *cases)


@pytest.fixture(scope="module")
def plans():
    rng = np.random.default_rng(6)
    cases = [random_plan(rng) for _ in range(CASES)]
    return cases, jax.device_get(jax.jit(jax.vmap(plan_descent))(stacked(cases)))


def test_same_propellant_and_same_verdict_as_clarabel(plans):
    pytest.importorskip("clarabel")
    from clarabel_plan import solve

    cases, found = plans
    verdicts = []
    for i, case in enumerate(cases):
        propellant, missed, solved = solve(case)
        assert solved
        reachable = missed < VIOLATED
        verdicts.append(reachable)
        assert found.status[i] == (SOLVED if reachable else MISSED), i
        if reachable:
            assert found.propellant[i] == pytest.approx(propellant, rel=1e-5)
    assert 0.2 < np.mean(verdicts) < 0.9  # both kinds were met


def test_a_solved_plan_ends_on_the_pad_inside_its_limits(plans):
    cases, found = plans
    for i in np.flatnonzero(found.status == SOLVED):
        case, size = cases[i], np.linalg.norm(found.acceleration[i], axis=1)
        scale = 9.8 * case.flight_time**2
        assert np.allclose(found.position[i, -1], 0.0, atol=1e-5 * scale)
        assert np.allclose(found.velocity[i, -1], [0.0, 0.0, -1.0], atol=1e-5 * scale / case.flight_time)
        thrust = found.size[i] * case.mass
        assert np.all(thrust <= case.thrust_max * (1 + 1e-6))
        assert np.all(thrust >= case.thrust_min * (1 - 1e-6))
        assert np.all(size <= found.size[i] * (1 + 1e-6))
        assert np.all(found.acceleration[i, :, 2] >= case.cos_angle * found.size[i] * (1 - 1e-6))


def test_the_multipliers_give_the_derivative_by_flight_time(plans):
    cases, found = plans
    plan = jax.jit(plan_descent)
    checked = 0
    for i in np.flatnonzero(found.status == SOLVED)[:8]:
        step = 1e-3 * float(cases[i].flight_time)
        ends = [plan(cases[i]._replace(flight_time=cases[i].flight_time + s)) for s in (-step, step)]
        if any(int(end.status) != SOLVED for end in ends):
            continue
        slope = float(ends[1].propellant - ends[0].propellant) / (2 * step)
        # Central differences of a programme with piecewise smooth optima: the kinks are small over so short a step.
        assert found.time_derivative[i] == pytest.approx(slope, rel=2e-2, abs=0.02 * found.propellant[i] / 30.0)
        checked += 1
    assert checked >= 3


def test_the_mars_landing_agrees_with_the_formulation_in_log_mass():
    """T3: there the mass is a state; here it is given, and found by planning again along the plan before."""
    steps, span, mass, exhaust = 72, 72.0, 1905.0, 1.0 / 5.0862818514e-4
    low, high = 4971.816404971, 13258.177079923
    masses = np.full(steps, mass - 200.0)
    plan = jax.jit(lambda case: plan_descent(case, watched=0))  # without glide slope, as published
    for _ in range(8):
        case = DescentCase(
            position=np.array([2000.0, 0.0, 1500.0]),
            velocity=np.array([100.0, 0.0, -75.0]),
            mass=masses,
            flight_time=np.asarray(span),
            acceleration=np.tile([0.0, 0.0, -3.7114], (steps, 1)),
            effect=np.tile(np.eye(3), (steps, 1, 1)),
            thrust_min=np.full(steps, low),
            thrust_max=np.full(steps, high),
            exhaust_velocity=np.asarray(exhaust),
            axis=np.tile([0.0, 0.0, 1.0], (steps, 1)),
            cos_angle=np.full(steps, -0.99999),
            cot_glide_slope=np.asarray(1e3),
            pad=np.zeros(3),
            touchdown_velocity=np.zeros(3),
        )
        found = plan(case)
        logs = np.log(mass) - np.concatenate([[0.0], np.cumsum(np.asarray(found.size))]) * span / steps / exhaust
        masses = np.exp(logs[:-1])  # at the start of each step, as the other formulation bounds its thrust
    assert int(found.status) == SOLVED
    other = land(
        Descent((2000.0, 0.0, 1500.0), (100.0, 0.0, -75.0), mass, 1505.0, low, high, exhaust, 3.7114), span, steps
    )
    burned = mass - np.exp(logs[-1])
    # The expansion of exp(-z) about a straight line of masses in that formulation costs some 1e-4.
    assert burned == pytest.approx(other.propellant, rel=5e-4)
    assert burned == pytest.approx(388.2813, rel=5e-4)


def test_the_plan_does_not_depend_on_the_batch(plans):
    cases, found = plans
    few = jax.device_get(jax.jit(jax.vmap(plan_descent))(stacked(cases[:7])))
    feasible = [i for i in range(7) if found.status[i] == SOLVED]
    assert np.allclose(few.propellant[feasible], found.propellant[feasible], rtol=1e-7)
    first = feasible[0]
    alone = jax.tree.map(lambda x: jnp.asarray(x, dtype=float), cases[first])
    one = jax.device_get(jax.jit(plan_descent)(alone))
    assert one.propellant == pytest.approx(found.propellant[first], rel=1e-7)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_garbage_gives_no_plan(wrong):
    case = random_plan(np.random.default_rng(1))
    found = jax.jit(plan_descent)(case._replace(position=np.array([0.0, wrong, 3000.0])))
    assert int(found.status) == UNDECIDED
