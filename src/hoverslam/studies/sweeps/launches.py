"""Launches, costs and margins of a vehicle with changed figures: the launch is solved from that of a neighbouring point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from typing import Any, Literal, get_args

from hoverslam import __version__
from hoverslam.data.errors import Mistake, did_you_mean
from hoverslam.data.figures import figures_of
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.plan import make_plan
from hoverslam.flights.launch.result import LaunchResult
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.flights.outcome.verdict import verdict
from hoverslam.margins.guidance.reference import reference_of
from hoverslam.margins.study.margin import study_margin
from hoverslam.reports.json_text import Json
from hoverslam.studies.cases import Case
from hoverslam.studies.costs.study import study_cost
from hoverslam.studies.sweeps.changes import Changes, SweepError
from hoverslam.studies.sweeps.files import content_of
from hoverslam.studies.sweeps.subjects import Answer, Subject, refuse_unknown
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.identity import identity_of
from hoverslam.vehicles.loading import changed_vehicle
from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.places import Orbit, OrbitLike

What = Literal["launch", "cost", "margin"]

_OF_THE_LAUNCH = ("choice", "effort", "store")
_OPTIONS: dict[str, tuple[str, ...]] = {
    "launch": (),
    "cost": ("inputs", "changes", "margin", "samples", "seed"),
    "margin": (
        "samples", "seed", "guidance", "scheme", "dispersions", "probability", "confidence", "limits", "block", "workers",
    ),
}  # fmt: skip
_OUTPUTS: dict[str, tuple[str, ...]] = {
    "launch": ("payload_kg", "staging_speed_m_s"),
    "cost": ("cost_per_kg_usd_p50", "cost_per_kg_usd_p10", "cost_per_kg_usd_p90", "cost_per_launch_cny_p50", "payload_kg"),
    "margin": ("landed", "landed_low", "landed_high", "reserve_needed_kg", "payload_kg"),
}  # fmt: skip
_NO_MATTER = ("store", "workers", "block")
"""Options that change no result, or none that counts: they do not enter the name of a file."""


@dataclass(frozen=True)
class Launches(Subject):
    """Launches, costs or margins of a vehicle with changed figures.

    Attributes:
        vehicle: The vehicle.
        what: What is studied.
        recovery: Recovery mode.
        orbit: The orbit as it was asked for.
        constraints: Limits beside those of the vehicle.
        options: Options of ``solve_launch``, ``study_cost`` or ``study_margin``.
        search: Whether every point is searched for, whatever its neighbours are.
    """

    vehicle: Vehicle
    what: What = "launch"
    recovery: str = "expendable"
    orbit: OrbitLike | None = None
    constraints: tuple[LaunchLimit, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    search: bool = False

    def check_question(self) -> None:
        """Raise an error if the question cannot be asked of the vehicle as it is stated; nothing is solved.

        Raises:
            SweepError: For an unknown study or option, or a margin of an expended booster.
            VehicleError: For an unknown recovery mode, or an orbit that is unknown or out of reach.
            ValueError: For a limit on a phase that the launch does not have.
        """
        known = get_args(What)
        if self.what not in known:
            raise SweepError([Mistake("what", repr(self.what), f"choose one of {', '.join(known)}")])
        refuse_unknown(self.options, (*_OF_THE_LAUNCH, *_OPTIONS[self.what]), self.what)
        Case(self.vehicle, self.recovery, self.orbit).target()
        make_plan(self.vehicle, self.recovery, self.orbit, self.constraints, self.options.get("choice"))
        if self.what == "margin" and self.recovery == "expendable":
            fix = "an expended booster has no margin: choose one of the other modes"
            raise SweepError([Mistake("recovery", '"expendable"', fix)])

    @property
    def title(self) -> str:
        """What is swept, for a person."""
        return f"{self.vehicle.title}, {self.recovery.replace('_', ' ')}, to {self._target.name}: {self.what}"

    @cached_property
    def _target(self) -> Orbit:
        return self.vehicle.orbit(self.orbit, self.recovery)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, the main one first."""
        return _OUTPUTS[self.what]

    def nominal(self, keys: Sequence[str]) -> Changes:
        """Return the figures of the vehicle file."""
        figures = dict(self.vehicle.figures()) | dict(figures_of(operations_of(self.vehicle), "operations."))
        wrong = [key for key in keys if key not in figures]
        if wrong:
            fix = f"no figure of {self.vehicle.name}"
            raise SweepError(Mistake(key, "", f"{fix}, {did_you_mean(key, figures)}") for key in wrong)
        return tuple((key, figures[key].value) for key in keys)

    def check(self, changes: Changes) -> None:
        """Raise an error for values out of range, or figures that do not fit together."""
        try:
            self._changed(changes)
        except VehicleError as error:
            raise SweepError(Mistake(line, "", "") for line in error.mistakes) from None

    def content(self, changes: Changes) -> Json:
        """Return vehicle, question, options and the version of the package."""
        options = {name: value for name, value in self.options.items() if name not in _NO_MATTER}
        return {
            "vehicle": identity_of(self._changed(changes)),
            "what": self.what,
            "recovery": self.recovery,
            "orbit": content_of(self._target),
            "constraints": content_of(self.constraints),
            "options": content_of(options),
            "search": self.search,
            "version": __version__,
        }

    def begin(self) -> Any:
        """Return the launch of the vehicle as it is stated: the search often starts from a stored flight of it."""
        if self.search:
            return None
        try:
            found = self._searched(self.vehicle)
        except Exception:  # it cannot fly as it is stated: the first point is searched for
            return None
        return found if found.verified else None

    def solve(self, changes: Changes, near: Any) -> Answer:
        """Solve the launch of a point, and study its cost or margin."""
        vehicle = self._changed(changes)
        flight = self._flight(vehicle, near)
        message = verdict(flight.converged, flight.verified).value
        message += "" if flight.verified else f": {flight.status}"
        if not flight.converged:
            return Answer(dict.fromkeys(self.outputs, nan), False, message)
        study = {"launch": _of_flight, "cost": self._cost, "margin": self._margin}[self.what]
        outputs = dict(zip(self.outputs, study(vehicle, flight), strict=True))
        return Answer(outputs, flight.verified, message, flight if flight.verified else None)

    def _flight(self, vehicle: Vehicle, near: LaunchResult | None) -> LaunchResult:
        """Return the launch from that of a neighbour; without one, or if that is not verified, from a search."""
        if near is not None and not self.search:
            if identity_of(near.plan.vehicle) == identity_of(vehicle):
                return near
            try:
                found = near.with_vehicle(vehicle)
            except Exception:  # the neighbour has other phases, or the solver fails from there: the search decides
                found = None
            if found is not None and found.verified:
                return found
        return self._searched(vehicle)

    def _searched(self, vehicle: Vehicle) -> LaunchResult:
        chosen = {name: value for name, value in self.options.items() if name in _OF_THE_LAUNCH}
        return solve_launch(vehicle, self.recovery, self.orbit, constraints=self.constraints, **chosen)

    def _cost(self, vehicle: Vehicle, flight: LaunchResult) -> Sequence[float]:
        found = study_cost(
            vehicle, self.recovery, orbit=self.orbit, payload_kg=flight.payload, **self._options_of("cost")
        ).estimate
        band = found.cost_usd_per_kg
        return band.p50, band.p10, band.p90, found.cost_per_launch_cny.p50, flight.payload

    def _margin(self, vehicle: Vehicle, flight: LaunchResult) -> Sequence[float]:
        reference = reference_of(flight)
        found = study_margin(vehicle, self.recovery, reference=reference, **self._options_of("margin"))
        if found.campaign.interrupted:  # the campaign ends on Ctrl-C with the flights that it has
            raise KeyboardInterrupt
        needed = found.reserve.reserve
        landed = (float(share) for share in found.curve.at(found.planned_reserve))
        return *landed, nan if needed is None else needed, flight.payload

    def _options_of(self, study: str) -> dict[str, Any]:
        return {name: value for name, value in self.options.items() if name in _OPTIONS[study]}

    def _changed(self, changes: Changes) -> Vehicle:
        return changed_vehicle(self.vehicle, dict(changes))


def _of_flight(vehicle: Vehicle, flight: LaunchResult) -> Sequence[float]:
    return flight.payload, flight.staging_speed
