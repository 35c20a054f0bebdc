"""What published payloads, masses, thrusts and events imply for the figures of a vehicle file: :func:`infer`."""

import os
import time
from collections.abc import Callable

import numpy as np

from hoverslam.flights.inference.claims import Case, Claim, claims_of
from hoverslam.flights.inference.flown import Flights, Known, NotFlown, payload_row
from hoverslam.flights.inference.gauss_newton import SMALL_PAYLOAD, Fitted, fit
from hoverslam.flights.inference.laplace import joint_chi_square
from hoverslam.flights.inference.record import SamplingRow
from hoverslam.flights.inference.result import Inference
from hoverslam.flights.inference.rows import (
    PayloadRow,
    claim_rows,
    contradiction_rows,
    correlation_rows,
    figure_rows,
    needed_rows,
    payload_row_of,
)
from hoverslam.flights.inference.sampling import SamplingCheck, check_by_sampling
from hoverslam.flights.inference.unknowns import Unknown, unknowns_of, with_unknowns
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import load_orbit
from hoverslam.vehicles.priors import starting_file

Report = Callable[[str], None]
DRAWS = 8
"""Draws of the check by sampling; each solves every claimed launch once."""


def infer(
    vehicle: Vehicle | str | os.PathLike[str],
    *,
    samples: int = DRAWS,
    seed: int = 0,
    report: Report | None = None,
) -> Inference:
    """Return what the published claims about a vehicle imply for the uncertain figures of its file, by Bayes' rule.

    Prior: the bands of the vehicle file, four standard errors wide. Likelihood: published payloads, lift-off mass and thrust,
    and events of flights, with the errors of statement and model. Model: the launch optimum. The posterior is normal
    (Laplace's approximation), found by Gauss-Newton iterations in which every claimed launch is solved again.

    Args:
        vehicle: A vehicle, the name of a known one, or the path of a vehicle file. For a name, the file as it was before an
            earlier inference is used where there is one, so that no claim counts twice.
        samples: Draws of the posterior at which the launches are solved to check it; 0 for none.
        seed: Seed of the draws.
        report: Receives one line for each step.

    Raises:
        VehicleError: For a vehicle that is unknown, does not fly to orbit, is claimed nothing about or has no bands; also if a
            launch is excluded or not solved with the figures of the file.
    """
    began = time.perf_counter()
    found, text = _started(vehicle)
    claims = _claims(found)
    told: Report = report or (lambda line: None)
    unknowns = _unknowns(found)
    flights, notes = Flights.first(found, _cases(found, claims), told)
    claims = [claim for claim in claims if claim.case in flights.by_case]
    if not claims:
        raise VehicleError([f"{found.name}: {note}" for note in notes])
    try:
        fitted = fit(flights, claims, unknowns, told)
        payloads = _payloads(fitted, told, notes)
    except NotFlown as failure:
        raise VehicleError([str(failure)]) from failure
    check = check_by_sampling(fitted, samples, seed, told) if samples else None
    if samples and check is None:
        notes.append(
            f"sampling: fewer than two of {samples} draws were solved: the normal approximation is not checked"
        )
    return Inference(
        vehicle=found,
        figures=figure_rows(fitted),
        claims=claim_rows(fitted),
        correlations=correlation_rows(fitted),
        contradictions=contradiction_rows(fitted),
        needed=needed_rows(fitted),
        payloads=payloads,
        chi_square=joint_chi_square(fitted.linear),
        sampling=None if check is None else _sampling_row(check, fitted),
        steps=fitted.steps,
        converged=fitted.converged,
        seconds=time.perf_counter() - began,
        text=text,
        notes=(*fitted.notes, *notes),
    )


def _started(vehicle: Vehicle | str | os.PathLike[str]) -> tuple[Vehicle, str | None]:
    """Return the vehicle before the claims, and the text of its file."""
    if isinstance(vehicle, Vehicle):
        return vehicle, None
    path = starting_file(vehicle)
    found = load_vehicle(vehicle if path is None else path)
    return found, None if path is None else path.read_text(encoding="utf-8")


def _claims(vehicle: Vehicle) -> list[Claim]:
    if not vehicle.modes:
        raise VehicleError(
            [f"{vehicle.name}: a test article, it does not fly to orbit: there is no payload to infer from"]
        )
    claims = claims_of(vehicle)
    if not claims:
        fix = "nothing is published: add [[payload_published]], liftoff_mass_published_t or [[event_published]]"
        raise VehicleError([f"{vehicle.name}: {fix} with a status other than estimate"])
    return claims


def _unknowns(vehicle: Vehicle) -> list[Unknown]:
    unknowns = unknowns_of(vehicle)
    if not unknowns:
        raise VehicleError([f"{vehicle.name}: no figure has a band: add low and high to those that are uncertain"])
    return unknowns


def _cases(vehicle: Vehicle, claims: list[Claim]) -> list[Case]:
    """Return the launches that claims are about, and those of every recovery mode to the default orbit."""
    assert vehicle.default_orbit is not None
    orbit = load_orbit(vehicle.default_orbit).name
    every = [claim.case for claim in claims] + [Case(orbit, mode) for mode in vehicle.modes]
    return list(dict.fromkeys(every))


def _payloads(fitted: Fitted, report: Report, notes: list[str]) -> list[PayloadRow]:
    """Return the payloads before and after the claims; ``notes`` gets a line for each launch not solved or not verified."""
    before, last = fitted.at_prior, fitted.at_posterior
    values = with_unknowns(fitted.unknowns, fitted.unknown.mean)
    rows = []
    for case, flight in before.flights.by_case.items():
        start = (last if case in last.payloads else before).flights.only([case])
        try:
            after = start.moved(values, report, verify=True).by_case[case]
        except NotFlown as failure:
            notes.append(f"payload after the claims: {failure}")
            continue
        slopes = last.payloads.get(case)
        if slopes is None:
            slopes = payload_row(after, fitted.unknowns, Known(before.payloads[case], SMALL_PAYLOAD * after.payload))
        if not after.verified:
            notes.append(
                f"{case.recovery} to {case.orbit}: not verified with the figures after the claims: {after.status}"
            )
        rows.append(
            payload_row_of(
                case, (flight.payload, before.payloads[case]), (after.payload, slopes), fitted, after.verified
            )
        )
    return rows


def _sampling_row(check: SamplingCheck, fitted: Fitted) -> SamplingRow:
    mean = int(np.argmax(np.abs(check.mean_differences)))
    sigma = int(np.argmax(np.abs(check.sigma_differences)))
    claim = int(np.argmax(check.prediction_errors))
    return SamplingRow(
        draws=check.draws,
        unsolved=check.unsolved,
        effective=check.effective,
        mean_difference=float(check.mean_differences[mean]),
        mean_key=fitted.unknowns[mean].key,
        sigma_difference_percent=100.0 * float(check.sigma_differences[sigma]),
        sigma_key=fitted.unknowns[sigma].key,
        prediction_error=float(check.prediction_errors[claim]),
        claim=fitted.claims[claim].name,
    )
