"""The fit of flights with telemetry as an optimal-control problem.

The objective is the negative logarithm of the probability of a flight: a sum of squares of deviations from
measurements, from prior values of figures, from observed times of events, and of changes of the controls, each over its
standard error. Several flights of one vehicle share its figures in one problem (``calibration.py``).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.fit_laws import fit_laws
from hoverslam.flights.observed.observation import Observation
from hoverslam.flights.observed.priors import Prior, mission_priors, vehicle_priors
from hoverslam.flights.observed.segments import BURNS, COASTS, Segment
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Named, Variable
from hoverslam.ocp.statement.problem import Problem
from hoverslam.vehicles.models import Vehicle

STATES = (Variable("position", 3, "m"), Variable("velocity", 3, "m/s"), Variable("mass", None, "kg", lower=1e3))
# How far a control is expected to change in one second (one sigma of a random walk; rad, or a ratio for the throttle).
ROUGHNESS = {"pitch": 0.03, "yaw": 0.015, "alpha": 0.03, "beta": 0.02, "throttle": 0.1}
BURN_ROUGHNESS = 0.3  # of the throttle of burns whose engines start and stop one after the other
BOOSTBACK_STEERING = 3.0  # factor on the roughness of the attitude in a boostback
# Search bounds on the controls, wider than any flight needs: rad, and tangents of the angles from the flow.
PITCH_BOUNDS, YAW_BOUNDS = (-1.0, 4.5), (-1.0, 1.0)
FLOW_ANGLE_BOUNDS = (-0.3, 0.3)
# Length of mesh intervals (s) by segment: short where controls change fast.
INTERVALS = {"rise": 4.0, "ascent": 4.0, "staging": 8.0, "boostback": 2.5, "coast": 10.0, "entry": 2.5, "glide": 3.0,
             "landing": 2.5}  # fmt: skip
TAIL = (2.0, 1.0, 1.0)  # s: last intervals of ascent and burns; first ones of burns in reverse order (thrust changes)
COAST_POINTS, CONTROLLED_POINTS = 5, 3  # collocation points an interval
EVENT_WINDOW, LEAST_WINDOW_ERROR = (
    4.0,
    0.25,
)  # search range of an event, in standard errors, and the least standard error (s) used for it
SPEED_ROUNDING = 1e-2  # m2/s2 under the root of the speed, whose derivative is otherwise not defined at rest


class EventTime(NamedTuple):
    """An observed time: of the ``initial_time`` or ``final_time`` (``end``) of a phase, with standard error (s)."""

    phase: str
    end: str
    time: float
    error: float


class ExpectedValue(NamedTuple):
    """A ``value`` with standard error ``error`` of a function of phase ends and parameters, in its unit."""

    function: Callable[[Named, Named], Array]
    value: float
    error: float


class FitBuilder:
    """A problem to which flights are added with their phases, measurements and priors.

    Attributes:
        vehicle: Whose figures the flights share.
        problem: The problem so far.
        observations: The flights added, by name of the mission.
        priors: Of the vehicle and of the flights added.
        events: Observed times of the flights added.
        expected: Further observed values of phase ends and parameters.
    """

    def __init__(self, vehicle: Vehicle, name: str, further: Sequence[Prior] = ()):
        """Start a problem with the figures of ``vehicle``, of which ``further`` are found beside the usual ones."""
        self.vehicle, self.problem = vehicle, Problem(name)
        self.observations: dict[str, Observation] = {}
        self.priors: list[Prior] = []
        self.events: list[EventTime] = []
        self.expected: list[ExpectedValue] = []
        self._add_priors([*vehicle_priors(vehicle), *further])
        known = vehicle_parameters.launch_parameters(vehicle, "downrange")
        for key, value in known.items():
            if key not in self.problem.free_guess:
                self.problem.parameter(key, value=value)

    def _add_priors(self, priors: Sequence[Prior]) -> None:
        for prior in priors:
            self.priors.append(prior)
            self.problem.parameter(prior.name, guess=prior.value, lower=prior.low, upper=prior.high, unit=prior.unit)

    def add(self, flight: Observation) -> None:
        """Add one flight."""
        self.observations[flight.mission.name] = flight
        self._add_priors(mission_priors(self.vehicle, flight.mission))
        before = ""
        for segment in flight.segments:
            self._phase(flight, segment)
            self._join(flight, before, segment.name)
            before = segment.name
        self._ends(flight)

    def key(self, flight: Observation, segment: str) -> str:
        """Return the name of a phase in the problem."""
        return f"{flight.mission.name}.{segment}"

    def _phase(self, flight: Observation, segment: Segment) -> None:
        key, coasting = self.key(flight, segment.name), segment.name in COASTS
        laws = fit_laws(flight.mission, segment.regime, segment.engines)
        width = EVENT_WINDOW * max(segment.start_error, LEAST_WINDOW_ERROR)
        self.problem.phase(
            key,
            states=STATES,
            controls=() if coasting else self._controls(segment),
            dynamics=laws.coast_rates if coasting else laws.rates,
            initial_time=(segment.start - width, segment.start + width),
            duration=(1.0, 2.0 * (segment.end - segment.start) + 5.0),
            mesh=_mesh(segment),
            guess=flight.guess[segment.name],
        )
        self.events.append(EventTime(key, "initial_time", segment.start, segment.start_error))
        self.measure(flight, segment.name)

    def measure(self, flight: Observation, segment: str) -> None:
        """Add the measurements of speed and altitude along a segment."""
        for what, unit, samples, function in (
            ("speed", "m/s", flight.speed.get(segment), _speed),
            ("altitude", "m", flight.altitude.get(segment), _displayed_altitude(flight)),
        ):
            if samples is not None and len(samples.time):
                key = self.key(flight, segment)
                self.problem.measure(what, key, function, samples.time, samples.value, samples.sigma, unit)

    def _controls(self, segment: Segment) -> tuple[Variable, ...]:
        low, high, rough = self._throttle(segment)
        first, second = ("alpha", "beta") if segment.regime == "descent" else ("pitch", "yaw")
        first_bounds = FLOW_ANGLE_BOUNDS if segment.regime == "descent" else PITCH_BOUNDS
        second_bounds = FLOW_ANGLE_BOUNDS if segment.regime == "descent" else YAW_BOUNDS
        steering = BOOSTBACK_STEERING if segment.name == "boostback" else 1.0
        return (
            Variable(first, None, "rad", *first_bounds, roughness=steering * ROUGHNESS[first]),
            Variable(second, None, "rad", *second_bounds, roughness=steering * ROUGHNESS[second]),
            Variable("throttle", None, "", low, high, roughness=rough),
        )

    def _throttle(self, segment: Segment) -> tuple[float, float, float]:
        """Return lower and upper bound and roughness of the throttle in a segment."""
        ascent_low, rated = assumptions().ascent.throttle_min.si, self.vehicle.stage1.engine.throttle_max.si
        burn_high = assumptions().burns.throttle_max.si
        if segment.name == "rise":
            return rated, rated, ROUGHNESS["throttle"]
        if segment.name in ("boostback", "entry"):
            return 0.0, burn_high, BURN_ROUGHNESS
        if segment.name == "landing":
            return ascent_low, burn_high, BURN_ROUGHNESS
        if segment.name == "glide":
            return 0.0, 0.0, ROUGHNESS["throttle"]
        return ascent_low, rated, ROUGHNESS["throttle"]

    def _join(self, flight: Observation, before: str, after: str) -> None:
        if not before:
            return
        first, second = self.key(flight, before), self.key(flight, after)
        shared = {"ascent": ("pitch", "yaw"), "glide": ("alpha", "beta"), "landing": ("alpha", "beta")}.get(after, ())
        if after == "glide" and before == "coast":
            shared = ()
        if before != "ascent":
            self.problem.link(first, second, controls=shared)
            return
        self.problem.link(first, second, states=("position", "velocity"), controls=shared)
        own = self.with_mission_names(flight)
        self.problem.constrain(
            f"{second}: mass",
            lambda e, p: e[second].initial.mass - e[first].final.mass + vehicle_parameters.upper_stack_mass(own(p)),
            unit="kg",
        )

    def with_mission_names(self, flight: Observation) -> Callable[[Named], dict[str, Array]]:
        """Return a function that gives this mission's payload, fairing and dry mass the names they have in a launch."""
        fairing, payload = float(flight.mission.fairing), f"{flight.mission.name}.payload"
        saving = f"{flight.mission.name}.saving"

        def named(p: Named) -> dict[str, Array]:
            own = {**p, "payload": p[payload], "fairing.mass": fairing * p["fairing.mass"]}
            return own | ({"stage1.dry_mass": p["stage1.dry_mass"] - p[saving]} if saving in p else {})

        return named

    def _ends(self, flight: Observation) -> None:
        """Add the conditions at lift-off, at the start of the entry burn and at touchdown."""
        first = self.key(flight, "rise")
        name, constrain, own = flight.mission.name, self.problem.constrain, self.with_mission_names(flight)
        constrain(f"{name} lift-off: position", lambda e, p: e[first].initial.position, unit="m")
        constrain(f"{name} lift-off: velocity", lambda e, p: e[first].initial.velocity, unit="m/s")
        constrain(f"{name} lift-off: pitch", lambda e, p: e[first].initial_control.pitch - np.pi / 2)
        constrain(f"{name} lift-off: yaw", lambda e, p: e[first].initial_control.yaw)
        constrain(
            f"{name} lift-off: mass",
            lambda e, p: e[first].initial.mass - vehicle_parameters.liftoff_mass(own(p)),
            unit="kg",
        )
        last = self.key(flight, flight.segments[-1].name)
        self.events.append(EventTime(last, "final_time", flight.segments[-1].end, flight.end_error))
        if any(segment.name == "entry" for segment in flight.segments):  # the coast before it is along the flow
            entry = self.key(flight, "entry")
            constrain(f"{name} entry: alpha", lambda e, p: e[entry].initial_control.alpha)
            constrain(f"{name} entry: beta", lambda e, p: e[entry].initial_control.beta)
        if flight.landed:
            self._touchdown(flight, last)
        if flight.expended:
            constrain(
                f"{name} cut-off: mass",
                lambda e, p: (
                    e[last].final.mass
                    - vehicle_parameters.upper_stack_mass(own(p))
                    - own(p)["stage1.dry_mass"]
                    - p[f"{name}.left"]
                ),
                unit="kg",
            )

    def _touchdown(self, flight: Observation, last: str) -> None:
        """Add the conditions at the end of the phase ``last``: at rest on the landing site, with the propellant left."""
        frame, site, name, constrain = flight.frame, flight.mission.landing, flight.mission.name, self.problem.constrain
        if site is None:
            constrain(f"{name} touchdown: altitude", lambda e, p: frame.altitude(e[last].final.position), unit="m")
        else:
            target = frame.place(site.latitude, site.longitude, site.elevation)
            constrain(f"{name} touchdown: position", lambda e, p: e[last].final.position - target, unit="m")
        constrain(f"{name} touchdown: velocity", lambda e, p: e[last].final.velocity, unit="m/s")
        constrain(
            f"{name} touchdown: mass",
            lambda e, p: e[last].final.mass - p["stage1.dry_mass"] - p[f"{name}.left"],
            unit="kg",
        )

    def build(self) -> Problem:
        """Return the problem with its objective; measurements and roughness of controls are added by the solver."""
        priors, events, expected = tuple(self.priors), tuple(self.events), tuple(self.expected)

        def negative_log_probability(e: Named, p: Named) -> Array:
            known = sum(((p[prior.name] - prior.value) / prior.sigma) ** 2 for prior in priors)
            when = sum(((e[phase][end] - time) / error) ** 2 for phase, end, time, error in events)
            found = sum(((function(e, p) - value) / error) ** 2 for function, value, error in expected)
            total: Array = 0.5 * (known + when + found)
            return total

        self.problem.minimize(negative_log_probability)
        return self.problem


def _mesh(segment: Segment) -> Mesh:
    """Return even intervals, shorter where thrust rises and falls; controls are piecewise linear."""
    seconds, step = segment.end - segment.start, INTERVALS[segment.name]
    if segment.name in COASTS:
        return Mesh.uniform(max(2, round(seconds / step)), COAST_POINTS)
    before = TAIL[::-1] if segment.name in BURNS else ()
    after = TAIL if segment.name in ("ascent", *BURNS) else ()
    middle = seconds - sum(before) - sum(after)
    count = max(1, round(middle / step))
    edges = np.cumsum([0.0, *before, *[middle / count] * count, *after]) / seconds
    return Mesh((0.0, *edges[1:-1].tolist(), 1.0), CONTROLLED_POINTS, control_degree=1)


def _speed(state: Named, p: Named) -> Array:
    """Return the speed relative to the rotating Earth (m/s)."""
    return jnp.sqrt(state.velocity @ state.velocity + SPEED_ROUNDING)


def _displayed_altitude(flight: Observation) -> Callable[[Named, Named], Array]:
    """Return a function for the displayed altitude above the pad (m).

    Overlays animate the change to each value. The animation of the speed takes longer than that of the altitude, so that the
    displayed altitude is ahead of the displayed speed.
    """
    frame, lead = flight.frame, f"{flight.mission.name}.altitude_lead"
    ground = float(frame.altitude(jnp.zeros(3)))
    return lambda state, p: (
        frame.altitude(state.position) - ground + p[lead] * (frame.up(state.position) @ state.velocity)
    )
