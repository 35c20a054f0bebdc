"""A margin study as text for a person and as plain values for a program."""

import numpy as np

from hoverslam.margins.analysis.quantiles import Quantile
from hoverslam.margins.analysis.reserve import Reserve
from hoverslam.margins.study.record import MarginRecord
from hoverslam.reports.json_text import Json, plain


def study_json(study: MarginRecord) -> dict[str, Json]:
    """Return counts, reserves, quantiles and the success curve; the flights themselves are left out."""
    success = study.curve.at(study.planned_reserve)
    grid = np.linspace(0.0, max(2.0 * study.planned_reserve, float(np.nanmax(study.need[np.isfinite(study.need)]))), 25)
    band = study.curve.at(grid)
    content = {
        "vehicle": study.vehicle.name,
        "recovery": study.recovery,
        "guidance": study.guidance,
        "samples": study.samples,
        "interrupted": study.campaign.interrupted,
        "planned_reserve_kg": study.planned_reserve,
        "landed": {k: float(v) for k, v in success._asdict().items()},
        "causes": study.causes(study.planned_reserve),
        "causes_with_ample_propellant": study.causes(),
        "reserve": {**_plain(study.reserve), "message": study.reserve.message},
        "overall": {**_plain(study.overall), "message": study.overall.message},
        "payload_cost_kg": study.payload_cost,
        "payload_per_reserve": study.reference.per_reserve,
        "optimum_propellant_kg": study.reference.propellant,
        "undisturbed_propellant_kg": study.undisturbed_propellant,
        "quantiles": {
            str(level): {"propellant_kg": _level(burned), "reserve_needed_kg": _level(need)}
            for level, (burned, need) in study.quantiles().items()
        },
        "success_against_reserve": {
            "reserve_kg": grid.tolist(), **{k: np.asarray(v).tolist() for k, v in band._asdict().items()}
        },
        "seconds": study.campaign.seconds,
        "samples_per_second": study.campaign.rate,
    }  # fmt: skip
    return {key: plain(value) for key, value in content.items()}


def study_report(study: MarginRecord) -> str:
    """Return how many flights land and why the others do not, quantiles, and the reserve."""
    share, low, high = study.curve.at(study.planned_reserve)
    burned = study.undisturbed_propellant
    percent = f"{100 * study.confidence:g} %"
    lines = [
        f"{study.vehicle.title}, {study.recovery}, {study.guidance} guidance: {study.samples:,} flights",
        f"optimum burns {study.reference.propellant:,.0f} kg from cut-off to touchdown; guided and undisturbed "
        f"{burned:,.0f} kg ({100 * (burned / study.reference.propellant - 1):+.2f} %)",
        f"lands with the planned reserve of {study.planned_reserve:,.0f} kg: {100 * share:.2f} % "
        f"({100 * low:.2f} to {100 * high:.2f} %, {percent} interval)",
        "outcomes: " + ", ".join(f"{k} {v}" for k, v in study.causes(study.planned_reserve).items()),
        "",
        f"over flights that no other cause than propellant loses, at {percent} confidence:",
        f"{'level':>9s}{'burned kg':>12s}{'interval':>22s}{'reserve needed kg':>20s}{'interval':>20s}{'fitted':>10s}",
    ]
    lines += [_line(level, *pair) for level, pair in study.quantiles().items()]
    lines += ["", f"reserve: {study.reserve.message}", f"every loss counted: {study.overall.message}"]
    if study.payload_cost is not None:
        lines.append(
            f"the computed reserve costs {study.payload_cost:,.0f} kg of payload beyond the planned one "
            f"({study.reference.per_reserve:.3f} kg a kilogram, from the optimum's multipliers)"
        )
    if study.campaign.interrupted:
        lines.append("interrupted: the figures above come from the flights done so far")
    return "\n".join(lines)


def _plain(reserve: Reserve) -> dict[str, Json]:
    names = ("reserve", "probability", "confidence", "samples", "lost", "failures_allowed", "samples_needed")
    return {name: getattr(reserve, name) for name in names}


def _level(found: Quantile) -> dict[str, Json]:
    def finite(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    fitted = None if found.fitted is None else finite(found.fitted.value)
    ends = {"low": finite(found.low), "high": finite(found.high)}
    return {"value": finite(found.empirical), **ends, "fitted": fitted, "samples_needed": found.samples_needed}


def _line(level: float, burned: Quantile, need: Quantile) -> str:
    def ends(found: Quantile) -> str:
        if not np.isfinite(found.high):
            return f"needs {found.samples_needed:,} flights"
        return f"{found.low:,.0f} to {found.high:,.0f}"

    fitted = "" if need.fitted is None else f"{need.fitted.value:,.0f}"
    line = f"{100 * level:7.3f} %{burned.empirical:12,.0f}{ends(burned):>22s}"
    return line + f"{need.empirical:20,.0f}{ends(need):>20s}{fitted:>10s}"
