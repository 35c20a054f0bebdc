"""The demand as files: CSV for programs, a page with a verdict for a person, the same cells in a terminal."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hoverslam.economics.inputs.loading import load_cost_inputs, load_exchange_rate
from hoverslam.economics.questions.demand import Constellation, load_constellations
from hoverslam.reports import tables as grid
from hoverslam.reports.tables import View
from hoverslam.studies.constellations.rows import COLUMNS, FIT, MOST, NEVER, TOGETHER, CheckRow, NeedRow
from hoverslam.vehicles.places import load_orbit

if TYPE_CHECKING:
    from rich.table import Table

_MILLION, _BILLION = 1e-6, 1e-9


# ---- CSV -------------------------------------------------------------------------------------------------------------
def csv_text(rows: Sequence[NeedRow]) -> str:
    """The rows as CSV with the columns of `COLUMNS`, in that order; blank where a value does not exist."""
    return grid.csv_text(COLUMNS, ([_plain(name, getattr(row, name)) for name in COLUMNS] for row in rows))


def _plain(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float):
        return str(value)
    if name in ("landing_probability", "mission_success"):
        return f"{value:.4f}"
    return f"{value:.0f}" if "_cny_" in name else f"{value:.2f}"


# ---- cells -----------------------------------------------------------------------------------------------------------
def _text(name: str) -> Callable[[NeedRow], str]:
    return lambda row: str(getattr(row, name) or "").replace("_", " " if name == "recovery" else "_")


def _number(name: str, how: str = ",.0f") -> Callable[[NeedRow], str]:
    def cell(row: NeedRow) -> str:
        value = getattr(row, name)
        return "" if value is None else format(value, how)

    return cell


def _span(name: str, how: str = ",.0f") -> Callable[[NeedRow], str]:
    """The value at the mode of the planned launch rates, and at their high end."""

    def cell(row: NeedRow) -> str:
        low, high = getattr(row, f"{name}_mode"), getattr(row, f"{name}_high")
        return "" if low is None or high is None else f"{format(low, how)} to {format(high, how)}"

    return cell


def _cost(name: str, factor: float, how: str = ",.0f") -> Callable[[NeedRow], str]:
    """The median, in brackets the 10th and 90th percentile."""

    def cell(row: NeedRow) -> str:
        p10, p50, p90 = (getattr(row, f"{name}_cny_{level}") for level in ("p10", "p50", "p90"))
        if p50 is None:
            return ""
        return f"{format(p50 * factor, how)} ({format(p10 * factor, how)} to {format(p90 * factor, how)})"

    return cell


def _carried(row: NeedRow) -> str:
    number, low, high = row.satellites_per_launch, row.satellites_per_launch_low, row.satellites_per_launch_high
    if low is None or high is None:
        return ""
    band = "" if low == high else f" ({low} to {high})"
    return f"{number}{band}" if number is not None else f"0{band}"


def _dates(row: NeedRow) -> str:
    likely, high = row.date_met_mode, row.date_met_high
    if likely is None or high is None or likely == high:
        return likely or ""
    return f"{likely}; {high} at the high end"


def _kept(row: NeedRow) -> str:
    return "" if row.status == FIT else row.status


_WHO = (View("vehicle", _text("vehicle"), False), View("recovery", _text("recovery"), False))

CARRIES: tuple[View, ...] = (
    *_WHO,
    View("payload, kg", _number("payload_kg")),
    View("satellites a launch", _carried),
    View("limit", _text("limited_by"), False),
    View("launches", _number("launches")),
)
NEEDS: tuple[View, ...] = (
    *CARRIES,
    View("a year, to the deadline", _number("launches_per_year_needed")),
    View("a year, to keep it", _number("launches_per_year_kept")),
    View("boosters built a year", _number("boosters_built_per_year_needed")),
    View("upper stages a year", _number("upper_stages_built_per_year_needed")),
    View("boosters in the fleet", _number("boosters_in_fleet_needed")),
    View("not flown because", _kept, False),
)
KEEPS: tuple[View, ...] = (
    *CARRIES,
    View("a year, to keep it", _number("launches_per_year_kept")),
    View("boosters built a year", _number("boosters_built_per_year_kept")),
    View("upper stages a year", _number("upper_stages_built_per_year_kept")),
    View("boosters in the fleet", _number("boosters_in_fleet_kept")),
    View("not flown because", _kept, False),
)
COSTS: tuple[View, ...] = (
    *_WHO,
    View("a launch, M CNY", _cost("cost_per_launch", _MILLION)),
    View("a satellite, M CNY", _cost("cost_per_satellite", _MILLION, ",.1f")),
    View("to the deadline, bn CNY", _cost("cost_to_deadline", _BILLION, ",.1f")),
    View("a year to keep it, bn CNY", _cost("cost_per_year_kept", _BILLION, ",.1f")),
)
PLANS: tuple[View, ...] = (
    *_WHO,
    View("launches a year", _span("planned_per_year")),
    View("satellites a year", _span("satellites_per_year")),
    View("in orbit at the deadline", _span("in_orbit_at_deadline")),
    View("most ever kept", _span("most_kept")),
    View("first met on", _dates, False),
    View("launches a year missing", _span("missing_per_year")),
    View("times its rate", _span("times_planned", ",.1f")),
)
SUMMARY: tuple[View, ...] = (
    *CARRIES[:4],
    View("a year, to the deadline", _number("launches_per_year_needed")),
    View("a year, to keep it", _number("launches_per_year_kept")),
    View("boosters a year", _number("boosters_built_per_year_needed")),
    View("a satellite, M CNY", _cost("cost_per_satellite", _MILLION, ",.1f")),
    View("planned a year", _span("planned_per_year")),
    View("in orbit then", _span("in_orbit_at_deadline")),
    View("first met on", _dates, False),
    View("not flown because", _kept, False),
)


def _table(rows: Sequence[NeedRow], views: Sequence[View]) -> str:
    return grid.markdown_table(rows, views).rstrip()


def rich_table(rows: Sequence[NeedRow], title: str = "", views: Sequence[View] = SUMMARY) -> "Table":
    """The rows of one milestone for a terminal, a rule between vehicles."""
    return grid.rich_table(rows, views, title)


# ---- verdict ---------------------------------------------------------------------------------------------------------
def of_goal(rows: Sequence[NeedRow], name: str, deadline: str | None = None) -> list[NeedRow]:
    """The rows of a constellation at one of its dates; at its last, or without any, if left out."""
    of_it = [row for row in rows if row.constellation == name]
    if deadline is None and of_it:
        deadline = max((row.deadline for row in of_it if row.deadline is not None), default=None)
    return [row for row in of_it if row.deadline == deadline]


def verdict(rows: Sequence[NeedRow], name: str) -> list[str]:
    """Whether the launch rates that are planned meet the constellation's deadline, in a few sentences."""
    constellation = load_constellations()[name]
    last = of_goal(rows, name)
    judged = [
        row for row in last if row.vehicle not in (TOGETHER, *constellation.for_scale) and row.met_high is not None
    ]
    if not judged or last[0].deadline is None:
        return []
    lines = [_asked(constellation, last[0])]
    met = [row for row in judged if row.met_high]
    if met:
        lines.append(f"Met in time by {_names(met)}, at the high end of the launch rates planned.")
    else:
        lines.append(_unmet(judged))
    least = min(judged, key=lambda row: row.launches_per_year_needed or 0.0)
    lines.append(
        f"The fewest launches: {_name(least)}, {least.satellites_per_launch} satellites at a time, "
        f"{least.launches_per_year_needed:,.0f} launches a year."
    )
    cheapest = min(judged, key=lambda row: row.cost_to_deadline_cny_p50 or 0.0)
    lines.append(
        f"The least money, launches only: {_name(cheapest)}, {_cost('cost_to_deadline', _BILLION)(cheapest)} bn CNY to the "
        f"deadline, {_cost('cost_per_satellite', _MILLION, ',.1f')(cheapest)} M CNY a satellite."
    )
    return lines + [_all(row) for row in last if row.vehicle == TOGETHER]


def _asked(constellation: Constellation, row: NeedRow) -> str:
    life = constellation.life_years.mode
    return (
        f"{row.satellites:,} satellites by {row.deadline}, of which {constellation.in_orbit:,} were in orbit on "
        f"{constellation.in_orbit_date}; living {life:g} years, {row.satellites / life:,.0f} a year must be launched to "
        "keep that number."
    )


def _unmet(judged: Sequence[NeedRow]) -> str:
    best = max(judged, key=lambda row: row.in_orbit_at_deadline_high or 0.0)
    return (
        f"Not met by any vehicle alone at any launch rate planned. The nearest is {_name(best)}: at "
        f"{best.planned_per_year_high:,.0f} launches a year it has {best.in_orbit_at_deadline_high:,.0f} in orbit then "
        f"and never keeps more than {best.most_kept_high:,.0f}; {best.missing_per_year_high:,.0f} launches a year are "
        f"missing, {best.times_planned_high:,.1f} times that rate is asked."
    )


def _all(row: NeedRow) -> str:
    """What all vehicles for hire come to, each as it carries most or each coming back."""
    end = f"{row.in_orbit_at_deadline_high:,.0f} in orbit then at the high end of all plans"
    share = 100.0 * (row.in_orbit_at_deadline_high or 0.0) / row.satellites
    outcome = (
        "the number is never met" if row.date_met_high == NEVER else f"the number is first met on {row.date_met_high}"
    )
    rates = f"{row.planned_per_year_high:,.0f} launches a year, {share:.0f} %"
    return (
        f"All vehicles for hire together, each {row.recovery}, with every launch they plan: {end} ({rates}), {outcome}; "
        f"{row.in_orbit_at_deadline_mode:,.0f} at the likeliest rates ({row.planned_per_year_mode:,.0f} a year)."
    )


def _name(row: NeedRow) -> str:
    return f"{row.vehicle} {row.recovery.replace('_', ' ')}"


def _names(rows: Sequence[NeedRow]) -> str:
    return ", ".join(_name(row) for row in rows)


# ---- the page --------------------------------------------------------------------------------------------------------
def page(rows: Sequence[NeedRow], checks: Sequence[CheckRow]) -> str:
    """The demand as a page: the verdict first, what is asked, what it takes, what the plans give, and how to read it."""
    names = list(dict.fromkeys(row.constellation for row in rows))
    flown = {(r.vehicle, r.recovery, r.orbit): r.verified for r in rows if r.vehicle != TOGETHER}
    parts = [
        "# What a constellation needs\n",
        "Every vehicle in every recovery mode, flown to the constellation's own orbit: how many satellites it carries, "
        "how many launches, boosters and yuan that comes to, and whether the launch rates that are planned meet the date.\n"
        f"{sum(flown.values())} of {len(flown)} flights verified. The same numbers for a program, for every milestone: "
        "[constellations.csv](constellations.csv).\n",
    ]
    parts += [_section(rows, name) + "\n" for name in names]
    if any(row.deadline for row in rows):
        parts.append("![Satellites in orbit over time](figures/constellations.png)\n")
    if checks:
        parts.append(_check_section(checks))
    parts.append(_how_to_read(rows))
    return "\n".join(parts)


def _section(rows: Sequence[NeedRow], name: str) -> str:
    found = load_constellations()[name]
    last = of_goal(rows, name)
    single = [row for row in last if row.vehicle != TOGETHER]
    sentences = verdict(rows, name)
    mass, life = found.satellite_mass_kg, found.life_years
    parts = [f"## {found.name}: {found.satellites:,} satellites" + (f" by {found.deadline}" if found.deadline else "")]
    if sentences:
        parts.append("**Verdict.**\n\n" + "\n".join(f"- {sentence}" for sentence in sentences))
    parts.append(
        f"Asked: satellites of {mass.mode:g} kg ({mass.low:g} to {mass.high:g}, {mass.status}), living {life.mode:g} years "
        f"({life.low:g} to {life.high:g}, {life.status}), brought to {load_orbit(found.orbit).title}. "
        f"{_capital(found.source)}."
    )
    if found.fairings:
        limits = "; ".join(f"{x.vehicle} {x.satellites} ({x.status}: {x.source})" for x in found.fairings)
        parts.append(
            f"Fairings: {limits}; every other vehicle {found.most('')} at most. {_bound(single, mass.mode)}".strip()
        )
    if found.deadline is None:
        return "\n\n".join([*parts, "### To keep it, one vehicle alone", _table(single, KEEPS)])
    parts += ["### What it takes, one vehicle alone", _table(single, NEEDS)]
    parts += ["### What that costs", _table([row for row in single if row.status == FIT], COSTS)]
    parts += ["### What the planned launch rates give", _table([row for row in last if row.status == FIT], PLANS)]
    parts += ["### Milestone by milestone", _milestones(rows, found, name)]
    return "\n\n".join(parts)


def _bound(rows: Sequence[NeedRow], mass: float) -> str:
    """Where the fairing and not the payload is the limit, with what is left unused."""
    told = [
        f"{_name(row)} ({row.satellites_per_launch} satellites of {(row.satellites_per_launch or 0) * mass / 1e3:.1f} t on "
        f"{(row.payload_kg or 0.0) / 1e3:.1f} t of payload)"
        for row in rows
        if row.limited_by == "fairing"
    ]
    return f"The fairing, not the payload, is the limit of {', '.join(told)}." if told else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _milestones(rows: Sequence[NeedRow], found: Constellation, name: str) -> str:
    """One row a milestone: what it asks of the vehicle that carries most, and what plans come to by its date."""
    lines = ["| satellites | by | nearest vehicle alone | in orbit then | all together | first met together on |"]
    lines.append("| ---: | --- | --- | ---: | ---: | --- |")
    for goal in found.every_milestone:
        of_it = of_goal(rows, name, f"{goal.deadline}")
        hired = [r for r in of_it if r.vehicle not in (TOGETHER, *found.for_scale) and r.met_high is not None]
        if not hired:
            continue
        best = max(hired, key=lambda row: row.in_orbit_at_deadline_high or 0.0)
        every = next((row for row in of_it if row.vehicle == TOGETHER and row.recovery == MOST), None)
        asks = f"{_name(best)}, {_span('planned_per_year')(best)} of {best.launches_per_year_needed:,.0f} a year needed"
        cells = [f"{goal.satellites:,}", f"{goal.deadline}", asks, _span("in_orbit_at_deadline")(best)]
        cells += ["", ""] if every is None else [_span("in_orbit_at_deadline")(every), _dates(every)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _check_section(checks: Sequence[CheckRow]) -> str:
    lines = [
        "## The check: what has been launched\n",
        "| constellation | year | launches | satellites | flown a launch |",
    ]
    lines[1] += " vehicle | orbit | payload, kg | model carries | within |"
    lines.append("| --- | --- | ---: | ---: | ---: | --- | --- | ---: | ---: | --- |")
    for row in checks:
        payload = "" if row.payload_kg is None else f"{row.payload_kg:,.0f}"
        model = row.status if row.model is None else f"{row.model} ({row.model_low} to {row.model_high})"
        cells = [row.constellation, f"{row.year}", f"{row.launches}", f"{row.satellites:,}", f"{row.flown:.1f}"]
        cells += [f"{row.vehicle} {row.recovery}", row.orbit, payload, model, "yes" if row.within else "NO"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n" + _stacks(checks)


def check_line(row: CheckRow) -> str:
    """One check in a line for a terminal."""
    model = row.status if row.model is None else f"the model carries {row.model} ({row.model_low} to {row.model_high})"
    told = f"{row.constellation} {row.year}: {row.satellites:,} satellites on {row.launches} launches, {row.flown:.1f} each"
    return f"check: {told}; {row.vehicle} {row.recovery} to {row.orbit}: {model}, {'met' if row.within else 'NOT MET'}"


def _stacks(checks: Sequence[CheckRow]) -> str:
    """Why the shell itself and the orbit of release differ, where both were flown."""
    found = load_constellations()[checks[0].constellation]
    if found.release_orbit is None:
        return ""
    return (
        f"\nSatellites that climb by themselves are let go at {load_orbit(found.release_orbit).title.split(',')[0]}, "
        "and that is the orbit to hold against what was flown; carried all the way to their shell, fewer fit.\n"
    )


def _how_to_read(rows: Sequence[NeedRow]) -> str:
    rate = load_exchange_rate()
    plans = [
        _plan_source(v) for v in dict.fromkeys(row.vehicle for row in rows if row.planned_per_year_mode is not None)
    ]
    return f"""## How to read it

- **Payload** is the optimum of the model to that orbit; a first stage that lands downrange does so where the optimum
  is, since landing places that are fixed lie under other planes. **Satellites a launch** is the lesser of what it carries with
  the dispenser and what fits under the fairing (**limit** says which), at the likeliest mass; in brackets over the
  bands of mass and dispenser.
- **A year, to the deadline** is the constant launch rate, from the date of the count in orbit, that has the number in
  orbit at the date; beyond one life of a satellite it is the rate that keeps the number. Failed launches are flown again.
- **Boosters built** replace those lost and worn out, **boosters in the fleet** are away for 60 days a flight, at 70 %
  utilisation; neither is a plan of anybody's. An upper stage is built for every launch.
- **Cost** is what the operator spends at that launch rate, over which fixed cost and development are spread, satellites
  not included: the median, in brackets the 10th and 90th percentile over the uncertain inputs. Satellite mass and life,
  and the payload, are taken as they stand. The vehicles' fixed costs and learning curves are those of today's rates:
  hundreds of launches a year lie far outside them. A dollar is {rate.mode:g} CNY ({rate.date}).
- **What the planned launch rates give** takes every launch of the vehicle for this one constellation, from the date of
  the count on, also of vehicles that had not flown by then: the favourable reading. From the likeliest rate to the high
  end of the band. **Most ever kept** is what that rate holds for ever, when satellites die as fast as they come. The high
  ends rest on reuse, which carries less: "as it carries most" is expendable for most vehicles, an upper bound.
- Vehicles that cannot be hired for it (Falcon 9 for a Chinese constellation) are shown for scale and not counted.
- A blank is a value that does not exist. It is not zero.

Launch rates:

{chr(10).join(line for line in plans if line)}
"""


def _plan_source(vehicle: str) -> str:
    if vehicle == TOGETHER:
        return ""
    band = load_cost_inputs(vehicle).operations.launches_per_year
    return f"- {vehicle}: {band.low:g}, {band.mode:g}, {band.high:g} a year ({band.status}): {band.source}"
