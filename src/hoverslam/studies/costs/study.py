"""The cost study of a vehicle: its flights are solved, the payload is differentiated, and the cost is estimated."""

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.data.amounts import mass_kg
from hoverslam.data.overrides import Overrides
from hoverslam.economics.inputs.changes import changed_inputs
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.sampling import checked_samples
from hoverslam.economics.study import CostStudy, study_given_payload
from hoverslam.margins.study.curve import MarginCurve, load_margin_curve
from hoverslam.reports.json_text import Json
from hoverslam.reports.results import Result
from hoverslam.studies.cases import Case
from hoverslam.studies.costs.given_payload import check_given_payload, remark_on_payload
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import OrbitLike, load_orbit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from hoverslam.economics.inputs.models import CostInputs

Report = Callable[[str], None]


@dataclass(frozen=True)
class FlownCostStudy(CostStudy, Result):
    """A cost study with the flights behind it.

    Attributes:
        verified: Whether every flight behind the study is verified; true where the payload was given.
    """

    verified: bool = True

    def tables(self, explain: bool = False) -> "list[RenderableType]":
        """Return the study as tables for a terminal; ``explain`` adds the arithmetic, to the last factor and source."""
        from hoverslam.studies.costs.report import cost_tables

        return cost_tables(self, explain, self.verified)

    def report(self, explain: bool = False) -> str:
        """Return the study as text; ``explain`` adds the arithmetic, to the last factor and source."""
        from hoverslam.reports.console import text_of

        return text_of(self.tables(explain))

    def as_json(self, explain: bool = False) -> dict[str, Json]:
        """Return the study as JSON types; ``explain`` adds arithmetic, inputs and sources."""
        from hoverslam.studies.costs.report import cost_json

        return cost_json(self, explain) | {"verified": self.verified}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a figure: its value, step and band, and their effect on the cost (CNY/kg)."""
        import pandas as pd

        from hoverslam.studies.costs.report import lever_row

        return pd.DataFrame([lever_row(lever) for lever in self.levers])

    def plot(self) -> "Figure":
        """Return the picture of the effect of each figure on the cost: for one step, and for its whole band."""
        from hoverslam.studies.costs.pictures import draw_tornado

        return draw_tornado(self)


def study_cost(
    vehicle: Vehicle | str | os.PathLike[str],
    recovery: str | None = None,
    *,
    orbit: OrbitLike | None = None,
    payload_kg: float | str | None = None,
    inputs: Path | None = None,
    changes: Overrides = (),
    margin: Path | None = None,
    samples: int = 4000,
    seed: int = 0,
    report: Report | None = None,
) -> FlownCostStudy:
    """Estimate the cost of a kilogram to orbit, with its uncertainty and the effect of each figure on it.

    The flight and its expendable twin are solved, unless the payload is given.

    Args:
        vehicle: A vehicle, the name of one that comes with the package, or the path of a vehicle file.
        recovery: Recovery mode; downrange if left out, expendable for a vehicle without it.
        orbit: An orbit, or what ``load_orbit`` makes one of; the vehicle's own if left out.
        payload_kg: Payload, if no flight is to be solved: a number (kg) or a text with its unit, ``17.8t``. It must be 0.02 to
            6 % of the vehicle's mass on the pad. The effects of the vehicle's figures are left out then.
        inputs: File of cost inputs; those that come with the package if left out.
        changes: Changed cost inputs by the keys of a file of them, whose endings state the currency:
            ``["launches_per_year=20", "stage1_unit_cost_MUSD=28"]``, or a mapping.
        margin: File of a margin curve; the one that comes with the package for this recovery if left out.
        samples: Number of samples of the uncertain inputs, at most 1,000,000.
        seed: Seed of the samples.
        report: Receives a line a step.

    Raises:
        VehicleError: For a vehicle, mode, orbit or figure that does not exist, or a flight that was not solved.
        CostQuestionError: For a cost that the inputs do not cover; a payload, a change or a number of samples out of range.
        CostInputError: For a file of cost inputs that is wrong.
        ValueError: For a file that is no margin curve, or a margin curve of another recovery.
    """
    vehicle = as_vehicle(vehicle)
    case = Case(vehicle, recovery or usual_recovery(vehicle), orbit)
    case.checked()
    checked_samples(samples)
    found, remarks = _cost_inputs(vehicle, inputs, changes)
    curve = _curve(case, vehicle, margin)
    slopes: dict[str, float] | None = None
    twin, verified = None, True
    if payload_kg is None:
        payload, twin, slopes, verified = _flown(vehicle, case, report)
    else:
        payload = _given(vehicle, payload_kg)
        remarks += remark_on_payload(vehicle, vehicle.orbit(case.orbit, case.recovery).name, case.recovery, payload)
    study = study_given_payload(
        vehicle, case.recovery, payload, twin_payload_kg=twin, payload_slopes=slopes, curve=curve, inputs=found,
        samples=samples, seed=seed,
    )  # fmt: skip
    values = {f.name: getattr(study, f.name) for f in fields(study)}
    return FlownCostStudy(**values | {"notes": remarks + study.notes}, verified=verified)


def _given(vehicle: Vehicle, payload: float | str) -> float:
    """Return a payload that was given in place of a flight, in kg and checked."""
    try:
        found = mass_kg(payload)
    except ValueError as error:
        raise CostQuestionError(f"payload_kg: {error}") from None
    check_given_payload(vehicle, found)
    return found


def usual_recovery(vehicle: Vehicle) -> str:
    """Return the recovery mode that is used if none is named: downrange, or expendable for a vehicle without it."""
    return "downrange" if "downrange" in vehicle.modes else "expendable"


def _cost_inputs(vehicle: Vehicle, file: Path | None, changes: Overrides) -> "tuple[CostInputs, tuple[str, ...]]":
    """Return the cost inputs of a vehicle, from a file or from the package, with changes, and remarks on the changes.

    Raises:
        CostQuestionError: For a vehicle without cost inputs, or a change that names none.
        CostInputError: For a file that is wrong.
    """
    from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs, read_cost_inputs

    if file is not None:
        found = read_cost_inputs(file)
        if found.vehicle != vehicle.name:
            raise CostQuestionError(
                f"{file}: vehicle = {found.vehicle!r}: of another vehicle; write {vehicle.name!r} if it is meant for that one"
            )
    elif vehicle.name in cost_vehicles():
        found = load_cost_inputs(vehicle.name)
    else:
        raise CostQuestionError(f"{vehicle.name} has no cost inputs: give a file of them with --inputs")
    return changed_inputs(found, changes)


def _curve(case: Case, vehicle: Vehicle, file: Path | None) -> MarginCurve | None:
    """Return the margin curve of the recovery; None where there is none, and for an expendable flight."""
    if case.recovery == "expendable":
        return None
    if file is None:
        return load_margin_curve(vehicle.name, case.recovery)
    found = MarginCurve.load(file)
    if (found.vehicle, found.recovery) != (vehicle.name, case.recovery):
        raise ValueError(
            f"{file}: of {found.vehicle} {found.recovery}, asked about {vehicle.name} {case.recovery}: "
            "fly that one with hoverslam margin --curve"
        )
    return found


def _flown(vehicle: Vehicle, case: Case, report: Report | None) -> tuple[float, float | None, dict[str, float], bool]:
    """Return the payload, the expendable twin's payload (kg), derivatives of the payload, and whether both are verified."""
    from hoverslam.flights.launch.slopes import payload_slopes
    from hoverslam.flights.launch.solve import solve_launch

    orbit = None if case.orbit is None else load_orbit(case.orbit)
    flight = solve_launch(vehicle, case.recovery, orbit, report=report)
    if not flight.converged:
        raise VehicleError([f"{vehicle.name} {case.recovery} to {flight.orbit}: not solved: {flight.status}"])
    slopes = dict(payload_slopes(flight, report=report))
    if case.recovery == "expendable":
        return flight.payload, None, slopes, flight.verified
    if report is not None:
        report("the same without recovery")
    twin = solve_launch(vehicle, "expendable", orbit, report=report)
    return flight.payload, twin.payload if twin.converged else None, slopes, flight.verified and twin.verified
