"""Computed payloads beside published ones, with the standard error that the calibrated figures leave."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from os import PathLike

from hoverslam.flights.launch.solve import solve_launch
from hoverslam.flights.observed.calibration import Calibration
from hoverslam.ocp.solved import Solved
from hoverslam.reports.json_text import Json
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle

# Largest share of a published payload by which the computed one may differ: by orbit, and for other orbits.
TOLERANCES, TOLERANCE_ELSEWHERE = {"gto": 0.07}, 0.05


@dataclass(frozen=True)
class PayloadCheck:
    """One payload, computed and published.

    Attributes:
        orbit, recovery: The case.
        payload: Computed (kg).
        error: Standard error that the calibrated figures leave (kg).
        published, low, high: Published value and band (kg).
        status: Of the published figure.
        verified: Whether the computed flight is.
    """

    orbit: str
    recovery: str
    payload: float
    error: float
    published: float
    low: float
    high: float
    status: str
    verified: bool

    @property
    def off(self) -> float:
        """Computed less published, as a share of published."""
        return self.payload / self.published - 1.0

    @property
    def tolerance(self) -> float:
        """Largest share by which the computed payload may differ."""
        return TOLERANCES.get(self.orbit, TOLERANCE_ELSEWHERE)

    @property
    def met(self) -> bool:
        """Whether the flight is verified and its payload within the tolerance."""
        return self.verified and abs(self.off) <= self.tolerance

    @property
    def in_band(self) -> bool:
        """Whether the payload lies within the published band."""
        return self.low <= self.payload <= self.high

    def as_json(self) -> dict[str, Json]:
        """Return all figures and verdicts."""
        return asdict(self) | {"off_percent": 100.0 * self.off, "met": self.met, "in_band": self.in_band}


def check_payloads(
    calibration: Calibration,
    vehicle: Vehicle | str | PathLike[str] | None = None,
    report: Callable[[str], None] | None = None,
) -> list[PayloadCheck]:
    """Compute every payload that has been published for a vehicle.

    The standard error is propagated through the derivatives of the optimum, without further solves.

    Args:
        calibration: Its covariance is propagated.
        vehicle: Vehicle, name or file; by default the calibrated one as it comes with the package.
        report: Receives one line a payload.

    Raises:
        VehicleError: If the vehicle cannot be used.
    """
    chosen = as_vehicle(calibration.vehicle.name if vehicle is None else vehicle)
    checks = []
    for published in chosen.payload_published:
        result = solve_launch(chosen, published.recovery, published.orbit)
        figure = published.payload_t
        check = PayloadCheck(
            published.orbit, published.recovery, result.payload, payload_error(calibration, chosen, result.solution),
            figure.si, figure.low_si, figure.high_si, figure.status, result.verified,
        )  # fmt: skip
        checks.append(check)
        if report is not None:
            report(f"payload {published.orbit} {published.recovery}: {check.payload:,.0f} kg, {100 * check.off:+.1f} %")
    return checks


def payload_error(calibration: Calibration, vehicle: Vehicle, solution: Solved) -> float:
    """Return the standard error (kg) of an optimal payload from those of the calibrated figures; NaN if not converged."""
    if not solution.converged:
        return float("nan")
    slopes = dict(solution.sensitivities())
    assert vehicle.stage2 is not None
    reserve = vehicle.stage2.performance_reserve / vehicle.stage2.propellant  # the reserve is a share of the propellant
    slopes["stage2.propellant"] += reserve * slopes["stage2.performance_reserve"]
    return calibration.standard_error(slopes)
