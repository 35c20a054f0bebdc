"""Reconstruction: the most probable flight behind a telemetry trace, with standard errors.

    import hoverslam as hs

    flight = hs.reconstruct("crs11")
    print(flight.report())

Speed and altitude, 30 times a second, are fitted by optimal control with the equations of motion of this package. The
controls, the times of events and the figures of the vehicle within their published bands are free. Stack, booster and, where
its display is known, the upper stage are one fit. The objective is
minus the logarithm of the probability (``fit_problem.py``), and its curvature at the optimum gives standard errors.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.data.files import file_names
from hoverslam.flights.observed.assumptions import FILES
from hoverslam.flights.observed.flight_fit import Estimate, FlightFit, Residuals, fit_flights
from hoverslam.flights.observed.observation import Observation, observe
from hoverslam.flights.observed.priors import BAND_SIGMAS, check_vehicle
from hoverslam.flights.observed.segments import BURNS
from hoverslam.flights.observed.telemetry import (
    known_first_trace,
    known_upper_trace,
    load_telemetry,
    upper_telemetry,
    with_upper_trace,
)
from hoverslam.flights.observed.traces import Telemetry
from hoverslam.flights.observed.upper_report import upper_estimates, upper_json, upper_lines
from hoverslam.ocp.solution import PhaseSolution
from hoverslam.reports.json_text import Json
from hoverslam.reports.results import Result
from hoverslam.vehicles.loading import as_vehicle, load_vehicle
from hoverslam.vehicles.missions import Mission, load_mission
from hoverslam.vehicles.models import Vehicle

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

PUBLISHED = FILES / "published"  # vehicles with their figures as published, before any calibration
QUANTITIES = {"speed": "m_s", "altitude": "m"}
"""Measured quantities and the suffix of their unit."""


@dataclass
class Reconstruction(Result):
    """One flight as it most probably was.

    Attributes:
        mission: What was known of it beforehand.
        observation: Its measurements.
        fit: May hold other flights of the same vehicle as well.
        notes: What was assumed or left out when the trace was read, one line each.
    """

    mission: Mission
    observation: Observation
    fit: FlightFit
    notes: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        return self.fit.verified

    def phase(self, name: str) -> PhaseSolution:
        """Return one phase of this flight."""
        return self.fit.solution[f"{self.mission.name}.{name}"]

    def estimate(self, what: str) -> Estimate:
        """Return an output of this flight by its short name, such as ``payload`` or ``staging: mass``.

        Raises:
            KeyError: If there is no such output.
        """
        flight = self.mission.name
        return self.fit.estimate(f"{flight}: {what}" if f"{flight}: {what}" in self.fit.outputs else f"{flight}.{what}")

    def residuals(self, what: str) -> Residuals:
        """Return the residuals of ``what`` (``speed`` or ``altitude``) over the flight, upper stage included."""
        return self.fit.residuals(self.mission.name, what)

    @property
    def upper_stage(self) -> dict[str, Estimate]:
        """What was found of the upper stage, by name; empty where no display shows it.

        ``thrust`` (kN, at the first ignition), ``specific_impulse`` (s), ``dry_mass`` (kg); ``first burn propellant`` and
        ``first burn thrust at its end``, and those of a second burn; ``propellant left`` (kg) at the end of the display;
        ``perigee`` and ``apogee`` (km above the equatorial radius) and ``inclination`` (deg) there.
        """
        return upper_estimates(self.fit, self.observation) if self.observation.upper else {}

    @property
    def propellant(self) -> dict[str, Estimate]:
        """Propellant of each burn (kg), by name; ``ascent`` includes the vertical rise."""
        rise, ascent = self.estimate("rise: propellant"), self.estimate("ascent: propellant")
        up = Estimate(rise.value + ascent.value, float(np.hypot(rise.error, ascent.error)), "kg")
        burns = [s.name for s in self.observation.segments if s.name in BURNS]
        return {"ascent": up} | {name: self.estimate(f"{name}: propellant") for name in burns}

    def staging(self) -> dict[str, float]:
        """Return the state at cut-off.

        Returns:
            ``time`` after lift-off (s), ``speed`` (m/s), ``altitude`` above the ellipsoid (m), ``path_angle_deg``, and
            ``mass`` of the first stage alone (kg), or of the whole stack if the first stage is expended.
        """
        end, start = self.phase("ascent"), self.phase("rise")
        after = end if self.observation.expended else self.phase(self.observation.after_cutoff[0].name)
        state, frame = end.final, self.observation.frame
        speed = float(np.linalg.norm(state.velocity))
        climb = float(np.asarray(frame.up(state.position)) @ state.velocity)
        return {
            "time": float(end.time[1] - start.time[0]),
            "speed": speed,
            "altitude": float(frame.altitude(state.position)),
            "path_angle_deg": float(np.degrees(np.arcsin(climb / speed))),
            "mass": float(end.final.mass if self.observation.expended else after.initial.mass),
        }

    def apogee(self) -> float:
        """Return the greatest altitude of the first stage that its trace shows (m); not for an expended one."""
        parts = [self.phase(s.name) for s in self.observation.after_cutoff]
        return max(float(self.observation.frame.altitude(x[:3])) for part in parts for x in part.states)

    def as_json(self) -> dict[str, Json]:
        """Return residuals, staging, masses, propellant and figures; a pair is a value and its standard error.

        ``upper_stage`` is there if a display shows it, ``notes`` if something was assumed or left out when the trace was read;
        apogee of the booster and what it held for its return are missing if it was expended.
        """
        speed, altitude = (self.residuals(what) for what in QUANTITIES)
        staging, seen = self.staging(), self.observation
        home: dict[str, Json] = {}
        if not seen.expended:
            home = {
                "apogee_km": self.apogee() / 1e3,
                "propellant_held_at_cutoff_kg": _pair(self.estimate("propellant held at cut-off")),
                "recovery_propellant_kg": _pair(self.estimate("recovery propellant")),
            }
        return {
            "mission": self.mission.name,
            "title": self.mission.title,
            "verified": self.verified,
            "status": self.fit.solution.status,
            "speed_rms_m_s": speed.rms,
            "speed_rms_percent_of_peak": speed.percent_of_peak,
            "altitude_rms_m": altitude.rms,
            "speed_residual_lasts_samples": speed.correlation_length,
            "staging_time_s": staging["time"],
            "staging_speed_m_s": staging["speed"],
            "staging_altitude_km": staging["altitude"] / 1e3,
            "staging_path_angle_deg": staging["path_angle_deg"],
            **home,
            "propellant_kg": {name: _pair(found) for name, found in self.propellant.items()},
            "masses_kg": {s.name: _pair(self.estimate(f"{s.name}: mass")) for s in seen.segments},
            **({"upper_stage": upper_json(self.fit, seen)} if seen.upper else {}),
            "payload_kg": _pair(self.estimate("payload")),
            "figures": {prior.name: _pair(self.fit.estimate(prior.name)) for prior in self.fit.builder.priors},
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def report(self) -> str:
        """Return residuals, staging, masses, propellant by burn, and figures beside their prior values, as text."""
        j, expended = self.as_json(), self.observation.expended
        top = "first stage expended" if expended else f"apogee {j['apogee_km']:.1f} km"
        lines = [
            f"{self.mission.title}: {'verified' if self.verified else 'NOT verified'} ({j['status']})",
            f"  speed    residual {j['speed_rms_m_s']:6.2f} m/s rms, {j['speed_rms_percent_of_peak']:.3f} % of its peak",
            f"  altitude residual {j['altitude_rms_m']:6.1f} m rms",
            f"  cut-off {j['staging_time_s']:.1f} s after lift-off, {j['staging_speed_m_s']:,.0f} m/s at "
            f"{j['staging_altitude_km']:.1f} km, path {j['staging_path_angle_deg']:.1f} deg; {top}",
            *(f"  {name:10s} propellant {e.value:9,.0f} +- {e.error:6,.0f} kg" for name, e in self.propellant.items()),
            *([] if expended else [f"  held at cut-off       {self.estimate('propellant held at cut-off')}"]),
            *(f"  mass at {s.name:10s} {self.estimate(s.name + ': mass')}" for s in self.observation.segments),
            *upper_lines(self.fit, self.observation),
        ]
        return "\n".join([*lines, *figure_lines(self.fit), *(f"  note: {note}" for note in self.notes)])

    def to_frame(self) -> "pd.DataFrame":
        """Return telemetry and fitted flight, one row a measurement time.

        Columns: ``time_s`` after lift-off, ``segment``, and for speed and altitude ``*_observed``, ``*_fitted`` and
        ``*_error`` (standard error) with their units. A quantity not measured at a time has NaN for observed and error.
        """
        import pandas as pd

        segments = (*self.observation.segments, *self.observation.upper)
        parts = [self._segment_frame(segment.name) for segment in segments]
        return pd.concat(parts, ignore_index=True)

    def _segment_frame(self, segment: str) -> "pd.DataFrame":
        import pandas as pd

        phase, liftoff = f"{self.mission.name}.{segment}", float(self.phase("rise").time[0])
        measured = {m.name: m for m in self.fit.builder.problem.measurements if m.phase == phase}
        times = np.unique(np.concatenate([np.zeros(0), *(m.times for m in measured.values())]))
        columns: dict[str, object] = {"time_s": times - liftoff, "segment": segment}
        for name, unit in QUANTITIES.items():
            observed, fitted, error = np.full((3, len(times)), np.nan)
            if name in measured:
                part = measured[name]
                at = np.searchsorted(times, part.times)
                observed[at], error[at] = part.values, part.sigmas
                fitted = self.fit.predicted(part, times)
            columns |= {f"{name}_observed_{unit}": observed, f"{name}_fitted_{unit}": fitted}
            columns[f"{name}_error_{unit}"] = error
        return pd.DataFrame(columns)

    def plot(self) -> "Figure":
        """Return speed and altitude of telemetry and fitted flight over time, with the residuals beneath."""
        from hoverslam.flights.observed.pictures import Track, draw_residuals  # matplotlib is slow to import

        seen, tracks = self.observation, []
        start, bodies = seen.segments[0].start, {"": seen.segments}
        if seen.upper:
            bodies = {("stack" if seen.expended else "stack and booster"): seen.segments, "upper stage": seen.upper}
        for body, segments in bodies.items():
            # The boundary between rise and ascent is not an event of the flight: from there on the throttle is free.
            events = {s.name: s.start - start for s in segments if s.name not in ("rise", "ascent")}
            for what in QUANTITIES:
                found = self.fit.residuals(self.mission.name, what, segments)
                order = np.argsort(found.time)
                time, measured, fitted = found.time[order] - start, found.measured[order], found.fitted[order]
                tracks.append(Track(what, time, measured, fitted, found.rms, body, events))
        return draw_residuals(f"{self.mission.title}: telemetry and reconstruction", tracks)


def _pair(found: Estimate) -> list[Json]:
    """Return value and standard error."""
    return [found.value, found.error]


def figure_lines(fit: FlightFit) -> list[str]:
    """Return one line a figure: the estimate, its standard error, and the prior."""
    lines = []
    for prior in fit.builder.priors:
        found, edge = fit.estimate(prior.name), "  at the edge of its band" if fit.at_bound(prior) else ""
        lines.append(
            f"  {prior.name:28s} {found.value:12,.5g} +- {found.error:9,.3g}   before {prior.value:12,.5g} "
            f"+- {prior.sigma:9,.3g} ({prior.low:,.5g} to {prior.high:,.5g}) {prior.unit}{edge}"
        )
    return lines


def published_vehicle(name: str) -> Vehicle:
    """Return a vehicle with its figures as published, before any calibration.

    A vehicle that has not been calibrated is returned as it comes with the package.

    Raises:
        VehicleError: If the name is unknown.
    """
    return load_vehicle(PUBLISHED / f"{name}.toml" if name in file_names(PUBLISHED) else name)


def mission_telemetry(
    mission: Mission,
    trace: str | Path | None = None,
    events: str | Path | None = None,
    upper_trace: str | Path | None = None,
) -> Telemetry:
    """Return the traces of a mission: of stack and booster, and of the upper stage where there is one.

    Args:
        mission: May state its trace, its file of events, and the time of lift-off on the trace's clock.
        trace: File of another trace; its events are then those beside it.
        events: File of other events.
        upper_trace: File of another display of the upper stage; with another ``trace`` there is none by default.

    Raises:
        TelemetryError: If a trace cannot be used.
    """
    stated = events or (mission.events if trace is None else None)
    clock = mission.liftoff_s
    liftoff = None if clock is None else (clock.si, (clock.high_si - clock.low_si) / BAND_SIGMAS)
    source, upper = trace or mission.trace, upper_trace or (mission.upper_trace if trace is None else None)
    if source is None and upper is not None and not known_first_trace(mission.name):
        return upper_telemetry(mission.name, upper, stated, liftoff)
    if source is None and upper is None:
        upper = known_upper_trace(mission.name)
    found = load_telemetry(source or mission.name, stated, liftoff)
    return found if upper is None or found.upper is not None else with_upper_trace(found, upper)


def reconstruct(
    mission: str | PathLike[str] | Mission,
    telemetry: str | Path | Telemetry | None = None,
    vehicle: Vehicle | str | PathLike[str] | None = None,
    *,
    model_error: tuple[float, float] | None = None,
    use_orbit: bool = True,
    report: Callable[[str], None] | None = None,
) -> Reconstruction:
    """Return the most probable flight behind the traces of one flight.

    Args:
        mission: A known mission, the TOML file of one of your own, or a :class:`hoverslam.vehicles.missions.Mission`.
        telemetry: A trace, or the file it is in; by default the one that the mission states, or that has its name.
        vehicle: Vehicle, name or file, whose bands are the prior knowledge; by default the mission's, as published.
        model_error: Standard errors of the model in speed (m/s) and altitude (m), added in quadrature to those of the
            display; by default those of ``files/assumptions.toml``.
        use_orbit: Whether apogee and inclination of the mission, within their bands, count as measurements where the upper
            stage is seen to reach its orbit. Without them, how far it turns out of the plane of the flight is assumed.
        report: Receives one line a solve.

    Raises:
        VehicleError: If the mission or the vehicle is unknown or cannot be used.
        TelemetryError: If the trace cannot be used.
    """
    mission = mission if isinstance(mission, Mission) else load_mission(mission)
    trace = telemetry if isinstance(telemetry, Telemetry) else mission_telemetry(mission, telemetry)
    chosen = published_vehicle(mission.vehicle) if vehicle is None else as_vehicle(vehicle)
    check_vehicle(chosen)
    if report is not None and trace.upper is not None:
        report("simulating the upper stage for the guess")
    observation = observe(mission, trace, chosen, model_error)
    if not use_orbit:
        observation = replace(observation, orbit_known=False)
    return Reconstruction(mission, observation, fit_flights([observation], chosen, report), trace.notes)
