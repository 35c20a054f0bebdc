"""Cost of a kilogram before and after an inference: what the bands of payloads do to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hoverslam.economics.inputs.sampling import Quantiles
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.study import margin_belief
from hoverslam.flights.inference.laplace import Expected
from hoverslam.flights.inference.rows import PayloadRow
from hoverslam.margins.study.curve import load_margin_curve
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.tables import Column, rich_table
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import load_orbit

if TYPE_CHECKING:
    from rich.console import RenderableType

SAMPLES = 4000


@dataclass(frozen=True)
class InferredCost:
    """Cost of a kilogram (CNY) of a recovery mode to the default orbit, with the payload uncertain as its figures leave it.

    Attributes:
        recovery: Recovery mode.
        before: Quantiles with the payload of the vehicle file and its error.
        after: Quantiles with the payload after the claims and its error.
    """

    recovery: str
    before: Quantiles
    after: Quantiles

    def as_json(self) -> dict[str, Json]:
        """Return the quantiles as plain values."""
        parts = {
            f"{when}_cny_per_kg_{name}": getattr(quantiles, name)
            for when, quantiles in (("before", self.before), ("after", self.after))
            for name in ("p10", "p50", "p90")
        }
        return record({"recovery": self.recovery, **parts})


def inferred_costs(vehicle: Vehicle, payloads: Iterable[PayloadRow], seed: int = 0) -> list[InferredCost]:
    """Return the cost of a kilogram of every recovery mode to the default orbit, before and after an inference.

    The payload enters as a lognormal factor of the standard error that the figures leave. All other inputs and the landing
    probability are sampled as in a cost study, with the same draws before and after.

    Args:
        vehicle: The vehicle.
        payloads: Its payloads before and after.
        seed: Seed of the samples.

    Returns:
        One entry a mode; none for a vehicle without cost inputs.
    """
    from hoverslam.economics.inputs.loading import cost_vehicles

    assert vehicle.default_orbit is not None
    if vehicle.name not in cost_vehicles():
        return []
    orbit = load_orbit(vehicle.default_orbit).name
    rows = [row for row in payloads if row.orbit == orbit and min(row.prior.mean, row.posterior.mean) > 0.0]
    return [
        InferredCost(
            row.recovery, *(_cost(vehicle, row.recovery, payload, seed) for payload in (row.prior, row.posterior))
        )
        for row in rows
    ]


def _cost(vehicle: Vehicle, recovery: str, payload: Expected, seed: int) -> Quantiles:
    curve = None if recovery == "expendable" else load_margin_curve(vehicle.name, recovery)
    margin, source = margin_belief(vehicle, recovery, curve)
    return estimate_cost(
        vehicle.name, recovery, payload.mean, payload_sd_fraction=payload.sigma / payload.mean, reserve_probability=margin,
        margin_source=source, samples=SAMPLES, seed=seed,
    ).cost_cny_per_kg  # fmt: skip


def cost_parts(costs: Sequence[InferredCost]) -> "list[RenderableType]":
    """Return the costs as a table, or a line that says why there are none."""
    if not costs:
        return [
            "cost of a kilogram: left out, for want of cost inputs of the vehicle or of launches with its new figures"
        ]
    return [rich_table(costs, _COLUMNS, "cost of a kilogram, CNY: median (10 to 90 %)")]


def _quantiles(found: Quantiles) -> str:
    return f"{found.p50:,.0f} ({found.p10:,.0f} to {found.p90:,.0f})"


_COLUMNS = (
    Column[InferredCost]("recovery", right=False, cell=lambda row: row.recovery.replace("_", " ")),
    Column[InferredCost]("before", cell=lambda row: _quantiles(row.before)),
    Column[InferredCost]("after", cell=lambda row: _quantiles(row.after)),
)
