"""A quick fixed-step simulation of the flight equations, for guesses: accurate to a per cent, fast, never used as a result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import casadi as ca
import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.ocp import Guess, Named, to_casadi
from hoverslam.physics import Flight, LaunchFrame
from hoverslam.physics.motion import Inputs, Propulsion, Shape
from hoverslam.physics.winds import Wind

Steering = Callable[[float, np.ndarray], tuple[float, float]]  # (time, state) -> pitch (rad), throttle
Stop = Callable[[float, np.ndarray], bool]


@dataclass(frozen=True)
class Arc:
    """One simulated arc: times ``(n,)``, states ``(n, 7)``, pitch and throttle ``(n,)``."""

    time: np.ndarray
    states: np.ndarray
    pitch: np.ndarray
    throttle: np.ndarray

    @property
    def end(self) -> np.ndarray:
        """Last state ``(7,)``."""
        return self.states[-1]

    @property
    def end_time(self) -> float:
        """Last time (s)."""
        return float(self.time[-1])

    def guess(self, controls: bool = True) -> Guess:
        """The arc as a guess; pitch made continuous, yaw zero."""
        states = {"position": self.states[:, :3], "velocity": self.states[:, 3:6], "mass": self.states[:, 6]}
        steering = {"pitch": np.unwrap(self.pitch), "yaw": 0.0 * self.pitch, "throttle": self.throttle}
        return Guess(self.time, states, steering if controls else {})


_TEMPLATE = Inputs(Propulsion(0.0, 0.0, 0.0), Propulsion(0.0, 0.0, 0.0), Shape(1.0, 1.0, 1.0, 1.0))


def _flat_rates(flight: Flight) -> ca.Function:
    """CasADi function of state ``(7,)``, control ``(3,)`` and the ten flattened inputs."""
    tree = jax.tree_util.tree_structure(_TEMPLATE)

    def rates(x: jax.Array, u: jax.Array, q: jax.Array) -> jax.Array:
        state = Named(position=x[:3], velocity=x[3:6], mass=x[6])
        control = Named(pitch=u[0], yaw=u[1], throttle=u[2])
        rate = flight.rates(state, control, jax.tree_util.tree_unflatten(tree, list(q)))
        return jnp.concatenate([rate["position"], rate["velocity"], jnp.atleast_1d(rate["mass"])])

    return to_casadi(rates, [7, 3, 10], "rates")


class Simulator:
    """Runge-Kutta flights in one launch frame."""

    def __init__(self, frame: LaunchFrame, wind: Wind | None = None):
        self.frame = frame
        self._rates = {regime: _flat_rates(Flight(frame, regime, wind)) for regime in ("ascent", "descent", "vacuum")}
        self._radius = float(np.linalg.norm(frame.origin))

    def altitude(self, x: np.ndarray) -> float:
        """Altitude (m) above the pad's radius: spherical, good enough to steer by."""
        return float(np.linalg.norm(x[:3] + self.frame.origin)) - self._radius

    def local_pitch_offset(self, x: np.ndarray) -> float:
        """Angle (rad) by which the local horizontal has turned from the pad's: add it to a pad pitch for a local one."""
        centre = x[:3] + self.frame.origin
        return float(np.arctan2(centre[0], centre[2]))

    def inertial_speed(self, x: np.ndarray) -> float:
        """Inertial speed (m/s)."""
        return float(np.linalg.norm(self.frame.inertial_velocity(x[:3], x[3:6])))

    def climb_rate(self, x: np.ndarray) -> float:
        """Vertical speed (m/s)."""
        centre = x[:3] + self.frame.origin
        return float(x[3:6] @ centre / np.linalg.norm(centre))

    def fly(
        self, regime: str, start: float, x: np.ndarray, inputs: Any, steer: Steering, stop: Stop, step: float, limit: float
    ) -> Arc:
        """Fly from state ``x`` at time ``start`` until ``stop`` or ``limit`` seconds have passed.

        Throttle is clipped to [0, 1]; ``inputs`` is the phase's pytree of figures.
        """
        rates, q = self._rates[regime], np.array(jax.tree_util.tree_leaves(inputs), dtype=float)
        t, samples = start, []
        while True:
            pitch, throttle = steer(t, x)
            samples.append((t, x, pitch, throttle))
            if stop(t, x) or t - start >= limit - 1e-9 or not np.all(np.isfinite(x)):
                break
            h = min(step, limit - (t - start))
            x, t = self._step(rates, q, t, x, h, pitch, throttle), t + h
        times, states, pitches, throttles = zip(*samples, strict=True)
        return Arc(np.array(times), np.array(states), np.array(pitches), np.array(throttles))

    @staticmethod
    def _step(rates: ca.Function, q: np.ndarray, t: float, x: np.ndarray, h: float, pitch: float, throttle: float) -> Any:
        u = np.array([pitch, 0.0, throttle])

        def f(y: np.ndarray) -> np.ndarray:
            return np.asarray(rates(y, u, q)).ravel()

        k1 = f(x)
        k2 = f(x + 0.5 * h * k1)
        k3 = f(x + 0.5 * h * k2)
        k4 = f(x + h * k3)
        return x + h / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
