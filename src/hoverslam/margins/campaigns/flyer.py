"""Flyer of guided recoveries: sample numbers in, columns of results out.

The flights of a call are one batch, compiled once for each batch size.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import jax
import numpy as np

from hoverslam import __version__
from hoverslam.data.errors import suggestion
from hoverslam.margins.choices import GUIDANCE, Guidance, Scheme
from hoverslam.margins.disturbances.booster import Booster, BoosterFlight
from hoverslam.margins.disturbances.dispersions import DispersionTable
from hoverslam.margins.disturbances.draws import Perturbations, draw, nominal
from hoverslam.margins.guidance.planning import booster_of, flights_of, plan_of
from hoverslam.margins.guidance.powered_landing import HoverSlam
from hoverslam.margins.guidance.recovery import FlownRecovery, GuidancePlan, recover
from hoverslam.margins.guidance.reference import Reference
from hoverslam.margins.guidance.replanning import ConvexReplanning
from hoverslam.reports.json_text import Json, record
from hoverslam.vehicles.models import Vehicle

# On a CPU, XLA can deadlock if two threads execute a programme such as this at once (seen with jaxlib 0.10.2). So a process
# executes one at a time; more cores need more processes.
_EXECUTING = Lock()
# The last bits of a flight depend on the batch size for which XLA compiled and on the position of the flight in the batch. So
# on a CPU all batches have one size, and the position of a sample follows from its number.
LANES = 250
RENEWALS = 24  # plans of a landing, over the duration of the reference's burn
_NOT_FLOWN = {
    "name", "title", "operator", "status", "payload_published", "event_published", "liftoff_thrust_published_kN",
}  # fmt: skip
FLIGHT_COLUMNS = {
    "propellant": "kg", "reserve_needed": "kg", "boostback": "kg", "entry": "kg", "landing": "kg", "miss": "m",
    "sink_rate": "m/s", "drift": "m/s", "tilt": "rad", "dynamic_pressure": "Pa", "heating": "W/m2",
    "landing_time": "s", "glide_miss": "m", "plans_failed": "", "down": "", "undisturbed": "kg",
}  # fmt: skip
"""Columns of a flight with their units. ``undisturbed`` is the propellant of the flight without dispersions, in every row."""


@dataclass(frozen=True)
class RecoveryFlyer:
    """Flyer of guided recoveries; the same sample numbers give the same flights.

    Attributes:
        vehicle: What flies.
        reference: The optimum that it follows.
        table: Its dispersions.
        seed: Of the draws.
        scheme: Of the draws.
        total: Samples of the campaign, for Latin hypercubes.
        guidance: ``"convex"`` (repeated convex plans) or ``"hover_slam"`` (the explicit law).
    """

    vehicle: Vehicle
    reference: Reference
    table: DispersionTable
    seed: int = 0
    scheme: Scheme = "random"
    total: int | None = None
    guidance: Guidance = "convex"

    def __post_init__(self) -> None:
        if self.guidance not in GUIDANCE:
            raise ValueError(f"guidance: {self.guidance!r}: unknown, {suggestion(self.guidance, GUIDANCE)}")

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields; the process that unpickles them prepares and compiles anew."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the flights by vehicle, optimum, dispersions, seed, guidance and version."""
        legs = {
            name: [leg.position.tobytes().hex(), leg.mass.tobytes().hex()] for name, leg in self.reference.legs.items()
        }
        parts = [
            __version__, self.vehicle.name, self.reference.recovery, self.reference.values, legs,
            self.table.model_dump(mode="json"), self.seed, self.scheme, self.total, self.guidance,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    @cached_property
    def inputs(self) -> dict[str, Json]:
        """What the flights depend on, by name: vehicle, recovery, orbit, seed, guidance, scheme, figures, version."""
        return campaign_inputs(
            self.vehicle, self.reference.recovery, self.reference.orbit, self.table, self.seed, self.scheme, self.total,
            self.guidance,
        )  # fmt: skip

    @cached_property
    def parts(self) -> tuple[tuple[BoosterFlight, BoosterFlight], Booster, GuidancePlan]:
        """Equations of motion, nominal booster and plan of guidance."""
        booster = booster_of(self.vehicle, self.reference)
        return flights_of(self.reference), booster, plan_of(self.vehicle, self.reference, booster)

    def __call__(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Fly the samples of these numbers ``(n,)`` and the undisturbed flight; return columns ``(n,)`` by name."""
        drawn = draw(self.table, self.seed, numbers, self.scheme, self.total)
        lanes = LANES if jax.default_backend() == "cpu" else len(numbers)
        columns: dict[str, np.ndarray] = {}
        for call in np.unique(numbers // lanes):
            mine = numbers // lanes == call
            given = jax.tree.map(lambda values, mine=mine: values[mine], drawn)
            for name, values in self._fly_lanes(given, numbers[mine] % lanes, lanes).items():
                columns.setdefault(name, np.empty(len(numbers), values.dtype))[mine] = values
        return columns

    def _fly_lanes(self, drawn: Perturbations, at: np.ndarray, lanes: int) -> dict[str, np.ndarray]:
        """Fly perturbations ``(n,)`` at the positions ``at`` of a batch of ``lanes``, with undisturbed flights elsewhere.

        One more undisturbed flight is at the end of the batch.
        """
        batch = nominal(lanes + 1, type(self.table))
        for values, given in zip(jax.tree.leaves(batch), jax.tree.leaves(drawn), strict=True):
            values[at] = given
        columns = self.fly(batch)
        undisturbed = np.full(len(at), columns["propellant"][lanes])
        return {name: values[at] for name, values in columns.items()} | {"undisturbed": undisturbed}

    def fly(self, perturbations: Perturbations) -> dict[str, np.ndarray]:
        """Fly given perturbations ``(n,)``; return columns ``(n,)`` by name.

        On a CPU they fly in batches of the size of a campaign's, filled up with undisturbed flights: to compile another size
        takes half a minute, to fly a batch half a second.
        """
        count = len(perturbations.engine_out_burn)
        lanes = LANES + 1 if jax.default_backend() == "cpu" else max(count, 1)
        flown = [
            self._fly_one(jax.tree.map(lambda values, at=at: values[at : at + lanes], perturbations), lanes)
            for at in range(0, max(count, 1), lanes)
        ]
        return {name: np.concatenate([columns[name] for columns in flown]) for name in flown[0]}

    def _fly_one(self, given: Perturbations, lanes: int) -> dict[str, np.ndarray]:
        """Fly perturbations ``(n,)``, no more than ``lanes``, at the beginning of one batch."""
        count, batch = len(given.engine_out_burn), given
        if count < lanes:
            batch = nominal(lanes, type(self.table))
            for values, ours in zip(jax.tree.leaves(batch), jax.tree.leaves(given), strict=True):
                values[:count] = ours
        _, booster, plan = self.parts
        with _EXECUTING:
            flown = jax.device_get(self._fly_batch(booster, plan, batch))
        return {name: values[:count] for name, values in columns_of(flown, self.reference).items()}

    @cached_property
    def _fly_batch(self) -> Callable[[Booster, GuidancePlan, Perturbations], FlownRecovery]:
        """The compiled batch of recoveries. JAX compiles once for each batch size."""
        flights, _, plan = self.parts
        law = ConvexReplanning() if self.guidance == "convex" else HoverSlam()
        steps = max(1, round(float(plan.landing.duration) / RENEWALS / float(plan.landing.step)))
        table = type(self.table)
        return jax.jit(jax.vmap(lambda b, q, p: recover(flights, b, q, p, law, steps, table), in_axes=(None, None, 0)))


def campaign_inputs(
    vehicle: Vehicle, recovery: str, orbit: str, table: DispersionTable, seed: int, scheme: Scheme, total: int | None,
    guidance: Guidance,
) -> dict[str, Json]:  # fmt: skip
    """Return what the flights of a campaign depend on, by name. It is known before the optimum is solved."""
    chosen = {
        "recovery": recovery,
        "orbit": orbit,
        "seed": seed,
        "guidance": guidance,
        "scheme": scheme,
        "total": total,
    }
    figures = _flat(vehicle.model_dump(mode="json", exclude=_NOT_FLOWN))
    sizes = _flat(table.model_dump(mode="json"), "dispersion ")
    return record({"vehicle": vehicle.name, **chosen, **figures, **sizes, "version of hoverslam": __version__})


def _flat(content: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return the values of nested mappings by dotted names. Bands, sources and other texts of figures are left out."""
    found: dict[str, object] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= {prefix + key: value["value"]} if "value" in value else _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


def columns_of(flown: FlownRecovery, reference: Reference) -> dict[str, np.ndarray]:
    """Return the columns ``(n,)`` of a batch of recoveries, by name."""
    down = flown.touchdown
    columns: dict[str, Any] = {  # numpy arrays, which ``device_get`` has put in the place of JAX arrays
        "propellant": flown.boostback + flown.entry + flown.landing,
        "reserve_needed": reference.values["landing.reserve"] - flown.left,
        "boostback": flown.boostback,
        "entry": flown.entry,
        "landing": flown.landing,
        "miss": down.miss,
        "sink_rate": down.sink_rate,
        "drift": down.ground_speed,
        "tilt": down.tilt,
        "dynamic_pressure": flown.pressure,
        "heating": flown.heating,
        "landing_time": down.time,
        "glide_miss": flown.glide_miss,
        "plans_failed": down.plans_failed,
        "down": down.down,
    }
    return columns
