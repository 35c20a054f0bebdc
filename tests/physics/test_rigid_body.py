"""The rigid body: conserved quantities, mass properties, and the torque of gimballed thrust."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from hoverslam.ocp.statement.names import Named
from hoverslam.physics.earth import FlatGround
from hoverslam.physics.motion import Shape
from hoverslam.physics.propulsion import Propulsion
from hoverslam.physics.rigid_body import FixedBody, RigidFlight, RigidInputs, SolidCylinder, TankBody, rotation

INERTIA = (4e6, 4.5e6, 1e5)
OFF = RigidInputs(Propulsion.off(), 0.0, Shape(0.0, 0.0, 0.0, 0.0))


def flown(flight, start, seconds):
    """State after ``seconds`` without thrust."""

    @jax.jit
    def rate(x):
        state = Named(position=x[:3], velocity=x[3:6], mass=x[6], attitude=x[7:11], rate=x[11:14])
        r = flight.coast_rates(state, Named(), OFF)
        return jnp.concatenate([r["position"], r["velocity"], r["mass"][None], r["attitude"], r["rate"]])

    return solve_ivp(
        lambda t, x: np.asarray(rate(x)), (0.0, seconds), start, method="DOP853", rtol=1e-13, atol=1e-13
    ).y[:, -1]


@pytest.mark.parametrize("seed", range(3))
def test_energy_and_angular_momentum_are_conserved_without_thrust_and_air(seed):
    rng = np.random.default_rng(seed)
    attitude = rng.normal(size=4)
    start = np.concatenate(
        [[0, 0, 1000], rng.normal(size=3) * 20, [3e4], attitude / np.linalg.norm(attitude), rng.normal(size=3)]
    )
    flight = RigidFlight(FlatGround(9.8), "vacuum", body=FixedBody(INERTIA, -14.0, 0.0))

    def conserved(x):
        momentum = np.array(INERTIA) * x[11:14]
        energy = 0.5 * x[6] * x[3:6] @ x[3:6] + x[6] * 9.8 * x[2]
        return np.array(
            [energy, 0.5 * x[11:14] @ momentum, *np.asarray(rotation(x[7:11])) @ momentum, np.linalg.norm(x[7:11])]
        )

    before, after = conserved(start), conserved(flown(flight, start, 15.0))
    size = np.maximum(np.abs(before), np.linalg.norm(before[2:5]) * np.array([0, 0, 1, 1, 1, 0]))
    np.testing.assert_array_less(np.abs(after - before) / size, 1e-9)


def test_rotation_takes_the_nose_where_the_axis_is():
    flight = RigidFlight(FlatGround(9.8), "vacuum", body=FixedBody(INERTIA, -14.0, 0.0))
    attitude = jnp.array([0.5, -0.1, 0.7, 0.2])
    attitude = attitude / jnp.linalg.norm(attitude)
    axis = flight.body_axis(Named(attitude=attitude), Named())
    np.testing.assert_allclose(rotation(attitude)[:, 2], axis, atol=1e-15)
    np.testing.assert_allclose(rotation(attitude) @ rotation(attitude).T, np.eye(3), atol=1e-14)


def test_thrust_below_the_centre_of_mass_turns_the_body_the_way_a_gimbal_does():
    flight = RigidFlight(FlatGround(9.8), "vacuum", body=FixedBody(INERTIA, -14.0, 0.0))
    inputs = RigidInputs(Propulsion(1e6, 300.0, 0.0), 1.0, Shape(0.0, 0.0, 0.0, 0.0))
    state = Named(
        position=jnp.zeros(3), velocity=jnp.zeros(3), mass=3e4, attitude=jnp.array([1.0, 0, 0, 0]), rate=jnp.zeros(3)
    )
    rates = flight.rates(state, Named(thrust=jnp.array([0.1, 0.0, 0.9])), inputs)
    # pushed towards +downrange at the foot, the nose swings to -downrange: about -left
    np.testing.assert_allclose(rates["rate"], [0.0, -14.0 * 0.1e6 / INERTIA[1], 0.0], rtol=1e-12)
    np.testing.assert_allclose(rates["velocity"], [0.1e6 / 3e4, 0.0, 0.9e6 / 3e4 - 9.8], rtol=1e-12)
    assert float(rates["mass"]) == pytest.approx(-300.0 * np.hypot(0.1, 0.9))


def test_centre_of_mass_and_inertia_move_with_the_propellant():
    body = TankBody(27e3, 14.0, 41.2, 1.83, 2.5, 1000.0, 20.0, 0.0)
    masses = np.array([27e3, 30e3, 35e3, 60e3])
    centres, inertias = zip(*(body.properties(jnp.asarray(m)) for m in masses), strict=True)
    assert float(centres[0]) == pytest.approx(14.0)
    assert np.all(np.diff(np.array(centres)[:3]) < 0.0)  # the first propellant lies at the bottom
    assert np.all(np.diff([float(i[0]) for i in inertias]) > 0.0)
    # the column by itself: the parallel-axis theorem against a sum over slices
    propellant, height = 8e3, 8e3 / (1000.0 * np.pi * 1.83**2)
    slices = 2.5 + height * (np.arange(2000) + 0.5) / 2000
    about = float(body.properties(jnp.asarray(35e3)).centre)
    column = propellant * np.mean(1.83**2 / 4.0 + (slices - about) ** 2)
    empty = float(body.properties(jnp.asarray(27e3)).inertia[0]) + 27e3 * (14.0 - about) ** 2
    assert float(body.properties(jnp.asarray(35e3)).inertia[0]) == pytest.approx(empty + column, rel=1e-6)


def test_cylinder_has_the_inertia_of_a_cylinder():
    inertia = SolidCylinder(4.5, 50.0, -20.0, 0.0).properties(jnp.asarray(1e5)).inertia
    np.testing.assert_allclose(inertia, [1e5 * (4.5**2 / 4 + 50**2 / 12)] * 2 + [1e5 * 4.5**2 / 2])
