"""The limits along the phases of a launch: the list that every launch has, and the class with which a user adds one.

import hoverslam as hs

gentle = hs.LaunchLimit("axial_acceleration", "ascent", upper=3.5 * 9.80665, unit="m/s2", name="crew")
flight = hs.solve_launch("falcon9", "downrange", constraints=[gentle])
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np
from jax import Array

from hoverslam.data.errors import suggestion
from hoverslam.data.radians import FULL_TURN, check_angle
from hoverslam.flights.craft.limits import FlightLimits
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
Quantity = Callable[[Named, Named, Named], Array]  # of state, control and given parameters


class InputsAndParameters(NamedTuple):
    """Inputs of a phase that has a user's limit: those of the equations of motion, and the given parameters."""

    engines: Propulsion
    fixed: Propulsion
    shape: Shape
    parameters: Named


DECIMAL_MULTIPLES = frozenset({"kPa", "kN", "km", "km/s", "km/h", "t", "g", "kW/m2", "MPa", "MN"})
"""Units that are not SI units but multiples of them, and the standard gravity: the bounds would be taken as SI."""


@dataclass(frozen=True)
class LaunchLimit:
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

    quantity: str | Quantity
    phases: str | Sequence[str]
    lower: float = -np.inf
    upper: float = np.inf
    unit: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.quantity, str) and not hasattr(FlightLimits, self.quantity):
            known = [name for name, value in vars(FlightLimits).items() if callable(value) and name[0] != "_"]
            raise ValueError(
                f"limit {self.label}: quantity {self.quantity!r} is unknown; {suggestion(str(self.quantity), known)}"
            )
        if not self.lower <= self.upper:
            raise ValueError(f"limit {self.label}: lower bound {self.lower:g} is above upper bound {self.upper:g}")
        if "deg" in self.unit or self.unit in DECIMAL_MULTIPLES:
            raise ValueError(
                f"limit {self.label}: unit {self.unit!r}: give bounds and unit in SI: rad, Pa, N, m, kg, W/m2"
            )
        if self.quantity == "angle_of_attack" or (self.unit == "rad" and callable(self.quantity)):
            for name, bound in (("lower", self.lower), ("upper", self.upper)):
                if np.isfinite(bound):
                    check_angle(f"limit {self.label}", name, bound, -FULL_TURN, FULL_TURN)
        if self.quantity == "upright" and max(self.lower, -self.upper) > 1.0:
            raise ValueError(f"limit {self.label}: upright is the cosine of the tilt: give bounds from -1 to 1")

    @property
    def label(self) -> str:
        """Name in reports."""
        return self.name or (self.quantity if isinstance(self.quantity, str) else self.quantity.__name__)

    @property
    def patterns(self) -> tuple[str, ...]:
        """Names and patterns of the phases."""
        return (self.phases,) if isinstance(self.phases, str) else tuple(self.phases)

    def holds_in(self, phase: str) -> bool:
        """Return whether the limit holds along a phase."""
        return any(fnmatchcase(phase, pattern) for pattern in self.patterns)

    def path_constraint(self, known: FlightLimits) -> PathConstraint:
        """Return the limit as a path constraint of a phase with the quantities ``known``."""
        function = getattr(known, self.quantity) if isinstance(self.quantity, str) else self.of_parameters
        return PathConstraint(self.label, function, self.lower, self.upper, self.unit)

    def of_parameters(self, state: Named, control: Named, inputs: InputsAndParameters) -> Array:
        """Return the quantity of a limit that is a function of state, control and given parameters."""
        assert not isinstance(self.quantity, str)
        return self.quantity(state, control, inputs.parameters)


def with_parameters(inputs: Callable[[Named], Inputs]) -> Callable[[Named], InputsAndParameters]:
    """Return the inputs of a phase with the given parameters beside them."""
    return lambda p: InputsAndParameters(*inputs(p), p)


def check_added(added: Sequence[LaunchLimit], others: Iterable[LaunchLimit], phases: Sequence[str]) -> None:
    """Check limits that a user adds to ``others`` of a launch with these phases.

    Raises:
        ValueError: For a phase that the launch does not have, or a name that a limit of the same phase has already.
    """
    taken = {(phase, limit.label) for limit in others for phase in phases if limit.holds_in(phase)}
    for limit in added:
        for pattern in limit.patterns:
            if not any(fnmatchcase(phase, pattern) for phase in phases):
                raise ValueError(f"limit {limit.label}: no phase {pattern!r}; this launch has {', '.join(phases)}")
        for phase in filter(limit.holds_in, phases):
            if (phase, limit.label) in taken:
                raise ValueError(f"limit {limit.label}: phase {phase!r} has a limit of that name: give another name=")
            taken.add((phase, limit.label))


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
