"""What the model says beside what is known: payloads with their uncertainty, and the propellant that a return needs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from hoverslam.flights.launch.solve import solve_launch
from hoverslam.flights.observed.calibration import Calibration
from hoverslam.flights.observed.reconstruction import Reconstruction
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import Vehicle

WITHIN = {"gto": 0.07}  # share of the published payload that is asked for; 5 % elsewhere
WITHIN_ELSEWHERE = 0.05
# The earlier reading of the same traces (energy method): dry mass, landing burn, specific impulse, nothing left over.
EARLIER_DRY, EARLIER_LANDING, EARLIER_ISP = 27.2e3, 5.5e3, 311.0
COMMUNITY = (56e3, 60e3)  # kg held for a return to the launch site: FlightClub (13.75 % of the load), r/spacex 2016


@dataclass(frozen=True)
class PayloadCheck:
    """One payload: computed with the standard error that the calibrated figures leave, and published, kg."""

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
        """Computed less published, over published."""
        return self.payload / self.published - 1.0

    @property
    def within(self) -> float:
        """What is asked for: the largest share that it may be off."""
        return WITHIN.get(self.orbit, WITHIN_ELSEWHERE)

    @property
    def met(self) -> bool:
        """Whether it is verified and within what is asked for."""
        return self.verified and abs(self.off) <= self.within

    @property
    def in_band(self) -> bool:
        """Whether it lies within the published band."""
        return self.low <= self.payload <= self.high

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self) | {"off_percent": 100.0 * self.off, "met": self.met, "in_band": self.in_band}


def check_payloads(
    calibration: Calibration, vehicle: Vehicle | str | None = None, report: Callable[[str], None] | None = None
) -> list[PayloadCheck]:
    """Every payload that has been published for the vehicle, from one vehicle file.

    The standard error is propagated through the derivatives of the optimum; nothing is solved again.
    """
    name = calibration.vehicle.name
    chosen = load_vehicle(name) if vehicle is None else load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
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


def payload_error(calibration: Calibration, vehicle: Vehicle, solution: Any) -> float:
    """Standard error (kg) of an optimal payload from those of the calibrated figures."""
    if not solution.converged:
        return float("nan")
    slopes = dict(solution.sensitivities())
    assert vehicle.stage2 is not None
    reserve = vehicle.stage2.performance_reserve / vehicle.stage2.propellant  # the reserve is a share of the load
    slopes["stage2.propellant"] += reserve * slopes["stage2.performance_reserve"]
    return calibration.spread(slopes)


class Step(NamedTuple):
    """One difference between two readings of the propellant held at cut-off: what, and how much with it (kg)."""

    what: str
    held: float


def settle_held(flight: Reconstruction) -> list[Step]:
    """From the earlier reading of the telemetry to this one, one assumption at a time.

    Both count back from touchdown over the same burns; they differ in dry mass, landing burn, impulse and what is left.
    """
    dry = flight.fit.estimate("stage1.dry_mass").value
    isp = flight.fit.estimate("stage1.isp_vacuum").value
    left, landing = flight.estimate("left").value, flight.propellant["landing"].value
    change = _velocity_change(flight, isp)

    def held(dry_mass: float, landing_burn: float, impulse: float, left_over: float) -> float:
        before_landing = dry_mass + left_over + landing_burn
        return float(before_landing * np.exp(change / (impulse * STANDARD_GRAVITY)) - dry_mass)

    return [
        Step("earlier reading: 27.2 t dry, 5.5 t to land, 311 s, nothing left", held(
            EARLIER_DRY, EARLIER_LANDING, EARLIER_ISP, 0.0)),
        Step("with the landing burn as fitted", held(EARLIER_DRY, landing, EARLIER_ISP, 0.0)),
        Step("and what is left at touchdown", held(EARLIER_DRY, landing, EARLIER_ISP, left)),
        Step("and the specific impulse as fitted", held(EARLIER_DRY, landing, isp, left)),
        Step("and the dry mass as fitted", held(dry, landing, isp, left)),
    ]  # fmt: skip


def _velocity_change(flight: Reconstruction, isp: float) -> float:
    """Of boostback and entry burn together (m/s, rocket equation), as fitted."""
    total = 0.0
    for segment in flight.seen.segments:
        if segment.name in ("boostback", "entry"):
            part = flight.phase(segment.name)
            total += isp * STANDARD_GRAVITY * float(np.log(part.initial.mass / part.final.mass))
    return total


def held_lines(flights: Sequence[Reconstruction]) -> list[str]:
    """The disagreement over the propellant held at cut-off, as text."""
    lines = []
    for flight in flights:
        found = flight.estimate("propellant held at cut-off")
        share = 100.0 * found.value / flight.fit.estimate("stage1.propellant").value
        lines.append(
            f"  {flight.mission.title}: {found.value / 1e3:.1f} +- {found.error / 1e3:.1f} t held, {share:.1f} % of the load"
        )
        lines += [f"    {step.held / 1e3:6.1f} t  {step.what}" for step in settle_held(flight)]
        away = (COMMUNITY[0] - found.value) / found.error
        lines.append(f"    {COMMUNITY[0] / 1e3:6.1f} t  the community's lower figure, {away:+.1f} standard errors away")
    return lines
