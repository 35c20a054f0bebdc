"""Numbers that functions carry: which functions are alike without them, and that they come back unchanged."""

import jax.numpy as jnp
import numpy as np
import pytest

from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.transcription.carried import carried
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.motion import Flight

STATE = Named(position=jnp.array([1e3, -2e2, 5e4]), velocity=jnp.array([900.0, 10.0, 400.0]), mass=jnp.array(2e4))


def functions(frame, regime="vacuum"):
    flight = Flight(frame, regime)
    return [flight.coast_rates, FlightLimits(flight).altitude]


def values(made):
    rates = made[0](STATE, None, None)
    return np.concatenate([np.ravel(rates["velocity"]), np.ravel(made[1](STATE, None, None))])


@pytest.mark.parametrize("azimuth", [0.0, 1.2, np.pi / 2])
def test_the_functions_come_back_with_the_numbers_that_they_carried(azimuth):
    own = functions(LaunchFrame(0.5, -1.4, 5.0, azimuth))
    apart = carried(own)
    np.testing.assert_array_equal(values(apart.rebuild(apart.numbers)), values(own))


def test_functions_of_two_frames_are_alike_and_take_each_other_s_numbers():
    one, other = functions(LaunchFrame(0.5, -1.4, 5.0, 1.2)), functions(LaunchFrame(0.7, 2.0, 900.0, 3.0))
    assert carried(one).key == carried(other).key
    moved = carried(one).rebuild(carried(other).numbers)
    np.testing.assert_allclose(values(moved), values(other), rtol=1e-12)


def test_a_frame_shared_by_two_functions_is_carried_once():
    shared = functions(LaunchFrame(0.5, -1.4, 5.0, 1.2))
    assert len(carried(shared).numbers) == len(carried(shared[:1]).numbers)


def test_entries_that_are_zero_or_one_stay_constant_and_tell_functions_apart():
    on_the_equator, inland = LaunchFrame(0.0, 0.0, 0.0, np.pi / 2), LaunchFrame(0.5, -1.4, 5.0, 1.2)
    assert len(carried(functions(on_the_equator)).numbers) < len(carried(functions(inland)).numbers)
    assert carried(functions(on_the_equator)).key != carried(functions(inland)).key


def test_another_regime_and_flat_ground_are_other_functions():
    frame = LaunchFrame(0.5, -1.4, 5.0, 1.2)
    assert carried(functions(frame)).key != carried(functions(frame, "ascent")).key
    flat = carried(functions(FlatGround(9.8)))
    assert len(flat.numbers) == 0
    assert flat.key != carried(functions(FlatGround(3.7))).key
