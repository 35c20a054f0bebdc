"""Reconstruction of a simulated flight: its true values lie within the stated standard errors."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from synthetic_flights import CLOCK, Truth, downrange_mission, downrange_truth, overlay

from hoverslam.flights.observed import fit_problem, observation
from hoverslam.flights.observed.fit_laws import fit_laws
from hoverslam.flights.observed.fit_problem import FitBuilder
from hoverslam.flights.observed.flight_fit import OPTIONS, Estimate, FlightFit, restart_from
from hoverslam.flights.observed.reconstruction import Reconstruction, published_vehicle, reconstruct
from hoverslam.flights.observed.telemetry import load_telemetry, save_telemetry
from hoverslam.flights.observed.traces import Telemetry
from hoverslam.ocp.solved import Solved, solve

MODEL_ERROR = (0.3, 20.0)  # m/s, m: the simulated flight has the fit's equations of motion, but other controls
DRAWS = 100
SMOOTHED = 3  # fits of a flight to its own values: each leaves less roughness of the controls


@pytest.fixture(scope="module")
def truth() -> Truth:
    return downrange_truth()


def through_a_file(trace: Telemetry, path: Path) -> Telemetry:
    """Return a trace after it was written and read."""
    save_telemetry(trace, path)
    return load_telemetry(path)


@pytest.fixture(
    scope="module",
    params=[(1, "made.csv"), pytest.param((2, "made.json"), marks=pytest.mark.slow)],
    ids=["csv", "json"],
)
def flight(request: pytest.FixtureRequest, truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> Reconstruction:
    seed, name = request.param
    trace = through_a_file(overlay(truth, seed), tmp_path_factory.mktemp("traces") / name)
    return reconstruct(downrange_mission(), trace, published_vehicle("falcon9"), model_error=MODEL_ERROR)


# ---- from an overlay to the figures ----------------------------------------------------------------------------------
def test_the_fit_is_verified_with_small_residuals(flight: Reconstruction) -> None:
    assert flight.verified
    speed, altitude = (flight.residuals(what) for what in ("speed", "altitude"))
    assert speed.rms < 0.01 * np.max(speed.measured)
    assert altitude.rms < 500.0
    assert speed.rms < 1.0
    assert altitude.rms < 100.0


def test_a_flight_to_a_ship_has_no_boostback(flight: Reconstruction) -> None:
    assert [s.name for s in flight.observation.segments] == ["rise", "ascent", "coast", "entry", "glide", "landing"]
    assert list(flight.propellant) == ["ascent", "entry", "landing"]
    assert "boostback" not in flight.report()


def test_a_gap_in_the_trace_has_no_samples(flight: Reconstruction, truth: Truth) -> None:
    """The coast has a gap of 8 s and samples every 2 s."""
    assert np.max(np.diff(flight.observation.speed["coast"].time)) > 7.0


def test_true_values_lie_within_three_standard_errors(flight: Reconstruction, truth: Truth) -> None:
    for name, (found, true) in compared(flight, truth).items():
        assert found.error > 0.0, name
        assert abs(found.value - true) < 3.0 * found.error, f"{name}: {found}, truth {true:,.6g}"


def test_the_landing_burn_begins_within_the_ignition_transient(flight: Reconstruction, truth: Truth) -> None:
    """The throttle rises from zero over 1.8 s, while that of the fit has a lower bound: the fitted burn begins later."""
    found, (begin, end) = flight.estimate("landing: time"), truth.result.solution["ignition"].time + CLOCK
    assert begin - 3.0 * found.error < found.value < end + 3.0 * found.error


def test_standard_errors_of_propellant_are_a_few_percent(flight: Reconstruction) -> None:
    for name, percent in {"ascent": 1.0, "entry": 5.0, "landing": 5.0}.items():
        assert flight.propellant[name].error < 0.01 * percent * flight.propellant[name].value
    assert flight.estimate("rise: time").error < 0.1


def compared(flight: Reconstruction, truth: Truth) -> dict[str, tuple[Estimate, float]]:
    """Return estimates beside true values, by name."""
    phases, burned = truth.result.solution, truth.propellant
    dry, down = truth.parameter("stage1.dry_mass"), float(phases["landing_1"].states[-1, 6])
    pairs = {f"{name} propellant": (found, burned[name]) for name, found in flight.propellant.items()}
    true = {
        "recovery propellant": burned["entry"] + burned["landing"],
        "propellant held at cut-off": truth.mass("coast") - dry,
        "landing: end mass": down,
        "landing: end time": truth.events["landing_end"] + CLOCK,
        "left": down - dry,
        "payload": truth.parameter("payload"),
        "rating": 1.0,
        "air": 1.0,
        "altitude_lead": 0.0,
    }
    for name, flown in {
        "rise": "rise",
        "coast": "coast",
        "entry": "entry",
        "glide": "glide",
        "landing": "ignition",
    }.items():
        true[f"{name}: mass"], true[f"{name}: time"] = truth.mass(flown), float(phases[flown].time[0]) + CLOCK
    del true["landing: time"]  # the fit has no ignition transient: see the test of its own
    pairs |= {name: (flight.estimate(name), value) for name, value in true.items()}
    for prior in flight.fit.builder.priors:
        if prior.name.startswith("aero.descent_axial_at"):
            pairs[prior.name] = flight.fit.estimate(prior.name), truth.parameter("aero.descent_axial_factor")
        elif not prior.name.startswith("made."):
            pairs[prior.name] = flight.fit.estimate(prior.name), truth.parameter(prior.name)
    return pairs


# ---- the verbs of the result -----------------------------------------------------------------------------------------
def test_the_table_has_a_row_a_time_with_measurements_beside_the_fit(flight: Reconstruction) -> None:
    frame = flight.to_frame()
    assert np.all(np.diff(frame["time_s"]) > 0.0)
    assert list(frame["segment"].unique()) == [s.name for s in flight.observation.segments]
    for what, unit in (("speed", "m_s"), ("altitude", "m")):
        measured = frame.dropna(subset=[f"{what}_observed_{unit}"])
        residual = measured[f"{what}_observed_{unit}"] - measured[f"{what}_fitted_{unit}"]
        assert np.sqrt(np.mean(residual**2)) == pytest.approx(flight.residuals(what).rms, rel=1e-12)
        assert len(measured) == len(flight.residuals(what).time)


def test_a_reconstruction_is_saved_in_the_format_of_the_suffix(flight: Reconstruction, tmp_path: Path) -> None:
    assert flight.save(tmp_path / "flight.txt").read_text() == flight.report() + "\n"
    assert json.loads(flight.save(tmp_path / "flight.json").read_text())["mission"] == "made"
    assert len(flight.save(tmp_path / "flight.csv").read_text().splitlines()) == 1 + len(flight.to_frame())


def test_the_picture_shows_each_quantity_over_its_residual(flight: Reconstruction) -> None:
    axes = flight.plot().axes
    for upper, lower, what, scale in zip(axes[:2], axes[2:], ("speed", "altitude"), (1.0, 1e-3), strict=True):
        residuals, order = flight.residuals(what), np.argsort(flight.residuals(what).time)
        np.testing.assert_array_equal(upper.lines[0].get_ydata(), scale * residuals.measured[order])
        np.testing.assert_array_equal(lower.lines[0].get_ydata(), residuals.residual[order])


def test_equations_of_motion_are_shared_by_value() -> None:
    first, second = downrange_mission(), downrange_mission()
    assert first is not second
    assert fit_laws(first, "descent", 3) is fit_laws(second, "descent", 3)
    assert fit_laws(first, "descent", 1) is not fit_laws(second, "descent", 3)
    assert fit_laws.cache_info().maxsize is not None


# ---- a hundred draws of the noise ------------------------------------------------------------------------------------
COUNTED = (
    "made.rise: propellant",
    "made.ascent: propellant",
    "made.entry: propellant",
    "made.landing: propellant",
    "made: recovery propellant",
    "made: propellant held at cut-off",
    "made.rise: time",
    "made.entry: mass",
    "made.payload",
    "made.rating",
    "stage1.dry_mass",
    "stage1.propellant",
    "stage1.thrust_sea_level",
    "aero.drag_factor",
    "aero.descent_axial_at_1.8",
)


class Redrawn:
    """A fit whose inputs can be drawn again: the measurements, the prior values of figures and the times of events.

    The truth is the flight of a first fit, which satisfies the equations of the fit exactly, fitted again to its own
    values: the cost of changes of the controls pulls a fit away from controls that are rough. Standard errors hold over
    draws of all inputs of a fit. Prior values and times of events, which the fit treats as measurements, are therefore
    given parameters here and drawn around the truth like the trace. The roughness of the controls is not drawn: those of
    the truth are smooth, and the scatter may be somewhat less than stated.
    """

    def __init__(self, flight: Reconstruction) -> None:
        vehicle = published_vehicle("falcon9")
        self.builder = FitBuilder(vehicle, "made again")
        self.builder.add(restart_from(flight.observation, flight.fit))
        problem, priors, events = self.builder.build(), tuple(self.builder.priors), tuple(self.builder.events)
        found = flight.fit.solution
        self.centres: dict[str, tuple[float, float]] = {}
        self._centre(found)
        for name, (centre, _) in self.centres.items():
            problem.parameter(name, value=centre)
        wide = {p.name: (found.parameters[p.name], 5.0 * p.sigma) for p in priors}
        problem.free = [
            replace(v, lower=min(v.lower, wide[v.name][0] - wide[v.name][1]), upper=max(v.upper, sum(wide[v.name])))
            if v.name in wide
            else v
            for v in problem.free
        ]

        def negative_log_probability(e: Any, p: Any) -> Any:
            known = sum(((p[q.name] - p[f"before: {q.name}"]) / q.sigma) ** 2 for q in priors)
            when = sum(((e[n][which] - p[f"observed: {n} {which}"]) / error) ** 2 for n, which, _, error in events)
            return 0.5 * (known + when)

        problem.minimize(negative_log_probability)
        self.problem = problem
        self._fit_exactly(found)
        self.start = solve(problem, OPTIONS)
        for _ in range(SMOOTHED):
            self._fit_exactly(self.start)
            self.start = self.start.resolve({n: c for n, (c, _) in self.centres.items()}, OPTIONS, verify=False)
        self._fit_exactly(self.start)
        self.truth = FlightFit(self.builder, self.start)
        self.outputs = {name: self.truth.function(name) for name in COUNTED}
        programme = self.start.programme  # outputs translated once, not once a draw
        programme.of_ends = cache(lambda output, of_ends=programme.of_ends: jax.jit(of_ends(output)))

    def _fit_exactly(self, found: Solved) -> None:
        """Make the flight of a fit the truth: its values become the measurements and the centres of the draws."""
        self.exact = [self._values(m, found) for m in self.problem.measurements]
        for measurement, values in zip(self.problem.measurements, self.exact, strict=True):
            measurement.values[:] = values
        self._centre(found)

    def _centre(self, found: Solved) -> None:
        for prior in self.builder.priors:
            self.centres[f"before: {prior.name}"] = float(found.parameters[prior.name]), prior.sigma
        for phase, which, _, error in self.builder.events:
            at = found[phase].time[0 if which == "initial_time" else 1]
            self.centres[f"observed: {phase} {which}"] = float(at), error

    @staticmethod
    def _values(measurement: Any, solution: Solved) -> np.ndarray:
        state, _ = solution[measurement.phase].sample(measurement.times)
        return np.asarray(jax.vmap(lambda x: measurement.function(x, solution.parameters))(state))

    def draw(self, seed: int) -> Solved:
        """Return the fit to one draw of all inputs."""
        rng = np.random.default_rng(seed)
        for measurement, values in zip(self.problem.measurements, self.exact, strict=True):
            measurement.values[:] = values + measurement.sigmas * rng.standard_normal(len(values))
        changes = {name: centre + sigma * rng.standard_normal() for name, (centre, sigma) in self.centres.items()}
        return self.start.resolve(changes, OPTIONS, verify=False)

    def counted(self, solution: Solved) -> tuple[np.ndarray, np.ndarray]:
        """Return estimates and standard errors of the outputs in ``COUNTED``."""
        fit = FlightFit(self.builder, replace(solution, converged=False))  # without the covariance of all outputs
        variance = np.diagonal(solution.covariance(**self.outputs))
        return np.array([fit.estimate(name).value for name in COUNTED]), np.sqrt(np.maximum(variance, 0.0))


class Draws(NamedTuple):
    """Outputs in ``COUNTED``: true values ``(n,)``; estimates and their stated standard errors ``(draws, n)``."""

    truth: np.ndarray
    values: np.ndarray
    errors: np.ndarray


@pytest.fixture(scope="module")
def draws(truth: Truth) -> Draws:
    """Fit all draws, with mesh intervals and sample periods twice as long as usual so that a fit takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observation, "PERIODS", {n: 2.0 * s for n, s in observation.PERIODS.items()})
        patch.setattr(fit_problem, "INTERVALS", {n: 2.0 * s for n, s in fit_problem.INTERVALS.items()})
        flight = reconstruct(
            downrange_mission(), overlay(truth, 3), published_vehicle("falcon9"), model_error=MODEL_ERROR
        )
        again = Redrawn(flight)
        fits = [again.draw(1000 + i) for i in range(DRAWS)]
    found = [again.counted(fit) for fit in fits if fit.converged]
    values, errors = (np.array(column) for column in zip(*found, strict=True))
    usual = np.median(errors, axis=0)
    errors = np.where(errors < 1e-3 * usual, usual, errors)  # at the end of its band a figure has no standard error
    return Draws(again.counted(again.start)[0], values, errors)


@pytest.mark.slow
def test_every_draw_converges(draws: Draws) -> None:
    assert len(draws.values) == DRAWS


@pytest.mark.slow
def test_true_values_lie_within_two_standard_errors_in_nine_draws_of_ten(draws: Draws) -> None:
    inside = np.count_nonzero(np.abs(draws.values - draws.truth) < 2.0 * draws.errors, axis=0)
    assert np.all(inside >= 0.9 * DRAWS), dict(zip(COUNTED, inside.tolist(), strict=True))


@pytest.mark.slow
def test_estimates_scatter_about_true_values_as_stated(draws: Draws) -> None:
    """The standard error of a scatter from a hundred draws is 7 %."""
    usual = np.median(draws.errors, axis=0)
    ratio = np.std(draws.values, axis=0) / usual
    assert np.all((ratio > 0.7) & (ratio < 1.2)), dict(zip(COUNTED, ratio.tolist(), strict=True))
    bias = (np.mean(draws.values, axis=0) - draws.truth) / usual
    assert np.all(np.abs(bias) < 0.5), dict(zip(COUNTED, bias.tolist(), strict=True))


# ---- incomplete traces -----------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_trace_that_ends_in_the_glide_is_fitted_to_its_end(truth: Truth) -> None:
    trace, last = overlay(truth, 4), truth.events["landing_start"] + CLOCK - 10.0
    kept = trace.time < last
    events = replace(trace.events, landing_start=None, landing_end=None)
    trace = Telemetry("made", trace.time[kept], trace.speed[kept], trace.altitude[kept], events)
    flight = reconstruct(downrange_mission(), trace, published_vehicle("falcon9"), model_error=MODEL_ERROR)
    assert flight.fit.solution.converged
    assert [s.name for s in flight.observation.segments] == ["rise", "ascent", "coast", "entry", "glide"]
    assert flight.fit.solution["made.glide"].time[1] == pytest.approx(trace.time[-1], abs=0.1)
    found = flight.propellant["entry"]
    assert abs(found.value - truth.propellant["entry"]) < 3.0 * found.error


@pytest.mark.slow
def test_a_trace_that_ends_before_the_entry_burn_is_fitted_with_a_coast(truth: Truth) -> None:
    """The events of entry and landing burn are left out: a ballistic descent remains."""
    trace, last = overlay(truth, 5), truth.events["entry_start"] + CLOCK - 5.0
    kept = trace.time < last
    events = replace(trace.events, entry_start=None, entry_end=None, landing_start=None, landing_end=None)
    trace = Telemetry("made", trace.time[kept], trace.speed[kept], trace.altitude[kept], events)
    flight = reconstruct(downrange_mission(), trace, published_vehicle("falcon9"), model_error=MODEL_ERROR)
    assert flight.verified
    assert [s.name for s in flight.observation.segments] == ["rise", "ascent", "coast"]
    assert list(flight.propellant) == ["ascent"]
    assert flight.apogee() == pytest.approx(truth.altitude.max(), abs=200.0)


def test_a_burn_without_end_is_named(truth: Truth, tmp_path: Path) -> None:
    trace = overlay(truth, 6)
    save_telemetry(replace(trace, events=replace(trace.events, entry_end=None)), tmp_path / "made.csv")
    with pytest.raises(ValueError, match=r"made_events\.json: entry_end: missing: a burn has start and end"):
        load_telemetry(tmp_path / "made.csv")
