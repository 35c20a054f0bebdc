"""The rows that explain a TRANSCOST estimate: each number with the arithmetic and the relation behind it."""

import dataclasses

from hoverslam.economics.inputs.quantities import MILLION
from hoverslam.economics.model.explained import ExplainRow
from hoverslam.economics.model.launch_cost import mean_learning_factor
from hoverslam.economics.second_opinion.coefficients import load_transcost
from hoverslam.economics.second_opinion.judgements import Judgement, judgement_of
from hoverslam.economics.second_opinion.transcost import (
    Part,
    TranscostBreakdown,
    TranscostVehicle,
    part_production,
    part_share,
)


def explain_transcost(
    vehicle: str,
    described: TranscostVehicle,
    flights: tuple[int, int],
    at_modes: TranscostBreakdown,
    work_year_cny: float,
    development_wyr: float,
) -> list[ExplainRow]:
    """Return rows (component, value, formula, sources) of a launch by TRANSCOST with every judgement at its mode.

    Args:
        vehicle: Name of the vehicle, whose judgements are cited.
        described: The vehicle in the terms of TRANSCOST.
        flights: First and last flight over which the cost is averaged.
        at_modes: The components of the launch (WYr).
        work_year_cny: Cost of a work-year (CNY).
        development_wyr: Development of the vehicle (WYr).
    """
    about = judgement_of(vehicle)
    rows = [_part_row(name, part, about, flights, described.productivity) for name, part in described.parts.items()]
    shares = " + ".join(f"{row.value:.12g}" for row in rows)
    whole = ("sum of the parts, integration and subcontracts: TRANSCOST 8.2",)
    formula = f"{described.management:g}^{described.stages} × ({shares}) × {described.contracting:g}"
    rows.append(ExplainRow("production_WYr", at_modes.production, formula, whole))
    rows += _operation_rows(described, at_modes, flights)
    components = " + ".join(f"{getattr(at_modes, each.name):.12g}" for each in dataclasses.fields(at_modes))
    rows.append(ExplainRow("launch_WYr", at_modes.total, components, ("the components above",)))
    band, million_cny = about.work_year, work_year_cny / MILLION
    source = (f"a work-year in {about.country}: {band.source} ({band.status})",)
    for name, years in (("launch_MCNY", at_modes.total), ("development_MCNY", development_wyr)):
        value = years * work_year_cny / MILLION
        rows.append(ExplainRow(name, value, f"{years:.12g} × {million_cny:.12g}", source))
    return rows


def _operation_rows(one: TranscostVehicle, at: TranscostBreakdown, flights: tuple[int, int]) -> list[ExplainRow]:
    """Return the rows of every component but production: the relation, with the numbers filled in."""
    rate, f8, f11 = f"{one.launches_per_year:.12g}", f"{one.productivity:g}", f"{one.operations_oversight:g}"
    learned = f"{mean_learning_factor(*flights, one.operations_slope):.12g}"
    prices, losses = load_transcost().propellant_wyr_per_kg, load_transcost().boil_off
    burnt = " + ".join(
        f"{mass:.12g} × {1.0 + (losses[name].mode if name in losses else 0.0):g} × {prices.values[name]:.12g}"
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


def _part_row(name: str, part: Part, about: Judgement, flights: tuple[int, int], productivity: float) -> ExplainRow:
    """Return the share of a part in a flight: count × a M^x × f4 f8 f10 f11 over its uses."""
    fit = load_transcost().elements[part.element]
    experience = 1.0 if fit.experience_in_fit else part.experience
    unit = part_production(part, flights, productivity)  # at the modes, on the curve of its fit
    learned = unit / (fit.production_a * part.mass_kg**fit.production_x * productivity * experience * part.oversight)
    formula = (
        f"{part.count} × {fit.production_a:g} × {part.mass_kg:.12g}^{fit.production_x:g} × {learned:.12g} × "
        f"{productivity:g} × {experience:g} × {part.oversight:g} / {part.uses:.12g}"
    )
    bands, (first, last) = about.bands, flights
    sources = (
        f"count × a M^x f4 f8 f10 f11 / uses, {fit.name}: {fit.source}",
        f"f4 of flights {first} to {last} at slope {part.slope:g}: {bands['learning_slope'].source}",
        f"f10, f11: {bands['experience'].source}; {bands['oversight'].source}",
    )
    return ExplainRow(f"{name.replace(' ', '_')}_WYr", part_share(part, flights, productivity), formula, sources)
