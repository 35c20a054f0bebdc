"""Everything this room knows of one vehicle flown one way: cost, second opinion, reuse, reserve, levers, target.

The flight and the margin arrive as numbers: a payload, what each figure of the vehicle does to it, a margin curve.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from hoverslam.economics.evidence.reliability import BetaBelief, jeffreys
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

DRY_MASS = "stage1.dry_mass_t"
LIGHTEST = 0.5  # of the first stage's dry mass: the least that is asked for


def reserve_key(recovery: str, vehicle: Vehicle) -> str:
    """The key of the landing reserve that a recovery mode keeps."""
    assert vehicle.recovery is not None
    return f"recovery.{vehicle.recovery.reserve_key(recovery)}"


@dataclass(frozen=True)
class CostStudy:
    """What a kilogram costs and what that hangs on. Parts that do not exist for this flight are None or empty.

    Attributes:
        vehicle, recovery, payload_kg: the case.
        estimate: bottom-up, with bands.
        twin: the same vehicle expended, None for an expendable recovery or where its payload was not given.
        transcost: the second opinion.
        reuse: whether reuse pays.
        reserve: the cheapest landing reserve.
        levers: what each figure is worth, the largest first.
        requirements: what would have to be true for the operator's target.
        practised: the cost as landings are practised, for a booster that comes home.
        curve: the margin curve behind ``p_margin``.
        notes: what a reader has to know.
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
        """How well known the cost is: the status that most of it, at the modes, rests on."""
        return cost_basis(self.estimate)


def study_cost(
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
    """Return the study of a vehicle flown with a recovery.

    Parameters
    ----------
    vehicle, recovery, payload_kg
        The case and its payload.
    twin_payload_kg
        What the vehicle lifts to the same orbit without recovery; without it nothing is said of reuse.
    payload_slopes
        kg of payload per unit of figures of the vehicle file, by key (``flights.slopes``). Those that are there become
        levers; the landing reserve's is needed for the cheapest reserve.
    curve
        Margin curve; without one the reserve suffices with the probability of the vehicle file, or always.
    inputs, samples, seed
        As ``estimate_cost``.

    Raises ``CostQuestionError`` as ``estimate_cost``.
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
        notes=_notes(vehicle, recovery, curve),
    )  # fmt: skip


def margin_belief(vehicle: Vehicle, recovery: str, curve: MarginCurve | None) -> tuple[float | BetaBelief, str]:
    """Return what is believed of the landing reserve's sufficiency, and by whom.

    Counted flights of a margin curve, at the reserve that the vehicle keeps; else the vehicle file's word; else no doubt.
    """
    if recovery == "expendable" or vehicle.recovery is None:
        return 1.0, ""
    kept, stated = vehicle.recovery.reserve(recovery)
    if curve is not None:
        enough = curve.enough(kept.si)
        source = (
            f"{curve.counted:,} guided landings of the margin curve, {curve.guidance} guidance, {kept.si:,.0f} kg kept"
        )
        return jeffreys(enough, curve.counted - enough), source
    if stated is not None:
        return stated.si, f"{stated.source} ({stated.status})"
    return 1.0, "no margin study: taken as certain"


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
    """Figures of the vehicle through the payload, the reserve through the margin as well, dispersions through it alone."""
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
    """The reserve at which a kilogram costs least; None without margin curve, exchange ratio or room in the payload."""
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
    """Figures that a target may be asked of: the dry mass of the first stage."""
    if DRY_MASS not in slopes:
        return {}
    mass = vehicle.stage1.dry_mass_t
    return {DRY_MASS: PayloadFigure(DRY_MASS, "t", mass.value, slopes[DRY_MASS], LIGHTEST * mass.value)}


def _notes(vehicle: Vehicle, recovery: str, curve: MarginCurve | None) -> tuple[str, ...]:
    if recovery == "expendable" or vehicle.recovery is None:
        return ()
    kept = vehicle.recovery.reserve(recovery)[0].si
    if curve is None:
        return ("no margin curve: fly hoverslam margin with --curve and hand it over with --margin",)
    if abs(curve.reserve_kg - kept) > 1.0:
        return (f"the margin curve was flown with {curve.reserve_kg:,.0f} kg kept, and {kept:,.0f} kg are asked about",)
    return ()


def cost_basis(estimate: CostEstimate) -> str:
    """The status on which most of the launch cost at the modes rests: ``estimate`` if half of it or more is one."""
    bands = factor_bands(estimate.at_modes.inputs, estimate.recovery)
    weights: dict[str, float] = {}
    for name, value in estimate.breakdown_cny.components().items():
        band = bands.get(COMPONENTS[name].main_number)
        if band is not None:
            weights[band.status] = weights.get(band.status, 0.0) + float(value)
    return max(weights, key=lambda status: weights[status])
