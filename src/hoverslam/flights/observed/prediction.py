"""Prediction: the flight of a mission from calibrated figures, its payload, its orbit and its pad, beside the one flown.

    import hoverslam as hs

    print(hs.leave_one_out(("crs11", "nrol76", "saocom1a")).report())

Figures and habits come from the other flights only. ``predicted_launch.py`` states the optimal-control problem.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hoverslam.flights.launch.result import LaunchResult
from hoverslam.flights.observed.calibration import Calibration, calibrate, calibrate_without
from hoverslam.flights.observed.habits import Habits, engine_rating, habits_of
from hoverslam.flights.observed.predicted_launch import predict
from hoverslam.flights.observed.reconstruction import Reconstruction
from hoverslam.reports.json_text import Json
from hoverslam.reports.results import Result
from hoverslam.vehicles.missions import Mission

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class PredictionRequirement(NamedTuple):
    """Largest difference between a predicted and a flown quantity that counts as met.

    Attributes:
        tolerance: As a share of the flown value, or in the unit of the quantity if ``absolute``.
        text: For tables.
        absolute: Whether the tolerance is a difference.
    """

    tolerance: float
    text: str
    absolute: bool = False


REQUIREMENTS = {
    "staging speed": PredictionRequirement(0.03, "3 %"),
    "staging altitude": PredictionRequirement(5.0, "5 km", absolute=True),
    "recovery propellant": PredictionRequirement(0.10, "10 %"),
}


class PredictedQuantity(NamedTuple):
    """One quantity: predicted, flown, and their unit."""

    predicted: float
    flown: float
    unit: str

    @property
    def off_percent(self) -> float:
        """Predicted less flown, in percent of flown."""
        return 100 * (self.predicted / self.flown - 1)

    def meets(self, requirement: PredictionRequirement) -> bool:
        """Return whether the difference is within a requirement."""
        return abs(self.predicted - self.flown) / (1.0 if requirement.absolute else self.flown) <= requirement.tolerance


@dataclass
class Prediction(Result):
    """A predicted flight beside the one flown.

    Attributes:
        mission: What was predicted.
        habits: Of the operator, from other flights.
        result: The predicted flight.
        flown: The reconstruction of the flight.
    """

    mission: Mission
    habits: Habits
    result: LaunchResult
    flown: Reconstruction

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        return self.result.verified

    def comparisons(self) -> dict[str, PredictedQuantity]:
        """Return each quantity that is compared, by name."""
        r, staging, frame = self.result, self.flown.staging(), self.result.plan.frame
        phases = r.solution.phases
        parts = [part for name, part in phases.items() if name in ("flip", "boostback", "coast", "entry")]
        apogee = max((float(frame.altitude(x[:3])) for part in parts for x in part.states), default=np.nan)
        burned = self.flown.propellant
        first, last = phases["flip" if "flip" in phases else "coast"], list(phases.values())[-1]
        total = float(first.initial.mass) - float(last.final.mass)
        rows = {
            "staging time": PredictedQuantity(r.staging_time, staging["time"], "s"),
            "staging speed": PredictedQuantity(r.staging_speed, staging["speed"], "m/s"),
            "staging altitude": PredictedQuantity(r.staging_altitude / 1e3, staging["altitude"] / 1e3, "km"),
            "staging path angle": PredictedQuantity(r.staging_path_angle_deg, staging["path_angle_deg"], "deg"),
            "apogee": PredictedQuantity(apogee / 1e3, self.flown.apogee() / 1e3, "km"),
        }
        for name, used in (
            ("boostback", r.boostback_propellant), ("entry", r.entry_propellant), ("landing", r.landing_propellant)
        ):  # fmt: skip
            if used is not None and name in burned:
                rows[f"{name} propellant"] = PredictedQuantity(used / 1e3, burned[name].value / 1e3, "t")
        flown_total = self.flown.estimate("recovery propellant").value
        rows["recovery propellant"] = PredictedQuantity(total / 1e3, flown_total / 1e3, "t")
        return rows

    def met(self) -> dict[str, bool]:
        """Return whether each requirement is met, by quantity."""
        rows = self.comparisons()
        return {name: rows[name].meets(requirement) for name, requirement in REQUIREMENTS.items()}

    def as_json(self) -> dict[str, Json]:
        """Return habits, quantities compared and requirements met."""
        compared = self.comparisons().items()
        return {
            "mission": self.mission.name,
            "verified": self.verified,
            "status": self.result.status,
            "habits": self.habits.as_json(),
            "compared": {name: {"predicted": p, "flown": f, "unit": u} for name, (p, f, u) in compared},
            "met": dict(self.met()),
        }

    def report(self) -> str:
        """Return predicted beside flown, as text."""
        verdict = "verified" if self.verified else f"NOT verified ({self.result.status})"
        lines = [f"{self.mission.title}, predicted from the other flights: {verdict}"]
        met = self.met()
        for name, row in self.comparisons().items():
            asked = "" if name not in met else "   met" if met[name] else "   MISSED"
            lines.append(
                f"  {name:22s} {row.predicted:9.2f} flown {row.flown:9.2f} {row.unit:4s} {row.off_percent:+6.1f} %{asked}"
            )
        return "\n".join(lines)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a quantity: ``mission``, ``quantity``, ``predicted``, ``flown``, ``unit``, ``off_percent``, ``met``.

        ``met`` is None for a quantity without a requirement.
        """
        import pandas as pd

        met = self.met()
        rows = [
            {
                "mission": self.mission.name,
                "quantity": name,
                **row._asdict(),
                "off_percent": row.off_percent,
                "met": met.get(name),
            }
            for name, row in self.comparisons().items()
        ]
        return pd.DataFrame(rows).astype({"met": object})

    def plot(self) -> "Figure":
        """Return one bar a quantity: predicted less flown, in percent, with what is allowed behind it."""
        return _draw([self], f"{self.mission.title}: prediction from the other flights")


@dataclass
class LeaveOneOut(Result, Mapping[str, Prediction]):
    """Predictions of several missions, each from the other flights; a mapping from the name of the mission.

    Attributes:
        predictions: By name of the mission.
    """

    predictions: dict[str, Prediction]

    def __getitem__(self, mission: str) -> Prediction:
        return self.predictions[mission]

    def __iter__(self) -> Iterator[str]:
        return iter(self.predictions)

    def __len__(self) -> int:
        return len(self.predictions)

    def report(self) -> str:
        """Return predicted beside flown for each mission, as text."""
        return "\n".join(prediction.report() for prediction in self.predictions.values())

    def as_json(self) -> dict[str, Json]:
        """Return each prediction by name of the mission."""
        return {name: prediction.as_json() for name, prediction in self.predictions.items()}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a mission and quantity, as :meth:`Prediction.to_frame`."""
        import pandas as pd

        return pd.concat([prediction.to_frame() for prediction in self.predictions.values()], ignore_index=True)

    def plot(self) -> "Figure":
        """Return one bar a mission and quantity, as :meth:`Prediction.plot`."""
        return _draw(list(self.predictions.values()), "Predictions, each from the other flights")


def _draw(predictions: Sequence[Prediction], title: str) -> "Figure":
    from hoverslam.flights.observed.pictures import Bar, draw_bars  # matplotlib is slow to import

    bars = []
    for prediction in predictions:
        met = prediction.met()
        for name, row in prediction.comparisons().items():
            allowed = np.nan
            if name in REQUIREMENTS:
                requirement = REQUIREMENTS[name]
                allowed = 100.0 * requirement.tolerance / (row.flown if requirement.absolute else 1.0)
            label = f"{prediction.mission.name}: {name}" if len(predictions) > 1 else name
            bars.append(Bar(label, row.off_percent, allowed, met.get(name)))
    return draw_bars(title, bars, "predicted less flown, percent of flown")


def leave_one_out(
    missions: Sequence[str],
    report: Callable[[str], None] | None = None,
    whole: Calibration | None = None,
) -> LeaveOneOut:
    """Predict each mission from figures and habits of the others, and compare it with its own reconstruction.

    Args:
        missions: Known missions of one vehicle, to be predicted.
        report: Receives one line a solve.
        whole: Calibration over all flights, whose reconstructions are compared with; from ``missions`` by default.

    Raises:
        VehicleError: If a mission is unknown or its figures cannot be used.
        TelemetryError: If a trace cannot be used.
    """
    whole = whole or calibrate(missions, report=report)
    found = {}
    for name in missions:
        others = calibrate_without(whole, name, report)
        mission = whole.flights[name].mission
        habits = replace(habits_of(list(others.flights.values())), liftoff_thrust=_block_rating(others, mission))
        result = predict(mission, others.vehicle.name, habits, others.overrides(), report)
        found[name] = Prediction(mission, habits, result, whole.flights[name])
    return LeaveOneOut(found)


def _block_rating(others: Calibration, mission: Mission) -> float:
    """Return the engine rating of a mission's block: the mean of other flights of that block, else as stated."""
    stated = mission.engine_rating.value
    same = [engine_rating(f) for f in others.flights.values() if f.mission.engine_rating.value == stated]
    return float(np.mean(same)) if same else stated
