"""What the check of a flown launch finds: extremes and limits of every phase, the orbit reached, and the verdict."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result
from hoverslam.reports.tables import frame_of
from hoverslam.vehicles.places import Orbit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# Share of a limit by which a flight may pass it: 0.1 % between the nodes of the solve, and as much for the attitude, which is
# interpolated between the samples of the trajectory.
BETWEEN_NODES = 2e-3
GROUND = 5.0  # m: an altitude this far below sea level still counts as the ground
# Relative: largest difference between the samples and the flight with the full physics. A flight solved with the same physics
# differs by 1e-8, one that leaves out the air between 64 and 72 km by 4e-5.
FLOWN_ALIKE = 1e-5
# Relative: largest difference between the start of a phase and the end of the one before it. Both are re-flown samples,
# each of which differs from the solved nodes by up to the tolerance of the mesh.
JOINED = 1e-4
ORBIT_ALIKE, PLANE_ALIKE = 1e3, 2e-4  # m and rad: largest difference between the orbit reached and the target

SHOWN_IN = {
    "altitude": ("km", 1e-3),
    "perigee": ("km", 1e-3),
    "dynamic_pressure": ("kPa", 1e-3),
    "q_alpha": ("kPa deg", float(np.degrees(1e-3))),
    "heating": ("kW/m2", 1e-3),
    "free_molecular_heating": ("W/m2", 1.0),
    "axial_acceleration": ("g", 1.0 / STANDARD_GRAVITY),
}
"""Unit of each standard quantity in reports, and the factor from SI to it."""


@dataclass(frozen=True)
class Extreme:
    """The extreme of one quantity along one phase, in SI.

    Attributes:
        quantity: Name of the quantity.
        value: The largest value, or the smallest one of a quantity with a lower limit.
        time: When it is reached (s).
        limit: The limit; None where none applies.
        lower: Whether the limit is a lower one.
        unit: SI unit.
        at_separation: Whether the value is the one at the end of the phase, where bodies separate.
    """

    quantity: str
    value: float
    time: float
    limit: float | None
    lower: bool
    unit: str
    at_separation: bool = False

    @property
    def kept(self) -> bool:
        """Whether the limit is kept, up to what a flight may pass it between nodes."""
        if self.limit is None:
            return True
        slack = BETWEEN_NODES * abs(self.limit) + (GROUND if self.quantity == "altitude" and self.limit == 0.0 else 0.0)
        return self.value >= self.limit - slack if self.lower else self.value <= self.limit + slack

    def sentence(self, phase: str) -> str:
        """Return what is wrong with it as a sentence."""
        unit, factor = SHOWN_IN.get(self.quantity, (self.unit, 1.0))
        name = self.quantity.replace("_", " ") + " at separation" * self.at_separation
        side, bound = ("below", "at least") if self.lower else ("above", "at most")
        assert self.limit is not None
        reached, allowed = (f"{x * factor:,.4g} {unit}".rstrip() for x in (self.value, self.limit))
        return f"{phase}: {name} {reached} at {self.time:,.1f} s is {side} the limit: {bound} {allowed}"


@dataclass(frozen=True)
class PhaseCheck:
    """One phase flown again with the full physics.

    Attributes:
        phase: Name of the phase.
        body: The body that flies it.
        powered: Whether engines burn.
        times: Start and end (s).
        position_error: Difference at the end between samples and flight, relative to the length of the path.
        velocity_error: The same for the velocity, relative to the largest speed.
        mass_error: The same for the mass, relative to the mass at the start.
        start_error: Largest relative difference in time, position and velocity between the end of the phase before and
            the start of this one; a gain of mass counts as well.
        struck: Whether the body strikes the ground before the end of the phase.
        extremes: Extremes of the quantities, with their limits.
    """

    phase: str
    body: str
    powered: bool
    times: tuple[float, float]
    position_error: float
    velocity_error: float
    mass_error: float
    start_error: float
    struck: bool
    extremes: tuple[Extreme, ...]

    @property
    def refly_error(self) -> float:
        """The largest relative difference at the end between samples and flight."""
        return max(self.position_error, self.velocity_error, self.mass_error)

    @property
    def failures(self) -> list[str]:
        """What is wrong with the phase, one sentence each."""
        found = [extreme.sentence(self.phase) for extreme in self.extremes if not extreme.kept]
        if self.struck:
            return [f"{self.phase}: flown with the full physics, the body strikes the ground", *found]
        errors = {"position": self.position_error, "velocity": self.velocity_error, "mass": self.mass_error}
        found += [
            f"{self.phase}: flown with the full physics, the {name} at the end is off by {error:.1e} (relative): "
            f"at most {FLOWN_ALIKE:.0e}"
            for name, error in errors.items()
            if not error <= FLOWN_ALIKE
        ]
        if not self.start_error <= JOINED:
            found.append(f"{self.phase}: its start differs from the end of the phase before by {self.start_error:.1e}")
        return found

    def extreme(self, quantity: str, at_separation: bool = False) -> Extreme | None:
        """Return the extreme of a quantity, or None if the phase has none; for several limits the one that is closest."""
        found = [e for e in self.extremes if e.quantity == quantity and e.at_separation == at_separation]
        return min(found, key=lambda e: (e.kept, e.limit is None), default=None)


@dataclass(frozen=True)
class OrbitReached:
    """The orbit at injection, flown with the full physics, beside the target.

    Attributes:
        perigee, apogee: Altitudes above the equatorial radius, without J2 (m).
        inclination: Inclination (rad).
        argument: Argument of perigee (rad); without meaning for a circle.
        target: The target.
    """

    perigee: float
    apogee: float
    inclination: float
    argument: float
    target: Orbit

    @property
    def failures(self) -> list[str]:
        """What is wrong with the orbit, one sentence each."""
        pairs = {
            "perigee": (self.perigee, self.target.perigee_altitude),
            "apogee": (self.apogee, self.target.apogee_altitude),
        }
        found = [
            f"orbit: {name} {reached / 1e3:,.1f} km instead of {wanted / 1e3:,.1f} km"
            for name, (reached, wanted) in pairs.items()
            if not abs(reached - wanted) <= ORBIT_ALIKE
        ]
        if not abs(self.inclination - self.target.inclination) <= PLANE_ALIKE:
            reached, wanted = np.degrees([self.inclination, self.target.inclination])
            found.append(f"orbit: inclination {reached:.3f} deg instead of {wanted:.3f} deg")
        argument = self.target.argument_of_perigee
        if (
            argument is not None
            and not abs(np.remainder(self.argument - argument + np.pi, 2 * np.pi) - np.pi) <= PLANE_ALIKE
        ):
            reached, wanted = np.degrees([self.argument, argument])
            found.append(f"orbit: argument of perigee {reached:.3f} deg instead of {wanted:.3f} deg")
        return found


@dataclass(frozen=True)
class ValidityRow:
    """One phase in the table of all flights; an empty entry means that there is no such value or limit."""

    vehicle: str
    recovery: str
    orbit: str
    body: str
    phase: str
    powered: bool
    lowest_altitude_km: float | None
    lowest_altitude_limit_km: float | None
    perigee_km: float | None
    perigee_limit_km: float | None
    dynamic_pressure_kPa: float | None
    dynamic_pressure_limit_kPa: float | None
    q_alpha_kPa_deg: float | None
    q_alpha_limit_kPa_deg: float | None
    heating_kW_m2: float | None
    heating_limit_kW_m2: float | None
    free_molecular_heating_W_m2: float | None
    free_molecular_heating_limit_W_m2: float | None
    axial_acceleration_g: float | None
    axial_acceleration_limit_g: float | None
    separation_dynamic_pressure_kPa: float | None
    separation_dynamic_pressure_limit_kPa: float | None
    separation_q_alpha_kPa_deg: float | None
    separation_q_alpha_limit_kPa_deg: float | None
    refly_error: float
    valid: bool


@dataclass(frozen=True)
class FlightCheck(Result):
    """A launch flown again with the full physics, phase by phase.

    Attributes:
        vehicle: Name of the vehicle.
        recovery: Recovery mode.
        orbit: The orbit at injection.
        phases: The phases.
    """

    vehicle: str
    recovery: str
    orbit: OrbitReached
    phases: tuple[PhaseCheck, ...]

    @property
    def failures(self) -> list[str]:
        """What is wrong with the flight, one sentence each; empty for a valid flight."""
        return [*(text for phase in self.phases for text in phase.failures), *self.orbit.failures]

    @property
    def passed(self) -> bool:
        """Whether the flight is valid."""
        return not self.failures

    def report(self) -> str:
        """Return one line a phase with its extremes and limits, then the verdict."""
        title = f"{self.vehicle}, {self.recovery.replace('_', ' ')}, to {self.orbit.target.name}: with the full physics"
        lines = [title, *(_line(phase) for phase in self.phases)]
        verdict = ["valid: every limit is kept"] if self.passed else ["NOT VALID:", *(f"- {x}" for x in self.failures)]
        return "\n".join([*lines, *verdict])

    def as_json(self) -> dict[str, Json]:
        """Return the verdict, the orbit and every phase as plain values, in SI; angles of the orbit in degrees."""
        return record(
            {
                "vehicle": self.vehicle,
                "recovery": self.recovery,
                "orbit": self.orbit.target.name,
                "passed": self.passed,
                "failures": self.failures,
                "perigee_km": self.orbit.perigee / 1e3,
                "apogee_km": self.orbit.apogee / 1e3,
                "inclination_deg": float(np.degrees(self.orbit.inclination)),
                "phases": [record(asdict(phase)) for phase in self.phases],
            }
        )

    def rows(self) -> list[ValidityRow]:
        """Return one row a phase for the table of all flights."""
        return [_row(self, phase) for phase in self.phases]

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a phase; see :class:`ValidityRow`."""
        return validity_frame([self])

    def plot(self) -> "Figure":
        """Return a picture of how much of each limit every phase uses."""
        from hoverslam.flights.launch.validity_picture import draw_shares  # matplotlib is slow to import

        shares = [
            (phase.phase, extreme.quantity, _share(extreme))
            for phase in self.phases
            for extreme in phase.extremes
            if extreme.limit
        ]
        return draw_shares(shares, f"{self.vehicle}, {self.recovery.replace('_', ' ')}")


def validity_frame(checks: Iterable[FlightCheck]) -> "pd.DataFrame":
    """Return one row a phase for several flights.

    Args:
        checks: The checks of the flights.

    Returns:
        A table whose columns are the fields of :class:`ValidityRow`.
    """
    return frame_of([row for check in checks for row in check.rows()], ValidityRow)


# ---- lines and rows --------------------------------------------------------------------------------------------------
def _share(extreme: Extreme) -> float:
    """Return the share of a limit that is used; above 1 the limit is passed."""
    assert extreme.limit
    if not extreme.lower:
        return extreme.value / extreme.limit
    return extreme.limit / extreme.value if extreme.value > 0.0 else np.inf


def _line(phase: PhaseCheck) -> str:
    parts = []
    for extreme in phase.extremes:
        unit, factor = SHOWN_IN.get(extreme.quantity, (extreme.unit, 1.0))
        name = extreme.quantity.replace("_", " ") + " at separation" * extreme.at_separation
        of = "" if extreme.limit is None else f" ({'>=' if extreme.lower else '<='} {extreme.limit * factor:.4g})"
        parts.append(f"{name} {extreme.value * factor:.4g}{of} {unit}")
    return f"{phase.phase:>12s}  {'' if phase.powered else 'unpowered, '}error {phase.refly_error:.0e}; " + ", ".join(
        parts
    )


def _row(check: FlightCheck, phase: PhaseCheck) -> ValidityRow:
    def value(quantity: str, at_separation: bool = False) -> float | None:
        found = phase.extreme(quantity, at_separation)
        return None if found is None else found.value * SHOWN_IN[quantity][1]

    def limit(quantity: str, at_separation: bool = False) -> float | None:
        found = phase.extreme(quantity, at_separation)
        return None if found is None or found.limit is None else found.limit * SHOWN_IN[quantity][1]

    return ValidityRow(
        vehicle=check.vehicle,
        recovery=check.recovery,
        orbit=check.orbit.target.name,
        body=phase.body,
        phase=phase.phase,
        powered=phase.powered,
        lowest_altitude_km=value("altitude"),
        lowest_altitude_limit_km=limit("altitude"),
        perigee_km=value("perigee"),
        perigee_limit_km=limit("perigee"),
        dynamic_pressure_kPa=value("dynamic_pressure"),
        dynamic_pressure_limit_kPa=limit("dynamic_pressure"),
        q_alpha_kPa_deg=value("q_alpha"),
        q_alpha_limit_kPa_deg=limit("q_alpha"),
        heating_kW_m2=value("heating"),
        heating_limit_kW_m2=limit("heating"),
        free_molecular_heating_W_m2=value("free_molecular_heating"),
        free_molecular_heating_limit_W_m2=limit("free_molecular_heating"),
        axial_acceleration_g=value("axial_acceleration"),
        axial_acceleration_limit_g=limit("axial_acceleration"),
        separation_dynamic_pressure_kPa=value("dynamic_pressure", at_separation=True),
        separation_dynamic_pressure_limit_kPa=limit("dynamic_pressure", at_separation=True),
        separation_q_alpha_kPa_deg=value("q_alpha", at_separation=True),
        separation_q_alpha_limit_kPa_deg=limit("q_alpha", at_separation=True),
        refly_error=phase.refly_error,
        valid=not phase.failures,
    )
