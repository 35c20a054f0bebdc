"""The argument of perigee: what the problem holds and what the check reads agree with states made from orbital elements."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoverslam.flights.launch.upper_stage import UpperStageBuilder
from hoverslam.flights.launch.validity import _elements
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, EARTH_ROTATION_RATE
from hoverslam.physics.earth import LaunchFrame

FRAME = LaunchFrame(0.5, -1.4, 5.0, 1.2)
PERIGEE, APOGEE = 200e3, 2000e3  # m
ANGLES = st.floats(0.0, 6.28)


def turned(angle, about):
    """Matrix of a rotation about the first or the third axis."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) if about == 1 else np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def state_of(inclination, node, argument, anomaly):
    """Position and velocity in the launch frame of a body on the ellipse, from its orbital elements."""
    near, far = EARTH_EQUATORIAL_RADIUS + PERIGEE, EARTH_EQUATORIAL_RADIUS + APOGEE
    eccentricity, parameter = (far - near) / (far + near), 2.0 * near * far / (near + far)
    radius = parameter / (1.0 + eccentricity * np.cos(anomaly))
    speed = np.sqrt(EARTH_GRAVITATIONAL_PARAMETER / parameter)
    plane = turned(node, 3) @ turned(inclination, 1) @ turned(argument, 3)
    position = plane @ (radius * np.array([np.cos(anomaly), np.sin(anomaly), 0.0]))
    velocity = plane @ (speed * np.array([-np.sin(anomaly), eccentricity + np.cos(anomaly), 0.0]))
    position, velocity = FRAME.rotation @ position, FRAME.rotation @ velocity  # the axes of the Earth at this instant
    velocity -= EARTH_ROTATION_RATE * np.cross(FRAME.axis, position)
    return position - FRAME.origin, velocity, eccentricity


def held(argument, eccentricity, position, velocity):
    """Values of the two conditions that the problem states for an argument of perigee."""
    found = {}
    builder = object.__new__(UpperStageBuilder)
    builder.plan = SimpleNamespace(frame=FRAME)
    builder.problem = SimpleNamespace(constrain=lambda name, function, *bounds: found.update({name: function}))
    builder._perigee_at(argument, eccentricity, "upper")
    ends = {"upper": SimpleNamespace(final=Named(position=position, velocity=velocity))}
    return [float(function(ends, None)) for function in found.values()]


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 3.0), ANGLES, ANGLES, ANGLES)
def test_the_elements_of_a_state_are_those_it_was_made_from(inclination, node, argument, anomaly):
    position, velocity, _ = state_of(inclination, node, argument, anomaly)
    perigee, apogee, plane, angle = _elements(FRAME, np.concatenate([position, velocity]))
    assert (perigee, apogee) == pytest.approx((PERIGEE, APOGEE), abs=1e-2)  # m, of 6,600 km in double precision
    assert plane == pytest.approx(inclination, abs=1e-9)
    assert np.cos(angle - argument) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.1, 3.0), ANGLES, ANGLES, ANGLES)
def test_the_problem_holds_the_argument_of_perigee_and_no_opposite_one(inclination, node, argument, anomaly):
    position, velocity, eccentricity = state_of(inclination, node, argument, anomaly)
    assert held(argument, eccentricity, position, velocity) == pytest.approx([0.0, 1.0], abs=1e-9)
    across, along = held(argument + np.pi, eccentricity, position, velocity)
    assert across == pytest.approx(0.0, abs=1e-9)
    assert along == pytest.approx(-1.0, abs=1e-9)
    assert held(argument + 0.1, eccentricity, position, velocity)[0] == pytest.approx(-np.sin(0.1), abs=1e-9)


def test_an_orbit_that_states_none_leaves_it_free():
    assert held(None, 0.1, np.zeros(3), np.zeros(3)) == []
