"""Many recoveries at once: samples in, columns out, compiled once a block size."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import jax
import numpy as np

from hoverslam import __version__
from hoverslam.margins.disturbances.dispersions import DispersionTable
from hoverslam.margins.disturbances.draws import Perturbations, Scheme, draw, nominal
from hoverslam.margins.guidance.planning import booster_of, flights_of, plan_of
from hoverslam.margins.guidance.powered_landing import HoverSlam
from hoverslam.margins.guidance.recovery import Recovery, recover
from hoverslam.margins.guidance.reference import Reference
from hoverslam.margins.guidance.replanning import Replanned
from hoverslam.vehicles.models import Vehicle

GUIDANCE = ("convex", "hover_slam")
# XLA on a CPU may wait for ever where two threads execute a programme such as this at once (seen with jaxlib 0.10.2): one at a
# time in a process. More cores take more processes.
_EXECUTING = Lock()
# The last bits of a flight depend on the size of the batch that XLA compiled for and on the flight's place in it. So on a CPU
# every call has one size, and a sample's place comes from its number, whatever the batch asked for.
LANES = 250
RENEWALS = 24  # of a landing's plan, in the duration of the reference's burn
COLUMNS = {
    "propellant": "kg", "reserve_needed": "kg", "boostback": "kg", "entry": "kg", "landing": "kg", "miss": "m",
    "sink_rate": "m/s", "drift": "m/s", "tilt": "rad", "dynamic_pressure": "Pa", "heating": "W/m2",
    "landing_time": "s", "glide_miss": "m", "plans_failed": "", "down": "", "undisturbed": "kg",
}  # fmt: skip
"""What is kept of a flight, with units; the last is the propellant of the flight without any dispersion, on every row."""


@dataclass(frozen=True)
class Flyer:
    """Flies samples by their numbers; the same numbers give the same flights.

    Attributes:
        vehicle, reference: what flies, and the optimum it follows.
        table: its dispersions.
        seed, scheme, total: of the draws; ``total`` is for Latin hypercubes.
        guidance: ``"convex"`` (plans again and again) or ``"hover_slam"`` (the explicit law).
    """

    vehicle: Vehicle
    reference: Reference
    table: DispersionTable
    seed: int = 0
    scheme: Scheme = "random"
    total: int | None = None
    guidance: str = "convex"
    _compiled: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.guidance not in GUIDANCE:
            raise ValueError(f"guidance: {self.guidance!r}: choose {' or '.join(GUIDANCE)}")

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in ("_compiled", "parts")} | {
            "_compiled": {}
        }

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the flights: vehicle, optimum, dispersions, seed, guidance and version."""
        legs = {
            name: [leg.position.tobytes().hex(), leg.mass.tobytes().hex()] for name, leg in self.reference.legs.items()
        }
        parts = [
            __version__, self.vehicle.name, self.reference.recovery, self.reference.values, legs,
            self.table.model_dump(mode="json"), self.seed, self.scheme, self.total, self.guidance,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    @cached_property
    def parts(self) -> tuple[Any, Any, Any]:
        """Equations of motion, nominal booster, guidance's plan."""
        booster = booster_of(self.vehicle, self.reference)
        return flights_of(self.reference), booster, plan_of(self.vehicle, self.reference, booster)

    def __call__(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Fly the samples of those numbers, and beside them the undisturbed flight: columns ``(n,)`` by name."""
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
        """Fly perturbations ``(n,)`` at the places ``at`` of ``lanes``, and undisturbed flights at the others and one more."""
        batch = nominal(lanes + 1)
        for values, given in zip(batch, drawn, strict=True):
            values[at] = given
        columns = self.fly(batch)
        undisturbed = np.full(len(at), columns["propellant"][lanes])
        return {name: values[at] for name, values in columns.items()} | {"undisturbed": undisturbed}

    def fly(self, perturbations: Perturbations) -> dict[str, np.ndarray]:
        """Fly given perturbations: columns ``(n,)`` by name."""
        if "fly" not in self._compiled:
            self._compiled["fly"] = self._compile()
        _, booster, plan = self.parts
        with _EXECUTING:
            flown = jax.device_get(self._compiled["fly"](booster, plan, perturbations))
        return columns_of(flown, self.reference)

    def _compile(self) -> Any:
        flights, _, plan = self.parts
        law = Replanned() if self.guidance == "convex" else HoverSlam()
        steps = max(1, round(float(plan.landing.duration) / RENEWALS / float(plan.landing.step)))
        return jax.jit(jax.vmap(lambda b, q, p: recover(flights, b, q, p, law, steps), in_axes=(None, None, 0)))


def columns_of(flown: Recovery, reference: Reference) -> dict[str, np.ndarray]:
    """Flat columns of a batch of recoveries."""
    down = flown.touchdown
    columns: dict[str, Any] = {
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
