"""Fits of one or several flights: how they are solved, and what they estimate with which standard errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import jax
import numpy as np

from hoverslam.flights.observed.fit_outputs import Output, burned, end_of, parameter_of
from hoverslam.flights.observed.fit_problem import FitBuilder
from hoverslam.flights.observed.observation import Observation
from hoverslam.flights.observed.priors import Prior
from hoverslam.flights.observed.segments import Segment
from hoverslam.flights.observed.trace_files import Floats
from hoverslam.flights.observed.upper_stage_fit import add_upper_stage, upper_outputs, upper_priors
from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.solving.carry import guess_from
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.options import Options, Tolerances
from hoverslam.ocp.statement.phase import Measurement
from hoverslam.vehicles.models import Vehicle

# Far below the standard errors of the measurements. The objective is a sum of squares of some tens to hundreds: half a
# percent of it is less than the change of 1 that a step by one standard error makes. A fit has one mesh; its estimated error
# between nodes, 1e-4, is 0.2 m/s, and the re-flight, which measures the error, is held to 2e-5.
TOLERANCES = Tolerances(mesh=2e-4, refly=2e-5, objective=5e-3)
OPTIONS = Options(max_iterations=300, max_passes=1, diagnose=False, tolerances=TOLERANCES, ipopt={"mu_init": 1e-3})
BAND_EDGE = 1e-4  # a figure closer than this fraction of its band to one of the bounds lies at it
UNCORRELATED = 0.1  # autocorrelation below which residuals count as independent


class Estimate(NamedTuple):
    """An estimated value and its standard error, in ``unit``."""

    value: float
    error: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.value:,.6g} +- {self.error:,.3g} {self.unit}".rstrip()


class Residuals(NamedTuple):
    """One measured quantity beside the fit: ``time`` (s), ``measured``, ``fitted`` and ``sigma``, each ``(n,)``."""

    time: Floats
    measured: Floats
    fitted: Floats
    sigma: Floats

    @property
    def residual(self) -> Floats:
        """Measured less fitted, ``(n,)``."""
        return self.measured - self.fitted

    @property
    def rms(self) -> float:
        """Root mean square of the residual."""
        return float(np.sqrt(np.mean(self.residual**2)))

    @property
    def percent_of_peak(self) -> float:
        """Root mean square of the residual in percent of the largest measured value."""
        return 100.0 * self.rms / float(np.max(self.measured))

    @property
    def correlation_length(self) -> float:
        """Number of samples over which the residual is correlated: one plus twice the sum of its autocorrelation."""
        deviation = self.residual - np.mean(self.residual)
        correlation = np.correlate(deviation, deviation, "full")[len(deviation) - 1 :]
        correlation = correlation / max(float(deviation @ deviation), 1e-300)
        until = int(np.argmax(correlation < UNCORRELATED)) or len(correlation)
        return float(1.0 + 2.0 * np.sum(correlation[1:until]))


@dataclass(frozen=True)
class _Output:
    """A function to be estimated, and its unit."""

    function: Output
    unit: str


class FlightFit:
    """One or several flights of a vehicle fitted together.

    Attributes:
        builder: The problem with its observations and priors.
        solution: Of that problem.
    """

    def __init__(self, builder: FitBuilder, solution: Solved):
        """Collect what ``solution`` estimates."""
        self.builder, self.solution = builder, solution
        self._outputs = {prior.name: _Output(parameter_of(prior.name), prior.unit) for prior in builder.priors}
        for flight in builder.observations.values():
            self._outputs |= _flight_outputs(builder, flight)
        self._place = {name: i for i, name in enumerate(self._outputs)}

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of everything that is estimated: rows of ``covariance``."""
        return tuple(self._outputs)

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        check = self.solution.verification
        return check is not None and check.passed

    def function(self, name: str) -> Output:
        """Return the function of phase ends and parameters behind an output."""
        return self._outputs[name].function

    def estimate(self, name: str) -> Estimate:
        """Return one output with its standard error.

        Raises:
            KeyError: If the name is not in ``outputs``.
        """
        output = self._outputs[name]
        at = self._place[name]
        value = float(output.function(self._ends, self.solution.parameters))
        error = float(np.sqrt(max(self.covariance[at, at], 0.0)))
        for prior in self.builder.priors:  # at a bound the curvature gives no standard error: use that of the prior
            if prior.name == name and self.at_bound(prior):
                error = prior.sigma
        return Estimate(value, error, output.unit)

    def at_bound(self, prior: Prior) -> bool:
        """Return whether a figure lies at the end of its band, where the curvature gives no standard error."""
        value, width = float(self.solution.parameters[prior.name]), prior.high - prior.low
        return min(value - prior.low, prior.high - value) < BAND_EDGE * width

    def covariance_of(self, names: Sequence[str]) -> Floats:
        """Return the covariance ``(n, n)`` of some outputs."""
        at = [self._place[name] for name in names]
        return self.covariance[np.ix_(at, at)]

    @cached_property
    def _ends(self) -> Named:
        return self.solution.ends

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of all ``outputs``, ``(n, n)``; not a number where the solver did not converge."""
        if not self.solution.converged:
            return np.full((len(self._outputs),) * 2, np.nan)
        return self.solution.covariance(**{name: output.function for name, output in self._outputs.items()})

    def residuals(self, flight: str, what: str, segments: Sequence[Segment] | None = None) -> Residuals:
        """Return the residuals of ``what`` (``speed`` or ``altitude``) of one flight, over all of it or some segments."""
        seen = self.builder.observations[flight]
        phases = {f"{flight}.{s.name}" for s in ((*seen.segments, *seen.upper) if segments is None else segments)}
        parts = [m for m in self.builder.problem.measurements if m.name == what and m.phase in phases]
        return Residuals(
            np.concatenate([part.times for part in parts]),
            np.concatenate([part.values for part in parts]),
            np.concatenate([self.predicted(part, part.times) for part in parts]),
            np.concatenate([part.sigmas for part in parts]),
        )

    def predicted(self, measurement: Measurement, times: Floats) -> Floats:
        """Return the value that the fitted flight gives for a measurement at other times ``(n,)``."""
        part = self.solution[measurement.phase]
        state, _ = part.sample(np.clip(times, *part.time))
        return np.asarray(jax.vmap(lambda x: measurement.function(x, self.solution.parameters))(state))


def _flight_outputs(builder: FitBuilder, flight: Observation) -> dict[str, _Output]:
    """Return masses and times at events, propellant of burns, and the propellant held at cut-off of one flight."""
    name, outputs = flight.mission.name, {}
    for segment in flight.segments:
        key = builder.key(flight, segment.name)
        outputs[f"{key}: mass"] = _Output(end_of(key, "initial", "mass"), "kg")
        outputs[f"{key}: time"] = _Output(end_of(key, "initial_time"), "s")
        if segment.engines:
            outputs[f"{key}: propellant"] = _Output(burned(key, key), "kg")
    outputs |= {key: _Output(*found) for key, found in upper_outputs(builder, flight).items()}
    if flight.expended:
        return outputs
    after = builder.key(flight, flight.after_cutoff[0].name)
    last = builder.key(flight, flight.segments[-1].name)
    dry, mass = parameter_of("stage1.dry_mass"), end_of(after, "initial", "mass")
    outputs[f"{name}: propellant held at cut-off"] = _Output((lambda e, p: mass(e, p) - dry(e, p)), "kg")
    outputs[f"{name}: recovery propellant"] = _Output(burned(after, last), "kg")
    outputs[f"{last}: end mass"] = _Output(end_of(last, "final", "mass"), "kg")
    outputs[f"{last}: end time"] = _Output(end_of(last, "final_time"), "s")
    return outputs


def fit_flights(
    observations: Sequence[Observation],
    vehicle: Vehicle,
    report: Callable[[str], None] | None = None,
    warm_start: bool = False,
) -> FlightFit:
    """Fit flights together with shared figures of the vehicle, after a fit of each alone for the guess.

    Args:
        observations: The flights, from :func:`hoverslam.flights.observed.observation.observe`.
        vehicle: Its figures and their bands are the prior knowledge.
        report: Receives one line a solve.
        warm_start: Whether the guesses of several ``observations`` come from an earlier fit, so that no flight is
            fitted alone first.
    """
    tell = report or (lambda line: None)
    begun, alone = list(observations), None
    if not (warm_start and len(begun) > 1):
        for i, flight in enumerate(begun):
            alone = _solved([flight], vehicle, flight.mission.name)
            tell(f"{flight.mission.name}: {alone.solution.status} in {alone.solution.iterations} iterations")
            begun[i] = restart_from(flight, alone)
    if len(begun) == 1 and alone is not None:
        return alone
    together = _solved(begun, vehicle, " and ".join(flight.mission.name for flight in begun))
    solution = together.solution
    tell(f"{solution.problem.name}: {solution.status} in {solution.iterations} iterations, {solution.seconds:.0f} s")
    return together


def _solved(observations: Sequence[Observation], vehicle: Vehicle, name: str) -> FlightFit:
    """Return the fit of some flights from their guesses."""
    upper = any(flight.upper for flight in observations)
    builder = FitBuilder(vehicle, name, upper_priors(vehicle) if upper else ())
    for flight in observations:
        builder.add(flight)
        add_upper_stage(builder, flight)
    return FlightFit(builder, solve(builder.build(), OPTIONS, lambda line: None))


def restart_from(flight: Observation, fit: FlightFit) -> Observation:
    """Return the same observation with an earlier fit as its guess, if that fit converged."""
    if not fit.solution.converged:
        return flight
    name = flight.mission.name
    segments = (*flight.segments, *flight.upper)
    return replace(flight, guess={s.name: guess_from(fit.solution[f"{name}.{s.name}"]) for s in segments})
