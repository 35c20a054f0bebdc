"""The limits along the phases of a launch: the list that every launch has, and the class with which a user adds one.

import hoverslam as hs

gentle = hs.LaunchLimit("axial_acceleration", "ascent", upper=3.5 * 9.80665, unit="m/s2", name="crew")
flight = hs.solve_launch("falcon9", "downrange", constraints=[gentle])
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hoverslam.flights.craft.phase_limits import PhaseLimit, Quantity
from hoverslam.flights.launch.structure import PREFIXES
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import PathConstraint
from hoverslam.physics.motion import Inputs, Shape
from hoverslam.physics.propulsion import Propulsion
from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.recovery import Recovery
from hoverslam.vehicles.stages import Engine
from hoverslam.vehicles.upper_recovery import UpperRecovery

TURNING = ("flip", "boostback")  # segments in which a body flies at a large angle of attack


class InputsAndParameters(NamedTuple):
    """Inputs of a phase that has a user's limit: those of the equations of motion, and the given parameters."""

    engines: Propulsion
    fixed: Propulsion
    shape: Shape
    parameters: Named


@dataclass(frozen=True)
class LaunchLimit(PhaseLimit):
    """A limit ``lower <= quantity <= upper`` along phases of a launch.

    It is held at the nodes of the solve, checked between them in the verification, and listed among the limits of the
    result.

    Attributes:
        quantity: Either the name of a method of :class:`hoverslam.flights.craft.limits.FlightLimits`, such as
            ``dynamic_pressure`` (Pa), ``axial_acceleration`` (m/s2), ``q_alpha`` (Pa rad) or ``heating`` (W/m2). Or a JAX
            function of state (``position``, ``velocity``, ``mass``), control (``pitch``, ``yaw``, ``throttle``; in the
            descent ``alpha``, ``beta``, ``throttle``; none in a coast) and given parameters (``p["stage1.dry_mass"]``),
            all in SI, that returns a scalar.
        phases: Names of the phases, such as ``ascent``, or patterns, such as ``landing_*``: one or several.
        lower: Lower bound (SI).
        upper: Upper bound (SI).
        unit: SI unit of the quantity, for reports.
        name: Name in reports; unique in its phase. The name of the quantity if left out.

    Raises:
        ValueError: For an unknown quantity, bounds out of order, a unit that is not SI, or an angle in degrees.
    """

    @property
    def _function(self) -> Quantity:
        """The quantity, where it is a function, of the given parameters that the inputs of its phase carry."""
        quantity = super()._function
        return lambda state, control, inputs: quantity(state, control, inputs.parameters)


def with_parameters(inputs: Callable[[Named], Inputs]) -> Callable[[Named], InputsAndParameters]:
    """Return the inputs of a phase with the given parameters beside them."""
    return lambda p: InputsAndParameters(*inputs(p), p)


# ---- limits that every launch has ----------------------------------------------------------------------------------
def vehicle_limits(vehicle: Vehicle) -> list[LaunchLimit]:
    """Return the limits that a vehicle and its operator set, in the order in which each phase states them.

    To add one, add a line here; its bound may be any figure of the vehicle or of ``operations.toml``.
    """
    own, stack, habits = vehicle.limits, ("rise", "solids", "boosted", "ascent"), operations_of(vehicle)
    upper = own.upper_axial_acceleration_max_g or own.axial_acceleration_max_g
    hot, bare = own.free_molecular_heating_max_W_m2, ("upper", "stage3_burn", "second_burn", "third_burn")
    pressed = (*stack[1:], "staging", "shrouded")
    found = [
        LaunchLimit("dynamic_pressure", pressed, upper=own.dynamic_pressure_max_kPa.si, unit="Pa"),
        LaunchLimit("q_alpha", (*stack[1:], "shrouded"), upper=own.q_alpha_max_kPa_deg.si, unit="Pa rad"),
        LaunchLimit("heating", ("staging", "shrouded"), upper=habits.ascent_heating_max_kW_m2.si, unit="W/m2"),
        LaunchLimit("axial_acceleration", stack[1:], upper=own.axial_acceleration_max_g.si, unit="m/s2"),
        LaunchLimit("axial_acceleration", ("shrouded", *bare), upper=upper.si, unit="m/s2"),
        LaunchLimit("free_molecular_heating", bare, upper=hot.si if hot else np.inf, unit="W/m2"),
        LaunchLimit("altitude", "orbit_coast*", lower=habits.coast_altitude_min_km.si, unit="m"),
    ]
    for body in ("stage1", "upper_stage", "side_boosters"):
        home = home_of(vehicle, body)
        found += _return_limits(vehicle, body, home) if home is not None else []
    return found


def home_of(vehicle: Vehicle, body: str) -> Recovery | UpperRecovery | None:
    """Return how ``stage1``, ``side_boosters`` or ``upper_stage`` comes home, or None if the vehicle does not say."""
    side = vehicle.side_boosters
    homes = {
        "stage1": vehicle.recovery,
        "side_boosters": side.recovery if side is not None else None,
        "upper_stage": vehicle.upper_recovery,
    }
    return homes[body]


def _return_limits(vehicle: Vehicle, body: str, home: Recovery | UpperRecovery) -> list[LaunchLimit]:
    prefix, habits = PREFIXES[body], operations_of(vehicle)
    hot, steady = home.heating_max_kW_m2, habits.return_acceleration_max_m_s2.si
    turning, down = tuple(tuple(prefix + name for name in names) for names in (TURNING, ("coast", "entry", "glide")))
    calm = min(habits.boostback_dynamic_pressure_max_kPa.si, home.dynamic_pressure_max_kPa.si)
    if isinstance(home, UpperRecovery):
        steady = home.axial_acceleration_max_g.si
    return [
        LaunchLimit("dynamic_pressure", turning, upper=calm, unit="Pa"),
        LaunchLimit("dynamic_pressure", down, upper=home.dynamic_pressure_max_kPa.si, unit="Pa"),
        LaunchLimit("heating", (*turning, *down), upper=hot.si if hot else np.inf, unit="W/m2"),
        LaunchLimit("axial_acceleration", (turning[1], *down[1:]), upper=steady, unit="m/s2"),
        *(
            LaunchLimit(
                "axial_acceleration", f"{prefix}landing_{n}", upper=landing_acceleration(vehicle, n, body), unit="m/s2"
            )
            for n in home.landing_engines
        ),
    ]


def landing_throttle_min(vehicle: Vehicle, body: str = "stage1") -> float:
    """Return the least throttle planned in a landing burn of ``stage1``, ``side_boosters`` or ``upper_stage``."""
    home, engine, _ = _landing_hardware(vehicle, body)
    return (home.landing_throttle_min or engine.throttle_min).si


def landing_acceleration(vehicle: Vehicle, engines: int, body: str = "stage1") -> float:
    """Return the limit of axial acceleration (m/s2) in a landing burn with ``engines`` lit.

    It is the operator's limit, or 1.1 times what this many engines give at minimum throttle on a dry stage, if that is
    more.
    """
    _, engine, dry = _landing_hardware(vehicle, body)
    least = engines * landing_throttle_min(vehicle, body) * engine.thrust_vacuum / dry
    return max(operations_of(vehicle).landing_acceleration_max_m_s2.si, 1.1 * least)


def _landing_hardware(vehicle: Vehicle, body: str) -> tuple[Recovery | UpperRecovery, Engine, float]:
    """Return how a body comes home, its landing engine and its dry mass (kg)."""
    home = home_of(vehicle, body)
    assert home is not None
    if isinstance(home, UpperRecovery):
        assert vehicle.stage2 is not None
        return home, home.landing_engine, vehicle.stage2.dry_mass
    stage = vehicle.side_boosters if body == "side_boosters" else vehicle.stage1
    assert stage is not None
    return home, stage.engine, stage.dry_mass


def limits_of_phase(limits: Iterable[LaunchLimit], phase: str) -> list[LaunchLimit]:
    """Return those limits that hold along a phase."""
    return [limit for limit in limits if limit.holds_in(phase)]


def uses_parameters(limits: Iterable[LaunchLimit]) -> bool:
    """Return whether one of the limits is a function of the given parameters."""
    return any(not isinstance(limit.quantity, str) for limit in limits)


def path_constraints(limits: Iterable[LaunchLimit], known: Any) -> tuple[PathConstraint, ...]:
    """Return limits of a phase as its path constraints."""
    return tuple(limit.path_constraint(known) for limit in limits)
