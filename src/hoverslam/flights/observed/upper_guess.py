"""The guess of an upper stage's fit: a simulated flight whose steering is fitted to the display.

The axis is steered in the local vertical plane by a parabola over time in the first burn and a constant angle in the second,
which may also turn out of the plane. These few numbers, the times of cut-off and a factor on the thrust are found by least
squares; where the display shows nothing of a burn, what comes after it decides.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import least_squares

from hoverslam.flights.craft.osculating import OrbitReached, orbit_of
from hoverslam.flights.observed.samples import Samples
from hoverslam.flights.observed.segments import Segment
from hoverslam.flights.observed.trace_files import Floats
from hoverslam.flights.observed.upper_segments import FAIRING_DROPPED, REDUCED, UPPER_COASTS
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.constants import (
    EARTH_GRAVITATIONAL_PARAMETER,
    EARTH_ROTATION_RATE,
    STANDARD_GRAVITY,
)
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle

BURN_STEP, COAST_STEP = 8.0, 60.0  # s of the simulation
SPEED_ERROR, ALTITUDE_ERROR = 10.0, 1000.0  # m/s, m: weights of the display
FEWEST = 40  # samples of the display a segment that are compared
ANGLE_ERROR, INCLINATION_ERROR = 0.4, 3e-3  # rad: weights of what is not measured
# Share of the rated thrust by which that of the guess may differ, where the display shows the first ignition and where not.
THRUST_BAND, HIDDEN_THRUST_BAND = 0.1, 0.35
LAST_ANGLE, TURN = (
    0.1,
    0.2,
)  # rad: axis below the horizontal at the first cut-off, and out of the plane in a second burn
TURNED_BACK = 1.0  # rad by which the axis may turn back from one burn to the next
LONGEST_MOVE = 40.0  # s by which a time may move
SLOWEST_REDUCED, LIGHTEST = 0.1, 0.8  # least throttle of the guess, and its least mass over that without propellant
# Of the search: bounds about its start and size of a step of each number of the steering, steps of finite differences in it,
# weighted deviations that count less than their square, and the most steps.
WIDEST = np.array([1.0, 1.5, 2.0, 1.0, 1.0, LONGEST_MOVE, 10.0])
SCALE = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 5.0, 2.0, 0.02])
DIFFERENCE, SOFT, MOST_STEPS = 1e-3, 30.0, 60


class UpperGuess(NamedTuple):
    """States and controls of the segments by name, and the orbit at their end."""

    segments: dict[str, Guess]
    orbit: OrbitReached


class _Steering(NamedTuple):
    """What is found: angles (rad), moves of cut-offs (s), thrust over that of the vehicle file; of flights ``(m,)``."""

    angle: Floats
    change: Floats
    bend: Floats
    second_angle: Floats
    second_turn: Floats
    first_end: Floats
    second_end: Floats
    thrust: Floats


class _Part(NamedTuple):
    """One segment of several simulated flights: times ``(n, m)``, states ``(n, m, 7)``, controls ``(n, m, 4)``.

    The controls are the axis and the throttle; ``m`` is the number of flights.
    """

    times: Floats
    states: Floats
    controls: Floats


class _Simulation:
    """Flights of an upper stage over the segments, from a state at cut-off; several at once."""

    def __init__(
        self,
        mission: Mission,
        vehicle: Vehicle,
        frame: LaunchFrame,
        segments: Sequence[Segment],
        levels: Mapping[str, float],
        state: Floats,
    ):
        upper = vehicle.stage2
        assert upper is not None
        self.frame, self.segments, self.levels, self.state = frame, segments, levels, state
        self.thrust = upper.engine.thrust_vacuum
        self.exhaust = STANDARD_GRAVITY * upper.engine.specific_impulse_vacuum_s.si
        adapter = vehicle.payload.adapter_kg.si if vehicle.payload else 0.0
        self.fairing = vehicle.fairing.mass_t.si if mission.fairing and vehicle.fairing else 0.0
        self.empty = upper.dry_mass + mission.payload_kg.si + adapter
        self.mass = self.empty + upper.propellant + self.fairing
        self.first_burn = segments[1].start, next((s.start for s in segments if s.name == "parking"), segments[-1].end)

    @property
    def path_angle(self) -> float:
        """Angle of the path above the horizontal at cut-off (rad)."""
        centre, velocity = self.state[:3] + self.frame.origin, self.state[3:]
        return float(np.arcsin(centre @ velocity / np.linalg.norm(centre) / np.linalg.norm(velocity)))

    def axis(self, steering: _Steering, segment: Segment, at: Floats, state: Floats) -> Floats:
        """Return the unit vectors ``(m, 3)`` along the nose."""
        centre, velocity = state[:, :3] + self.frame.origin, state[:, 3:]
        up = centre / _length(centre)
        along = velocity - np.sum(velocity * up, axis=1, keepdims=True) * up
        along /= _length(along)
        angle, turn = steering.second_angle, steering.second_turn
        if not segment.name.startswith("second"):
            begun, ended = self.first_burn
            share = (at - begun) / (ended - begun)
            angle, turn = steering.angle + steering.change * share + steering.bend * share * (1.0 - share), 0.0 * at
        level = np.cos(turn)[:, None] * along + np.sin(turn)[:, None] * np.cross(up, along)
        pointing: Floats = np.cos(angle)[:, None] * level + np.sin(angle)[:, None] * up
        return pointing

    def fly(self, steering: _Steering) -> list[_Part]:
        """Return the segments of flights with steering ``(m,)``."""
        count = len(steering.thrust)
        state, mass, full = np.tile(self.state, (count, 1)), np.full(count, self.mass), steering.thrust * self.thrust
        moves = {"parking": steering.first_end, "transfer": steering.second_end}
        starts = [s.start + moves.get(s.name, np.zeros(count)) for s in self.segments]
        ends, parts = [*starts[1:], np.full(count, self.segments[-1].end)], []
        for segment, start, end in zip(self.segments, starts, ends, strict=True):
            if segment.name == FAIRING_DROPPED:
                mass = mass - self.fairing
            coasting = segment.name in UPPER_COASTS
            steps = max(2, int(np.ceil((segment.end - segment.start) / (COAST_STEP if coasting else BURN_STEP))))
            times, states, controls = np.linspace(start, end, steps + 1), [], []
            step = (end - start) / steps
            for i, at in enumerate(times):
                throttle = np.zeros(count) if coasting else np.ones(count)
                if segment.name in REDUCED:
                    throttle = np.clip(self.levels[segment.name] * mass / full, SLOWEST_REDUCED, 1.0)
                axis = self.axis(steering, segment, at, state)
                states.append(np.column_stack([state, mass]))
                controls.append(np.column_stack([axis, throttle]))
                if i == steps:
                    break
                force = throttle * full
                later = np.maximum(mass - step * force / self.exhaust, LIGHTEST * self.empty)
                state = self._step(
                    state, (force / mass)[:, None] * axis, (force / later)[:, None] * axis, step[:, None]
                )
                mass = later
            parts.append(_Part(times, np.array(states), np.array(controls)))
        return parts

    def _step(self, state: Floats, first: Floats, last: Floats, step: Floats) -> Floats:
        """Return the states after one Runge-Kutta step in which the acceleration of thrust changes linearly."""
        middle = 0.5 * (first + last)
        a = self._rate(state, first)
        b = self._rate(state + 0.5 * step * a, middle)
        c = self._rate(state + 0.5 * step * b, middle)
        d = self._rate(state + step * c, last)
        after: Floats = state + step / 6.0 * (a + 2.0 * b + 2.0 * c + d)
        return after

    def _rate(self, state: Floats, thrust: Floats) -> Floats:
        """Return the rates of position and velocity ``(m, 6)`` about a spherical Earth in the rotating frame."""
        centre, velocity, axis = state[:, :3] + self.frame.origin, state[:, 3:], self.frame.axis
        pull = -EARTH_GRAVITATIONAL_PARAMETER / _length(centre) ** 3 * centre
        turning = 2.0 * velocity + EARTH_ROTATION_RATE * np.cross(axis, centre)
        return np.concatenate([velocity, pull - EARTH_ROTATION_RATE * np.cross(axis, turning) + thrust], axis=1)


def _length(vectors: Floats) -> Floats:
    """Return the lengths ``(m, 1)`` of vectors ``(m, 3)``."""
    lengths: Floats = np.sqrt(np.sum(vectors**2, axis=1, keepdims=True))
    return lengths


class _Misfit:
    """Weighted deviations of simulated flights from the display, and from what is expected of the steering."""

    def __init__(
        self, simulation: _Simulation, mission: Mission, speed: Mapping[str, Samples], altitude: Mapping[str, Samples]
    ):
        self.simulation, self.plane = simulation, float(mission.inclination_deg.si)
        self.shown = [(_few(speed[s.name]), _few(altitude[s.name])) for s in simulation.segments]
        self.ground = float(_altitudes(simulation.frame, np.zeros((1, 3)))[0])
        self.second = any(s.name == "second_burn" for s in simulation.segments)
        errors = {s.name: s.start_error for s in simulation.segments}
        self.moves = [errors.get(name, LONGEST_MOVE) for name in ("parking", "transfer")]
        angle = simulation.path_angle
        self.thrust_band = THRUST_BAND if len(speed["separation"].time) else HIDDEN_THRUST_BAND
        self.start = np.array([angle, -angle - LAST_ANGLE, 0.0, 0.0, TURN * self.second, 0.0, 0.0, 1.0])

    def many(self, x: Floats) -> Floats:
        """Return the deviations ``(m, n)`` of flights with steering ``(m, 8)``."""
        parts, found = self.simulation.fly(_Steering(*x.T)), []
        for (fast, high), part in zip(self.shown, parts, strict=True):
            speeds = np.sqrt(np.sum(part.states[:, :, 3:6] ** 2, axis=2))
            heights = _altitudes(self.simulation.frame, part.states[:, :, :3]) - self.ground
            for shown, values, error in ((fast, speeds, SPEED_ERROR), (high, heights, ALTITUDE_ERROR)):
                at = [np.interp(shown.time, t, v) for t, v in zip(part.times.T, values.T, strict=True)]
                found.append((np.array(at) - shown.value) / error)
        unmeasured = (x - self.start) / np.array([*[ANGLE_ERROR] * 5, *self.moves, 0.3 * self.thrust_band])
        last = parts[-1].states[-1]
        tilts = np.array([orbit_of(self.simulation.frame, each[:3], each[3:6]).inclination for each in last])
        return np.column_stack([*found, unmeasured, (tilts - self.plane) * self.second / INCLINATION_ERROR])

    def one(self, x: Floats) -> Floats:
        """Return the deviations ``(n,)`` of one flight."""
        deviations: Floats = self.many(x[None])[0]
        return deviations

    def slopes(self, x: Floats) -> Floats:
        """Return their derivatives ``(n, 8)`` by finite differences, from flights at once."""
        found = self.many(np.vstack([x, x + np.diag(DIFFERENCE * SCALE)]))
        slopes: Floats = ((found[1:] - found[0]) / (DIFFERENCE * SCALE)[:, None]).T
        return slopes


def guess_upper_stage(
    mission: Mission,
    vehicle: Vehicle,
    frame: LaunchFrame,
    segments: Sequence[Segment],
    levels: Mapping[str, float],
    cutoff: Floats,
    speed: Mapping[str, Samples],
    altitude: Mapping[str, Samples],
) -> UpperGuess:
    """Return states and controls of every segment of the upper stage.

    Args:
        mission: Payload and plane of the orbit.
        vehicle: Masses and engine.
        frame: Launch frame at the pad.
        segments: Of the upper stage, in order of time.
        levels: Specific force (m/s2) in segments of reduced thrust, by name.
        cutoff: Position and velocity at cut-off ``(6,)`` in the launch frame.
        speed, altitude: Measurements by segment.
    """
    simulation = _Simulation(mission, vehicle, frame, segments, levels, cutoff)
    misfit = _Misfit(simulation, mission, speed, altitude)
    widest = np.array([*WIDEST, misfit.thrust_band])
    bounds = misfit.start - widest, misfit.start + widest
    fit = least_squares(
        misfit.one,
        misfit.start,
        misfit.slopes,
        bounds,
        x_scale=SCALE,
        loss="soft_l1",
        f_scale=SOFT,
        max_nfev=MOST_STEPS,
    )
    parts = [_Part(*(column[:, 0] for column in part)) for part in simulation.fly(_Steering(*fit.x[:, None]))]
    guesses = {s.name: _guess(s, *part) for s, part in zip(segments, parts, strict=True)}
    last = parts[-1].states[-1]
    return UpperGuess(_continuous(guesses), orbit_of(frame, last[:3], last[3:6]))


def _few(samples: Samples) -> Samples:
    """Return every so many of the samples, so that a segment has a few tens."""
    every = max(1, len(samples.time) // FEWEST)
    return Samples(samples.time[::every], samples.value[::every], samples.sigma[::every])


def _altitudes(frame: LaunchFrame, positions: Floats) -> Floats:
    """Return the altitudes ``(...)`` (m) of positions ``(..., 3)``, as the equations of motion define them."""
    return np.asarray(jax.vmap(frame.altitude)(jnp.asarray(positions.reshape(-1, 3)))).reshape(positions.shape[:-1])


def _guess(segment: Segment, times: Floats, states: Floats, controls: Floats) -> Guess:
    named = {"position": states[:, :3], "velocity": states[:, 3:6], "mass": states[:, 6]}
    if segment.name in UPPER_COASTS:
        return Guess(times, named)
    pitch = np.unwrap(np.arctan2(controls[:, 2], controls[:, 0]))
    yaw = np.arcsin(np.clip(controls[:, 1], -1.0, 1.0))
    return Guess(times, named, {"pitch": pitch, "yaw": yaw, "throttle": controls[:, 3]})


def _continuous(guesses: dict[str, Guess]) -> dict[str, Guess]:
    """Return the guesses with pitches that go on from one burn to the next: the vehicle turns forward around the Earth."""
    highest = np.pi
    for guess in guesses.values():
        if "pitch" in guess.controls:
            pitch = guess.controls["pitch"]
            pitch -= 2.0 * np.pi * np.ceil((pitch[0] - highest) / (2.0 * np.pi))
            highest = pitch[-1] + TURNED_BACK
    return guesses
