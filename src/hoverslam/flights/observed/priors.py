"""Prior knowledge of the figures that a fit estimates: of the vehicle, shared by its flights, and of one flight."""

from typing import NamedTuple

import numpy as np

from hoverslam.data.figures import Figure
from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.fit_laws import DRAG_NAMES
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle

BAND_SIGMAS = 4.0  # width of a published band in standard errors
_SI_UNITS = {"t": "kg", "kN": "N"}


class Prior(NamedTuple):
    """Prior knowledge of a figure, in SI.

    Attributes:
        name: Of the parameter of the fit.
        value: Most probable value.
        sigma: Standard error.
        low, high: Bounds.
        unit: SI unit; empty for a ratio.
    """

    name: str
    value: float
    sigma: float
    low: float
    high: float
    unit: str = ""

    @classmethod
    def of(cls, name: str, *parts: Figure) -> "Prior":
        """Return the prior of a sum of figures whose bands are four standard errors wide; errors add in quadrature."""
        value, low, high = (sum(f) for f in zip(*((p.si, p.low_si, p.high_si) for p in parts), strict=True))
        sigma = float(np.sqrt(sum((p.high_si - p.low_si) ** 2 for p in parts))) / BAND_SIGMAS
        return cls(name, value, sigma, low, high, _SI_UNITS.get(parts[0].unit, parts[0].unit))

    @classmethod
    def stated(cls, name: str, value: Figure, error: Figure) -> "Prior":
        """Return the prior of a figure whose standard error is stated apart from its band."""
        return cls(name, value.si, error.si, value.low_si, value.high_si, value.unit)


def check_vehicle(vehicle: Vehicle) -> None:
    """Check that a vehicle has the parts and bands that a fit to telemetry needs.

    Raises:
        VehicleError: If it does not; one line a mistake.
    """
    parts = {
        "stage2": vehicle.stage2,
        "recovery": vehicle.recovery,
        "aero.preserved_drag_fraction": vehicle.aero.preserved_drag_fraction,
    }
    lines = [
        f"{vehicle.name}: {key}: missing: a fit to telemetry needs it" for key, part in parts.items() if part is None
    ]
    if not lines:
        remedy = "has no band: add low and high, between which the fit looks for it"
        lines = [f"{vehicle.name}: {p.name}: {remedy}" for p in vehicle_priors(vehicle) if not p.sigma > 0.0]
    if lines:
        raise VehicleError(lines)


def vehicle_priors(vehicle: Vehicle) -> list[Prior]:
    """Return the priors of the figures that all flights of a vehicle share, from its file."""
    one, two, home, aero = vehicle.stage1, vehicle.stage2, vehicle.recovery, vehicle.aero
    assert two is not None
    assert home is not None
    assert aero.preserved_drag_fraction is not None
    given = assumptions().priors
    drag = [Prior.stated(name, given.descent_axial_factor, given.descent_axial_factor_error) for name in DRAG_NAMES]
    return [
        Prior.of("stage1.dry_mass", one.dry_mass_t),
        Prior.of("stage1.propellant", one.propellant_t),
        Prior.of("stage1.thrust_sea_level", one.engine.thrust_sea_level_kN),
        Prior.of("stage1.isp_sea_level", one.engine.specific_impulse_sea_level_s),
        Prior.of("stage1.isp_vacuum", one.engine.specific_impulse_vacuum_s),
        Prior.of("stage2.propellant", two.propellant_t),
        Prior.of("aero.drag_factor", aero.drag_factor),
        Prior.of("aero.preserved_drag", aero.preserved_drag_fraction),
        *drag,
    ]


def mission_priors(vehicle: Vehicle, mission: Mission) -> list[Prior]:
    """Return the priors of the figures of one flight: payload, engine rating, propellant left, display and air."""
    home, given = vehicle.recovery, assumptions().priors
    assert home is not None
    expended = mission.recovery == "expendable"
    saving = home.expendable_dry_mass_saving_t if expended else None
    reserve = [] if expended else [home.landing_reserve_t]
    return [
        Prior.of(f"{mission.name}.payload", mission.payload_kg),
        Prior.of(f"{mission.name}.rating", mission.engine_rating),
        Prior.of(f"{mission.name}.left", vehicle.stage1.residual_t, *reserve),
        *([Prior.of(f"{mission.name}.saving", saving)] if saving is not None else []),
        Prior.stated(f"{mission.name}.altitude_lead", given.altitude_lead_s, given.altitude_lead_error_s),
        Prior.stated(f"{mission.name}.air", given.air_factor, given.air_factor_error),
    ]
