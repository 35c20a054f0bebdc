"""The margin of one recovery: how many of many guided flights land, what propellant they need, and what that costs in payload.

    study = hs.study_margin("falcon9", "return_to_launch_site", samples=10_000, seed=1, folder=Path("runs/falcon9"))
    print(study.report())

:mod:`hoverslam.margins.study.record` says which questions a study answers.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import jax
import pandas as pd
from matplotlib.figure import Figure

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.margins.campaigns.campaign import run_campaign
from hoverslam.margins.campaigns.flyer import RecoveryFlyer
from hoverslam.margins.campaigns.progress import Progress
from hoverslam.margins.choices import Guidance, Scheme
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.disturbances.touchdown import TouchdownLimits, causes_of
from hoverslam.margins.guidance.reference import Reference, reference_of
from hoverslam.margins.study.picture import draw_study
from hoverslam.margins.study.record import MarginRecord
from hoverslam.margins.study.text import study_json, study_report
from hoverslam.reports.json_text import Json
from hoverslam.reports.results import Result
from hoverslam.vehicles.loading import as_vehicle
from hoverslam.vehicles.models import Vehicle

SAVED_REFERENCE = "reference.npz"


class MarginStudy(MarginRecord, Result):
    """The margin of one recovery, with the verbs of a result."""

    def report(self) -> str:
        """Return how many flights land and why the others do not, quantiles, and the reserve."""
        return study_report(self)

    def as_json(self) -> dict[str, Json]:
        """Return counts, reserves, quantiles and the success curve; the flights themselves are left out."""
        return study_json(self)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a flight: its number, every column of the campaign, the reserve it needs (kg) and its outcome."""
        columns = {k: v for k, v in self.campaign.columns.items() if len(v) == self.samples}
        outcome = causes_of(dict(self.campaign.columns), self.limits, None)
        return pd.DataFrame(
            {"flight": self.campaign.numbers, **columns, "reserve_needed_kg": self.need, "outcome": outcome}
        )

    def plot(self) -> Figure:
        """Return reserve needed, success against reserve, loads and touchdown points."""
        return draw_study(self)


def study_margin(
    vehicle: Vehicle | str,
    recovery: str,
    samples: int = 2000,
    seed: int = 0,
    *,
    guidance: Guidance = "convex",
    scheme: Scheme = "random",
    dispersions: Mapping[str, float] | Sequence[str] | None = None,
    probability: float = 0.99,
    confidence: float = 0.9,
    limits: TouchdownLimits | None = None,
    folder: Path | None = None,
    block: int = 250,
    workers: int | None = None,
    scheduler: str | None = None,
    reference: Reference | None = None,
    report: Callable[[str], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> MarginStudy:
    """Fly ``samples`` disturbed recoveries that follow the optimal launch, and find the reserve that they need.

    Args:
        vehicle: A vehicle, the name of a known one, or the path of a vehicle file.
        recovery: ``downrange`` or ``return_to_launch_site``.
        samples: Number of flights.
        seed: Master seed of the draws.
        guidance: Law of the landing burn, ``"convex"`` or ``"hover_slam"``.
        scheme: Sampling scheme; see :func:`hoverslam.margins.disturbances.uniforms.standard_vectors`.
        dispersions: Overrides, such as ``{"wind.sigma_m_s": 6.0}`` or ``{"scale": 0.5}``.
        probability: Probability with which the reserve must suffice.
        confidence: Confidence with which that probability must be verified.
        limits: Touchdown limits; those of the vehicle if not given.
        folder: Where optimum and flights are kept; a second run continues where the first ended.
        block: Flights in a call and in a file.
        workers: Number of processes; see :func:`hoverslam.margins.campaigns.campaign.run_campaign`. One on an accelerator.
        scheduler: Address of a Dask cluster that flies instead.
        reference: Optimum to follow; solved if not given.
        report: Receives one line for each step of the optimum.
        on_progress: Receives the progress of the campaign.

    Raises:
        VehicleError: For an unknown vehicle, mode or dispersion.
        ValueError: For the mode ``expendable``, an unknown guidance or scheme, or an optimum that is not verified.
        CampaignError: For a folder that holds another campaign, or a cluster that does not answer.
    """
    vehicle = as_vehicle(vehicle)
    table = load_dispersions(vehicle.name, dispersions)
    total = samples if scheme == "latin" else None
    if reference is None:
        reference = _reference(vehicle, recovery, folder, report)
    flyer = RecoveryFlyer(vehicle, reference, table, seed, scheme, total, guidance)
    if workers is None and scheduler is None and jax.default_backend() != "cpu":
        workers = 1  # one process flies whole blocks on the accelerator; several would compete for it
    campaign = run_campaign(
        flyer, samples, folder=folder, block=block, workers=workers, scheduler=scheduler, on_progress=on_progress
    )
    limits = TouchdownLimits.of(vehicle) if limits is None else limits
    return MarginStudy(recovery, flyer, limits, campaign, probability, confidence)


def _reference(vehicle: Vehicle, recovery: str, folder: Path | None, report: Callable[[str], None] | None) -> Reference:
    """Return the optimum kept in ``folder`` if it belongs to the vehicle's figures; otherwise solve a new one and keep it."""
    kept = None if folder is None else folder / SAVED_REFERENCE
    if kept is not None and kept.exists():
        found = Reference.load(kept)
        same = (found.vehicle, found.recovery) == (vehicle.name, recovery)
        if same and found.values == vehicle_parameters.launch_parameters(vehicle, recovery):
            return found
        raise ValueError(
            f"{kept}: the optimum of {found.vehicle} {found.recovery}, or of other figures: name another folder"
        )
    reference = reference_of(solve_launch(vehicle, recovery, report=report))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        reference.save(kept)
    return reference
