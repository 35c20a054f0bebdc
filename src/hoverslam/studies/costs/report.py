"""A cost study as tables for a person, and as JSON types for a program."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.text import Text

from hoverslam.economics.model.launch_cost import COMPONENTS
from hoverslam.reports.fitting_table import FittingTable
from hoverslam.reports.json_text import Json, record

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hoverslam.economics.inputs.sampling import Quantiles
    from hoverslam.economics.model.explained import ExplainRow
    from hoverslam.economics.questions.levers import Lever
    from hoverslam.economics.questions.target import Requirement
    from hoverslam.economics.study import CostStudy

SHOWN_LEVERS = 24  # of some eighty; the JSON has all


# ---- for a person ----------------------------------------------------------------------------------------------------
def cost_tables(study: "CostStudy", explain: bool = False, verified: bool = True) -> "list[RenderableType]":
    """Return the study as tables and lines for a terminal.

    Args:
        study: The study.
        explain: Whether the arithmetic is shown, to the last factor and its source.
        verified: Whether the flights behind the study are verified; if not, a last line states it.
    """
    first = Text(study.vehicle.title, style="bold")
    first.append(f", {study.recovery.replace('_', ' ')}: what a kilogram to orbit costs its operator", "not bold")
    parts: list[RenderableType] = [first, _headline(study), _components(study)]
    if study.estimate.landing_probability is not None:
        parts.append(_landing(study))
    if study.practised:
        parts.append(_practised(study))
    if study.levers:
        parts.append(_levers(study.levers))
    if study.requirements:
        parts.append(_requirements(study.requirements, study.estimate.target_cny_per_kg or 0.0))
    if explain:
        parts.append(_arithmetic("at the most likely inputs", study.estimate.explain()))
        parts.append(_arithmetic("TRANSCOST", study.transcost.explain()))
        parts.append(_inputs(study))
    parts += [Text(f"note: {note}") for note in _notes(study)]
    if not verified:
        parts.append(
            Text("NOT VERIFIED: the independent re-flight does not confirm the payload of this study", style="red")
        )
    return parts


def _notes(study: "CostStudy") -> list[str]:
    return [*study.notes, *(f"TRANSCOST: {note}" for note in study.transcost.notes)]


def _headline(study: "CostStudy") -> FittingTable:
    estimate, table = study.estimate, FittingTable(header_style="bold")
    for heading in ("", "10 %", "50 %", "90 %", "unit", ""):
        table.add_column(heading, justify="left" if heading in ("", "unit") else "right")
    year = estimate.exchange_date

    def row(what: str, band: "Quantiles", unit: str, factor: float = 1.0, note: str = "", how: str = ",.0f") -> None:
        table.add_row(what, *(format(factor * x, how) for x in (band.p10, band.p50, band.p90)), unit, note)

    row("cost per kilogram", estimate.cost_cny_per_kg, "CNY", note=f"inputs: {study.basis}")
    row("", estimate.cost_usd_per_kg, "USD", note=f"at {estimate.cny_per_usd:g} CNY, {year}")
    row("cost per launch", estimate.cost_per_launch_cny, "M CNY", 1e-6, how=",.1f")
    if study.twin is not None:
        row(
            "expended, per kilogram", study.twin.cost_cny_per_kg, "CNY", note=f"payload {study.twin.payload_kg:,.0f} kg"
        )
    row("TRANSCOST, per kilogram", study.transcost.cost_cny_per_kg, "CNY", note="second estimate, from dry masses")
    table.add_row("payload", "", f"{study.payload_kg:,.0f}", "", "kg", "")
    table.add_row(
        "market price", "", f"{estimate.market_price_cny_per_kg:,.0f}", "", "CNY per kg", "price that customers pay"
    )
    if estimate.target_cny_per_kg is not None:
        table.add_row("operator's target", "", f"{estimate.target_cny_per_kg:,.0f}", "", "CNY per kg", "promised price")
    return table


def _components(study: "CostStudy") -> FittingTable:
    table = FittingTable(
        "cost of a launch at the most likely inputs", "M CNY", "share, %", "TRANSCOST, M CNY", header_style="bold"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    parts, other = study.estimate.breakdown_cny.components(), study.transcost.components_cny()
    total = float(study.estimate.breakdown_cny.total)
    for name, value in parts.items():
        second = f"{other[name] / 1e6:,.1f}" if name in other else ""
        table.add_row(COMPONENTS[name].label, f"{float(value) / 1e6:,.1f}", f"{100 * float(value) / total:.1f}", second)
    table.add_section()
    table.add_row("launch", f"{total / 1e6:,.1f}", "100.0", f"{sum(other.values()) / 1e6:,.1f}")
    return table


def _landing(study: "CostStudy") -> FittingTable:
    """Return landing probability, flights of a booster, and whether reuse pays."""
    estimate, table = study.estimate, FittingTable(show_header=False)
    table.add_column("what", style="bold")
    table.add_column("value", justify="right")
    table.add_column("note")
    low, high = estimate.landing_interval or (0.0, 1.0)
    margin = "not known: no margin curve; the mean of what is possible"
    if study.curve is not None:
        margin = f"{study.curve.counted:,} guided landings, {study.curve.guidance} guidance"
    table.add_row("landing reserve suffices", _share(estimate.margin_probability), margin)
    table.add_row("nothing else fails", _share(estimate.other_probability), "landing record, Bayesian")
    table.add_row("booster lands", _share(estimate.landing_probability), f"90 %: {100 * low:.0f} to {100 * high:.0f} %")
    table.add_row("undamaged after landing", _share(estimate.intact_probability), "")
    table.add_row("flights per booster", f"{estimate.flights_per_booster_mean:.1f}", "mean, the first included")
    if study.reuse is not None:
        for row in _reuse(study):
            table.add_row(*row)
    if study.reserve is not None:
        table.add_row(*_reserve(study))
    return table


def _reserve(study: "CostStudy") -> tuple[str, str, str]:
    best, what = study.reserve, "cheapest landing reserve"
    assert best is not None
    if not best.interior:
        return what, "none", "no reserve is worth the payload that it costs"
    kept = (
        ""
        if study.vehicle.recovery is None
        else f"vehicle file: {study.vehicle.recovery.reserve(study.recovery)[0].si:,.0f} kg; "
    )
    thinner, fatter = 100.0 * best.penalty_thinner, 100.0 * best.penalty_fatter
    return (
        what,
        f"{best.best.reserve_kg:,.0f} kg",
        f"{kept}cost {thinner:+.1f} % with one sigma less, {fatter:+.1f} % with one more",
    )


def _reuse(study: "CostStudy") -> list[tuple[str, str, str]]:
    reuse = study.reuse
    assert reuse is not None
    uses = "never" if reuse.uses is None else f"{reuse.uses}"
    index = "never" if reuse.uses_by_index is None else f"{reuse.uses_by_index}"
    landing = "never" if reuse.landing is None else f"{100 * reuse.landing:.0f} %"
    ceiling = f"{reuse.refurbishment_ceiling / 1e6:,.1f} M CNY"
    return [
        (
            "against expended",
            f"{100 * (study.against_twin or 0.0):+.0f} %",
            f"cost per kg; payload {100 * reuse.payload_ratio:.0f} % of expended",
        ),
        ("reuse pays from", uses, f"flights per booster, if every landing succeeds (ULA's index: {index})"),
        ("reuse pays from", landing, "landing probability, with its maximum flights and losses after landing"),
        ("reuse pays up to", ceiling, f"of recovery and refurbishment a flight; now {reuse.refurbishment / 1e6:,.1f}"),
    ]


def _practised(study: "CostStudy") -> FittingTable:
    title = "cost after landing attempts, if the landing probability grows as Falcon's did"
    table = FittingTable(
        "attempt", "lands", "flights a booster", "CNY per kg", "10 to 90 %", title=title, title_justify="left"
    )
    for column in table.columns:
        column.justify = "right"
    for one in study.practised:
        band = one.cost_cny_per_kg
        cells = (f"{one.flights_per_booster:.1f}", f"{band.p50:,.0f}", f"{band.p10:,.0f} to {band.p90:,.0f}")
        table.add_row(str(one.attempt), _share(one.landing_probability), *cells)
    return table


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def _levers(levers: "Iterable[Lever]") -> FittingTable:
    from hoverslam.economics.questions.levers import shown_step

    levers = list(levers)
    title = f"what a step is worth (change of cost): the {min(SHOWN_LEVERS, len(levers))} largest of {len(levers)}"
    table = FittingTable("figure", "value", "step", "CNY per kg", "band, CNY per kg", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for lever in levers[:SHOWN_LEVERS]:
        band = "" if lever.at_low is None or lever.at_high is None else f"{lever.at_low:+,.0f} to {lever.at_high:+,.0f}"
        table.add_row(
            lever.name, f"{lever.value:g} {lever.unit}".rstrip(), shown_step(lever), f"{-lever.worth:+,.0f}", band
        )
    return table


def _requirements(requirements: "Iterable[Requirement]", target: float) -> FittingTable:
    title = f"what would have to be true for a median of {target:,.0f} CNY per kg, one input at a time"
    table = FittingTable(
        "input", "now", "needed", "at best", "then CNY per kg", "given", title=title, title_justify="left"
    )
    for column in table.columns[1:5]:
        column.justify = "right"
    for one in requirements:
        needed = "met" if one.already else "not enough" if one.needed is None else f"{one.needed:,.4g}"
        table.add_row(
            one.what,
            f"{one.now:,.4g} {one.unit}".rstrip(),
            needed,
            f"{one.best:,.4g}",
            f"{one.cost_at_best:,.0f}",
            one.given,
        )
    return table


def _arithmetic(heading: str, rows: "Iterable[ExplainRow]") -> FittingTable:
    table = FittingTable(heading, "value", "formula", "sources", header_style="bold", show_lines=True)
    table.columns[1].justify = "right"
    for row in rows:
        table.add_row(row.component.replace("_", " "), f"{row.value:,.5g}", row.formula, "\n".join(row.sources))
    return table


def _inputs(study: "CostStudy") -> FittingTable:
    from hoverslam.economics.questions.explain import explain_inputs

    table = FittingTable("input", "low", "mode", "high", "unit", "status", "source", header_style="bold")
    for column in table.columns[1:4]:
        column.justify = "right"
    for row in explain_inputs(study.estimate.at_modes.inputs, study.recovery):
        numbers = (f"{x:,.5g}" for x in (row.low, row.mode, row.high))
        table.add_row(row.name, *numbers, row.unit, row.status, row.source)
    return table


# ---- for a program ---------------------------------------------------------------------------------------------------
def cost_json(study: "CostStudy", explain: bool = False) -> dict[str, Json]:
    """Return the study as JSON types; ``explain`` adds arithmetic, inputs and sources.

    Args:
        study: The study.
        explain: Whether arithmetic, inputs and sources are included.
    """
    estimate, reuse, best = study.estimate, study.reuse, study.reserve
    values: dict[str, object] = {
        "vehicle": study.vehicle.name,
        "recovery": study.recovery,
        "payload_kg": study.payload_kg,
        "basis": study.basis,
        "cost_cny_per_kg": asdict(estimate.cost_cny_per_kg),
        "cost_usd_per_kg": asdict(estimate.cost_usd_per_kg),
        "cost_per_launch_cny": asdict(estimate.cost_per_launch_cny),
        "components_cny": {name: float(x) for name, x in estimate.breakdown_cny.components().items()},
        "transcost_cny_per_kg": asdict(study.transcost.cost_cny_per_kg),
        "transcost_cny_per_launch": asdict(study.transcost.cost_per_launch_cny),
        "expendable_cny_per_kg": None if study.twin is None else asdict(study.twin.cost_cny_per_kg),
        "market_price_cny_per_kg": estimate.market_price_cny_per_kg,
        "target_cny_per_kg": estimate.target_cny_per_kg,
        "cny_per_usd": estimate.cny_per_usd,
        "exchange_date": str(estimate.exchange_date),
        "evidence_date": str(estimate.evidence_date),
        "margin_probability": estimate.margin_probability,
        "other_probability": estimate.other_probability,
        "landing_probability": estimate.landing_probability,
        "landing_interval": estimate.landing_interval,
        "intact_probability": estimate.intact_probability,
        "flights_per_booster": estimate.flights_per_booster_mean,
        "reuse": None if reuse is None else asdict(reuse),
        "cheapest_reserve": None if best is None else asdict(best),
        "levers": [lever_row(lever) for lever in study.levers],
        "requirements": [asdict(one) for one in study.requirements],
        "practised": [asdict(one) for one in study.practised],
        "notes": _notes(study),
    }  # fmt: skip
    if explain:
        from hoverslam.economics.questions.explain import explain_inputs

        values["arithmetic"] = [row._asdict() for row in estimate.explain()]
        values["transcost"] = [row._asdict() for row in study.transcost.explain()]
        values["inputs"] = [row._asdict() for row in explain_inputs(estimate.at_modes.inputs, study.recovery)]
    return record(values)


def lever_row(lever: "Lever") -> dict[str, object]:
    """Return a lever as one row of plain values."""
    return asdict(lever) | {"worth": lever.worth, "at_low": lever.at_low, "at_high": lever.at_high}
