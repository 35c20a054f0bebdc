"""Calibration: one set of figures for a vehicle, and one descent drag table, from all its flights with telemetry.

    import hoverslam as hs

    print(hs.calibrate(("crs11", "nrol76", "saocom1a")).report())

The flights share the vehicle's figures in one fit. What differs between flights (payload, engine rating, weather, the
propellant left) is fitted for each flight and does not enter the vehicle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np

from hoverslam.flights.observed.fit_laws import DRAG_MACHS, DRAG_NAMES
from hoverslam.flights.observed.flight_fit import Estimate, FlightFit, fit_flights, restart_from
from hoverslam.flights.observed.observation import Observation, observe
from hoverslam.flights.observed.reconstruction import Reconstruction, figure_lines, published_vehicle
from hoverslam.flights.observed.telemetry import load_telemetry
from hoverslam.flights.observed.trace_files import Floats
from hoverslam.physics.aerodynamics import descent_axial_coefficient
from hoverslam.reports.json_text import Json
from hoverslam.reports.results import Result
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.missions import load_mission
from hoverslam.vehicles.models import Vehicle

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# Figures of a vehicle file, the parameters of the fit that give them, and the file's unit in SI.
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
DESCENT_FACTOR = "aero.descent_axial_factor"
TRUSTED_MACHS = (0.9, 3.2)  # range in which unpowered flight in dense air determines the drag


class DragRow(NamedTuple):
    """Axial-force coefficient on the base area, engines first and off, at a Mach number, with its standard error."""

    mach: float
    coefficient: float
    error: float


@dataclass
class Calibration(Result):
    """Figures of one vehicle from several flights.

    Attributes:
        vehicle: Its figures and bands before the fit.
        flights: The flights, by name of the mission.
        fit: Of all flights together.
    """

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
        return found | {DESCENT_FACTOR: self.descent_factor}

    @property
    def descent_factor(self) -> Estimate:
        """One factor on the generic descent curve: the minimum-variance mean over the trusted Mach numbers."""
        names, weights = self._factor_weights()
        values = np.array([self.fit.estimate(name).value for name in names])
        variance = float(weights @ self.fit.covariance_of(names) @ weights)
        return Estimate(float(weights @ values), float(np.sqrt(variance)), "")

    def _factor_weights(self) -> tuple[list[str], Floats]:
        """Return the parameters of the trusted Mach numbers, and their weights ``(n,)`` in the mean."""
        names = [n for n, m in zip(DRAG_NAMES, DRAG_MACHS, strict=True) if TRUSTED_MACHS[0] <= m <= TRUSTED_MACHS[1]]
        ones = np.linalg.solve(self.fit.covariance_of(names), np.ones(len(names)))
        weights: Floats = np.asarray(ones / float(np.sum(ones)), dtype=np.float64)
        return names, weights

    @property
    def drag_table(self) -> list[DragRow]:
        """The descent curve at the Mach numbers of the fit."""
        rows = []
        for name, mach in zip(DRAG_NAMES, DRAG_MACHS, strict=True):
            factor, curve = self.fit.estimate(name), float(descent_axial_coefficient(jnp.asarray(mach)))
            rows.append(DragRow(float(mach), curve * factor.value, curve * factor.error))
        return rows

    def standard_error(self, slopes: Mapping[str, float]) -> float:
        """Return the standard error of a quantity that depends on the calibrated figures.

        Args:
            slopes: Its derivatives with respect to the given parameters of a launch (SI), by name; others are zero.
        """
        plain = [name for name, _ in FIGURES.values()]
        names, weights = self._factor_weights()
        along = np.array([slopes.get(name, 0.0) for name in plain])
        along = np.concatenate([along, slopes.get(DESCENT_FACTOR, 0.0) * weights])
        return float(np.sqrt(along @ self.fit.covariance_of([*plain, *names]) @ along))

    def overrides(self) -> dict[str, float]:
        """Return the figures as overrides for :func:`hoverslam.vehicles.loading.load_vehicle`."""
        return {key: found.value for key, found in self.figures.items()}

    def as_json(self) -> dict[str, Json]:
        """Return figures (value, standard error), drag table and flights."""
        return {
            "verified": self.verified,
            "figures": {key: [found.value, found.error] for key, found in self.figures.items()},
            "descent_drag": [row._asdict() for row in self.drag_table],
            "flights": {name: flight.as_json() for name, flight in self.flights.items()},
        }

    def report(self) -> str:
        """Return the figures beside their prior values, and the drag table, as text."""
        table = [f"  Mach {r.mach:4.1f}  {r.coefficient:.3f} +- {r.error:.3f}" for r in self.drag_table]
        return "\n".join(
            [
                f"{self.vehicle.title}, from {', '.join(self.flights)}: {'verified' if self.verified else 'NOT verified'}",
                *figure_lines(self.fit),
                "  axial-force coefficient, engines first, on the base area:",
                *table,
            ]
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a figure of the fit, in SI: ``figure``, ``value``, ``error``, the prior, and ``unit``.

        The prior is ``prior_value``, ``prior_error``, ``low`` and ``high``. ``at_bound`` marks a figure at the end of its
        band, whose error is that of the prior.
        """
        import pandas as pd

        rows = [
            {
                "figure": prior.name,
                "value": self.fit.estimate(prior.name).value,
                "error": self.fit.estimate(prior.name).error,
                "prior_value": prior.value,
                "prior_error": prior.sigma,
                "low": prior.low,
                "high": prior.high,
                "unit": prior.unit,
                "at_bound": self.fit.at_bound(prior),
            }
            for prior in self.fit.builder.priors
        ]
        return pd.DataFrame(rows)

    def plot(self) -> "Figure":
        """Return the figures within their prior bands, and the descent drag curve, with standard errors."""
        from hoverslam.flights.observed.pictures import StandardErrorBand, draw_bands  # matplotlib is slow to import

        bands = [
            StandardErrorBand(
                prior.name,
                (self.fit.estimate(prior.name).value - prior.value) / prior.sigma,
                self.fit.estimate(prior.name).error / prior.sigma,
                (prior.low - prior.value) / prior.sigma,
                (prior.high - prior.value) / prior.sigma,
            )
            for prior in self.fit.builder.priors
        ]
        mach, coefficient, error = np.array(self.drag_table).T
        title = f"{self.vehicle.title}: calibrated with {', '.join(self.flights)}"
        return draw_bands(title, bands, (mach, coefficient, error))


def calibrate(
    missions: Sequence[str],
    vehicle: Vehicle | str | PathLike[str] | None = None,
    report: Callable[[str], None] | None = None,
) -> Calibration:
    """Fit all ``missions`` together.

    Args:
        missions: Known missions of one vehicle, each with its trace.
        vehicle: Vehicle, name or file, whose bands are the prior knowledge; by default as published.
        report: Receives one line a solve.

    Raises:
        VehicleError: If a mission or the vehicle is unknown or cannot be used.
        TelemetryError: If a trace cannot be used.
    """
    tell = report or (lambda line: None)
    tell(f"reading {', '.join(missions)}")
    chosen = [load_mission(name) for name in missions]
    prior_vehicle = published_vehicle(chosen[0].vehicle) if vehicle is None else as_vehicle(vehicle)
    observations = [observe(mission, load_telemetry(mission.name), prior_vehicle) for mission in chosen]
    return _calibration(observations, prior_vehicle, fit_flights(observations, prior_vehicle, report))


def calibrate_without(whole: Calibration, name: str, report: Callable[[str], None] | None = None) -> Calibration:
    """Return the calibration from all flights of another one except one flight.

    Args:
        whole: The calibration from all flights; it is the guess.
        name: Name of the mission that is left out.
        report: Receives one line a solve.
    """
    observations = [
        restart_from(flight.observation, whole.fit) for other, flight in whole.flights.items() if other != name
    ]
    return _calibration(observations, whole.vehicle, fit_flights(observations, whole.vehicle, report, warm_start=True))


def _calibration(observations: Sequence[Observation], vehicle: Vehicle, fit: FlightFit) -> Calibration:
    flights = {flight.mission.name: Reconstruction(flight.mission, flight, fit) for flight in observations}
    return Calibration(vehicle, flights, fit)
