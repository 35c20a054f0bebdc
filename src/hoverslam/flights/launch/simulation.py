"""A fixed-step simulation of the equations of motion for first guesses: accurate to about one per cent, never a result."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import casadi as ca
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


def _runge_kutta_step(flight: Flight) -> ca.Function:
    """Return the next state as a CasADi function of state ``(7,)``, control ``(3,)``, ten flattened inputs and step (s)."""
    tree = jax.tree_util.tree_structure(_TEMPLATE)

    def rates(x: jax.Array, u: jax.Array, q: jax.Array) -> jax.Array:
        state = Named(position=x[:3], velocity=x[3:6], mass=x[6])
        control = Named(zip(_angles(flight.regime), u[:2], strict=True), throttle=u[2])
        rate = flight.rates(state, control, jax.tree_util.tree_unflatten(tree, list(q)))
        return jnp.concatenate([rate["position"], rate["velocity"], jnp.atleast_1d(rate["mass"])])

    f = to_casadi(rates, [7, 3, 10], "rates")
    x, u, q, h = ca.SX.sym("x", 7), ca.SX.sym("u", 3), ca.SX.sym("q", 10), ca.SX.sym("h")
    k1 = f(x, u, q)
    k2 = f(x + 0.5 * h * k1, u, q)
    k3 = f(x + 0.5 * h * k2, u, q)
    k4 = f(x + h * k3, u, q)
    return ca.Function("step", [x, u, q, h], [x + h / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)])


def _loads(flight: Flight) -> Callable[..., jax.Array]:
    def loads(x: jax.Array, radius: jax.Array) -> jax.Array:
        _, air, _, speed_squared = flight.flow(Named(position=x[:3], velocity=x[3:6]))
        heating = stagnation_heating(air.density, jnp.sqrt(speed_squared), radius[0])
        return jnp.stack([0.5 * air.density * speed_squared, heating])

    return loads


def _advanced(advance: ca.Function, x: np.ndarray, u: tuple[float, ...], q: np.ndarray, h: float) -> np.ndarray:
    return advance(x, u, q, h).full().ravel()


def _until(stop: Stop, time: float, step: float, ahead: Callable[[float], np.ndarray]) -> float:
    """Return ``step`` (s), or the time until the flight stops within it, to a thousandth of the step."""
    if not stop(time + step, ahead(step)):
        return step
    low, high = 0.0, step
    for _ in range(10):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if stop(time + middle, ahead(middle)) else (middle, high)
    return high


class Simulator:
    """Simulation of flights in one launch frame, by the classical Runge-Kutta method of fourth order."""

    def __init__(self, frame: LaunchFrame, wind: Wind | None = None):
        self.frame = frame
        self._steps = {
            regime: _runge_kutta_step(Flight(frame, regime, wind)) for regime in ("ascent", "descent", "vacuum")
        }
        self._loads = to_casadi(_loads(Flight(frame, "descent", wind)), [7, 1], "loads")
        self._radius = float(np.linalg.norm(frame.origin))

    def altitude(self, x: np.ndarray) -> float:
        """Return the altitude (m) above a sphere through the pad, which is accurate enough to steer by."""
        return float(np.linalg.norm(x[:3] + self.frame.origin)) - self._radius

    def local_pitch_offset(self, x: np.ndarray) -> float:
        """Return the angle (rad) from the horizontal of the pad to the local one; pitch plus this is the local pitch."""
        centre = x[:3] + self.frame.origin
        return float(np.arctan2(centre[0], centre[2]))

    def inertial_speed(self, x: np.ndarray) -> float:
        """Return the inertial speed (m/s)."""
        return float(np.linalg.norm(self.inertial_velocity(x)))

    def inertial_velocity(self, x: np.ndarray) -> np.ndarray:
        """Return the inertial velocity ``(3,)`` (m/s); in plain NumPy, because it is needed at every step."""
        return x[3:6] + EARTH_ROTATION_RATE * np.cross(self.frame.axis, x[:3] + self.frame.origin)

    def climb_rate(self, x: np.ndarray) -> float:
        """Return the vertical speed (m/s)."""
        centre = x[:3] + self.frame.origin
        return float(x[3:6] @ centre / np.linalg.norm(centre))

    def loads(self, states: np.ndarray, base_area: float) -> tuple[float, float]:
        """Return the largest dynamic pressure (Pa) and stagnation heating (W/m2) along ``states`` ``(n, 7)``."""
        values = self._loads.map(len(states))(states.T, np.sqrt(base_area / np.pi)).full()
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
        advance, q = self._steps[regime], np.array(jax.tree_util.tree_leaves(inputs), dtype=float)
        t, samples = start, []
        while True:
            angle, throttle = steer(t, x)
            samples.append((t, x, angle, throttle))
            if stop(t, x) or t - start >= limit - 1e-9 or not np.all(np.isfinite(x)):
                break
            h = min(step, limit - (t - start))
            h = _until(stop, t, h, partial(_advanced, advance, x, (angle, 0.0, throttle), q))
            x, t = _advanced(advance, x, (angle, 0.0, throttle), q, h), t + h
        times, states, angles, throttles = (np.array(column) for column in zip(*samples, strict=True))
        return Arc(times, states, angles, throttles, _angles(regime))
