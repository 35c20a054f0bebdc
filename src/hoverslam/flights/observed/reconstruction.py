"""Reconstruction: the most probable flight behind a telemetry trace, and how sure it is.

    from hoverslam.flights.observed.reconstruction import reconstruct

    flight = reconstruct("crs11")
    print(flight.report())

Speed and altitude, 30 times a second, are fitted by optimal control with the project's own equations of motion. Free
are the controls, the times of events, and the figures of the vehicle within their published bands; the objective is
minus the logarithm of the probability (``fit_problem.py``), and the curvature at its optimum gives standard errors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.observed.fit_guess import guess_flight
from hoverslam.flights.observed.fit_problem import FULL_THRUST, GUARD, FitBuilder, Prior, Seen, Segment
from hoverslam.flights.observed.telemetry import (
    Events,
    Samples,
    Telemetry,
    altitude_samples,
    first_motion,
    load_telemetry,
    refined_events,
    speed_samples,
)
from hoverslam.ocp.checks.verify import Tolerances
from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.solving.solver import Options, guess_from, solve
from hoverslam.ocp.statement.names import Named
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.missions import Mission, load_mission
from hoverslam.vehicles.models import Vehicle

PUBLISHED = Path(__file__).parent / "files" / "published"  # vehicles as they were published, before any calibration
PERIODS = {"rise": 1.0, "ascent": 1.0, "staging": 1.0, "boostback": 1.0, "coast": 2.0, "entry": 1.0, "glide": 1.0,
           "landing": 1.0}  # fmt: skip
LIFTOFF_GUARD = 3.0  # s after first motion: the overlay creeps away from zero before it counts
TOUCHDOWN_GUARD = 3.0  # s before touchdown: it creeps back to zero as well
# What wind, weather and the overlay leave unexplained: some 0.5 m/s and 50 m, alike for many seconds. As the fit takes
# samples a second apart for independent, each counts as more uncertain than it is.
MODEL_ERROR = (2.0, 100.0)  # m/s, m
FLIP_ERROR = 4.0  # m/s: the sensor sits some 20 m from the centre of mass of a stage that turns by 10 degrees a second
TOLERANCES = Tolerances(mesh=1e-5, refly=2e-5)
OPTIONS = Options(max_iterations=300, max_passes=1, diagnose=False, tolerances=TOLERANCES, ipopt={"mu_init": 1e-3})
BURNS = ("boostback", "entry", "landing")


class Estimate(NamedTuple):
    """A value found and its standard error, in ``unit``."""

    value: float
    error: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.value:,.6g} +- {self.error:,.3g} {self.unit}".rstrip()


class Residuals(NamedTuple):
    """What a fit leaves of one measured quantity: ``time``, ``measured``, ``fitted``, ``sigma``, each ``(n,)``."""

    time: np.ndarray
    measured: np.ndarray
    fitted: np.ndarray
    sigma: np.ndarray

    @property
    def left(self) -> np.ndarray:
        """Measured less fitted."""
        return self.measured - self.fitted

    @property
    def rms(self) -> float:
        """Root of the mean square of what is left."""
        return float(np.sqrt(np.mean(self.left**2)))

    @property
    def lasting(self) -> float:
        """Number of samples over which what is left stays alike: twice the sum of its autocorrelation."""
        left = self.left - np.mean(self.left)
        correlation = np.correlate(left, left, "full")[len(left) - 1 :] / max(float(left @ left), 1e-300)
        until = int(np.argmax(correlation < 0.1)) or len(correlation)
        return float(1.0 + 2.0 * np.sum(correlation[1:until]))


def see(
    mission: Mission, telemetry: Telemetry, vehicle: Vehicle, model_error: tuple[float, float] = MODEL_ERROR
) -> Seen:
    """Cut a trace into the phases that its events tell, with what was measured along each."""
    events = refined_events(telemetry)
    frame = vehicle_parameters.orbit_frame(mission.launch_site, mission.orbit, towards_south=not mission.northward)
    segments, end_error = _segments(events, telemetry, vehicle)
    speed, altitude = {}, {}
    for segment in segments:
        guard = LIFTOFF_GUARD if segment.name == "rise" else GUARD
        until = segment.end - (TOUCHDOWN_GUARD if segment.name == "landing" else GUARD)
        span = segment.start + guard, until, PERIODS[segment.name]
        flip = FLIP_ERROR if segment.name == "staging" else 0.0
        speed[segment.name] = _with_error(speed_samples(telemetry, *span), float(np.hypot(model_error[0], flip)))
        altitude[segment.name] = _with_error(altitude_samples(telemetry, *span), model_error[1])
    whole = segments[0].start, segments[-1].end
    guess = guess_flight(
        mission,
        vehicle,
        frame,
        segments,
        speed_samples(telemetry, *whole, 1.0),
        altitude_samples(telemetry, *whole, 2.0),
    )
    return Seen(mission, frame, segments, speed, altitude, end_error, guess)


def _with_error(samples: Samples, error: float) -> Samples:
    return Samples(samples.time, samples.value, np.hypot(samples.sigma, error))


def _segments(events: Events, telemetry: Telemetry, vehicle: Vehicle) -> tuple[tuple[Segment, ...], float]:
    """Phases in order of time, and the standard error of the last one's end."""
    home = vehicle.recovery
    assert home is not None
    start, start_error = first_motion(telemetry)
    error = events.error
    boost, entry = home.boostback_engines or 1, home.entry_engines or 1
    landing, ascent = max(home.landing_engines), vehicle.stage1.engine.count
    marks: list[tuple[str, str, int, float, float]] = [
        ("rise", "ascent", ascent, start, start_error),
        ("ascent", "ascent", ascent, start + FULL_THRUST, 0.01),
    ]
    if events.boostback_start is not None and events.boostback_end is not None:
        marks.append(("staging", "vacuum", 0, events.meco, error("meco")))
        marks.append(("boostback", "vacuum", boost, events.boostback_start, error("boostback_start")))
        marks.append(("coast", "descent", 0, events.boostback_end, error("boostback_end")))
    else:
        marks.append(("coast", "descent", 0, events.meco, error("meco")))
    if events.entry_start is not None and events.entry_end is not None:
        marks.append(("entry", "descent", entry, events.entry_start, error("entry_start")))
        marks.append(("glide", "descent", 0, events.entry_end, error("entry_end")))
    elif events.apogee is not None and events.landing_start is not None:
        marks.append(("glide", "descent", 0, events.apogee, 0.01))  # no event: where steering may begin
    end, end_error = float(telemetry.time[-1]), 0.01
    if events.landing_start is not None and events.landing_end is not None:
        marks.append(("landing", "descent", landing, events.landing_start, error("landing_start")))
        end, end_error = events.landing_end, error("landing_end")
    ends = [mark[3] for mark in marks[1:]] + [end]
    return tuple(Segment(n, r, k, t, stop, e) for (n, r, k, t, e), stop in zip(marks, ends, strict=True)), end_error


Output = Callable[[Any, Any], Any]


def _parameter(name: str) -> Output:
    return lambda e, p: p[name]


def _end(phase: str, *keys: str) -> Output:
    def value(e: Any, p: Any) -> Any:
        found = e[phase]
        for key in keys:
            found = found[key]
        return found

    return value


def _burned(first: str, last: str) -> Output:
    return lambda e, p: e[first].initial.mass - e[last].final.mass


class FlightFit:
    """One or several flights of a vehicle fitted together.

    Attributes:
        builder, solution: the problem and its solution.
    """

    def __init__(self, builder: FitBuilder, solution: Solution):
        self.builder, self.solution = builder, solution
        self._outputs: dict[str, tuple[Output, str]] = {p.name: (_parameter(p.name), p.unit) for p in builder.priors}
        for seen in builder.flights.values():
            self._flight_outputs(seen)
        self._place = {name: i for i, name in enumerate(self._outputs)}

    def _flight_outputs(self, seen: Seen) -> None:
        """Masses and times at events, propellant of burns, and what was held for the way home."""
        flight, outputs = seen.mission.name, self._outputs
        for segment in seen.segments:
            key = self.builder.key(seen, segment.name)
            outputs[f"{key}: mass"] = (_end(key, "initial", "mass"), "kg")
            outputs[f"{key}: time"] = (_end(key, "initial_time"), "s")
            if segment.engines:
                outputs[f"{key}: propellant"] = (_burned(key, key), "kg")
        after = self.builder.key(seen, seen.segments[2].name)
        last = self.builder.key(seen, seen.segments[-1].name)
        dry, mass = _parameter("stage1.dry_mass"), _end(after, "initial", "mass")
        outputs[f"{flight}: propellant held at cut-off"] = ((lambda e, p: mass(e, p) - dry(e, p)), "kg")
        outputs[f"{flight}: recovery propellant"] = (_burned(after, last), "kg")
        outputs[f"{last}: end mass"] = (_end(last, "final", "mass"), "kg")
        outputs[f"{last}: end time"] = (_end(last, "final_time"), "s")

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of everything that is estimated: rows of ``covariance``."""
        return tuple(self._outputs)

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        check = self.solution.verification
        return check is not None and check.passed

    def estimate(self, name: str) -> Estimate:
        """One output with its standard error.

        Raises:
            KeyError: for a name that is not in ``outputs``.
        """
        function, unit = self._outputs[name]
        at = self._place[name]
        value = float(function(self._ends, self.solution.parameters))
        error = float(np.sqrt(max(self.covariance[at, at], 0.0)))
        for prior in self.builder.priors:  # at the edge of its band the curvature says nothing: no better than before
            if prior.name == name and self.at_bound(prior):
                error = prior.sigma
        return Estimate(value, error, unit)

    def at_bound(self, prior: Prior) -> bool:
        """Whether a figure has run into the end of its band: its standard error then says nothing."""
        value, width = float(self.solution.parameters[prior.name]), prior.high - prior.low
        return min(value - prior.low, prior.high - value) < 1e-4 * width

    def covariance_of(self, names: Sequence[str]) -> np.ndarray:
        """Covariance ``(n, n)`` of some outputs."""
        at = [self._place[name] for name in names]
        return self.covariance[np.ix_(at, at)]

    @cached_property
    def _ends(self) -> Named:
        return self.solution.ends

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariance of all ``outputs``; not a number where the solver did not converge."""
        if not self.solution.converged:
            return np.full((len(self._outputs),) * 2, np.nan)
        return self.solution.covariance(**{name: f for name, (f, _) in self._outputs.items()})

    def residuals(self, flight: str, what: str) -> Residuals:
        """What the fit leaves of ``what`` (``speed`` or ``altitude``) of one flight, over the whole of it."""
        parts = [m for m in self.builder.problem.measurements if m.name == what and m.phase.startswith(f"{flight}.")]
        columns = [np.concatenate([_fitted(self.solution, m) if c == "fitted" else getattr(m, c) for m in parts]) for c in
                   ("times", "values", "fitted", "sigmas")]  # fmt: skip
        return Residuals(*columns)


def _fitted(solution: Solution, measurement: Any) -> np.ndarray:
    part = solution[measurement.phase]
    state, _ = part.sample(np.clip(measurement.times, *part.time))
    return np.asarray(jax.vmap(lambda x: measurement.function(x, solution.parameters))(state))


@dataclass
class Reconstruction:
    """One flight as it most probably was. ``fit`` may hold other flights of the same vehicle as well."""

    mission: Mission
    seen: Seen
    fit: FlightFit

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        return self.fit.verified

    def phase(self, name: str) -> PhaseSolution:
        """One phase of this flight."""
        return self.fit.solution[f"{self.mission.name}.{name}"]

    def estimate(self, what: str) -> Estimate:
        """An output of this flight by its short name, such as ``payload`` or ``staging: mass``."""
        flight = self.mission.name
        return self.fit.estimate(f"{flight}: {what}" if f"{flight}: {what}" in self.fit.outputs else f"{flight}.{what}")

    @property
    def propellant(self) -> dict[str, Estimate]:
        """Propellant of each burn (kg), by name; ``ascent`` includes the rise."""
        rise, ascent = self.estimate("rise: propellant"), self.estimate("ascent: propellant")
        up = Estimate(rise.value + ascent.value, float(np.hypot(rise.error, ascent.error)), "kg")
        burns = [s.name for s in self.seen.segments if s.name in BURNS]
        return {"ascent": up} | {name: self.estimate(f"{name}: propellant") for name in burns}

    def staging(self) -> dict[str, float]:
        """Cut-off: time after lift-off (s), speed (m/s), altitude over the ellipsoid (m), path angle (deg), mass (kg)."""
        end, start = self.phase("ascent"), self.phase("rise")
        state, frame = end.final, self.seen.frame
        speed = float(np.linalg.norm(state.velocity))
        climb = float(np.asarray(frame.up(state.position)) @ state.velocity)
        return {
            "time": float(end.time[1] - start.time[0]),
            "speed": speed,
            "altitude": float(frame.altitude(state.position)),
            "path_angle_deg": float(np.degrees(np.arcsin(climb / speed))),
            "mass": float(self.phase(self.seen.segments[2].name).initial.mass),
        }

    def apogee(self) -> float:
        """Greatest altitude of the first stage (m)."""
        parts = [self.phase(s.name) for s in self.seen.segments[2:]]
        return max(float(self.seen.frame.altitude(x[:3])) for part in parts for x in part.states)

    def as_json(self) -> dict[str, Any]:
        """Everything as plain numbers with units in the keys."""
        speed, altitude = (self.fit.residuals(self.mission.name, what) for what in ("speed", "altitude"))
        staging = self.staging()
        return {
            "mission": self.mission.name,
            "title": self.mission.title,
            "verified": self.verified,
            "status": self.fit.solution.status,
            "speed_rms_m_s": speed.rms,
            "speed_rms_percent_of_peak": 100.0 * speed.rms / float(np.max(speed.measured)),
            "altitude_rms_m": altitude.rms,
            "speed_residual_lasts_samples": speed.lasting,
            "staging_time_s": staging["time"],
            "staging_speed_m_s": staging["speed"],
            "staging_altitude_km": staging["altitude"] / 1e3,
            "staging_path_angle_deg": staging["path_angle_deg"],
            "apogee_km": self.apogee() / 1e3,
            "propellant_kg": {name: list(e[:2]) for name, e in self.propellant.items()},
            "propellant_held_at_cutoff_kg": list(self.estimate("propellant held at cut-off")[:2]),
            "recovery_propellant_kg": list(self.estimate("recovery propellant")[:2]),
            "masses_kg": {s.name: list(self.estimate(f"{s.name}: mass")[:2]) for s in self.seen.segments},
            "payload_kg": list(self.estimate("payload")[:2]),
            "figures": {p.name: list(self.fit.estimate(p.name)[:2]) for p in self.fit.builder.priors},
        }

    def report(self) -> str:
        """The flight as text: residuals, staging, masses, propellant by burn, figures beside what was published."""
        j = self.as_json()
        lines = [
            f"{self.mission.title}: {'verified' if self.verified else 'NOT verified'} ({j['status']})",
            f"  speed    residual {j['speed_rms_m_s']:6.2f} m/s rms, {j['speed_rms_percent_of_peak']:.3f} % of its peak",
            f"  altitude residual {j['altitude_rms_m']:6.1f} m rms",
            f"  cut-off {j['staging_time_s']:.1f} s after lift-off, {j['staging_speed_m_s']:,.0f} m/s at "
            f"{j['staging_altitude_km']:.1f} km, path {j['staging_path_angle_deg']:.1f} deg; apogee {j['apogee_km']:.1f} km",
            *(f"  {name:10s} propellant {e.value:9,.0f} +- {e.error:6,.0f} kg" for name, e in self.propellant.items()),
            f"  held at cut-off       {self.estimate('propellant held at cut-off')}",
            *(f"  mass at {s.name:10s} {self.estimate(s.name + ': mass')}" for s in self.seen.segments),
        ]
        return "\n".join([*lines, *figure_lines(self.fit)])


def figure_lines(fit: FlightFit) -> list[str]:
    """One line a figure: what was found, its standard error, what was known before."""
    lines = []
    for prior in fit.builder.priors:
        found, edge = fit.estimate(prior.name), "  at the edge of its band" if fit.at_bound(prior) else ""
        lines.append(
            f"  {prior.name:28s} {found.value:12,.5g} +- {found.error:9,.3g}   before {prior.value:12,.5g} "
            f"+- {prior.sigma:9,.3g} ({prior.low:,.5g} to {prior.high:,.5g}) {prior.unit}{edge}"
        )
    return lines


def fit_flights(
    seen: Sequence[Seen], vehicle: Vehicle, report: Callable[[str], None] | None = None, near: bool = False
) -> FlightFit:
    """Fit flights together: each alone first, then all from there, sharing the vehicle's figures.

    Args:
        seen: the flights, from :func:`see`.
        vehicle: its figures and their bands are what is known beforehand.
        report: receives one line a solve.
        near: whether the guesses of ``seen`` come from an earlier fit, so that none need be flown alone first.
    """
    tell = report or (lambda line: None)
    begun, alone = list(seen), None
    for i, flight in enumerate(begun):
        if near and len(begun) > 1:
            break
        builder = FitBuilder(vehicle, flight.mission.name)
        builder.add(flight)
        alone = FlightFit(builder, solve(builder.build(), OPTIONS, lambda line: None))
        tell(f"{flight.mission.name}: {alone.solution.status} in {alone.solution.iterations} iterations")
        begun[i] = started(flight, alone)
    if len(begun) == 1 and alone is not None:
        return alone
    builder = FitBuilder(vehicle, " and ".join(flight.mission.name for flight in begun))
    for flight in begun:
        builder.add(flight)
    solution = solve(builder.build(), OPTIONS, lambda line: None)
    tell(f"{builder.problem.name}: {solution.status} in {solution.iterations} iterations, {solution.seconds:.0f} s")
    return FlightFit(builder, solution)


def started(seen: Seen, fit: FlightFit) -> Seen:
    """The same flight with the guess of an earlier fit, if that converged."""
    if not fit.solution.converged:
        return seen
    name = seen.mission.name
    return replace(seen, guess={s.name: guess_from(fit.solution[f"{name}.{s.name}"]) for s in seen.segments})


def published(name: str) -> Vehicle:
    """The vehicle as it was published, before any calibration; as it is where none has been done."""
    path = PUBLISHED / f"{name}.toml"
    return load_vehicle(path if path.is_file() else name)


def reconstruct(
    mission: str | Mission,
    telemetry: str | Path | Telemetry | None = None,
    vehicle: str | Vehicle | None = None,
    *,
    model_error: tuple[float, float] = MODEL_ERROR,
    report: Callable[[str], None] | None = None,
) -> Reconstruction:
    """The most probable flight behind one trace.

    Args:
        mission: a known mission, or one of your own (:class:`hoverslam.vehicles.Mission`).
        telemetry: a trace, or the file it is in; by default the one that comes with the mission.
        vehicle: whose bands are what is known beforehand; by default the mission's, as published.
        model_error: standard errors (m/s, m) added to those of the display.
        report: receives one line a solve.

    Raises:
        VehicleError, TelemetryError: for a mission or a trace that cannot be used.
    """
    mission = load_mission(mission) if isinstance(mission, str) else mission
    trace = telemetry if isinstance(telemetry, Telemetry) else load_telemetry(telemetry or mission.name)
    if vehicle is None:
        vehicle = published(mission.vehicle)
    elif isinstance(vehicle, str):
        vehicle = load_vehicle(vehicle)
    seen = see(mission, trace, vehicle, model_error)
    return Reconstruction(mission, seen, fit_flights([seen], vehicle, report))
