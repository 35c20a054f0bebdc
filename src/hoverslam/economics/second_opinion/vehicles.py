"""The second opinion: each vehicle's launch by TRANSCOST, from its dry masses and its propellant alone.

No price of the vehicle enters, so what agrees with the bottom-up cost agrees by itself. The relations scatter by a factor of
two about the programmes they were fitted to, and methane was in none of them: the bands are wide because they have to be.
What the vehicle file does not state is in ``data/transcost_vehicles.toml``.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import field_validator

from hoverslam.data.units import STANDARD_GRAVITY
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import DATA, load_exchange_rate, read_table, validated
from hoverslam.economics.inputs.models import Band, Frozen
from hoverslam.economics.inputs.quantities import checked_payload
from hoverslam.economics.inputs.sampling import Draws, Quantiles, triangular_quantile
from hoverslam.economics.model.explained import ExplainRow
from hoverslam.economics.model.factors import MILLION
from hoverslam.economics.model.launch_cost import mean_learning_factor
from hoverslam.economics.second_opinion.transcost import (
    LEAST_RATE,
    Part,
    Provider,
    TranscostBreakdown,
    TranscostVehicle,
    country_productivity,
    element_development,
    load_transcost,
    part_production,
    part_share,
    transcost_per_flight,
    vehicle_development,
    vehicle_production,
)
from hoverslam.vehicles.models import Vehicle

SAMPLES = 400
DEFAULT = "default"
STAGES = 2
EXPENDED, RETURNED, SMALL_SOLID = 0.4, 1.0, 0.15  # Q of mission operations
ENGINE = "turbopump_engine_modern"
STAGE, REUSABLE_STAGE, SOLID = "expendable_stage_storable", "reusable_stage_storable", "solid_booster"
UPPER = ("upper stage and fairing", "upper-stage engines")
BANDS = ("learning_slope", "experience", "engine_thrust_to_weight")


class Judgement(Frozen):
    """What TRANSCOST asks about one vehicle: who builds it, of what it burns, how many have flown."""

    country: Literal["usa", "china"]
    provider: Provider
    fuel: Literal["kerosene", "methane"]
    flights: tuple[int, int]
    sea_recovery: bool
    state_owned: bool = False
    engine_thrust_to_weight: Band | None = None
    source: str

    @property
    def work_year(self) -> Band:
        """What a work-year costs there: M CNY in China, M USD elsewhere."""
        data = load_judgements()
        return data.work_year_china_MCNY if self.country == "china" else data.work_year_usa_MUSD

    @property
    def bands(self) -> dict[str, Band]:
        """What is sampled of it, by name: its own figures where it has any."""
        data = load_judgements()
        found = {name: getattr(data, name) for name in BANDS}
        if self.engine_thrust_to_weight is not None:
            found["engine_thrust_to_weight"] = self.engine_thrust_to_weight
        return found | {"oversight": data.oversight_state if self.state_owned else data.oversight}

    @field_validator("flights", mode="before")
    @classmethod
    def _as_tuple(cls, row: Any) -> Any:
        return tuple(row) if isinstance(row, list) else row


class Judgements(Frozen):
    """Everything in ``data/transcost_vehicles.toml``."""

    work_year_usa_MUSD: Band
    work_year_china_MCNY: Band
    learning_slope: Band
    oversight: Band
    oversight_state: Band
    experience: Band
    engine_thrust_to_weight: Band
    mixture: Band
    vehicle: dict[str, Judgement]


@functools.cache
def load_judgements() -> Judgements:
    """Return the judgements that come with the package."""
    path = DATA / "transcost_vehicles.toml"
    return validated(Judgements, read_table(path), path.name, "")


def judgement_of(vehicle: str) -> Judgement:
    """Return what is judged of a vehicle; of one that is not listed, what stands in."""
    listed = load_judgements().vehicle
    return listed.get(vehicle, listed[DEFAULT])


@dataclass(frozen=True)
class TranscostEstimate:
    """A launch by TRANSCOST. ``at_modes`` is in work-years; money is CNY of today.

    ``development`` (WYr and CNY) is that of the whole vehicle at the modes, of which nothing is in the cost of a launch.
    ``notes`` say where a relation was stretched.
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
        return self.development_wyr * self.work_year_cny

    def components_cny(self) -> dict[str, float]:
        """The components of a launch (CNY) at the modes, under the names of the bottom-up cost as far as they match."""
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
        return _explained(self)


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
    """Return what TRANSCOST says of a launch with this recovery.

    ``flights_per_booster`` (1 or more, not necessarily whole) is ignored when ``recovery`` is expendable; ``delivered`` is
    the share of ``payload_kg`` that arrives on the average (mission success times load). Raises ``CostQuestionError`` for
    a payload, a rate or a number of flights that cannot be.
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


def _work_year(about: Judgement, draws: Draws | None = None) -> Any:
    """CNY a work-year: a number at the mode, or samples."""
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
    """Return a vehicle in TRANSCOST's terms, with every judgement at its mode or at one sample of it."""
    about = judgement_of(vehicle.name)
    picked = {name: _picked(name, band, number, draws) for name, band in about.bands.items()}
    common = {key: picked[key] for key in ("experience", "oversight")} | {"slope": picked["learning_slope"]}
    fits = {kind: _fit(kind, number, draws) for kind in (ENGINE, STAGE, SOLID)}
    home = recovery != "expendable"
    burnt = vehicle.stage1.propellant + (vehicle.stage2.propellant if vehicle.stage2 else 0.0)
    oxygen = load_judgements().mixture.mode * burnt
    return TranscostVehicle(
        parts=_parts(vehicle, uses if home else 1.0, picked["engine_thrust_to_weight"], common, fits),
        stages=STAGES,
        liftoff_t=vehicle.liftoff_mass() / 1e3,
        launches_per_year=launches_per_year,
        stage_sum=EXPENDED
        + (RETURNED if home else EXPENDED)
        + (SMALL_SOLID * vehicle.strap_ons.count if vehicle.strap_ons else 0.0),
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
    """Where in the scatter of its relation an element lies, over the curve itself."""
    fit = load_transcost().elements[element]
    low, high = fit.production_a_low, fit.production_a_high
    if number is None or draws is None or low is None or high is None:
        return 1.0
    a = fit.production_a
    return float(_stream(f"transcost_fit_{element}", draws, low / a, 1.0, high / a)[number])


@functools.lru_cache(maxsize=64)
def _stream(name: str, draws: Draws, low: float, mode: float, high: float) -> Any:
    return triangular_quantile(draws.uniforms(name), low, mode, high)


def _parts(
    vehicle: Vehicle, uses: float, thrust_to_weight: float, common: Mapping[str, float], fits: Mapping[str, float]
) -> dict[str, Part]:
    """Stages without their engines, the engines, solid boosters; the fairing counts with the upper stage."""
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
    """Development of the vehicle (WYr): every element once, a returning first stage by its own relation."""
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
        found.append(f"{vehicle.name} is not in transcost_vehicles.toml: judged as a US company's kerosene vehicle")
    if rate < LEAST_RATE:
        found.append(f"{rate:g} launches a year: the relations begin at {LEAST_RATE:g}, which stand in")
    if about.fuel == "methane":
        found.append("no class is fitted to methane: the storable one stands in")
    return tuple(found)


# ---- explained -------------------------------------------------------------------------------------------------------
def _explained(estimate: TranscostEstimate) -> list[ExplainRow]:
    one, at = estimate.described, estimate.at_modes
    rows = [_part_row(name, part, estimate) for name, part in one.parts.items()]
    shares = " + ".join(f"{row.value:.12g}" for row in rows)
    whole = ("sum of the parts, integration and subcontracts: TRANSCOST 8.2",)
    made = f"{one.management:g}^{one.stages} × ({shares}) × {one.contracting:g}"
    rows.append(ExplainRow("production_WYr", at.production, made, whole))
    rows += _operations(estimate)
    parts = " + ".join(f"{getattr(at, each.name):.12g}" for each in dataclasses.fields(at))
    rows.append(ExplainRow("launch_WYr", at.total, parts, ("the components above",)))
    about = judgement_of(estimate.vehicle)
    band = about.work_year
    source = (f"a work-year in {about.country}: {band.source} ({band.status})",)
    money = f"{at.total:.12g} × {estimate.work_year_cny / MILLION:.12g}"
    rows.append(ExplainRow("launch_MCNY", at.total * estimate.work_year_cny / MILLION, money, source))
    made = f"{estimate.development_wyr:.12g} × {estimate.work_year_cny / MILLION:.12g}"
    rows.append(ExplainRow("development_MCNY", estimate.development_cny / MILLION, made, source))
    return rows


def _operations(estimate: TranscostEstimate) -> list[ExplainRow]:
    """Everything but production, each as its relation with the numbers filled in."""
    one, at = estimate.described, estimate.at_modes
    rate, f8, f11 = f"{one.launches_per_year:.12g}", f"{one.productivity:g}", f"{one.operations_oversight:g}"
    learned = f"{mean_learning_factor(*estimate.flights, one.operations_slope):.12g}"
    prices, losses = load_transcost().propellant_wyr_per_kg, load_transcost().boil_off
    burnt = " + ".join(
        f"{mass:.12g} × {1.0 + (losses.values[name].mode if name in losses.values else 0.0):g} × {prices.values[name]:.12g}"
        for name, mass in one.propellant_kg.items()
    )
    worn = " + ".join(_worn(part, one.productivity) for part in one.parts.values() if part.uses > 1.0) or "0"
    sea = f"1.5 / {rate} × (7 × {rate}^0.7 + {one.recovered_t:.12g}^0.83) × {f8} × {f11}" if one.recovered_t else "0"
    made = {
        "refurbishment": (worn, "count × (0.5 + 0.01 n) f5 F1 of what is used n times"),
        "ground_operations": (
            f"8 × {one.liftoff_t:.12g}^0.67 × {rate}^-0.9 × {one.stages}^0.7 × {one.vehicle_factor:g} × "
            f"{one.assembly_factor:g} × {learned} × {f8} × {f11}",
            "8 M0^0.67 L^-0.9 N^0.7 f_v f_c f4 f8 f11",
        ),
        "mission_operations": (f"20 × {one.stage_sum:g} × {rate}^-0.65 × {learned} × {f8}", "20 (sum Q) L^-0.65 f4 f8"),
        "recovery": (sea, "at sea 1.5/L (7 L^0.7 + M^0.83) f8 f11; by land none is known"),
        "propellant": (burnt, f"tank fill, with what boils off, at its price; {prices.source}"),
        "indirect_operations": (
            f"{at.indirect_operations:.12g}", f"table for a {one.provider} provider at that launch rate, ends at 12 a year"
        ),
        "insurance": (f"{one.insurance_wyr:g}", "1 to 3 WYr a launch"),
        "fees": (f"{one.fees_wyr:g}", "none taken"),
    }  # fmt: skip
    return [
        ExplainRow(f"{name}_WYr", getattr(at, name), formula, (f"TRANSCOST 8.2: {relation}",))
        for name, (formula, relation) in made.items()
    ]


def _worn(part: Part, productivity: float) -> str:
    first = part_production(dataclasses.replace(part, count=1), (1, 1), productivity)
    return f"{part.count} × (0.5 + 0.01 × {part.uses:.12g}) × {part.refurbishment_fraction:g} × {first:.12g}"


def _part_row(name: str, part: Part, estimate: TranscostEstimate) -> ExplainRow:
    """A part's share of a flight: count × a M^x × f4 f8 f10 f11 over its uses."""
    fit, f8 = load_transcost().elements[part.element], estimate.described.productivity
    f10 = 1.0 if fit.experience_in_fit else part.experience
    unit = part_production(part, estimate.flights, f8)  # at the modes, on the curve of its fit
    learned = unit / (fit.production_a * part.mass_kg**fit.production_x * f8 * f10 * part.oversight)
    formula = (
        f"{part.count} × {fit.production_a:g} × {part.mass_kg:.12g}^{fit.production_x:g} × {learned:.12g} × {f8:g} × "
        f"{f10:g} × {part.oversight:g} / {part.uses:.12g}"
    )
    bands, (begun, ended) = judgement_of(estimate.vehicle).bands, estimate.flights
    sources = (
        f"count × a M^x f4 f8 f10 f11 / uses, {fit.name}: {fit.source}",
        f"f4 of flights {begun} to {ended} at slope {part.slope:g}: {bands['learning_slope'].source}",
        f"f10, f11: {bands['experience'].source}; {bands['oversight'].source}",
    )
    return ExplainRow(f"{name.replace(' ', '_')}_WYr", part_share(part, estimate.flights, f8), formula, sources)
