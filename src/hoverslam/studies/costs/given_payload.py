"""The check of a payload that a user gives in place of a flight: a slip of the unit must not become a cost.

A payload in tonnes that is taken for kilograms is a thousandth of what it should be, and no launcher is so poor; a payload of
more than a twentieth of the mass on the pad is above what any launcher has carried. The range needs no flight.
"""

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.vehicles.models import Vehicle

LEAST, MOST = 2e-4, 0.06
"""Accepted payload over the mass of the vehicle on the pad. Falcon Heavy and Saturn V, among the best, reach 0.045 to 0.047;
payloads to escape and of small launchers with all reserves are above 0.002."""

FAR_BELOW, FAR_ABOVE = 0.5, 1.25
"""A given payload outside these multiples of the published one gets a remark."""


def check_given_payload(vehicle: Vehicle, payload_kg: float) -> None:
    """Check that a payload can be meant in kilograms.

    Args:
        vehicle: The vehicle.
        payload_kg: The payload that was given (kg).

    Raises:
        CostQuestionError: If it is outside 0.02 to 6 % of the mass of the vehicle on the pad.
    """
    mass = vehicle.liftoff_mass()
    low, high = LEAST * mass, MOST * mass
    if low <= payload_kg <= high:
        return
    meant = f"; if {payload_kg:g} t is meant, write {payload_kg:g}t" if low <= 1e3 * payload_kg <= high else ""
    raise CostQuestionError(
        f"payload_kg = {payload_kg:g}: must be {low:,.0f} to {high:,.0f} kg for {vehicle.name}, which is {100 * LEAST:g} to "
        f"{100 * MOST:g} % of its mass on the pad, {mass:,.0f} kg{meant}"
    )


def remark_on_payload(vehicle: Vehicle, orbit: str, recovery: str, payload_kg: float) -> tuple[str, ...]:
    """Return a remark if a given payload is far from the one that is published for this orbit and recovery mode.

    Args:
        vehicle: The vehicle.
        orbit: Name of the orbit.
        recovery: Recovery mode.
        payload_kg: The payload that was given (kg).
    """
    published = vehicle.published_payload(orbit, recovery)
    if published is None:
        return ()
    figure = published.payload_t
    if FAR_BELOW * figure.low_si <= payload_kg <= FAR_ABOVE * figure.high_si:
        return ()
    return (f"payload {payload_kg:,.0f} kg: the published one is {figure.si:,.0f} kg to {orbit} ({figure.source})",)
