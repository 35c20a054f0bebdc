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

from hoverslam.data.errors import shown
from hoverslam.data.writing import check_folder, kept_failures
from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.margins.campaigns.blocks import CampaignError
from hoverslam.margins.campaigns.campaign import run_campaign
from hoverslam.margins.campaigns.flyer import RecoveryFlyer, campaign_inputs
from hoverslam.margins.campaigns.progress import Progress
from hoverslam.margins.campaigns.store import MANIFEST, read_manifest, require_inputs
from hoverslam.margins.choices import GUIDANCE, SCHEMES, Guidance, Scheme
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.disturbances.touchdown import TouchdownLimits, causes_of
from hoverslam.margins.guidance.reference import Reference, reference_of
from hoverslam.margins.study.picture import draw_study
from hoverslam.margins.study.record import MarginRecord
from hoverslam.margins.study.text import study_json, study_report
from hoverslam.reports.console import say
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
        OutputError: For a folder that cannot be written.
    """
    vehicle = as_vehicle(vehicle)
    table = load_dispersions(vehicle.name, dispersions)
    total = samples if scheme == "latin" else None
    _check_choices(recovery, guidance, scheme)
    if folder is not None:
        check_folder(folder, (MANIFEST, SAVED_REFERENCE))
        orbit = vehicle.orbit(None, recovery).name if reference is None else reference.orbit
        _check_campaign(folder, campaign_inputs(vehicle, recovery, orbit, table, seed, scheme, total, guidance), block)
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
    """Return the optimum kept in ``folder``; otherwise solve one and keep it. One that is damaged is solved again.

    Raises:
        ValueError: If the folder keeps the optimum of another vehicle, recovery or orbit, or of other figures.
    """
    kept = None if folder is None else folder / SAVED_REFERENCE
    if kept is not None and kept.exists():
        try:
            found = Reference.load(kept)
        except ValueError as error:
            say(f"{error}: solved again")
        else:
            _require_same(found, vehicle, recovery, kept)
            return found
    reference = reference_of(solve_launch(vehicle, recovery, report=report))
    if kept is not None:
        with kept_failures() as failures:
            reference.save(kept)
        for failure in failures:
            say(str(failure))
    return reference


def _require_same(found: Reference, vehicle: Vehicle, recovery: str, kept: Path) -> None:
    there = {"vehicle": found.vehicle, "recovery": found.recovery, "orbit": found.orbit, **found.values}
    here = {
        "vehicle": vehicle.name, "recovery": recovery, "orbit": vehicle.orbit(None, recovery).name,
        **vehicle_parameters.launch_parameters(vehicle, recovery),
    }  # fmt: skip
    for name in here | there:
        if there.get(name) != here.get(name):
            told = f"{name} is {shown(there.get(name))} there and {shown(here.get(name))} here"
            raise ValueError(f"{kept}: another optimum: {told}: give what it has, or name another folder")


def _check_campaign(folder: Path, inputs: Mapping[str, Json], block: int) -> None:
    """Raise CampaignError if a folder holds a campaign of other inputs or blocks. Nothing is solved."""
    about = read_manifest(folder)
    if about is None:
        return
    require_inputs(folder, about, inputs)
    if about["block"] != block:
        raise CampaignError(
            f"{folder}: holds blocks of {about['block']} samples, not {block}: give that, or name another folder"
        )


def _check_choices(recovery: str, guidance: str, scheme: str) -> None:
    for name, value, known in (("guidance", guidance, GUIDANCE), ("scheme", scheme, SCHEMES)):
        if value not in known:
            raise ValueError(f"{name}: {value!r}: choose {' or '.join(known)}")
    if recovery == "expendable":
        raise ValueError(f"recovery: {recovery!r} has no way home: choose one of the other modes")
