"""Limits that a user adds to those of a landing.

low = hs.LandingLimit(lambda state, control, inputs: state.position[0], "burn_*", lower=-50.0, unit="m", name="not short")
landing = hs.Landing("falcon9", start, added=[low])
"""

from dataclasses import dataclass

from hoverslam.flights.craft.phase_limits import PhaseLimit


@dataclass(frozen=True)
class LandingLimit(PhaseLimit):
    """A limit ``lower <= quantity <= upper`` along phases of a landing.

    It is held at the nodes of the solve, checked between them in the verification, and listed among the limits of the
    result.

    Attributes:
        quantity: Either the name of a method of :class:`hoverslam.flights.craft.limits.FlightLimits`, such as
            ``dynamic_pressure`` (Pa), ``axial_acceleration`` (m/s2) or ``speed`` (m/s). Or a JAX function of state
            (``position``, ``velocity``, ``mass``), control (``alpha``, ``beta``, ``throttle`` in air, ``thrust`` without;
            none in a coast that is not steered) and the inputs of the phase, all in SI, that returns a scalar.
        phases: Names of the phases, such as ``coast`` or ``burn_1``, or patterns, such as ``burn_*``: one or several.
        lower: Lower bound (SI).
        upper: Upper bound (SI).
        unit: SI unit of the quantity, for reports.
        name: Name in reports; unique in its phase. The name of the quantity if left out.

    Raises:
        ValueError: For an unknown quantity, bounds out of order, a unit that is not SI, or an angle in degrees.
    """
