"""A fixed-step simulation of the equations of motion for first guesses: accurate to about one per cent, never a result."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from math import atan2, isfinite, sqrt

import casadi as ca
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import Guess
from hoverslam.ocp.transcription.translate import to_casadi
from hoverslam.physics.aerodynamics import stagnation_heating
from hoverslam.physics.constants import EARTH_ROTATION_RATE
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight, Inputs, Shape
from hoverslam.physics.propulsion import Propulsion
from hoverslam.physics.winds import Wind

Steering = Callable[[float, np.ndarray], tuple[float, float]]  # (time, state) -> first angle (rad), throttle
Stop = Callable[[float, np.ndarray], bool]


@dataclass(frozen=True)
class Arc:
    """One simulated arc.

    Attributes:
        time: Times ``(n,)`` (s).
        states: Position, velocity and mass ``(n, 7)`` (SI).
        angle: First angle of the body axis ``(n,)``: pitch (rad), or the tangent ``alpha`` in a descent.
        throttle: Throttle ``(n,)``.
        names: Names of the two angles.
    """

    time: np.ndarray
    states: np.ndarray
    angle: np.ndarray
    throttle: np.ndarray
    names: tuple[str, str] = ("pitch", "yaw")

    @property
    def end(self) -> np.ndarray:
        """Last state ``(7,)``."""
        return self.states[-1]

    @property
    def end_time(self) -> float:
        """Last time (s)."""
        return float(self.time[-1])

    def guess(self, controls: bool = True) -> Guess:
        """Return the arc as a guess, with the first angle made continuous and the second one zero."""
        states = {"position": self.states[:, :3], "velocity": self.states[:, 3:6], "mass": self.states[:, 6]}
        first, second = self.names
        steering = {first: np.unwrap(self.angle), second: 0.0 * self.angle, "throttle": self.throttle}
        return Guess(self.time, states, steering if controls else {})


_TEMPLATE = Inputs(Propulsion(0.0, 0.0, 0.0), Propulsion(0.0, 0.0, 0.0), Shape(1.0, 1.0, 1.0, 1.0))


def _angles(regime: str) -> tuple[str, str]:
    return ("alpha", "beta") if regime == "descent" else ("pitch", "yaw")


@lru_cache(maxsize=8)
def _runge_kutta_step(regime: str, wind: Wind | None) -> ca.Function:
    """Return the next state as a function of state ``(7,)``, control ``(3,)``, ten inputs, step (s) and pad ``(6,)``.

    The pad is its position from the Earth's centre and the axis of the Earth, so that one function serves all frames.
    """
    tree = jax.tree_util.tree_structure(_TEMPLATE)

    def rates(x: jax.Array, u: jax.Array, q: jax.Array, pad: jax.Array) -> jax.Array:
        flight = Flight(_frame_at(pad), regime, wind)
        state = Named(position=x[:3], velocity=x[3:6], mass=x[6])
        control = Named(zip(_angles(regime), u[:2], strict=True), throttle=u[2])
        rate = flight.rates(state, control, jax.tree_util.tree_unflatten(tree, list(q)))
        return jnp.concatenate([rate["position"], rate["velocity"], jnp.atleast_1d(rate["mass"])])

    f = to_casadi(rates, [7, 3, 10, 6], "rates")
    x, u, q, h, pad = ca.SX.sym("x", 7), ca.SX.sym("u", 3), ca.SX.sym("q", 10), ca.SX.sym("h"), ca.SX.sym("pad", 6)
    k1 = f(x, u, q, pad)
    k2 = f(x + 0.5 * h * k1, u, q, pad)
    k3 = f(x + 0.5 * h * k2, u, q, pad)
    k4 = f(x + h * k3, u, q, pad)
    return ca.Function("step", [x, u, q, h, pad], [x + h / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)])


@lru_cache(maxsize=4)
def _loads(wind: Wind | None) -> ca.Function:
    """Return dynamic pressure (Pa) and stagnation heating (W/m2) as a function of state, nose radius (m) and pad ``(6,)``."""

    def loads(x: jax.Array, radius: jax.Array, pad: jax.Array) -> jax.Array:
        flight = Flight(_frame_at(pad), "descent", wind)
        _, air, _, speed_squared = flight.flow(Named(position=x[:3], velocity=x[3:6]))
        heating = stagnation_heating(air.density, jnp.sqrt(speed_squared), radius[0])
        return jnp.stack([0.5 * air.density * speed_squared, heating])

    return to_casadi(loads, [7, 1, 6], "loads")


def _frame_at(pad: jax.Array) -> LaunchFrame:
    """Return a launch frame with the origin and the axis of a pad ``(6,)``; its rotation is not used in flight."""
    return eqx.tree_at(lambda frame: (frame.origin, frame.axis), LaunchFrame(0.0, 0.0, 0.0, 0.0), (pad[:3], pad[3:]))


class _Step:
    """A step of the integration in memory that is allocated once: calls through Python objects cost eight times more."""

    def __init__(self, function: ca.Function, pad: np.ndarray):
        self._state, self._control, self._inputs, self._step = np.zeros(7), np.zeros(3), np.zeros(10), np.zeros(1)
        self._pad, self._next = pad.copy(), np.zeros(7)
        self._buffer, self._evaluate = function.buffer()
        given = (self._state, self._control, self._inputs, self._step, self._pad)
        for index, array in enumerate(given):
            self._buffer.set_arg(index, memoryview(array))  # type: ignore[call-arg, arg-type]
        self._buffer.set_res(0, memoryview(self._next))  # type: ignore[call-arg, arg-type]

    def __call__(self, x: np.ndarray, u: tuple[float, ...], q: np.ndarray, h: float) -> np.ndarray:
        """Return the state ``(7,)`` after a step of ``h`` (s)."""
        self._state[:], self._control[:], self._inputs[:], self._step[0] = x, u, q, h
        self._evaluate()
        return self._next.copy()


def _until(stop: Stop, time: float, step: float, ahead: Callable[[float], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return ``step`` (s), or the time until the flight stops within it, to a thousandth of the step, and the state then."""
    end = ahead(step)
    if not stop(time + step, end):
        return step, end
    low, high = 0.0, step
    for _ in range(10):
        middle = 0.5 * (low + high)
        state = ahead(middle)
        if stop(time + middle, state):
            high, end = middle, state
        else:
            low = middle
    return high, end


class Simulator:
    """Simulation of flights in one launch frame, by the classical Runge-Kutta method of fourth order."""

    def __init__(self, frame: LaunchFrame, wind: Wind | None = None):
        self.frame, self._wind = frame, wind
        self._pad = np.concatenate([frame.origin, frame.axis])
        self._steps: dict[str, _Step] = {}
        self._radius = float(np.linalg.norm(frame.origin))
        self._origin, self._axis = tuple(float(v) for v in frame.origin), tuple(float(v) for v in frame.axis)

    def _advance(self, regime: str) -> _Step:
        if regime not in self._steps:
            self._steps[regime] = _Step(_runge_kutta_step(regime, self._wind), self._pad)
        return self._steps[regime]

    # The stop conditions call these at every step: plain floats are ten times faster than small arrays.
    def _from_centre(self, x: np.ndarray) -> tuple[float, float, float]:
        a, b, c = self._origin
        return float(x[0]) + a, float(x[1]) + b, float(x[2]) + c

    def altitude(self, x: np.ndarray) -> float:
        """Return the altitude (m) above a sphere through the pad, which is accurate enough to steer by."""
        a, b, c = self._from_centre(x)
        return sqrt(a * a + b * b + c * c) - self._radius

    def local_pitch_offset(self, x: np.ndarray) -> float:
        """Return the angle (rad) from the horizontal of the pad to the local one; pitch plus this is the local pitch."""
        a, _, c = self._from_centre(x)
        return atan2(a, c)

    def inertial_speed(self, x: np.ndarray) -> float:
        """Return the inertial speed (m/s)."""
        u, v, w = self.inertial_velocity(x)
        return sqrt(u * u + v * v + w * w)

    def inertial_velocity(self, x: np.ndarray) -> tuple[float, float, float]:
        """Return the three components of the inertial velocity (m/s)."""
        a, b, c = self._from_centre(x)
        i, j, k = self._axis
        rate = EARTH_ROTATION_RATE
        return (
            float(x[3]) + rate * (j * c - k * b),
            float(x[4]) + rate * (k * a - i * c),
            float(x[5]) + rate * (i * b - j * a),
        )

    def climb_rate(self, x: np.ndarray) -> float:
        """Return the vertical speed (m/s)."""
        a, b, c = self._from_centre(x)
        return (float(x[3]) * a + float(x[4]) * b + float(x[5]) * c) / sqrt(a * a + b * b + c * c)

    def loads(self, states: np.ndarray, base_area: float) -> tuple[float, float]:
        """Return the largest dynamic pressure (Pa) and stagnation heating (W/m2) along ``states`` ``(n, 7)``."""
        function, count = _loads(self._wind), len(states)
        values = function.map(count)(states.T, sqrt(base_area / np.pi), np.tile(self._pad[:, None], count)).full()
        return float(values[0].max()), float(values[1].max())

    def fly(
        self,
        regime: str,
        start: float,
        x: np.ndarray,
        inputs: Inputs,
        steer: Steering,
        stop: Stop,
        step: float,
        limit: float,
    ) -> Arc:
        """Return the flight from a state until a condition holds or a time has passed.

        Args:
            regime: ``ascent``, ``descent`` or ``vacuum``.
            start: Time at the start (s).
            x: State at the start ``(7,)``.
            inputs: Inputs of the equations of motion.
            steer: First angle and throttle as a function of time and state.
            stop: Condition, as a function of time and state, at which the flight ends.
            step: Step of the integration (s).
            limit: Longest duration (s).
        """
        advance, q = self._advance(regime), np.array(jax.tree_util.tree_leaves(inputs), dtype=float)
        t, samples = start, []
        while True:
            angle, throttle = steer(t, x)
            samples.append((t, x, angle, throttle))
            if stop(t, x) or t - start >= limit - 1e-9 or not isfinite(x @ x):
                break
            h = min(step, limit - (t - start))
            h, x = _until(stop, t, h, partial(advance, x, (angle, 0.0, throttle), q))
            t += h
        times, states, angles, throttles = (np.array(column) for column in zip(*samples, strict=True))
        return Arc(times, states, angles, throttles, _angles(regime))
