"""The second opinion on a vehicle: its launch by TRANSCOST, from its dry masses and its propellant.

No price or stated cost of the vehicle enters, so this estimate is independent of the bottom-up cost. The relations scatter by
a factor of two about the programmes that they were fitted to, and none of those used methane; the bands are therefore wide.
Inputs that the vehicle file does not state are in ``inputs/files/transcost_vehicles.toml``.
"""

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoverslam.data.constants import STANDARD_GRAVITY
from hoverslam.data.figures import Band
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_exchange_rate
from hoverslam.economics.inputs.quantities import MILLION, Quantity, checked_payload
from hoverslam.economics.inputs.sampling import Draws, Quantiles, triangular_quantile
from hoverslam.economics.model.explained import ExplainRow
from hoverslam.economics.second_opinion.arithmetic import explain_transcost
from hoverslam.economics.second_opinion.coefficients import LEAST_RATE, country_productivity, load_transcost
from hoverslam.economics.second_opinion.judgements import Judgement, judgement_of, load_judgements
from hoverslam.economics.second_opinion.relations import element_development, vehicle_development, vehicle_production
from hoverslam.economics.second_opinion.transcost import (
    Part,
    TranscostBreakdown,
    TranscostVehicle,
    part_share,
    transcost_per_flight,
)
from hoverslam.vehicles.models import Vehicle

SAMPLES = 400
STAGES = 2
ENGINE = "turbopump_engine_modern"
STAGE, REUSABLE_STAGE, SOLID = "expendable_stage_storable", "reusable_stage_storable", "solid_booster"
UPPER = ("upper stage and fairing", "upper-stage engines")


@dataclass(frozen=True)
class TranscostEstimate:
    """A launch by TRANSCOST. Money is CNY of today.

    Attributes:
        vehicle: Name of the vehicle.
        recovery: Recovery mode.
        described: The vehicle in the terms of TRANSCOST.
        flights: First and last flight over which the cost is averaged.
        at_modes: Components of a launch at the modes (WYr).
        work_year_cny: Cost of a work-year (CNY).
        cost_per_launch_cny: Cost of a launch (CNY).
        cost_cny_per_kg: Cost of a delivered kilogram (CNY).
        development_wyr: Development of the whole vehicle at the modes (WYr); no part of it is in the cost of a launch.
        notes: Where a relation is used outside its range.
    """

    vehicle: str
    recovery: str
    described: TranscostVehicle
    flights: tuple[int, int]
    at_modes: TranscostBreakdown
    work_year_cny: float
    cost_per_launch_cny: Quantiles
    cost_cny_per_kg: Quantiles
    development_wyr: float
    notes: tuple[str, ...]

    @property
    def development_cny(self) -> float:
        """Development of the whole vehicle at the modes (CNY)."""
        return self.development_wyr * self.work_year_cny

    def components_cny(self) -> dict[str, float]:
        """Return the components of a launch (CNY) at the modes, by the names of the bottom-up cost where they match."""
        at, one = self.at_modes, self.described
        shares = (part_share(one.parts[name], self.flights, one.productivity) for name in UPPER)
        upper = vehicle_production(sum(shares), one.stages, management=one.management, contracting=one.contracting)
        years = {
            "stage1": at.production - upper,
            "upper_stage": upper,
            "refurbishment": at.refurbishment,
            "recovery_operations": at.recovery,
            "pad_and_range": at.ground_operations,
            "mission_operations": at.mission_operations,
            "propellant": at.propellant,
            "fixed_cost": at.indirect_operations,
            "insurance": at.insurance + at.fees,
        }
        return {name: self.work_year_cny * share for name, share in years.items()}

    def explain(self) -> list[ExplainRow]:
        """Return rows (component, value, formula, sources) at the modes; each formula evaluates to its value."""
        return explain_transcost(
            self.vehicle, self.described, self.flights, self.at_modes, self.work_year_cny, self.development_wyr
        )


def transcost_estimate(
    vehicle: Vehicle,
    recovery: str,
    payload_kg: float,
    flights_per_booster: float,
    launches_per_year: float,
    *,
    delivered: float = 1.0,
    samples: int = SAMPLES,
    seed: int = 0,
) -> TranscostEstimate:
    """Return the cost of a launch by TRANSCOST.

    Args:
        vehicle: The vehicle.
        recovery: Recovery mode.
        payload_kg: Payload (kg).
        flights_per_booster: Flights of a booster, 1 or more, not necessarily whole; not used for an expendable flight.
        launches_per_year: Launch rate.
        delivered: Mean share of the payload that arrives (mission success times load).
        samples: Number of samples.
        seed: Seed of the samples.

    Raises:
        CostQuestionError: For a payload, a rate or a number of flights outside its range.
    """
    checked_payload(payload_kg)
    if not (flights_per_booster >= 1.0 and launches_per_year > 0.0 and 0.0 < delivered <= 1.0):
        raise CostQuestionError(
            f"flights_per_booster = {flights_per_booster}, launches_per_year = {launches_per_year}, delivered = {delivered}: "
            "give 1 or more, above 0, within (0, 1]"
        )
    about = judgement_of(vehicle.name)
    uses = 1.0 if recovery == "expendable" else flights_per_booster
    rate = max(launches_per_year, LEAST_RATE)
    build = functools.partial(transcost_vehicle, vehicle, recovery, uses, rate)
    described = build()
    draws = Draws(seed, samples)
    work_years = _work_year(about, draws)
    totals = np.array([transcost_per_flight(build(n, draws), about.flights).total for n in range(samples)])
    per_launch = totals * work_years
    return TranscostEstimate(
        vehicle=vehicle.name,
        recovery=recovery,
        described=described,
        flights=about.flights,
        at_modes=transcost_per_flight(described, about.flights),
        work_year_cny=float(_work_year(about)),
        cost_per_launch_cny=Quantiles.of(per_launch),
        cost_cny_per_kg=Quantiles.of(per_launch / (payload_kg * delivered)),
        development_wyr=_development(described, recovery),
        notes=_notes(vehicle, about, launches_per_year),
    )


def _work_year(about: Judgement, draws: Draws | None = None) -> Quantity:
    """Return the cost of a work-year (CNY): a number at the mode, or samples."""
    band, rate = about.work_year, 1.0 if about.country == "china" else load_exchange_rate().mode
    return MILLION * rate * (band.mode if draws is None else draws.band("transcost_work_year", band))


def transcost_vehicle(
    vehicle: Vehicle,
    recovery: str,
    uses: float,
    launches_per_year: float,
    number: int | None = None,
    draws: Draws | None = None,
) -> TranscostVehicle:
    """Return a vehicle in TRANSCOST's terms, with every judgement at its mode or at one sample of it.

    Args:
        vehicle: The vehicle.
        recovery: Recovery mode.
        uses: Flights of a booster, 1 or more, not necessarily whole.
        launches_per_year: Launch rate.
        number: Index of the sample; None for the modes.
        draws: Draws of the samples; None for the modes.
    """
    about = judgement_of(vehicle.name)
    picked = {name: _picked(name, band, number, draws) for name, band in about.bands.items()}
    common = {key: picked[key] for key in ("experience", "oversight")} | {"slope": picked["learning_slope"]}
    fits = {kind: _fit(kind, number, draws) for kind in (ENGINE, STAGE, SOLID)}
    home, weights = recovery != "expendable", load_transcost().stage_factors
    burnt = vehicle.stage1.propellant + (vehicle.stage2.propellant if vehicle.stage2 else 0.0)
    oxygen = load_judgements().mixture.mode * burnt
    return TranscostVehicle(
        parts=_parts(vehicle, uses if home else 1.0, picked["engine_thrust_to_weight"], common, fits),
        stages=STAGES,
        liftoff_t=vehicle.liftoff_mass() / 1e3,
        launches_per_year=launches_per_year,
        stage_sum=weights.expended
        + (weights.returned if home else weights.expended)
        + (weights.small_solid * vehicle.strap_ons.count if vehicle.strap_ons else 0.0),
        operations_slope=picked["learning_slope"],
        operations_oversight=picked["oversight"],
        productivity=country_productivity(about.country),
        provider=about.provider,
        recovered_t=vehicle.stage1.dry_mass / 1e3 if recovery == "downrange" and about.sea_recovery else 0.0,
        propellant_kg={"oxygen": oxygen, about.fuel: burnt - oxygen},
    )


def _picked(name: str, band: Band, number: int | None, draws: Draws | None) -> float:
    if number is None or draws is None:
        return band.mode
    return float(_stream(f"transcost_{name}", draws, band.low, band.mode, band.high)[number])


def _fit(element: str, number: int | None, draws: Draws | None) -> float:
    """Return where in the scatter of its relation an element lies, over the curve itself."""
    fit = load_transcost().elements[element]
    low, high = fit.production_a_low, fit.production_a_high
    if number is None or draws is None or low is None or high is None:
        return 1.0
    a = fit.production_a
    return float(_stream(f"transcost_fit_{element}", draws, low / a, 1.0, high / a)[number])


@functools.lru_cache(maxsize=64)
def _stream(name: str, draws: Draws, low: float, mode: float, high: float) -> NDArray[np.float64]:
    return triangular_quantile(draws.uniforms(name), low, mode, high)


def _parts(
    vehicle: Vehicle, uses: float, thrust_to_weight: float, common: Mapping[str, float], fits: Mapping[str, float]
) -> dict[str, Part]:
    """Return stages without their engines, the engines and solid boosters; the fairing counts with the upper stage."""
    one, two = vehicle.stage1, vehicle.stage2
    assert two is not None
    small = one.engine.thrust_sea_level / (STANDARD_GRAVITY * thrust_to_weight)
    large = two.engine.thrust_vacuum / (STANDARD_GRAVITY * thrust_to_weight)
    fairing = vehicle.fairing.mass_t.si if vehicle.fairing else 0.0
    worn = load_transcost().refurbishment

    def part(element: str, mass: float, count: int = 1) -> Part:
        made = Part(element, mass, count, fit=fits[element])
        return dataclasses.replace(made, **common)  # type: ignore[arg-type]

    def reused(made: Part, kind: str) -> Part:
        return dataclasses.replace(made, uses=uses, refurbishment_fraction=worn[kind].mode)

    parts = {
        "first stage": reused(part(STAGE, one.dry_mass - one.engine.count * small), "stage"),
        "first-stage engines": reused(part(ENGINE, small, one.engine.count), "engine"),
        "upper stage and fairing": part(STAGE, two.dry_mass + fairing - two.engine.count * large),
        "upper-stage engines": part(ENGINE, large, two.engine.count),
    }
    if vehicle.strap_ons is not None:
        parts["solid boosters"] = part(SOLID, vehicle.strap_ons.dry_mass_t.si, vehicle.strap_ons.count)
    return parts


def _development(described: TranscostVehicle, recovery: str) -> float:
    """Return the development of the vehicle (WYr): every element once, a returning first stage by its own relation."""
    total = 0.0
    for name, part in described.parts.items():
        kind = REUSABLE_STAGE if name == "first stage" and recovery != "expendable" else part.element
        total += element_development(
            kind,
            part.mass_kg,
            productivity=described.productivity,
            experience=part.experience,
            oversight=part.oversight,
        )
    return vehicle_development(total, described.stages)


def _notes(vehicle: Vehicle, about: Judgement, rate: float) -> tuple[str, ...]:
    found = []
    if vehicle.name not in load_judgements().vehicle:
        found.append(
            f"{vehicle.name} is not in transcost_vehicles.toml: treated as the kerosene vehicle of a US company"
        )
    if rate < LEAST_RATE:
        found.append(f"{rate:g} launches a year: the relations hold from {LEAST_RATE:g} a year, and that rate is used")
    if about.fuel == "methane":
        found.append("no class was fitted to methane engines: the class of storable propellants is used")
    return tuple(found)
