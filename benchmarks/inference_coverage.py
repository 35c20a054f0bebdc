"""How often true figures lie inside the band of 90 % that an inference states.

    python benchmarks/inference_coverage.py --vehicle longmarch6a --draws 100

True figures are drawn from the prior. The launches are solved with them, and their payloads and masses, with errors drawn as
the inference assumes them, are the claims. The inference then starts from the prior values, with true re-solves. Printed is
the share of draws in which the truth lies inside the band, for each figure that the claims change.
"""

import argparse
import time
from dataclasses import replace

import numpy as np

from hoverslam.flights.inference.claims import Claim, claims_of, error_covariance
from hoverslam.flights.inference.flown import Flights, NotFlown, computed_values
from hoverslam.flights.inference.gauss_newton import Fitted, fit, fit_from
from hoverslam.flights.inference.laplace import BAND_90
from hoverslam.flights.inference.unknowns import unknowns_of, with_unknowns
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.priors import starting_file


def main() -> None:
    """Print the coverage of every figure and of all together."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vehicle", default="longmarch6a", help="a vehicle that comes with the package")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", help="use only the claims of this recovery mode")
    given = parser.parse_args()
    base, flights = prepared(given.vehicle, given.mode)
    random, inside, iterations, lost = np.random.default_rng(given.seed), [], [], 0
    began = time.perf_counter()
    for number in range(given.draws):
        found = one_draw(base, flights, random)
        if found is None:
            lost += 1
            continue
        inside.append(found[0])
        iterations.append(found[1])
        print(
            f"draw {number + 1}: {np.mean(inside):.3f} inside so far, {time.perf_counter() - began:.0f} s", flush=True
        )
    for unknown, share in zip(base.unknowns, np.mean(inside, axis=0), strict=True):
        print(f"{unknown.key:48s} {100 * share:5.0f} %")
    print(f"all figures: {100 * np.mean(inside):.1f} % of {len(inside)} draws, {lost} not solved")
    print(f"{np.mean(iterations):.1f} iterations a draw, {time.perf_counter() - began:.0f} s")


def prepared(name: str, mode: str | None) -> tuple[Fitted, Flights]:
    """Return an inference of the vehicle as it is, whose slopes at the prior values all draws share, and its launches."""
    path = starting_file(name)
    assert path is not None
    vehicle = load_vehicle(path)
    claims = [claim for claim in claims_of(vehicle) if mode in (None, claim.case.recovery)]
    flights, _ = Flights.first(vehicle, dict.fromkeys(claim.case for claim in claims), print)
    return fit(flights, claims, unknowns_of(vehicle), print), flights


def one_draw(base: Fitted, flights: Flights, random: np.random.Generator) -> tuple[np.ndarray, int] | None:
    """Return which true figures lie inside their band, and the iterations; None if the launches were not solved."""
    low, high = (np.array(ends) for ends in zip(*(unknown.bounds for unknown in base.unknowns), strict=True))
    truth = np.clip(random.normal(size=len(base.unknowns)), low, high)
    noise = np.linalg.cholesky(error_covariance(base.claims)) @ random.normal(size=len(base.claims))
    try:
        flown = flights.moved(with_unknowns(base.unknowns, truth), lambda line: None)
    except NotFlown:
        return None
    values = computed_values(base.claims, flown) + noise
    found = fit_from(
        base.at_prior, [_claiming(c, v) for c, v in zip(base.claims, values, strict=True)], base.unknowns, _no
    )
    return np.abs(truth - found.unknown.mean) <= BAND_90 * found.unknown.sigma, len(found.steps)


def _claiming(claim: Claim, value: float) -> Claim:
    return replace(claim, figure=claim.figure.model_copy(update={"value": float(value), "low": None, "high": None}))


def _no(line: str) -> None:
    """Take no notice of a line."""


if __name__ == "__main__":
    main()
