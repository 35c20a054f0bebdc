"""The economics of one vehicle flown with one recovery mode: cost, second opinion, reuse, reserve, levers, requirements.

Flight and margin are given as numbers: a payload, its derivatives by the figures of the vehicle, a margin curve.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from hoverslam.economics.evidence.reliability import NOTHING_COUNTED, STATED_WORTH, BetaBelief, jeffreys, stated
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs, load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs
from hoverslam.economics.model.factors import cost_factors, factor_bands, landing_belief
from hoverslam.economics.model.launch_cost import COMPONENTS
from hoverslam.economics.questions.estimate import CostEstimate, estimate_cost
from hoverslam.economics.questions.levers import CostPoint, Influence, Lever, cost_levers
from hoverslam.economics.questions.projection import Projected, cost_after_attempts
from hoverslam.economics.questions.reserve import ReserveCase, ReserveOptimum, optimal_reserve
from hoverslam.economics.questions.reuse import ReuseVerdict, reuse_verdict
from hoverslam.economics.questions.target import PayloadFigure, Requirement, requirements_for_target
from hoverslam.economics.second_opinion.vehicles import TranscostEstimate, transcost_estimate
from hoverslam.margins.study.curve import MarginCurve
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.unstated import unstated

NO_STUDY = "no margin study: anything from 0 to 100 %"
DRY_MASS = "stage1.dry_mass_t"
LIGHTEST = 0.5  # of the first stage's dry mass: the least that is asked for


def reserve_key(recovery: str, vehicle: Vehicle) -> str:
    """Return the key of the landing reserve that applies to a recovery mode.

    Args:
        recovery: Recovery mode.
        vehicle: The vehicle.
    """
    assert vehicle.recovery is not None
    return f"recovery.{vehicle.recovery.reserve_key(recovery)}"


@dataclass(frozen=True)
class CostStudy:
    """Cost of a kilogram and what it depends on. Parts that do not apply to the flight are None or empty.

    Attributes:
        vehicle: The vehicle.
        recovery: Recovery mode.
        payload_kg: Payload (kg).
        estimate: Bottom-up cost, with bands.
        twin: The same vehicle expended; None for an expendable flight, or if its payload was not given.
        transcost: The second opinion.
        reuse: Whether reuse lowers the cost of a kilogram.
        reserve: The landing reserve of least cost.
        levers: Effect of each figure, the largest saving first.
        requirements: What would have to be true for the operator's target.
        practised: Cost after a number of landing attempts, for a booster that returns.
        curve: The margin curve behind ``p_margin``.
        notes: Remarks for the reader.
    """

    vehicle: Vehicle
    recovery: str
    payload_kg: float
    estimate: CostEstimate
    twin: CostEstimate | None
    transcost: TranscostEstimate
    reuse: ReuseVerdict | None
    reserve: ReserveOptimum | None
    levers: list[Lever] = field(repr=False)
    requirements: list[Requirement] = field(repr=False)
    practised: list[Projected] = field(repr=False)
    curve: MarginCurve | None
    notes: tuple[str, ...] = ()

    @property
    def against_twin(self) -> float | None:
        """Median cost of a kilogram over that of the expendable twin, less one; None without a twin."""
        if self.twin is None:
            return None
        return self.estimate.cost_cny_per_kg.p50 / self.twin.cost_cny_per_kg.p50 - 1.0

    @property
    def basis(self) -> str:
        """Status on which most of the cost at the modes rests."""
        return cost_basis(self.estimate)


def study_given_payload(
    vehicle: Vehicle,
    recovery: str,
    payload_kg: float,
    *,
    twin_payload_kg: float | None = None,
    payload_slopes: Mapping[str, float] | None = None,
    curve: MarginCurve | None = None,
    inputs: CostInputs | None = None,
    samples: int = 4000,
    seed: int = 0,
) -> CostStudy:
    """Return the study of a vehicle flown with a recovery mode.

    Args:
        vehicle: The vehicle.
        recovery: Recovery mode.
        payload_kg: Payload with this recovery mode (kg).
        twin_payload_kg: Payload to the same orbit without recovery (kg); without it, reuse is not judged.
        payload_slopes: Payload (kg) per unit of figures of the vehicle file, by key (``flights.launch.slopes``). These figures
            become levers; that of the landing reserve is needed for the reserve of least cost.
        curve: Margin curve; without one, it is open whether the reserve suffices, see :func:`margin_belief`.
        inputs: Cost inputs in place of those that come with the package.
        samples: Number of samples.
        seed: Seed of the samples.

    Raises:
        CostQuestionError: As ``estimate_cost``.
    """
    inputs = load_cost_inputs(vehicle.name) if inputs is None else inputs
    slopes = dict(payload_slopes or {})
    margin, source = margin_belief(vehicle, recovery, curve)
    ask = functools.partial(estimate_cost, vehicle.name, inputs=inputs, samples=samples, seed=seed)
    estimate = ask(recovery, payload_kg, reserve_probability=margin, margin_source=source)
    home = recovery != "expendable"
    twin = ask("expendable", twin_payload_kg) if home and twin_payload_kg is not None else None
    landing = _landing_at_modes(estimate)
    target, operations = inputs.price.target_cny_per_kg, inputs.operations
    return CostStudy(
        vehicle=vehicle,
        recovery=recovery,
        payload_kg=payload_kg,
        estimate=estimate,
        twin=twin,
        transcost=transcost_estimate(
            vehicle, recovery, payload_kg, estimate.at_modes.flights_per_booster, operations.launches_per_year.mode,
            delivered=operations.mission_success_probability.mode * operations.load_factor.mode,
        ),
        reuse=None if twin is None else reuse_verdict(inputs, recovery, payload_kg, twin.payload_kg, landing),
        reserve=_cheapest_reserve(vehicle, recovery, inputs, payload_kg, slopes, curve) if home else None,
        levers=cost_levers(_point(estimate, inputs, recovery), _influences(vehicle, recovery, slopes, curve)),
        requirements=[] if target is None else requirements_for_target(
            vehicle.name, recovery, payload_kg, target.mode, inputs=inputs, reserve_probability=margin,
            figures=_askable(vehicle, slopes), seed=seed,
        ),
        practised=[] if not home else cost_after_attempts(
            inputs, recovery, payload_kg, margin_probability=estimate.margin_probability or 0.0, seed=seed
        ),
        curve=curve if home else None,
        notes=_notes(vehicle, recovery, inputs, twin_payload_kg, curve),
    )  # fmt: skip


def margin_belief(vehicle: Vehicle, recovery: str, curve: MarginCurve | None) -> tuple[float | BetaBelief, str]:
    """Return the probability that the landing reserve suffices, and its source.

    It is from the counted flights of a margin curve at the reserve of the vehicle. A curve of a vehicle with other figures
    counts as ten flights. So does the probability that the vehicle file states, where there is no curve. Without that
    either, nothing is known, and the probability is anything from 0 to 1. An expended booster has no reserve.

    Args:
        vehicle: The vehicle.
        recovery: Recovery mode.
        curve: Margin curve, or None.
    """
    if recovery == "expendable":
        return 1.0, ""
    if vehicle.recovery is None:  # other bodies come home, of which there is no margin study
        return NOTHING_COUNTED, NO_STUDY
    kept, given = vehicle.recovery.reserve(recovery)
    if curve is not None and not curve.belongs_to(vehicle):
        source = (
            f"margin curve of {curve.vehicle} with other figures, as {STATED_WORTH:g} landings, {kept.si:,.0f} kg kept"
        )
        return stated(curve.probability(kept.si)), source
    if curve is not None:
        enough = curve.enough(kept.si)
        source = (
            f"{curve.counted:,} guided landings of the margin curve, {curve.guidance} guidance, {kept.si:,.0f} kg kept"
        )
        return jeffreys(enough, curve.counted - enough), source
    if given is not None:
        return stated(given.si), f"vehicle file, as {STATED_WORTH:g} landings: {given.source} ({given.status})"
    return NOTHING_COUNTED, NO_STUDY


def _point(estimate: CostEstimate, inputs: CostInputs, recovery: str) -> CostPoint:
    if recovery == "expendable":
        return CostPoint(inputs, recovery, estimate.payload_kg)
    other = float(landing_belief(inputs).mean)
    return CostPoint(inputs, recovery, estimate.payload_kg, _landing_at_modes(estimate) / other, other)


def _landing_at_modes(estimate: CostEstimate) -> float:
    life = estimate.at_modes.life
    return 0.0 if life is None else float(life.landing_probability)


def _influences(
    vehicle: Vehicle, recovery: str, slopes: Mapping[str, float], curve: MarginCurve | None
) -> dict[str, Influence]:
    """Return the figures of the vehicle, which act on the payload (the reserve also on the margin), and the dispersions."""
    figures, found = dict(vehicle.figures()), {}
    home = recovery != "expendable" and vehicle.recovery is not None
    kept = reserve_key(recovery, vehicle) if home else ""
    for key, slope in slopes.items():
        figure, on_margin = figures[key], 0.0
        if key == kept and curve is not None:
            on_margin = curve.density(figure.si) * figure.si / figure.value
        found[key] = Influence("vehicle", figure.value, figure.unit, figure.low, figure.high, slope, on_margin)
    if curve is not None and home:
        by_size = curve.dispersion_slopes()
        found |= {
            e.key: Influence("dispersion", e.size, "", on_margin=by_size[e.key]) for e in curve.significant_effects
        }
    return found


def _cheapest_reserve(
    vehicle: Vehicle,
    recovery: str,
    inputs: CostInputs,
    payload_kg: float,
    slopes: Mapping[str, float],
    curve: MarginCurve | None,
) -> ReserveOptimum | None:
    """Return the reserve of least cost; None without margin curve or exchange ratio, or if no payload is left."""
    key = reserve_key(recovery, vehicle)
    price = -slopes.get(key, 0.0) / 1e3  # kg of payload for a kilogram of reserve
    if curve is None or price <= 0.0:
        return None
    operations, kept = inputs.operations, dict(vehicle.figures())[key].si
    assert operations.max_flights is not None
    assert operations.intact_probability is not None
    case = ReserveCase(
        factors=cost_factors(inputs, recovery, load_exchange_rate()),
        success=curve.probability,
        mean_kg=curve.mean_kg,
        sd_kg=curve.sd_kg,
        payload_kg=payload_kg,
        nominal_reserve_kg=kept,
        reserve_per_payload=1.0 / price,
        max_flights=operations.max_flights.mode,
        other_probability=float(landing_belief(inputs).mean),
        intact_probability=operations.intact_probability.mode,
        mission_success=operations.mission_success_probability.mode,
        load_factor=operations.load_factor.mode,
    )
    try:
        return optimal_reserve(case)
    except CostQuestionError:  # the payload ends within the reserves that are searched: too small to choose
        return None


def _askable(vehicle: Vehicle, slopes: Mapping[str, float]) -> dict[str, PayloadFigure]:
    """Return the figures of the vehicle of which a target may ask: the dry mass of the first stage."""
    if DRY_MASS not in slopes:
        return {}
    mass = vehicle.stage1.dry_mass_t
    return {DRY_MASS: PayloadFigure(DRY_MASS, "t", mass.value, slopes[DRY_MASS], LIGHTEST * mass.value)}


def _notes(
    vehicle: Vehicle, recovery: str, inputs: CostInputs, twin_payload_kg: float | None, curve: MarginCurve | None
) -> tuple[str, ...]:
    """Return what the reader must know of missing knowledge: what is not stated, and what is assumed in its place."""
    notes = list(unstated(vehicle, recovery))
    if inputs.cost.development_cost is None:
        notes.append("the cost inputs state no development cost: the cost is too low by its share")
    if inputs.cost.upper_stage_reference_units_per_year is None:
        notes.append(
            "the cost inputs state no production rate of upper stages: their cost is the same at every launch rate"
        )
    if recovery == "expendable":
        return tuple(notes)
    if twin_payload_kg is None:
        notes.append("no payload without recovery is given: whether reuse pays is not judged")
    if inputs.cost.refurbishment_growth is None:
        notes.append(
            "the cost inputs state no refurbishment_growth: every refurbishment costs as much as the first one"
        )
    return (*notes, *_margin_notes(vehicle, recovery, curve))


def _margin_notes(vehicle: Vehicle, recovery: str, curve: MarginCurve | None) -> list[str]:
    remedy = "compute one with hoverslam margin --curve FILE, and give it with --margin FILE"
    if curve is None:
        belief, _ = margin_belief(vehicle, recovery, None)
        assert isinstance(belief, BetaBelief)
        low, high = (f"{100 * end:.0f}" for end in belief.interval())
        return [
            f"no margin curve: the probability that the landing reserve suffices is not known, {low} to {high} % with 90 % "
            f"confidence, and widens the cost; {remedy}"
        ]
    assert vehicle.recovery is not None
    kept = vehicle.recovery.reserve(recovery)[0].si
    if not curve.belongs_to(vehicle):
        return [
            f"the margin curve was computed with other figures of {curve.vehicle}: it counts as {STATED_WORTH:g} landings, "
            f"which widens the cost; {remedy}"
        ]
    if abs(curve.reserve_kg - kept) > 1.0:
        return [
            f"the margin curve was computed with a reserve of {curve.reserve_kg:,.0f} kg; the vehicle has {kept:,.0f} kg"
        ]
    return []


def cost_basis(estimate: CostEstimate) -> str:
    """Return the status on which most of the launch cost at the modes rests."""
    bands = factor_bands(estimate.at_modes.inputs, estimate.recovery)
    weights: dict[str, float] = {}
    for name, value in estimate.breakdown_cny.components().items():
        band = bands.get(COMPONENTS[name].main_number)
        if band is not None:
            weights[band.status] = weights.get(band.status, 0.0) + float(value)
    return max(weights, key=lambda status: weights[status])
