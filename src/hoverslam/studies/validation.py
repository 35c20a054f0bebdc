"""``hoverslam validate``: reconstruction, calibration, prediction and payloads in one table, with a figure a flight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from hoverslam.studies.comparison.tables import write_whole
from hoverslam.studies.launch_report import dump_json

if TYPE_CHECKING:
    from hoverslam.flights.observed.calibration import Calibration
    from hoverslam.flights.observed.prediction import Prediction
    from hoverslam.flights.observed.reconstruction import Reconstruction
    from hoverslam.flights.observed.validation import PayloadCheck

MISSIONS = ("crs11", "nrol76", "saocom1a")
SPEED_PERCENT, ALTITUDE = 1.0, 500.0  # what a reconstruction is asked to meet: % of the peak speed, m


@dataclass
class Validation:
    """What has been done so far; the rest is empty."""

    calibration: "Calibration | None" = None
    predictions: "dict[str, Prediction]" = field(default_factory=dict)
    payloads: "list[PayloadCheck]" = field(default_factory=list)

    def checks(self) -> list[dict[str, Any]]:
        """One row a check: what, found, reference, unit, off (%), asked, met."""
        return [*self._reconstructions(), *self._predictions(), *self._payloads()]

    @property
    def met(self) -> bool:
        """Whether every check that has been made is met."""
        return all(check["met"] for check in self.checks())

    def _reconstructions(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for name, flight in ({} if self.calibration is None else self.calibration.flights).items():
            j = flight.as_json()
            share, height, good = j["speed_rms_percent_of_peak"], j["altitude_rms_m"], flight.verified
            rows.append(
                _row(f"{name}: speed residual", share, None, "% of peak", "< 1 %", good and share < SPEED_PERCENT)
            )
            rows.append(_row(f"{name}: altitude residual", height, None, "m", "< 500 m", good and height < ALTITUDE))
        return rows

    def _predictions(self) -> list[dict[str, Any]]:
        from hoverslam.flights.observed.prediction import ASKED

        rows = []
        for name, prediction in self.predictions.items():
            met, solved = prediction.met(), "" if prediction.verified else " (not solved)"
            for what, (found, flown, unit) in prediction.rows().items():
                good = met[what] and prediction.verified if what in met else None
                rows.append(
                    _row(f"{name} predicted{solved}: {what}", found, flown, unit, ASKED.get(what, (0.0, ""))[1], good)
                )
        return rows

    def _payloads(self) -> list[dict[str, Any]]:
        return [
            _row(
                f"payload {p.orbit}, {p.recovery.replace('_', ' ')} (+- {p.error / 1e3:.2f}, published {p.low / 1e3:.1f} to "
                f"{p.high / 1e3:.1f})", p.payload / 1e3, p.published / 1e3, "t", f"{100 * p.within:.0f} %", p.met
            )
            for p in self.payloads
        ]  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Everything as plain numbers."""
        from hoverslam.flights.observed.validation import settle_held

        flights = {} if self.calibration is None else self.calibration.flights
        return {
            "met": self.met,
            "checks": self.checks(),
            "calibration": None if self.calibration is None else self.calibration.as_json(),
            "predictions": {name: p.as_json() for name, p in self.predictions.items()},
            "payloads": [p.as_json() for p in self.payloads],
            "propellant_held": {name: [s._asdict() for s in settle_held(f)] for name, f in flights.items()},
        }

    def report(self) -> str:
        """Everything as text."""
        from hoverslam.flights.observed.validation import held_lines

        lines = ["| check | found | reference | off | asked | |", "|---|---|---|---|---|---|"]
        for c in self.checks():
            reference = "" if c["reference"] is None else f"{c['reference']:.4g} {c['unit']}"
            off = "" if c["off_percent"] is None else f"{c['off_percent']:+.1f} %"
            verdict = {None: "", True: "met", False: "**missed**"}[c["met_or_shown"]]
            lines.append(
                f"| {c['what']} | {c['found']:.4g} {c['unit']} | {reference} | {off} | {c['asked']} | {verdict} |"
            )
        if self.calibration is not None:
            lines += ["", *self.calibration.report().splitlines()]
            lines += ["", "Propellant held at cut-off for a return to the launch site:"]
            lines += held_lines(list(self.calibration.flights.values()))
        return "\n".join(lines)


def _row(what: str, found: float, reference: float | None, unit: str, asked: str, met: bool | None) -> dict[str, Any]:
    off = None if reference is None else 100.0 * (found / reference - 1.0)
    return {
        "what": what, "found": float(found), "reference": reference, "unit": unit, "off_percent": off, "asked": asked,
        "met": met is not False, "met_or_shown": met,
    }  # fmt: skip


def validate(
    out: Path, missions: Sequence[str] = MISSIONS, report: Callable[[str], None] | None = None
) -> tuple[Validation, list[Path], bool]:
    """Do it all, writing what is done as it is done; Ctrl-C keeps it.

    Args:
        out: folder for ``validation.json``, ``validation.md`` and ``figures``.
        missions: known missions of one vehicle.
        report: receives one line a step.

    Returns:
        What was found, the files written, and whether it was interrupted.
    """
    from hoverslam.flights.observed.calibration import calibrate
    from hoverslam.flights.observed.prediction import leave_one_out
    from hoverslam.flights.observed.validation import check_payloads

    done, files, pictures, interrupted = Validation(), [], [], False
    try:
        done.calibration = calibrate(missions, report=report)
        pictures = _drawn(done.calibration, out / "figures")
        _written(done, out)
        for name in missions if len(missions) > 1 else ():
            done.predictions |= leave_one_out((name,), report, done.calibration)
            _written(done, out)
        done.payloads = check_payloads(done.calibration, report=report)
    except KeyboardInterrupt:
        interrupted = True
    if done.calibration is not None:
        files = [*_written(done, out), *pictures]
    return done, files, interrupted


def _written(done: Validation, out: Path) -> list[Path]:
    files = [out / "validation.json", out / "validation.md"]
    write_whole(files[0], dump_json(done.as_json()) + "\n")
    write_whole(files[1], done.report() + "\n")
    return files


def _drawn(calibration: "Calibration", folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for name, flight in calibration.flights.items():
        pictures.append(folder / f"validate_{name}.png")
        draw_residuals(flight).savefig(pictures[-1], dpi=130, metadata={"Software": None})
    return pictures


def draw_residuals(flight: "Reconstruction") -> Figure:
    """Telemetry over the fitted flight, and what is left beneath: speed to the left, altitude to the right."""
    figure = Figure(figsize=(12, 6.6), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, height_ratios=(2, 1))
    start = flight.seen.segments[0].start
    for column, (what, unit, size) in enumerate((("speed", "m/s", 1.0), ("altitude", "km", 1e-3))):
        left = flight.fit.residuals(flight.mission.name, what)
        upper, lower = axes[0, column], axes[1, column]
        order = np.argsort(left.time)
        time = left.time[order] - start
        upper.plot(time, size * left.measured[order], ".", color="#bbbbbb", markersize=5, label="telemetry")
        upper.plot(time, size * left.fitted[order], color="#228833", linewidth=1.4, label="fitted flight")
        upper.set_ylabel(f"{what} ({unit})")
        upper.set_title(f"{what}: {left.rms:.2f} m/s rms" if what == "speed" else f"{what}: {left.rms:.0f} m rms")
        lower.plot(time, left.left[order], color="#cc6677", linewidth=0.9)
        lower.set_ylabel(f"left ({'m/s' if what == 'speed' else 'm'})")
        lower.set_xlabel("time after lift-off (s)")
        for segment in flight.seen.segments[1:]:
            if segment.name == "ascent":  # no event: where the throttle becomes free
                continue
            for axis in (upper, lower):
                axis.axvline(segment.start - start, color="#dddddd", linewidth=0.8, zorder=0)
            if column == 0:
                upper.annotate(
                    segment.name, (segment.start - start, 1.0), xycoords=("data", "axes fraction"), fontsize=8,
                    rotation=90, ha="right", va="top", color="#888888",
                )  # fmt: skip
        for axis in (upper, lower):
            axis.spines[["top", "right"]].set_visible(False)
    axes[0, 1].legend(frameon=False)
    figure.suptitle(f"{flight.mission.title}: telemetry and reconstruction", fontweight="bold")
    return figure
