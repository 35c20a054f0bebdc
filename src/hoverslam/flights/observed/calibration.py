"""Calibration: one set of figures for a vehicle, and one descent drag table, from all flights that were seen.

    from hoverslam.flights.observed.calibration import calibrate

    print(calibrate(("crs11", "nrol76", "saocom1a")).report())

The flights share the vehicle's figures in one fit. What differs from flight to flight (payload, the rating of its
engines, the weather, the propellant left) is fitted for each and stays with it: nothing of it enters the vehicle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from hoverslam.flights.observed.fit_problem import DRAG_MACHS, DRAG_NAMES, Seen
from hoverslam.flights.observed.reconstruction import (
    Estimate,
    FlightFit,
    Reconstruction,
    figure_lines,
    fit_flights,
    published,
    see,
    started,
)
from hoverslam.flights.observed.telemetry import load_telemetry
from hoverslam.physics.aerodynamics import descent_axial_coefficient
from hoverslam.vehicles.missions import load_mission
from hoverslam.vehicles.models import Vehicle

# Figures of a vehicle file and the parameters of the fit that they come from, with the file's unit in SI.
FIGURES = {
    "stage1.dry_mass_t": ("stage1.dry_mass", 1e3),
    "stage1.propellant_t": ("stage1.propellant", 1e3),
    "stage1.engine.thrust_sea_level_kN": ("stage1.thrust_sea_level", 1e3),
    "stage1.engine.specific_impulse_sea_level_s": ("stage1.isp_sea_level", 1.0),
    "stage1.engine.specific_impulse_vacuum_s": ("stage1.isp_vacuum", 1.0),
    "stage2.propellant_t": ("stage2.propellant", 1e3),
    "aero.drag_factor": ("aero.drag_factor", 1.0),
    "aero.preserved_drag_fraction": ("aero.preserved_drag", 1.0),
}
TRUSTED_MACHS = (0.9, 3.2)  # where flights in the air and out of burns decide the drag
FACTOR = "aero.descent_axial_factor"


class DragRow(NamedTuple):
    """Axial-force coefficient on the base area, engines first, engines off: at a Mach number, with standard error."""

    mach: float
    coefficient: float
    error: float


@dataclass
class Calibration:
    """What a set of flights says of one vehicle."""

    vehicle: Vehicle
    flights: dict[str, Reconstruction]
    fit: FlightFit

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        return self.fit.verified

    @property
    def figures(self) -> dict[str, Estimate]:
        """Figures by their key in a vehicle file, in the unit of the key."""
        found = {}
        for key, (name, unit) in FIGURES.items():
            value, error, _ = self.fit.estimate(name)
            found[key] = Estimate(value / unit, error / unit, key.rsplit("_", 1)[-1])
        return found | {FACTOR: self.descent_factor}

    @property
    def descent_factor(self) -> Estimate:
        """One factor on the generic descent curve: the best mean over Mach numbers where flights decide it."""
        names, weights = self._factor_weights()
        values = np.array([self.fit.estimate(name).value for name in names])
        variance = float(weights @ self.fit.covariance_of(names) @ weights)
        return Estimate(float(weights @ values), float(np.sqrt(variance)), "")

    def _factor_weights(self) -> tuple[list[str], np.ndarray]:
        names = [n for n, m in zip(DRAG_NAMES, DRAG_MACHS, strict=True) if TRUSTED_MACHS[0] <= m <= TRUSTED_MACHS[1]]
        ones = np.linalg.solve(self.fit.covariance_of(names), np.ones(len(names)))
        return names, ones / float(np.sum(ones))

    @property
    def drag_table(self) -> list[DragRow]:
        """The descent curve at the Mach numbers of the fit."""
        rows = []
        for name, mach in zip(DRAG_NAMES, DRAG_MACHS, strict=True):
            factor, curve = self.fit.estimate(name), float(descent_axial_coefficient(jnp.asarray(mach)))
            rows.append(DragRow(float(mach), curve * factor.value, curve * factor.error))
        return rows

    def spread(self, slopes: Mapping[str, float]) -> float:
        """Standard error of anything whose derivatives to the launch's given parameters (SI) are ``slopes``."""
        plain = [name for name, _ in FIGURES.values()]
        names, weights = self._factor_weights()
        along = np.array([slopes.get(name, 0.0) for name in plain])
        along = np.concatenate([along, slopes.get(FACTOR, 0.0) * weights])
        return float(np.sqrt(along @ self.fit.covariance_of([*plain, *names]) @ along))

    def overrides(self) -> dict[str, float]:
        """The figures as overrides for :func:`hoverslam.vehicles.load_vehicle`."""
        return {key: found.value for key, found in self.figures.items()}

    def as_json(self) -> dict[str, Any]:
        """Figures, drag table and flights as plain numbers."""
        return {
            "verified": self.verified,
            "figures": {key: list(found[:2]) for key, found in self.figures.items()},
            "descent_drag": [row._asdict() for row in self.drag_table],
            "flights": {name: flight.as_json() for name, flight in self.flights.items()},
        }

    def report(self) -> str:
        """Figures beside what was published, and the drag table, as text."""
        table = [f"  Mach {r.mach:4.1f}  {r.coefficient:.3f} +- {r.error:.3f}" for r in self.drag_table]
        return "\n".join(
            [
                f"{self.vehicle.title}, from {', '.join(self.flights)}: {'verified' if self.verified else 'NOT verified'}",
                *figure_lines(self.fit),
                "  axial-force coefficient, engines first, on the base area:",
                *table,
            ]
        )


def calibrate(
    missions: Sequence[str], vehicle: Vehicle | None = None, report: Callable[[str], None] | None = None
) -> Calibration:
    """Fit all ``missions`` together.

    Args:
        missions: known missions of one vehicle, each with its trace.
        vehicle: whose bands are what is known beforehand; by default as published.
        report: receives one line a solve.

    Raises:
        VehicleError, TelemetryError: for a mission or a trace that cannot be used.
    """
    tell = report or (lambda line: None)
    tell(f"reading {', '.join(missions)}")
    chosen = [load_mission(name) for name in missions]
    vehicle = vehicle or published(chosen[0].vehicle)
    seen = [see(mission, load_telemetry(mission.name), vehicle) for mission in chosen]
    return _calibrated(seen, vehicle, fit_flights(seen, vehicle, report))


def without(whole: Calibration, name: str, report: Callable[[str], None] | None = None) -> Calibration:
    """The calibration from all flights of ``whole`` but one, started from it."""
    seen = [started(flight.seen, whole.fit) for other, flight in whole.flights.items() if other != name]
    return _calibrated(seen, whole.vehicle, fit_flights(seen, whole.vehicle, report, near=True))


def _calibrated(seen: Sequence[Seen], vehicle: Vehicle, fit: FlightFit) -> Calibration:
    return Calibration(vehicle, {s.mission.name: Reconstruction(s.mission, s, fit) for s in seen}, fit)
