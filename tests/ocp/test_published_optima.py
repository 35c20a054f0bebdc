"""Published and closed-form optima, each reached from a generic guess with automatic scaling and meshes.

The problems are those of ``problems/optimal_control``; each script names the source of its answer.
"""

import inspect
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "problems" / "optimal_control"))

import delta3
import double_integrator
import goddard
import landing_flip
import mars_landing
import soft_landing
import szmuk_landing

from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.options import Options, Tolerances
from hoverslam.ocp.statement.phase import PathConstraint
from hoverslam.ocp.statement.problem import Problem


def solved(problem, tolerance=1e-10, **tolerances):
    """The verified solution."""
    solution = solve(problem, Options(tolerance=tolerance, tolerances=Tolerances(**tolerances)))
    assert solution.verification.passed, solution.verification.report()
    return solution


def switches(part):
    """Times (s) of the knots that the solver placed."""
    return part.time[0] + part.duration * part.mesh.arc_edges[1:-1]


# ---- closed forms ------------------------------------------------------------


def test_moon_lander_coasts_then_burns_as_meditch_has_it():
    solution = solved(soft_landing.problem(soft_landing.MOON), mesh=1e-9)
    descent = solution["descent"]
    np.testing.assert_allclose(switches(descent), [0.239259109], atol=1e-9)
    assert descent.time[1] == pytest.approx(1.396808089, abs=1e-9)
    assert descent.final.m == pytest.approx(0.395354364, abs=1e-9)


def test_booster_landing_burns_4746_809282749813_kg():
    solution = solved(soft_landing.problem(), mesh=1e-9)
    assert solution.objective == pytest.approx(4746.809282749813, rel=1e-9)
    np.testing.assert_allclose(switches(solution["descent"]), [6.258311802201028], atol=1e-6)
    assert solution["descent"].duration == pytest.approx(21.793440589485, abs=1e-6)


def test_mars_soft_landing_burns_172_306272368_kg():
    solution = solved(soft_landing.problem(soft_landing.MARS), mesh=1e-9)
    assert solution.objective == pytest.approx(172.306272368, rel=1e-10)
    np.testing.assert_allclose(switches(solution["descent"]), [11.198222780], atol=1e-6)


def test_double_integrator_takes_two_seconds_and_switches_at_one():
    solution = solved(double_integrator.problem())
    assert solution.objective == pytest.approx(2.0, abs=1e-9)
    np.testing.assert_allclose(switches(solution["go"]), [1.0], atol=1e-8)


def test_massless_lander_needs_an_integral_of_thrust_of_root_68():
    solution = solved(double_integrator.moon_lander())
    assert solution.objective == pytest.approx(np.sqrt(68.0), rel=1e-9)
    assert solution["descent"].final.effort == pytest.approx(solution.objective, rel=1e-12)
    assert solution["descent"].duration == pytest.approx(-4 / 3 + 4 / 3 * np.sqrt(2.0 + 15.0), abs=1e-8)
    np.testing.assert_allclose(switches(solution["descent"]), [1.4154037504117736], atol=1e-8)


# ---- ascent ------------------------------------------------------------


def test_goddard_rocket_reaches_18550_8718638_ft_though_nobody_says_that_an_arc_is_singular():
    solution = solved(goddard.problem())
    assert solution.objective == pytest.approx(18550.8718638, rel=1e-8)


def test_goddard_rocket_in_three_stated_phases_reaches_the_same():
    solution = solved(goddard.in_three_phases(), mesh=1e-9)
    assert solution.objective == pytest.approx(18550.8718638, rel=1e-9)


def test_singular_thrust_is_what_balances_drag_and_weight():
    # m g = (1 + v / c) D along the middle phase, whatever the thrust that keeps it so
    part = solved(goddard.in_three_phases(), mesh=1e-9)["partial"]
    state, _ = part.sample(np.linspace(*part.time, 50))
    drag = goddard.SIGMA * state.v**2 * np.exp(-state.h / goddard.HEIGHT)
    np.testing.assert_allclose((1.0 + state.v / goddard.EXHAUST) * drag, state.m * goddard.GRAVITY, rtol=1e-5)


def test_goddard_is_stated_in_at_most_25_lines():
    lines = [
        line for f in (goddard.rates, goddard.problem) for line in inspect.getsource(f).splitlines() if line.strip()
    ]
    assert len(lines) <= 25


def test_delta_3_brings_7529_712296_kg_to_its_orbit():
    solution = solved(delta3.problem(), mesh=1e-9)
    assert solution.objective == pytest.approx(7529.712287, rel=1e-8)  # published; relative tolerance of its source
    assert solution.objective == pytest.approx(7529.712296, rel=1e-9)  # an independent solution on a finer mesh


# ---- landing ------------------------------------------------------------


def test_mars_pinpoint_landing_burns_387_896364525_kg():
    solution = solved(mars_landing.problem(), mesh=1e-9)
    assert solution.objective == pytest.approx(387.896364525, rel=1e-9)
    descent = solution["descent"]
    assert descent.duration == pytest.approx(72.193833536, abs=1e-4)
    # most, least and most thrust again
    lasting = np.diff([0.0, *switches(descent), descent.duration])
    np.testing.assert_allclose(lasting, [41.136354, 23.475465, 7.582015], atol=1e-3)


def test_mars_landing_above_a_glide_slope_of_4_degrees_burns_398_07348_kg():
    solution = solved(mars_landing.problem(np.radians(4.0)), path=1e-5)
    assert solution.objective == pytest.approx(398.07348, rel=1e-4)


def test_six_degree_of_freedom_landing_takes_2_868522():
    solution = solved(szmuk_landing.problem())
    assert solution.objective == pytest.approx(2.868522, rel=1e-6)
    assert solution["descent"].final.m == pytest.approx(1.866418, rel=1e-5)


@pytest.fixture(scope="module")
def flip():
    return solved(landing_flip.problem(shortest=3.0), 1e-9, objective=1e-5)  # published to five digits


def test_landing_flip_with_phases_of_3_s_or_more_burns_6599_3_kg(flip):
    # The reference is a fine mesh that nobody flew again, good to its last digit at best: hence half a per mille.
    assert flip.objective == pytest.approx(6599.3, rel=5e-4)
    for name in ("flip", "brake", "terminal"):
        assert 3.0 - 1e-6 <= flip[name].duration <= 10.0


def test_belly_first_coast_follows_its_closed_form(flip):
    terminal = np.sqrt(100e3 * landing_flip.G0 / landing_flip.DRAG[1])  # m/s
    assert terminal == pytest.approx(84.997, abs=5e-3)

    def speed(height):
        fallen = 1000.0 - height
        return np.sqrt(terminal**2 + (90.0**2 - terminal**2) * np.exp(-2 * landing_flip.G0 * fallen / terminal**2))

    assert speed(490.34) == pytest.approx(86.28, abs=5e-3)
    flown = flip.verification.phases["coast"].states
    at = flip["coast"].phase.states.slices
    heights, speeds = flown[:, at["r"].start], -flown[:, at["v"].start]
    np.testing.assert_allclose(speeds, speed(heights), rtol=1e-7)
    assert np.interp(490.34, heights[::-1], speeds[::-1]) == pytest.approx(86.28, abs=5e-3)
    final = flip["coast"].final
    assert -final.v[0] == pytest.approx(speed(final.r[0]), rel=1e-7)


# ---- a rigid body without a guess ----------------------------------------------
STANDARD, IMPULSE, LENGTH = 9.81, 275.0, 15.0  # m/s2, s, m from the centre of mass to the engine
MOST_THRUST, INERTIA = 420e3, np.diag([5e6, 5e6, 7e4])  # N, kg m2


def turned(degrees, axis):
    """The quaternion of a rotation about a body axis."""
    half = np.radians(degrees) / 2.0
    return np.concatenate([[np.cos(half)], np.sin(half) * np.eye(3)[axis]])


def times(a, b):
    """The product of two quaternions, scalar first."""
    vector = a[0] * b[1:] + b[0] * a[1:] + jnp.cross(a[1:], b[1:])
    return jnp.concatenate([jnp.array([a[0] * b[0] - a[1:] @ b[1:]]), vector])


def rigid_rates(s, c, p):
    """Thrust in body axes at the end of the body, and its size, which an equation along the phase holds."""
    force = times(times(s.q, jnp.concatenate([jnp.zeros(1), c.T])), s.q * np.array([1.0, -1.0, -1.0, -1.0]))[1:]
    torque = jnp.cross(np.array([0.0, 0.0, -LENGTH]), c.T) - jnp.cross(s.w, INERTIA @ s.w)
    return {
        "m": -c.size / (IMPULSE * STANDARD),
        "r": s.v,
        "v": force / s.m - np.array([0.0, 0.0, STANDARD]),
        "q": 0.5 * times(s.q, jnp.concatenate([jnp.zeros(1), s.w])),
        "w": jnp.linalg.solve(INERTIA, torque),
    }


def rigid_landing():
    """A booster of the size of Falcon 9 with one engine: 24 t, from 800 m and 98 m/s, tilted, to rest upright."""
    problem, turn, slope = Problem("rigid landing"), np.radians(60.0), np.tan(np.radians(30.0))
    attitude = np.asarray(times(turned(-20.0, 0), turned(20.0, 1)))
    problem.phase(
        "burn",
        states=[
            Variable("m", None, "kg", lower=22e3, initial=24e3),
            Variable("r", 3, "m", initial=(200.0, 200.0, 800.0), final=(0.0, 0.0, 0.0)),
            Variable("v", 3, "m/s", initial=(-40.0, -40.0, -80.0), final=(0.0, 0.0, 0.0)),
            Variable("q", 4, "", initial=tuple(map(float, attitude)), final=(None, 0.0, 0.0, None)),
            Variable("w", 3, "rad/s", -turn, turn, initial=(0.0, 0.0, 0.0), final=(0.0, 0.0, 0.0)),
        ],
        controls=[Variable("T", 3, "N"), Variable("size", None, "N", 200e3, MOST_THRUST)],
        dynamics=rigid_rates,
        path=[
            PathConstraint("size", lambda s, c, p: (c.T @ c.T - c.size**2) / MOST_THRUST**2, 0.0, 0.0),
            PathConstraint("gimbal", lambda s, c, p: (c.T[2] - np.cos(np.radians(15.0)) * c.size) / MOST_THRUST, 0.0),
            PathConstraint("upright", lambda s, c, p: 1.0 - 2.0 * (s.q[1] ** 2 + s.q[2] ** 2), 0.0),
            PathConstraint(
                "cone", lambda s, c, p: s.r[2] ** 2 - slope**2 * (s.r[0] ** 2 + s.r[1] ** 2), 0.0, unit="m2"
            ),
            PathConstraint("height", lambda s, c, p: s.r[2], 0.0, unit="m"),
        ],
        initial_time=0.0,
        duration=(5.0, 40.0),
    )
    problem.minimize(lambda e, p: e.burn.initial.m - e.burn.final.m, unit="kg")
    return problem


@pytest.mark.slow
def test_rigid_body_without_guess_or_bounds_on_attitude_and_thrust_burns_1985_834_kg():
    solution = solve(rigid_landing(), Options(tolerances=Tolerances(objective=5e-6)))
    assert solution.verification.passed, solution.verification.report()
    assert solution.objective == pytest.approx(1985.834, rel=5e-6)
