"""TRANSCOST: the cost of a launch from the dry masses of the vehicle, as a second opinion beside the bottom-up cost.

Koelle's relations are fits to decades of programmes, in work-years (WYr), so that inflation and exchange rates do not
enter. They are not specific to a vehicle; the agreement to expect is within a factor of 1.5. The relations are in
``relations``; their coefficients, with sources, are in ``inputs/files/transcost.toml``.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.model.launch_cost import mean_learning_factor
from hoverslam.economics.second_opinion.coefficients import Provider, work_years_to_MUSD
from hoverslam.economics.second_opinion.relations import (
    element_production,
    ground_operations,
    indirect_operations,
    mission_operations,
    propellant_cost,
    refurbishment,
    sea_recovery,
    vehicle_production,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of element on a vehicle.

    Attributes:
        element: Kind of element, as in the data file.
        mass_kg: Dry mass of each (kg); that of a stage is without its engines.
        count: Number on the vehicle.
        uses: Flights that each makes; it may be an expected number and need not be whole.
        refurbishment_fraction: Factor f5 of refurbishment; used only if ``uses`` is above 1.
        slope: Learning factor for each doubling.
        experience: Factor f10 of industrial practice.
        oversight: Factor f11 for the absence of government oversight.
        fit: Production cost over that of the fitted curve; 1 is on the curve. It samples the scatter of the fit.
    """

    element: str
    mass_kg: float
    count: int = 1
    uses: float = 1
    refurbishment_fraction: float = 0.0
    slope: float = 0.85
    experience: float = 1.0
    oversight: float = 1.0
    fit: float = 1.0


@dataclass(frozen=True, slots=True)
class TranscostVehicle:
    """A vehicle as ``transcost_per_flight`` describes it.

    Attributes:
        parts: Its elements by name.
        stages: Number of stages.
        liftoff_t: Lift-off mass (t).
        launches_per_year: Launch rate.
        stage_sum: Sum of the stage factors Q of ``mission_operations``.
        vehicle_factor: Factor f_v of ``ground_operations``.
        assembly_factor: Factor f_c of ``ground_operations``.
        operations_slope: Learning factor of the operations for each doubling.
        operations_oversight: Factor f11 of the operations.
        productivity: Factor f8 of the country.
        management: Factor f0 of ``vehicle_production``.
        contracting: Factor f9 of ``vehicle_production``.
        provider: Class of the launch provider.
        recovered_t: Mass that is recovered at sea (t); 0 for none.
        propellant_kg: Tank fill (kg) by propellant.
        insurance_wyr: Insurance (WYr per launch).
        fees_wyr: Fees (WYr per launch).
    """

    parts: Mapping[str, Part]
    stages: int
    liftoff_t: float
    launches_per_year: float
    stage_sum: float
    vehicle_factor: float = 0.8
    assembly_factor: float = 0.7
    operations_slope: float = 0.85
    operations_oversight: float = 1.0
    productivity: float = 1.0
    management: float = 1.025
    contracting: float = 1.02
    provider: Provider = "lean"
    recovered_t: float = 0.0
    propellant_kg: Mapping[str, float] = field(default_factory=dict)
    insurance_wyr: float = 2.0
    fees_wyr: float = 0.0


@dataclass(frozen=True, slots=True)
class TranscostBreakdown:
    """The cost of one flight by TRANSCOST, in WYr. The components, in this order, sum to ``total``."""

    production: float
    refurbishment: float
    ground_operations: float
    mission_operations: float
    recovery: float
    propellant: float
    indirect_operations: float
    insurance: float
    fees: float

    @property
    def total(self) -> float:
        """Cost of the flight (WYr)."""
        return sum(getattr(self, each.name) for each in dataclasses.fields(self))

    @property
    def total_MUSD(self) -> float:
        """Cost of the flight (M USD of 2018)."""
        return work_years_to_MUSD(self.total)


def transcost_per_flight(
    vehicle: TranscostVehicle, flights: tuple[int, int] = (1, 1), launches: tuple[int, int] | None = None
) -> TranscostBreakdown:
    """Return the mean cost per flight (WYr) over a range of flights of a vehicle.

    On a given flight, an element with n uses is unit ceil(flight/n), and 1/n of its cost is charged. If a vehicle carries k
    of an element, k units are built per vehicle, so the learning curve advances k times as fast.

    Args:
        vehicle: The vehicle.
        flights: First and last flight.
        launches: First and last launch number for the learning of the operations, if they differ from ``flights`` (a new
            block of an old launcher).

    Raises:
        CostQuestionError: For an unknown element, an impossible mass or rate, or fewer than 3 launches a year.
    """
    first, last = launches or flights
    learned = mean_learning_factor(first, last, vehicle.operations_slope)
    rate, f8, f11 = vehicle.launches_per_year, vehicle.productivity, vehicle.operations_oversight
    shares = sum(part_share(part, flights, f8) for part in vehicle.parts.values())
    return TranscostBreakdown(
        production=vehicle_production(
            shares, vehicle.stages, management=vehicle.management, contracting=vehicle.contracting
        ),
        refurbishment=sum(_refurbished(part, f8) for part in vehicle.parts.values()),
        ground_operations=ground_operations(
            vehicle.liftoff_t,
            rate,
            vehicle.stages,
            vehicle=vehicle.vehicle_factor,
            assembly=vehicle.assembly_factor,
            learned=learned,
            productivity=f8,
            oversight=f11,
        ),
        mission_operations=mission_operations(vehicle.stage_sum, rate, learned=learned, productivity=f8),
        recovery=sea_recovery(vehicle.recovered_t, rate, productivity=f8, oversight=f11)
        if vehicle.recovered_t
        else 0.0,
        propellant=propellant_cost(vehicle.propellant_kg),
        indirect_operations=indirect_operations(rate, vehicle.provider),
        insurance=vehicle.insurance_wyr,
        fees=vehicle.fees_wyr,
    )


def part_production(part: Part, flights: tuple[int, int], productivity: float = 1.0) -> float:
    """Return the mean cost (WYr) of the units of a part that are used on these flights of the vehicle.

    Args:
        part: The part.
        flights: First and last flight.
        productivity: Factor f8 of the country.

    Raises:
        CostQuestionError: For fewer than 1 part or use, or flights out of order.
    """
    if not (part.count >= 1 and part.uses >= 1):
        raise CostQuestionError(f"count = {part.count}, uses = {part.uses} of {part.element}: give 1 or more of each")
    if not 1 <= flights[0] <= flights[1]:
        raise CostQuestionError(f"flights {flights[0]} to {flights[1]}: give 1 <= first <= last")
    vehicles = [math.ceil(flight / part.uses) for flight in flights]
    return part.fit * element_production(
        part.element,
        part.mass_kg,
        first_unit=(vehicles[0] - 1) * part.count + 1,
        last_unit=vehicles[1] * part.count,
        slope=part.slope,
        productivity=productivity,
        experience=part.experience,
        oversight=part.oversight,
    )


def part_share(part: Part, flights: tuple[int, int], productivity: float = 1.0) -> float:
    """Return the cost share of a part in one flight (WYr): the mean cost of its units over the flights that each makes.

    Args:
        part: The part.
        flights: First and last flight.
        productivity: Factor f8 of the country.
    """
    return part.count * part_production(part, flights, productivity) / part.uses


def _refurbished(part: Part, productivity: float) -> float:
    if part.uses == 1:
        return 0.0
    first_unit = part_production(dataclasses.replace(part, count=1), (1, 1), productivity)
    return refurbishment(part.refurbishment_fraction, part.uses, first_unit, part.count)
