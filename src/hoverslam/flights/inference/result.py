"""The result of an inference: figures, claims and payloads before and after, and what contradicts what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.data.writing import write_whole
from hoverslam.flights.inference.laplace import BAND_90, Expected
from hoverslam.flights.inference.record import InferenceRecord
from hoverslam.flights.inference.report import tables
from hoverslam.flights.inference.rows import ClaimRow, PayloadRow
from hoverslam.flights.inference.vehicle_text import Replacement, with_replacements
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result
from hoverslam.vehicles.loading import list_vehicles, vehicle_of_text
from hoverslam.vehicles.priors import packaged_file, prior_file

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Picture

_SHOWN = 20  # figures in the picture
_KINDS = {
    "payload_published": "payloads",
    "event_published": "events",
    "liftoff_mass_published_t": "lift-off mass",
    "liftoff_thrust_published_kN": "lift-off thrust",
}


@dataclass(frozen=True)
class Inference(InferenceRecord, Result):
    """The numbers of an inference (:class:`InferenceRecord`), with the verbs of a result."""

    def file_text(self) -> str:
        """Return the text of the vehicle file with the figures after the claims; all else is as it was.

        The bands are four standard errors wide, as in other vehicle files. Figures about which the claims say nothing keep
        their line.

        Raises:
            ValueError: If the vehicle was given as an object, which has no file.
            VehicleError: If the file would not pass the check of vehicle files.
        """
        if self.text is None:
            raise ValueError(
                f"{self.vehicle.name}: given as an object, which has no file to write: give a name or a path"
            )
        kinds = dict.fromkeys(_KINDS[claim.key.partition("[")[0]] for claim in self.claims)
        said = f"hoverslam infer {self.vehicle.name}: normal approximation of the posterior after {len(self.claims)} claims"
        said += f" ({', '.join(kinds)})"
        replacements = {
            row.key: Replacement(row.value, row.band_low, row.band_high, row.sigma, f"{said}; before: {row.source}")
            for row in self.changed
        }
        text = with_replacements(self.text, replacements)
        vehicle_of_text(text, f"{self.vehicle.name} after inference")
        return text

    def write(self, path: str | Path) -> Path:
        """Write the vehicle file with the figures after the claims; it appears only when complete.

        Raises:
            ValueError: As :meth:`file_text`.
            VehicleError: As :meth:`file_text`.
            NotWritten: If the file cannot be written.
        """
        write_whole(path, self.file_text())
        return Path(path)

    def write_package(self) -> list[Path]:
        """Replace the vehicle file of the package, and keep the file before as its prior if none is kept yet.

        Raises:
            ValueError: As :meth:`file_text`, or for a vehicle that does not come with the package.
            VehicleError: As :meth:`file_text`.
            NotWritten: If a file cannot be written.
        """
        name, text = self.vehicle.name, self.file_text()
        if name not in list_vehicles():
            raise ValueError(f"{name}: does not come with the package")
        before, after = prior_file(name), packaged_file(name)
        written = [after]
        if not before.is_file():
            assert self.text is not None
            write_whole(before, self.text)
            written.insert(0, before)
        write_whole(after, text)
        return written

    def report(self) -> str:
        """Return figures, claims, contradictions, payloads and checks as tables of text."""
        from hoverslam.reports.console import text_of

        return text_of(tables(self))

    def as_json(self) -> dict[str, Json]:
        """Return all rows as plain values; numbers of figures and claims are in the unit that is stated beside them."""
        rows: dict[str, object] = {
            "vehicle": self.vehicle.name,
            "title": self.vehicle.title,
            "figures": [asdict(row) | {"changed": row.changed} for row in self.figures],
            "claims": [_claim_json(row) for row in self.claims],
            "correlations": [asdict(row) for row in self.correlations],
            "contradictions": [asdict(row) for row in self.contradictions],
            "needed": [asdict(row) for row in self.needed],
            "payloads": [_payload_json(row) for row in self.payloads],
            "chi_square": self.chi_square._asdict(),
            "sampling": None if self.sampling is None else asdict(self.sampling),
            "steps": list(self.steps),
            "converged": self.converged,
            "verified": self.verified,
            "seconds": round(self.seconds, 1),
            "notes": list(self.notes),
        }
        return record(rows)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a figure, before and after the claims."""
        import pandas as pd  # slow to import

        return pd.DataFrame([asdict(row) | {"changed": row.changed} for row in self.figures])

    def plot(self) -> "Picture":
        """Return the moves of the figures in standard errors of the prior, with bands of 90 % before and after."""
        from matplotlib.figure import Figure as Picture  # matplotlib is slow to import

        from hoverslam.reports.pictures import COLOURS, plain_axis

        rows = self.figures[:_SHOWN]
        picture = Picture(figsize=(9.0, 1.5 + 0.28 * len(rows)), layout="constrained")
        axis = plain_axis(picture.subplots())
        at = range(len(rows))
        axis.barh(at, [2.0 * BAND_90] * len(rows), left=-BAND_90, height=0.8, color="#dddddd", label="before, 90 %")
        half = [BAND_90 * row.sigma / row.prior_sigma for row in rows]
        axis.errorbar([row.shift for row in rows], at, xerr=half, fmt="o", color=COLOURS[0], label="after, 90 %")
        axis.set_yticks(at, [row.key for row in rows])
        axis.invert_yaxis()
        axis.legend()
        axis.set(xlabel="standard errors of the vehicle file", title=f"{self.vehicle.title}: figures after the claims")
        return picture


def _expected(prefix: str, expected: Expected) -> dict[str, float]:
    low, high = expected.band
    return {prefix: expected.mean, f"{prefix}_sigma": expected.sigma, f"{prefix}_low": low, f"{prefix}_high": high}


def _claim_json(row: ClaimRow) -> Mapping[str, object]:
    plain = {key: value for key, value in vars(row).items() if not isinstance(value, Expected)}
    return (
        plain
        | _expected("prior", row.prior)
        | _expected("posterior", row.posterior)
        | _expected("left_out", row.left_out)
    )


def _payload_json(row: PayloadRow) -> Mapping[str, object]:
    case = {"orbit": row.orbit, "recovery": row.recovery, "verified": row.verified}
    return case | _expected("prior_kg", row.prior) | _expected("posterior_kg", row.posterior)
