"""The validation of the model: reconstruction, calibration, prediction and payloads in one table, with a picture a flight.

``hoverslam validate`` runs it. ``results/validation.md`` is its report.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hoverslam.data.writing import NotWritten, check_folder, kept_failures
from hoverslam.flights.observed.calibration import Calibration, calibrate
from hoverslam.flights.observed.held_propellant import held_propellant_lines, held_propellant_steps
from hoverslam.flights.observed.payload_checks import PayloadCheck, check_payloads
from hoverslam.flights.observed.prediction import REQUIREMENTS, Prediction, leave_one_out
from hoverslam.reports.json_text import Json
from hoverslam.reports.results import Result
from hoverslam.studies.validation_files import MISSIONS, TABLES, files_of, picture_file

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SPEED_PERCENT, ALTITUDE = 1.0, 500.0  # largest residuals of a reconstruction: percent of the peak speed, m


class Check(NamedTuple):
    """One row of the table.

    Attributes:
        what: The quantity.
        found: Its value in the model.
        reference: The value flown or published; None for a residual.
        unit: Of both.
        asked: Largest difference allowed, in words; empty where nothing is required.
        met: Whether the requirement is met; None where there is none.
    """

    what: str
    found: float
    reference: float | None
    unit: str
    asked: str
    met: bool | None

    @property
    def off_percent(self) -> float | None:
        """Found less reference, in percent of the reference."""
        return None if self.reference is None else 100.0 * (self.found / self.reference - 1.0)

    def as_json(self) -> dict[str, Json]:
        """Return the row; ``met`` is true where nothing is required, ``met_or_shown`` null."""
        return {
            "what": self.what,
            "found": self.found,
            "reference": self.reference,
            "unit": self.unit,
            "off_percent": self.off_percent,
            "asked": self.asked,
            "met": self.met is not False,
            "met_or_shown": self.met,
        }

    def markdown(self) -> str:
        """Return the row of a Markdown table."""
        reference = "" if self.reference is None else f"{self.reference:.4g} {self.unit}"
        off = "" if self.off_percent is None else f"{self.off_percent:+.1f} %"
        verdict = {None: "", True: "met", False: "**missed**"}[self.met]
        return f"| {self.what} | {self.found:.4g} {self.unit} | {reference} | {off} | {self.asked} | {verdict} |"


@dataclass
class Validation(Result):
    """Results of the validation; parts that are not computed yet are empty.

    Attributes:
        calibration: Calibration with all flights.
        predictions: Predictions by name of the mission.
        payloads: Computed payloads beside published ones.
        unwritten: Files that could not be written, and where they are kept instead.
    """

    calibration: Calibration | None = None
    predictions: dict[str, Prediction] = field(default_factory=dict)
    payloads: list[PayloadCheck] = field(default_factory=list)
    unwritten: list[NotWritten] = field(default_factory=list)

    def checks(self) -> list[Check]:
        """Return every check of reconstructions, predictions and payloads."""
        return [*self._reconstructions(), *self._predictions(), *self._payloads()]

    @property
    def met(self) -> bool:
        """Whether every requirement checked so far is met."""
        return all(check.met is not False for check in self.checks())

    def _reconstructions(self) -> list[Check]:
        rows = []
        for name, flight in ({} if self.calibration is None else self.calibration.flights).items():
            speed, altitude = flight.residuals("speed"), flight.residuals("altitude")
            share, height = speed.percent_of_peak, altitude.rms
            close, low = (flight.verified and share < SPEED_PERCENT), (flight.verified and height < ALTITUDE)
            rows.append(Check(f"{name}: speed residual", share, None, "% of peak", f"< {SPEED_PERCENT:g} %", close))
            rows.append(Check(f"{name}: altitude residual", height, None, "m", f"< {ALTITUDE:g} m", low))
        return rows

    def _predictions(self) -> list[Check]:
        rows = []
        for name, prediction in self.predictions.items():
            met, solved = prediction.met(), "" if prediction.verified else " (not solved)"
            for what, (predicted, flown, unit) in prediction.comparisons().items():
                asked = REQUIREMENTS[what].text if what in REQUIREMENTS else ""
                good = met[what] and prediction.verified if what in met else None
                rows.append(Check(f"{name} predicted{solved}: {what}", float(predicted), flown, unit, asked, good))
        return rows

    def _payloads(self) -> list[Check]:
        rows = []
        for p in self.payloads:
            band = f"published {p.low / 1e3:.1f} to {p.high / 1e3:.1f}"
            what = f"payload {p.orbit}, {p.recovery.replace('_', ' ')} (+- {p.error / 1e3:.2f}, {band})"
            asked = f"{100 * p.tolerance:.0f} %"
            rows.append(Check(what, float(p.payload / 1e3), p.published / 1e3, "t", asked, p.met))
        return rows

    def as_json(self) -> dict[str, Json]:
        """Return the checks, and what they come from."""
        flights = {} if self.calibration is None else self.calibration.flights
        return {
            "met": self.met,
            "checks": [check.as_json() for check in self.checks()],
            "calibration": None if self.calibration is None else self.calibration.as_json(),
            "predictions": {name: prediction.as_json() for name, prediction in self.predictions.items()},
            "payloads": [payload.as_json() for payload in self.payloads],
            "propellant_held": {
                name: [step._asdict() for step in held_propellant_steps(flight)] for name, flight in flights.items()
            },
        }

    def report(self) -> str:
        """Return the checks as a Markdown table, then calibration and propellant held, as text."""
        lines = ["| check | found | reference | off | asked | |", "|---|---|---|---|---|---|"]
        lines += [check.markdown() for check in self.checks()]
        if self.calibration is not None:
            lines += ["", *self.calibration.report().splitlines()]
            lines += ["", "Propellant held at cut-off for a return to the launch site:"]
            lines += held_propellant_lines(list(self.calibration.flights.values()))
        return "\n".join(lines)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a check: ``what``, ``found``, ``reference``, ``unit``, ``off_percent``, ``asked``, ``met``.

        ``met`` is None where nothing is required.
        """
        import pandas as pd

        columns = ("what", "found", "reference", "unit", "off_percent", "asked", "met")
        rows = [[getattr(check, name) for name in columns] for check in self.checks()]
        return pd.DataFrame(rows, columns=columns).astype({"met": object})

    def plot(self) -> "Figure":
        """Return one bar a check with a reference: found less reference, in percent of the reference."""
        from hoverslam.flights.observed.pictures import Bar, draw_bars  # matplotlib is slow to import

        bars = [
            Bar(check.what, check.off_percent, float("nan"), check.met)
            for check in self.checks()
            if check.off_percent is not None
        ]
        return draw_bars("Model beside flights and published payloads", bars, "found less reference, percent")

    def _write(self, folder: Path) -> list[Path]:
        """Write ``validation.json`` and ``validation.md``, and return their paths."""
        return [self.save(folder / name) for name in TABLES]

    def _writers(self) -> dict[str, Callable[[Path], None]]:
        writers = dict(super()._writers())
        return writers | {".md": writers[".txt"]}


def validate(
    out: Path, missions: Sequence[str] = MISSIONS, report: Callable[[str], None] | None = None
) -> tuple[Validation, list[Path], bool]:
    """Reconstruct, calibrate, predict and compute payloads; results are written after each step, so Ctrl-C keeps them.

    Args:
        out: Folder for ``validation.json``, ``validation.md`` and ``figures``.
        missions: Known missions of one vehicle.
        report: Receives one line a step.

    Returns:
        The results, the files written, and whether it was interrupted.

    Raises:
        VehicleError: If a mission or its vehicle is unknown or cannot be used.
        TelemetryError: If a trace cannot be used.
        OutputError: If the folder cannot be written; nothing is computed.
    """
    check_folder(out, files_of(missions))
    done, files, pictures, interrupted = Validation(), [], [], False
    with kept_failures() as done.unwritten:
        try:
            done.calibration = calibrate(missions, report=report)
            for name, flight in done.calibration.flights.items():
                pictures.append(flight.save(out / picture_file(name)))
            done._write(out)
            for name in missions if len(missions) > 1 else ():
                done.predictions |= leave_one_out((name,), report, done.calibration).predictions
                done._write(out)
            done.payloads = check_payloads(done.calibration, report=report)
        except KeyboardInterrupt:
            interrupted = True
        if done.calibration is not None:
            files = [*done._write(out), *pictures]
    return done, files, interrupted
