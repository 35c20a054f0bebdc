"""The equations of motion that the solver sees are those that the verifier flies: values and derivatives to 1e-12."""

import casadi
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.transcription.translate import translate
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight, Inputs, Shape
from hoverslam.physics.propulsion import Propulsion
from hoverslam.physics.winds import percentile_wind

TOLERANCE = 1e-12
FRAME = LaunchFrame(np.radians(28.6), np.radians(-80.6), 5.0, np.radians(60.0))
INPUTS = Inputs(Propulsion.cluster(9, 845e3, 282.0, 311.0), Propulsion(2e6, 700.0, 1.5), Shape(10.52, 1.1, 14.0, 0.1))
SCALE = np.array([1e5] * 3 + [1e3] * 3 + [1e5] + [1.0] * 3)
LIMITS = [
    "dynamic_pressure", "heating", "free_molecular_heating", "q_alpha", "axial_acceleration", "speed", "throttle", "upright",
    "angle_of_attack", "altitude",
]  # fmt: skip


def named(flat, regime):
    """State and control of the flat scaled vector."""
    x = flat * SCALE
    angles = ("alpha", "beta") if regime == "descent" else ("pitch", "yaw")
    control = Named({angles[0]: x[7], angles[1]: x[8], "throttle": x[9]})
    return Named(position=x[:3], velocity=x[3:6], mass=x[6]), control


def points(regime):
    """Realistic states and controls, scaled: (downrange, left, up), velocity, mass, two angles, throttle."""
    random = np.random.default_rng(7)
    sign = -1.0 if regime == "descent" else 1.0
    for altitude in (0.03, 0.115, 0.4, 0.9):
        yield np.concatenate(
            [
                [random.uniform(0.1, 1.0), random.uniform(-0.1, 0.1), altitude],
                [random.uniform(0.2, 1.5), random.uniform(-0.1, 0.1), sign * random.uniform(0.3, 1.2)],
                [random.uniform(0.5, 4.0)],
                random.uniform(0.05, 0.2, size=2) if regime == "descent" else [random.uniform(0.3, 1.3), 0.1],
                [random.uniform(0.5, 1.0)],
            ]
        )


def check(function, regime):
    """Value, Jacobian and Hessian of a weighted sum agree, relative to the largest entry."""
    size = int(jax.eval_shape(function, jnp.zeros(10)).shape[0])
    weights = np.random.default_rng(3).normal(size=size)
    symbol = casadi.SX.sym("x", 10)
    value = translate(function, symbol)
    outputs = [value, casadi.jacobian(value, symbol), casadi.hessian(casadi.dot(weights, value), symbol)[0]]
    translated = casadi.Function("f", [symbol], outputs)

    def weighted(x):
        return jnp.dot(weights, function(x))

    # Forward over forward compiles in half the time of forward over reverse.
    original = jax.jit(lambda x: (function(x), jax.jacfwd(function)(x), jax.jacfwd(jax.jacfwd(weighted))(x)))
    original = original.lower(jnp.zeros(10)).compile({"xla_backend_optimization_level": 0})  # compiles faster
    for point in points(regime):
        for expected, got in zip(original(jnp.asarray(point)), translated(point), strict=True):
            expected = np.asarray(expected)
            size = np.max(np.abs(expected))
            difference = np.max(np.abs(np.asarray(got).reshape(expected.shape) - expected))
            assert difference <= TOLERANCE * size


@pytest.mark.parametrize("method", ["rates", "coast_rates"])
@pytest.mark.parametrize("wind", [None, 95], ids=["still", "wind"])
@pytest.mark.parametrize("regime", ["ascent", "descent", "vacuum"])
def test_rates_translate_exactly(regime, wind, method):
    flight = Flight(FRAME, regime, None if wind is None else percentile_wind(wind, towards=1.0))
    row_scale = 1.0 / SCALE[:7]

    def rates(flat):
        state, control = named(flat, regime)
        r = getattr(flight, method)(state, control, INPUTS)
        return jnp.concatenate([r["position"], r["velocity"], jnp.reshape(r["mass"], 1)]) * row_scale

    check(rates, regime)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("regime", ["ascent", "descent"])
def test_limits_translate_exactly(regime, name):
    limits = FlightLimits(Flight(FRAME, regime, percentile_wind(95, towards=1.0)))

    def limit(flat):
        return jnp.reshape(getattr(limits, name)(*named(flat, regime), INPUTS), 1)

    check(limit, regime)


def test_every_limit_is_checked():
    public = {n for n, f in vars(FlightLimits).items() if callable(f) and not n.startswith("_")} - {"heat_of"}
    assert set(LIMITS) == public
