"""An inference as tables of text."""

from math import isfinite
from typing import TYPE_CHECKING

from hoverslam.flights.inference.laplace import Expected
from hoverslam.flights.inference.record import InferenceRecord
from hoverslam.flights.inference.rows import ClaimRow, FigureRow, NeededRow, PayloadRow
from hoverslam.reports.tables import Column, rich_table

if TYPE_CHECKING:
    from rich.console import RenderableType


def tables(inference: InferenceRecord) -> "list[RenderableType]":
    """Return the tables of an inference and the lines between them."""
    title = inference.vehicle.title
    quiet = len(inference.figures) - len(inference.changed)
    chi = inference.chi_square
    parts: list[RenderableType] = [
        rich_table(inference.changed, _FIGURES, f"{title}: figures before and after {len(inference.claims)} claims"),
        f"{quiet} further figures with a band keep their values: the claims say nothing about them.",
        "",
        rich_table(
            inference.claims, _CLAIMS, "claims: published, computed (bands of 90 %), and expected without the claim"
        ),
        f"all claims together: chi-square {chi.value:.1f} for {chi.claims} claims; as large or larger with probability "
        f"{chi.probability:.2g} where figures, model and claims are right",
        *_contradictions(inference),
        "",
        rich_table(inference.needed, _NEEDED, "what would have to be true for each claim alone to hold exactly"),
        rich_table(inference.payloads, _PAYLOADS, "payloads (bands of 90 % from the figures)"),
    ]
    if inference.correlations:
        pairs = ", ".join(f"{row.first} and {row.second} {row.correlation:+.2f}" for row in inference.correlations)
        parts.append(f"correlations after the claims: {pairs}")
    return [*parts, *_checks(inference)]


def _contradictions(inference: InferenceRecord) -> list[str]:
    if not inference.contradictions:
        return ["no two claims contradict each other by 2 sigma"]
    return [
        f"contradiction: {row.first} and {row.second}: {row.sigma:.1f} sigma whichever of them is true"
        for row in inference.contradictions
    ]


def _checks(inference: InferenceRecord) -> list[str]:
    moves = ", ".join(f"{step:.2f}" for step in inference.steps)
    lines = [f"iterations: the figures moved by {moves} posterior sigma; {inference.seconds:.0f} s"]
    sampling = inference.sampling
    if sampling is not None:
        lines.append(
            f"sampling: {sampling.draws} draws solved ({sampling.unsolved} not), effective {sampling.effective:.1f}; largest "
            f"difference of a mean {sampling.mean_difference:+.2f} sigma ({sampling.mean_key}), of a standard deviation "
            f"{sampling.sigma_difference_percent:+.0f} % ({sampling.sigma_key}); claims computed and linear differ by up to "
            f"{sampling.prediction_error:.2f} of their error ({sampling.claim})"
        )
    lines += [f"note: {note}" for note in inference.notes]
    verdict = "verified" if inference.verified else "NOT VERIFIED"
    return [*lines, f"{verdict}: iterations {'converged' if inference.converged else 'did not converge'}"]


def _digits(sigma: float) -> int:
    """Return decimals with which a number of that standard error is shown."""
    return 0 if sigma >= 20.0 else 1 if sigma >= 2.0 else 2 if sigma >= 0.02 else 4


def _band(low: float, high: float, sigma: float) -> str:
    places = _digits(sigma)
    return f"{low:,.{places}f} to {high:,.{places}f}"


def _expected_band(expected: Expected, least: float) -> str:
    places = _digits(max(expected.sigma, least))
    return f"{expected.mean:,.{places}f} ({_band(*expected.band, max(expected.sigma, least))})"


_FIGURES = (
    Column[FigureRow]("key", "figure", right=False),
    Column[FigureRow]("unit", right=False),
    Column[FigureRow]("prior", "before", cell=lambda row: f"{row.prior:,g}"),
    Column[FigureRow](
        "band",
        "90 %",
        cell=lambda row: (
            _expected_band(Expected(row.prior, row.prior_sigma), row.prior_sigma).partition(" ")[2].strip("()")
        ),
    ),
    Column[FigureRow]("value", "after", cell=lambda row: f"{row.value:,.{_digits(row.sigma)}f}"),
    Column[FigureRow]("after", "90 %", cell=lambda row: _band(row.low, row.high, row.sigma)),
    Column[FigureRow]("shift", "move, sigma", format="+.2f"),
    Column[FigureRow]("narrower", "error, % of before", cell=lambda row: f"{100.0 * row.sigma / row.prior_sigma:.0f}"),
)
_CLAIMS = (
    Column[ClaimRow]("name", "claim", right=False),
    Column[ClaimRow]("unit", right=False),
    Column[ClaimRow]("published", cell=lambda row: f"{row.published:,g}"),
    Column[ClaimRow](
        "error",
        "+- statement, model",
        cell=lambda row: f"{row.statement_error:,.3g}, {row.model_error:,.3g}",
    ),
    Column[ClaimRow]("prior", "computed before", cell=lambda row: _expected_band(row.prior, 0.02)),
    Column[ClaimRow]("off_prior", "off, sigma", format="+.1f"),
    Column[ClaimRow]("posterior", "computed after", cell=lambda row: _expected_band(row.posterior, 0.02)),
    Column[ClaimRow]("left_out", "expected without it", cell=lambda row: _expected_band(row.left_out, 0.02)),
    Column[ClaimRow]("off", "off, sigma", format="+.1f"),
)
_NEEDED = (
    Column[NeededRow]("name", "claim", right=False),
    Column[NeededRow](
        "sigma",
        "from the file, sigma",
        cell=lambda row: f"{row.sigma:.1f}" if isfinite(row.sigma) else "no figure moves it",
    ),
    Column[NeededRow](
        "figures",
        "figures that would move most",
        right=False,
        cell=lambda row: ", ".join(
            f"{f.key} = {f.value:.4g} {f.unit} ({f.shift:+.1f})".replace("  ", " ") for f in row.figures
        ),
    ),
)
_PAYLOADS = (
    Column[PayloadRow]("orbit", right=False),
    Column[PayloadRow]("recovery", right=False, cell=lambda row: row.recovery.replace("_", " ")),
    Column[PayloadRow]("prior", "before, kg", cell=lambda row: _expected_band(row.prior, 20.0)),
    Column[PayloadRow]("posterior", "after, kg", cell=lambda row: _expected_band(row.posterior, 20.0)),
    Column[PayloadRow]("verified", right=False),
)
