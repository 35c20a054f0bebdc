"""The margin of one recovery: many guided flights, how many land, what propellant they need, and what that costs.

    study = study_margin("falcon9", "return_to_launch_site", samples=10_000, seed=1, folder=Path("runs/falcon9"))
    print(study.report())

Two questions are kept apart. *How often does it land?* counts every loss. *How much propellant must be kept?* is asked of the
flights that nothing but propellant can lose: :attr:`MarginStudy.reserve` is the least landing reserve that suffices with the
probability asked for, verified by order statistics at the confidence asked for (NASA TP-2010-216447).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np

from hoverslam.margins.analysis.statistics import (
    Quantile,
    Reserve,
    SuccessCurve,
    clopper_pearson,
    quantile,
    smallest_reserve,
)
from hoverslam.margins.campaigns.campaign import Campaign, Progress, run_campaign
from hoverslam.margins.campaigns.flyer import Flyer
from hoverslam.margins.disturbances.dispersions import load_dispersions
from hoverslam.margins.disturbances.draws import Scheme
from hoverslam.margins.disturbances.touchdown import TouchdownLimits, causes_of, reserve_needed
from hoverslam.margins.guidance.reference import Reference, reference_of
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import Vehicle

LEVELS = (0.5, 0.9, 0.99, 0.9973, 0.99865)
SAVED_REFERENCE = "reference.npz"


@dataclass(frozen=True)
class MarginStudy:
    """What came of a campaign of one recovery. Masses in kg.

    Attributes:
        recovery: how it comes home.
        flyer: vehicle, dispersions, guidance and the optimum that was followed.
        limits: what a landing has to keep.
        campaign: the flights.
        probability, confidence: asked of the reserve.
    """

    recovery: str
    flyer: Flyer
    limits: TouchdownLimits
    campaign: Campaign
    probability: float
    confidence: float

    @property
    def vehicle(self) -> Vehicle:
        """What flew."""
        return self.flyer.vehicle

    @property
    def reference(self) -> Reference:
        """The optimum that was followed."""
        return self.flyer.reference

    @property
    def guidance(self) -> str:
        """The landing law."""
        return self.flyer.guidance

    @property
    def still(self) -> float:
        """Propellant burned without any dispersion (kg)."""
        return float(self.campaign.columns["undisturbed"][0])

    @property
    def planned_reserve(self) -> float:
        """The landing reserve that the optimum was solved with."""
        return self.reference.values["landing.reserve"]

    @property
    def samples(self) -> int:
        """Flights flown."""
        return len(self.campaign.numbers)

    @cached_property
    def need(self) -> np.ndarray:
        """Reserve each flight needs, infinite where none would have saved it: ``(n,)``."""
        return reserve_needed(dict(self.campaign.columns), self.limits)

    @cached_property
    def curve(self) -> SuccessCurve:
        """Success against reserve, every loss counted."""
        return SuccessCurve(self.need, self.confidence)

    def causes(self, reserve: float | None = None) -> dict[str, int]:
        """Flights by what became of them with ``reserve`` kept (None: as much as it takes), the most frequent first."""
        found = causes_of(dict(self.campaign.columns), self.limits, reserve)
        return dict(Counter(found.tolist()).most_common())

    @cached_property
    def reserve(self) -> Reserve:
        """Least reserve that suffices, among flights that no other cause loses."""
        landed = self.need[np.isfinite(self.need)]
        return smallest_reserve(landed, self.probability, self.confidence)

    @cached_property
    def overall(self) -> Reserve:
        """Least reserve that lands with the probability asked for, every loss counted: often there is none."""
        return smallest_reserve(self.need, self.probability, self.confidence)

    def suffices(self, reserve: float) -> tuple[float, float, float]:
        """Share of flights not lost otherwise for which ``reserve`` is enough, and its interval."""
        landed = self.need[np.isfinite(self.need)]
        enough = int(np.sum(landed <= reserve))
        low, high = clopper_pearson(enough, len(landed), self.confidence)
        return enough / len(landed), float(low), float(high)

    def quantiles(self) -> dict[float, tuple[Quantile, Quantile]]:
        """By level: propellant burned and reserve needed, of flights that no other cause loses."""
        landed = np.isfinite(self.need)
        burned = np.asarray(self.campaign.columns["propellant"])[landed]
        return {
            level: (quantile(burned, level, self.confidence), quantile(self.need[landed], level, self.confidence))
            for level in LEVELS
        }

    @property
    def payload_cost(self) -> float | None:
        """Payload (kg) that the computed reserve costs beyond the planned one, by the optimum's exchange ratio."""
        if self.reserve.reserve is None:
            return None
        return self.reference.per_reserve * (self.reserve.reserve - self.planned_reserve)

    def as_json(self) -> dict[str, Any]:
        """Everything but the flights themselves, for a program."""
        success = self.curve.at(self.planned_reserve)
        grid = np.linspace(
            0.0, max(2.0 * self.planned_reserve, float(np.nanmax(self.need[np.isfinite(self.need)]))), 25
        )
        band = self.curve.at(grid)
        return {
            "vehicle": self.vehicle.name,
            "recovery": self.recovery,
            "guidance": self.guidance,
            "samples": self.samples,
            "interrupted": self.campaign.interrupted,
            "planned_reserve_kg": self.planned_reserve,
            "landed": {k: float(v) for k, v in success._asdict().items()},
            "causes": self.causes(self.planned_reserve),
            "causes_with_ample_propellant": self.causes(),
            "reserve": {**_plain(self.reserve), "message": self.reserve.message},
            "overall": {**_plain(self.overall), "message": self.overall.message},
            "payload_cost_kg": self.payload_cost,
            "payload_per_reserve": self.reference.per_reserve,
            "optimum_propellant_kg": self.reference.propellant,
            "undisturbed_propellant_kg": self.still,
            "quantiles": {
                str(level): {"propellant_kg": _level(burned), "reserve_needed_kg": _level(need)}
                for level, (burned, need) in self.quantiles().items()
            },
            "success_against_reserve": {
                "reserve_kg": grid.tolist(), **{k: np.asarray(v).tolist() for k, v in band._asdict().items()}
            },
            "seconds": self.campaign.seconds,
            "samples_per_second": self.campaign.rate,
        }  # fmt: skip

    def report(self) -> str:
        """What an analyst wants to read."""
        share, low, high = self.curve.at(self.planned_reserve)
        percent = f"{100 * self.confidence:g} %"
        lines = [
            f"{self.vehicle.title}, {self.recovery}, {self.guidance} guidance: {self.samples:,} flights",
            f"optimum burns {self.reference.propellant:,.0f} kg from cut-off to touchdown; guided and undisturbed "
            f"{self.still:,.0f} kg ({100 * (self.still / self.reference.propellant - 1):+.2f} %)",
            f"lands with the planned reserve of {self.planned_reserve:,.0f} kg: {100 * share:.2f} % "
            f"({100 * low:.2f} to {100 * high:.2f} %, {percent} interval)",
            "what became of them: " + ", ".join(f"{k} {v}" for k, v in self.causes(self.planned_reserve).items()),
            "",
            f"of flights that nothing but propellant loses, at {percent} confidence:",
            f"{'level':>9s}{'burned kg':>12s}{'interval':>22s}{'reserve needed kg':>20s}{'interval':>20s}{'fitted':>10s}",
        ]
        lines += [_line(level, *pair) for level, pair in self.quantiles().items()]
        lines += ["", f"reserve: {self.reserve.message}", f"every loss counted: {self.overall.message}"]
        if self.payload_cost is not None:
            lines.append(
                f"beyond the planned reserve that costs {self.payload_cost:,.0f} kg of payload "
                f"({self.reference.per_reserve:.3f} kg a kilogram, from the optimum's multipliers)"
            )
        if self.campaign.interrupted:
            lines.append("interrupted: what is above comes from the flights done so far")
        return "\n".join(lines)


def _plain(reserve: Reserve) -> dict[str, Any]:
    names = ("reserve", "probability", "confidence", "samples", "lost", "failures_allowed", "samples_needed")
    return {name: getattr(reserve, name) for name in names}


def _level(found: Quantile) -> dict[str, Any]:
    def told(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    fitted = None if found.fitted is None else told(found.fitted.value)
    ends = {"low": told(found.low), "high": told(found.high)}
    return {"value": told(found.empirical), **ends, "fitted": fitted, "samples_needed": found.samples_needed}


def _line(level: float, burned: Quantile, need: Quantile) -> str:
    def ends(found: Quantile) -> str:
        if not np.isfinite(found.high):
            return f"needs {found.samples_needed:,} flights"
        return f"{found.low:,.0f} to {found.high:,.0f}"

    fitted = "" if need.fitted is None else f"{need.fitted.value:,.0f}"
    told = f"{100 * level:7.3f} %{burned.empirical:12,.0f}{ends(burned):>22s}"
    return told + f"{need.empirical:20,.0f}{ends(need):>20s}{fitted:>10s}"


def study_margin(
    vehicle: Vehicle | str,
    recovery: str,
    samples: int = 2000,
    seed: int = 0,
    *,
    guidance: str = "convex",
    scheme: Scheme = "random",
    dispersions: Mapping[str, float] | Sequence[str] | None = None,
    probability: float = 0.99,
    confidence: float = 0.9,
    limits: TouchdownLimits | None = None,
    folder: Path | None = None,
    block: int = 250,
    workers: int | None = None,
    scheduler: str | None = None,
    reference: Reference | None = None,
    report: Callable[[str], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> MarginStudy:
    """Fly ``samples`` disturbed recoveries behind the optimal launch and say what they need.

    Args:
        vehicle, recovery: a vehicle or the name of one; ``downrange`` or ``return_to_launch_site``.
        samples, seed, scheme: of the draws; see :func:`hoverslam.margins.disturbances.draws.draw`.
        guidance: ``"convex"`` or ``"hover_slam"``, of the landing burn.
        dispersions: overrides, as ``{"wind.sigma_m_s": 6.0}`` or ``{"scale": 0.5}``.
        probability, confidence: asked of the reserve.
        limits: of the touchdown; the vehicle's if left out.
        folder: keeps optimum and flights; a second run there goes on where the first ended.
        block, workers, scheduler: see :func:`hoverslam.margins.campaigns.campaign.run_campaign`; one worker on an accelerator.
        reference: an optimum to follow; solved if left out.
        report, on_progress: receive a line a step of the optimum, and the campaign's progress.

    Raises:
        VehicleError: for an unknown vehicle, mode or dispersion.
        ValueError: for a recovery that is not one, an unknown guidance or scheme, an optimum that is not verified.
        CampaignError: for a folder that holds something else, or a cluster that does not answer.
    """
    vehicle = load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
    table = load_dispersions(vehicle.name, dispersions)
    total = samples if scheme == "latin" else None
    if reference is None:
        reference = _reference(vehicle, recovery, folder, report)
    flyer = Flyer(vehicle, reference, table, seed, scheme, total, guidance)
    if workers is None and scheduler is None and jax.default_backend() != "cpu":
        workers = 1  # the accelerator takes a block at once, and each process would claim it
    campaign = run_campaign(
        flyer, samples, folder=folder, block=block, workers=workers, scheduler=scheduler, on_progress=on_progress
    )
    limits = TouchdownLimits.of(vehicle) if limits is None else limits
    return MarginStudy(recovery, flyer, limits, campaign, probability, confidence)


def _reference(vehicle: Vehicle, recovery: str, folder: Path | None, report: Callable[[str], None] | None) -> Reference:
    """The optimum kept in ``folder`` if it is of this vehicle's figures, or a new one."""
    from hoverslam.flights.craft import vehicle_parameters
    from hoverslam.flights.launch.solve import solve_launch

    kept = None if folder is None else folder / SAVED_REFERENCE
    if kept is not None and kept.exists():
        found = Reference.load(kept)
        same = (found.vehicle, found.recovery) == (vehicle.name, recovery)
        if same and found.values == vehicle_parameters.launch_parameters(vehicle, recovery):
            return found
        raise ValueError(
            f"{kept}: the optimum of {found.vehicle} {found.recovery}, or of other figures: name another folder"
        )
    reference = reference_of(solve_launch(vehicle, recovery, report=report))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        reference.save(kept)
    return reference
