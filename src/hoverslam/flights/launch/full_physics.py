"""A phase of a launch flown again with the full physics, from its first sample and its recorded attitude and throttle.

The equations of motion contain the air, the thrust with back pressure, and the rotating Earth with J2 in every phase,
whatever the problem of the solve left out. The integrator (DOP853 of scipy) shares nothing with the collocation.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.interpolate import BSpline, make_interp_spline

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.flights.launch.limits import home_of
from hoverslam.flights.launch.structure import PREFIXES, Segment
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.motion import Flight, Inputs, NamedArrays
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.recovery import Recovery

if TYPE_CHECKING:
    import xarray as xr

FloatArray = NDArray[np.float64]

RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = 1e-9, 1e-6  # m, m/s, kg: a thousandth of the errors that are reported
POINTS = 720  # instants at which a phase is judged; one number for all phases, so that JAX compiles once a regime
SAME_TIME = 1e-9  # s: samples closer than this are the end of one mesh interval and the start of the next
STRIKE_ALTITUDE = -50.0  # m: below every landing place; a body that reaches it has struck the ground
SPLINE_DEGREE = 3  # of attitude and throttle inside a mesh interval


class AttitudeFlight(Flight):
    """A flight whose control is pitch and yaw of the nose in the launch frame, in every regime."""

    def body_axis(self, state: NamedArrays, control: NamedArrays) -> Array:
        """Return the unit vector ``(3,)`` along the nose, in the launch frame."""
        pitch, yaw = control.pitch, control.yaw
        return jnp.stack([jnp.cos(yaw) * jnp.cos(pitch), jnp.sin(yaw), jnp.cos(yaw) * jnp.sin(pitch)])


@dataclass(frozen=True)
class FlownAgain:
    """A phase flown again.

    Attributes:
        times: Times ``(POINTS,)`` (s) of the points below; the last one repeats up to that number.
        states: Position (m), velocity (m/s) and mass (kg) ``(POINTS, 7)``.
        controls: Pitch, yaw (rad) and throttle ``(POINTS, 3)``; None in ballistic flight.
        struck: Whether the body struck the ground before the end of the phase.
    """

    times: FloatArray
    states: FloatArray
    controls: FloatArray | None
    struck: bool


# ---- what a phase is flown with --------------------------------------------------------------------------------------
def regime_of(body: str, kind: str) -> str:
    """Return the regime of the equations of motion in which a body flies a kind of segment."""
    if body not in PREFIXES:
        return "ascent"
    return "turning" if kind in ("boostback", "deorbit") else "descent"


def inputs_of(vehicle: Vehicle, values: dict[str, float], body: str, segment: Segment) -> Inputs:
    """Return the inputs of the equations of motion in a segment.

    Args:
        vehicle: The vehicle.
        values: Its given parameters (SI).
        body: Body of the branch.
        segment: The segment.
    """
    kind = segment.kind
    if body == "stack":
        boosters = "strap_ons" if vehicle.strap_ons else "side_boosters" if vehicle.side_boosters else ""
        beside = boosters if kind in ("rise", "boosted") else ""
        return vehicle_parameters.ascent_inputs(vehicle.stage1.engine.count, beside)(values)
    if body in ("stage2", "stage3"):
        stage = vehicle.stage3 if body == "stage3" else vehicle.stage2
        assert stage is not None
        lit = stage.engine.count if kind in ("shrouded", "burn") else 0
        return vehicle_parameters.upper_inputs(lit, body)(values)
    if kind == "deorbit":
        assert vehicle.stage2 is not None
        return vehicle_parameters.deorbit_inputs(vehicle.stage2.engine.count, "stage2")(values)
    return vehicle_parameters.descent_inputs(_lit_on_the_way_home(vehicle, body, segment), body)(values)


def _lit_on_the_way_home(vehicle: Vehicle, body: str, segment: Segment) -> int:
    """Return the number of lit engines of a body that comes home."""
    if segment.kind in ("ignition", "landing"):
        return segment.engines
    home = home_of(vehicle, body)
    if not isinstance(home, Recovery):
        return 0
    return {"boostback": home.boostback_engines or 1, "entry": home.entry_engines or 1}.get(segment.kind, 0)


# ---- flight ----------------------------------------------------------------------------------------------------------
def fly_again(flight: AttitudeFlight, inputs: Inputs, samples: "xr.Dataset") -> FlownAgain:
    """Fly one phase again from its first sample.

    Args:
        flight: Equations of motion.
        inputs: Their inputs in this phase.
        samples: The samples of the phase: ``time``, ``position``, ``velocity``, ``mass``, ``pitch``, ``yaw``,
            ``throttle``; the attitude is NaN in ballistic flight.

    Returns:
        The flight up to the end of the phase, or to the ground if the body strikes it before.
    """
    times = np.asarray(samples["time"].values, dtype=np.float64)
    controls = np.stack(
        [np.asarray(samples[name].values, dtype=np.float64) for name in ("pitch", "yaw", "throttle")], 1
    )
    attitude_flown = bool(np.isfinite(controls).all())
    if attitude_flown:
        controls[:, 0] = np.unwrap(controls[:, 0])
    state = np.concatenate([samples["position"].values[0], samples["velocity"].values[0], samples["mass"].values[:1]])
    pieces = _pieces(times)
    each = POINTS // len(pieces)
    at, flown, steered, struck = [], [], [], False
    for piece in pieces:
        steering = _spline(times[piece], controls[piece]) if attitude_flown else None
        times_here, states_here, struck = _fly_piece(flight, inputs, steering, times[piece][[0, -1]], state, each)
        at.append(times_here)
        flown.append(states_here)
        steered.append(np.zeros((each, 3)) if steering is None else np.asarray(steering(times_here)))
        state = states_here[-1]
        if struck:
            break
    return FlownAgain(
        _filled(np.concatenate(at)),
        _filled(np.concatenate(flown)),
        _filled(np.concatenate(steered)) if attitude_flown else None,
        struck,
    )


def _fly_piece(
    flight: AttitudeFlight, inputs: Inputs, steering: BSpline | None, span: FloatArray, state: FloatArray, count: int
) -> tuple[FloatArray, FloatArray, bool]:
    """Return times, states and whether the body struck the ground, over one mesh interval."""

    def rates(time: float, y: FloatArray) -> FloatArray:
        return np.asarray(
            _coast_rates(flight, y, inputs) if steering is None else _rates(flight, y, steering(time), inputs)
        )

    def above_ground(time: float, y: FloatArray) -> float:
        return float(_altitude(flight, y)) - STRIKE_ALTITUDE

    above_ground.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(
        rates, tuple(span), state, "DOP853", dense_output=True, events=above_ground, rtol=RELATIVE_TOLERANCE,
        atol=ABSOLUTE_TOLERANCE,
    )  # fmt: skip
    if not found.success:
        raise RuntimeError(f"the flight with the full physics stopped at {found.t[-1]:.3f} s: {found.message}")
    times = np.linspace(span[0], found.t[-1], count)
    states = found.sol(times).T
    states[0], states[-1] = state, found.y[:, -1]
    return times, states, found.status == 1


def _pieces(times: FloatArray) -> list[slice]:
    """Return the mesh intervals of a phase, whose ends are sampled twice: attitude and throttle have kinks there."""
    breaks = np.flatnonzero(np.diff(times) <= SAME_TIME) + 1
    edges = [0, *breaks.tolist(), len(times)]
    return [slice(a, b) for a, b in pairwise(edges) if b - a > 1]


def _spline(times: FloatArray, controls: FloatArray) -> BSpline:
    return make_interp_spline(times, controls, k=min(SPLINE_DEGREE, len(times) - 1))


def _filled(values: FloatArray) -> FloatArray:
    """Return values repeated at the end up to the common number of points."""
    missing = POINTS - len(values)
    return np.concatenate([values, np.repeat(values[-1:], missing, axis=0)])


def _state(y: Array) -> Named:
    return Named(position=y[:3], velocity=y[3:6], mass=y[6])


def _flat(rates: dict[str, Array]) -> Array:
    return jnp.concatenate([rates["position"], rates["velocity"], rates["mass"][None]])


@jax.jit
def _rates(flight: AttitudeFlight, y: Array, u: Array, inputs: Inputs) -> Array:
    return _flat(flight.rates(_state(y), Named(pitch=u[0], yaw=u[1], throttle=u[2]), inputs))


@jax.jit
def _coast_rates(flight: AttitudeFlight, y: Array, inputs: Inputs) -> Array:
    return _flat(flight.coast_rates(_state(y), None, inputs))


@jax.jit
def _altitude(flight: AttitudeFlight, y: Array) -> Array:
    return flight.frame.altitude(y[:3])


# ---- quantities along the flight -------------------------------------------------------------------------------------
def quantities(flight: AttitudeFlight, inputs: Inputs, flown: FlownAgain) -> dict[str, FloatArray]:
    """Return altitude, loads and heating along a flown phase, each ``(POINTS,)`` in SI.

    ``q_alpha`` is there only where a nose-first body flies a given attitude.
    """
    if flown.controls is None:
        found = _ballistic_quantities(flight, flown.states, inputs)
    else:
        found = _steered_quantities(flight, flown.states, flown.controls, inputs)
    return {name: np.asarray(values) for name, values in found.items()}


@jax.jit
def _ballistic_quantities(flight: AttitudeFlight, states: Array, inputs: Inputs) -> dict[str, Array]:
    def one(y: Array) -> dict[str, Array]:
        state = _state(y)
        gravity = flight.frame.acceleration(state.position, state.velocity)
        drag = flight.coast_rates(state, None, inputs)["velocity"] - gravity
        return _of_state(flight, state, inputs) | {"axial_acceleration": jnp.sqrt(drag @ drag)}

    return jax.vmap(one)(states)


@jax.jit
def _steered_quantities(flight: AttitudeFlight, states: Array, controls: Array, inputs: Inputs) -> dict[str, Array]:
    limits = FlightLimits(flight)

    def one(y: Array, u: Array) -> dict[str, Array]:
        state, control = _state(y), Named(pitch=u[0], yaw=u[1], throttle=u[2])
        found = _of_state(flight, state, inputs)
        found["axial_acceleration"] = limits.axial_acceleration(state, control, inputs)
        if flight.regime == "ascent":
            found["q_alpha"] = limits.q_alpha(state, control, inputs)
        return found

    return jax.vmap(one)(states, controls)


def _of_state(flight: AttitudeFlight, state: Named, inputs: Inputs) -> dict[str, Array]:
    limits, none = FlightLimits(flight), Named()
    return {
        "altitude": limits.altitude(state, none, inputs),
        "dynamic_pressure": limits.dynamic_pressure(state, none, inputs),
        "heating": limits.heating(state, none, inputs),
        "free_molecular_heating": limits.free_molecular_heating(state, none, inputs),
    }
