"""What a reconstruction tells of the upper stage, as text and as JSON."""

from collections.abc import Mapping

import numpy as np

from hoverslam.flights.observed.flight_fit import Estimate, FlightFit
from hoverslam.flights.observed.observation import Observation
from hoverslam.flights.observed.upper_segments import UPPER_COASTS
from hoverslam.reports.json_text import Json

FIGURES = {"thrust": "stage2.thrust_vacuum", "specific_impulse": "stage2.isp_vacuum", "dry_mass": "stage2.dry_mass"}
_MEASURED = ("speed", "altitude")
_UNITS = {"thrust": "kN", "specific_impulse": "s", "dry_mass": "kg"}
_SIZES = {"kN": 1e3, "km": 1e3, "deg": np.pi / 180.0}  # of a unit, in SI


def upper_estimates(fit: FlightFit, flight: Observation) -> dict[str, Estimate]:
    """Return what was found of the upper stage, by name: figures of the stage, burns, propellant left, orbit reached."""
    name = flight.mission.name
    found = {what: _in(fit.estimate(parameter), _UNITS[what]) for what, parameter in FIGURES.items()}
    for burn in ("first burn", "second burn"):
        if f"{name}: {burn} propellant" in fit.outputs:
            found[f"{burn} propellant"] = fit.estimate(f"{name}: {burn} propellant")
            found[f"{burn} thrust at its end"] = _in(fit.estimate(f"{name}: {burn} thrust at its end"), "kN")
    found["propellant left"] = fit.estimate(f"{name}: upper-stage propellant left")
    for element, unit in (("perigee", "km"), ("apogee", "km"), ("inclination", "deg")):
        found[element] = _in(fit.estimate(f"{name}: {element} reached"), unit)
    return found


def _in(found: Estimate, unit: str) -> Estimate:
    size = _SIZES.get(unit, 1.0)
    return Estimate(found.value / size, found.error / size, unit)


def upper_json(fit: FlightFit, flight: Observation) -> dict[str, Json]:
    """Return estimates, masses, residuals and times of the upper stage; a pair is a value and its standard error."""
    name, speed, altitude = (
        flight.mission.name,
        *(fit.residuals(flight.mission.name, w, flight.upper) for w in _MEASURED),
    )

    def pairs(what: str) -> Mapping[str, Json]:
        found = {s.name: fit.estimate(f"{name}.{s.name}: {what}") for s in flight.upper}
        return {key: [each.value, each.error] for key, each in found.items()}

    return {
        **{
            f"{what.replace(' ', '_')}{'_' if e.unit else ''}{e.unit}": [e.value, e.error]
            for what, e in upper_estimates(fit, flight).items()
        },
        "speed_rms_m_s": speed.rms,
        "speed_rms_percent_of_peak": speed.percent_of_peak,
        "altitude_rms_m": altitude.rms,
        "masses_kg": dict(pairs("mass")),
        "times_s": dict(pairs("time")),
        "orbit_is_a_measurement": flight.orbit_known,
    }


def upper_lines(fit: FlightFit, flight: Observation) -> list[str]:
    """Return the lines of a report on the upper stage; none where no display shows it."""
    if not flight.upper:
        return []
    speed, altitude = (fit.residuals(flight.mission.name, what, flight.upper) for what in _MEASURED)
    orbit = (
        "apogee and inclination of the mission count as measured" if flight.orbit_known else "from the display alone"
    )
    return [
        f"  upper stage, {orbit}:",
        f"    speed    residual {speed.rms:6.2f} m/s rms, {speed.percent_of_peak:.3f} % of its peak",
        f"    altitude residual {altitude.rms:6.1f} m rms",
        *(f"    {what:28s} {each}" for what, each in upper_estimates(fit, flight).items()),
        *(
            f"    mass at {s.name:20s} {fit.estimate(f'{flight.mission.name}.{s.name}: mass')}"
            for s in flight.upper
            if s.name not in UPPER_COASTS or s is flight.upper[-1]
        ),
    ]
