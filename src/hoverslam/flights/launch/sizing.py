"""The vehicle of least lift-off mass for a given payload: tanks and engines scaled by one factor.

The rule: masses, loads and thrusts of stages and boosters, landing reserves and recovery hardware are proportional to the
factor; lengths and diameters to its cube root, so that densities stay. Specific impulses, engine counts, throttles, limits,
fairing and adapter stay. The greatest payload grows with the factor, so that the least lift-off mass is where the greatest
payload equals the given one.
"""

from collections.abc import Callable
from dataclasses import replace

from hoverslam.flights.launch.result import LaunchResult
from hoverslam.vehicles.models import Vehicle

PROPORTIONAL = (
    "dry_mass_t", "propellant_t", "residual_t", "thrust_sea_level_kN", "thrust_vacuum_kN", "landing_reserve_t",
    "return_reserve_t", "expendable_dry_mass_saving_t",
)  # fmt: skip
CUBE_ROOT = ("diameter_m", "length_m", "base_diameter_m")
CLOSE = 1e-5  # relative difference of the payload that ends the search for the factor
STEPS = 12


def scaled_figures(vehicle: Vehicle, factor: float) -> dict[str, float]:
    """Return the figures of a vehicle that scaling changes, by key, in the unit of the key.

    Args:
        vehicle: The vehicle.
        factor: Factor on masses and thrusts.
    """
    changed = {}
    for key, figure in vehicle.figures():
        section, name = key.split(".")[0], key.split(".")[-1]
        if section in ("fairing", "payload") or key.startswith("payload_published"):
            continue
        if name in PROPORTIONAL:
            changed[key] = figure.value * factor
        elif name in CUBE_ROOT:
            changed[key] = figure.value * factor ** (1.0 / 3.0)
    return changed


def size_for_payload(flight: LaunchResult, payload: float, report: Callable[[str], None] | None = None) -> LaunchResult:
    """Return the launch of the vehicle scaled so that its greatest payload is ``payload`` (kg).

    Args:
        flight: The launch of greatest payload of the vehicle as it is.
        payload: Payload to be carried (kg).
        report: Receives one line for each solve.

    Returns:
        The launch of the scaled vehicle; ``plan.vehicle`` is that vehicle. Look at ``verified`` before using it.

    Raises:
        ValueError: If no factor between 1/5 and 5 carries the payload.
    """
    base, factor, found = flight.plan.vehicle, 1.0, flight
    points = [(1.0, flight.payload)]
    for _ in range(STEPS):
        if abs(found.payload - payload) <= CLOSE * payload:
            return found
        factor = _next_factor(points, payload)
        if not 0.2 < factor < 5.0:
            raise ValueError(f"{base.name}: no scale between 0.2 and 5 carries {payload:,.0f} kg")
        # A step of at most a fifth keeps each solve close to the last one.
        factor = min(max(factor, points[-1][0] / 1.2), points[-1][0] * 1.2)
        found = found.resolve(scaled_figures(base, factor))
        points.append((factor, found.payload))
        if report is not None:
            report(f"scale {factor:.4f}: payload {found.payload:,.1f} kg, lift-off mass {found.liftoff_mass:,.0f} kg")
        if not found.converged:
            break
    return replace(found, verified=found.verified and abs(found.payload - payload) <= CLOSE * payload)


def _next_factor(points: list[tuple[float, float]], payload: float) -> float:
    """Return the factor of the payload on the line through the last two points, or in proportion to the first."""
    (last, reached) = points[-1]
    if len(points) == 1:
        return last * payload / reached
    (before, had) = points[-2]
    return last + (payload - reached) * (last - before) / (reached - had)
