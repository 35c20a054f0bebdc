"""From a question about cost to its answer: the flights solved, their derivatives taken, the study made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.studies.cases import Case
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle

if TYPE_CHECKING:
    from hoverslam.economics.inputs.models import CostInputs
    from hoverslam.economics.questions.study import CostStudy
    from hoverslam.margins.study.curve import MarginCurve
    from hoverslam.vehicles.models import Vehicle

Report = Callable[[str], None]


@dataclass(frozen=True)
class CostQuestion:
    """A vehicle flown with a recovery, and what else is given.

    Attributes:
        case: vehicle, recovery, orbit, changed figures.
        inputs: file of cost inputs; the packaged ones of the vehicle if left out.
        changed: cost inputs changed, as ``launches_per_year=20``.
        payload_kg: taken as given instead of solving the flight; no derivatives by figures of the vehicle then.
        margin: file of a margin curve; the packaged one of the recovery if left out.
        samples, seed: of the Monte Carlo.
    """

    case: Case
    inputs: Path | None = None
    changed: tuple[str, ...] = ()
    payload_kg: float | None = None
    margin: Path | None = None
    samples: int = 4000
    seed: int = 0

    def cost_inputs(self, vehicle: "Vehicle") -> "CostInputs":
        """The cost inputs, changed as asked.

        Raises:
            CostQuestionError: for a vehicle without cost inputs, or a change that names none.
            CostInputError: for a file that is wrong.
        """
        from hoverslam.economics.inputs.errors import CostQuestionError
        from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs, read_cost_inputs

        if self.inputs is not None:
            found = read_cost_inputs(self.inputs)
            if found.vehicle != vehicle.name:
                told = f"{self.inputs}: vehicle = {found.vehicle!r}"
                raise CostQuestionError(
                    f"{told}: of another vehicle; write {vehicle.name!r} if it is meant for that one"
                )
        elif vehicle.name in cost_vehicles():
            found = load_cost_inputs(vehicle.name)
        else:
            raise CostQuestionError(f"{vehicle.name} has no cost inputs: give a file of them with --inputs")
        return found.replace("--cost", **dict(map(_pair, self.changed))) if self.changed else found

    def curve(self, vehicle: "Vehicle") -> "MarginCurve | None":
        """The margin curve of this recovery, None where there is none or nothing comes home."""
        from hoverslam.margins.study.curve import MarginCurve, load_margin_curve

        if self.case.recovery == "expendable":
            return None
        if self.margin is None:
            return load_margin_curve(vehicle.name, self.case.recovery)
        found = MarginCurve.load(self.margin)
        if (found.vehicle, found.recovery) != (vehicle.name, self.case.recovery):
            raise ValueError(
                f"{self.margin}: of {found.vehicle} {found.recovery}, asked about {vehicle.name} {self.case.recovery}: "
                "fly that one with hoverslam margin --curve"
            )
        return found


def _pair(text: str) -> tuple[str, float]:
    from hoverslam.economics.inputs.errors import CostQuestionError

    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise CostQuestionError(f"--cost: {text}: give KEY=NUMBER, as launches_per_year=20") from None


def usual_recovery(vehicle: "Vehicle") -> str:
    """The recovery that is asked about where none is named: downrange, or expendable where nothing comes home."""
    return "downrange" if "downrange" in vehicle.modes else "expendable"


def cost_study(question: CostQuestion, report: Report | None = None) -> "tuple[CostStudy, bool]":
    """Answer a question; the second value is whether every flight behind it is verified.

    Raises:
        VehicleError: for a vehicle, mode, orbit or figure that is not there, or a flight that was not solved.
        CostQuestionError, CostInputError: for costs that cannot be told.
        ValueError: for a margin curve that is none or of another recovery.
    """
    from hoverslam.economics.questions.study import study_cost

    case = question.case
    case.checked()
    vehicle = load_vehicle(case.vehicle, case.overrides)
    inputs, curve = question.cost_inputs(vehicle), question.curve(vehicle)
    slopes: dict[str, float] | None = None
    twin, payload, verified = None, question.payload_kg, True
    if payload is None:
        payload, twin, slopes, verified = _flown(vehicle, case, report)
    study = study_cost(
        vehicle, case.recovery, payload, twin_payload_kg=twin, payload_slopes=slopes, curve=curve, inputs=inputs,
        samples=question.samples, seed=question.seed,
    )  # fmt: skip
    return study, verified


def _flown(vehicle: "Vehicle", case: Case, report: Report | None) -> tuple[float, float | None, dict[str, float], bool]:
    """Payload, payload of the expendable twin, slopes of the payload, and whether both flights are verified."""
    from hoverslam.flights.launch.slopes import payload_slopes
    from hoverslam.flights.launch.solve import solve_launch

    flight = solve_launch(vehicle, case.recovery, case.orbit, report=report)
    if not flight.converged:
        raise VehicleError([f"{vehicle.name} {case.recovery} to {flight.orbit}: not solved: {flight.status}"])
    slopes = payload_slopes(flight, report=report)
    if case.recovery == "expendable":
        return flight.payload, None, slopes, flight.verified
    if report is not None:
        report("the same without recovery")
    twin = solve_launch(vehicle, "expendable", flight.orbit, report=report)
    return flight.payload, twin.payload if twin.converged else None, slopes, flight.verified and twin.verified
