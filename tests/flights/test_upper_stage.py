"""The upper stage from its display: events, the fit of a simulated flight with known truth, and of eight flown ones."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from synthetic_flights import CLOCK, UPPER_PHASES, downrange_mission, downrange_truth, overlay, upper_display

from hoverslam.flights.observed.observation import observe
from hoverslam.flights.observed.reconstruction import Reconstruction, mission_telemetry, published_vehicle, reconstruct
from hoverslam.flights.observed.samples import speed_samples
from hoverslam.flights.observed.telemetry import DATA, save_telemetry
from hoverslam.flights.observed.trace_files import TelemetryError
from hoverslam.flights.observed.traces import Trace
from hoverslam.flights.observed.upper_events import find_burns
from hoverslam.flights.observed.upper_stage_fit import upper_priors
from hoverslam.vehicles.missions import load_mission

TRANSFER = ("koreasat5a", "intelsat35e", "inmarsat5f4")
SEEN = ("saocom1a", "iridium3", "formosat5", *TRANSFER)
UNSEEN = ("nrol76", "crs11")
SPANS = {"koreasat5a": (570.0, 1600.0), "iridium3": (542.0, 3120.0)}  # s: parking orbits with a gap


def display(name: str) -> tuple[Trace, float]:
    """Return the display of an upper stage that comes with the package, and the time of cut-off (s)."""
    flight = mission_telemetry(load_mission(name))
    assert flight.upper is not None
    return flight.upper, flight.events.meco


# ---- traces ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", UNSEEN)
def test_a_flight_without_a_display_of_its_upper_stage_has_none(name: str) -> None:
    assert mission_telemetry(load_mission(name)).upper is None


@pytest.mark.parametrize("name", ["intelsat35e", "inmarsat5f4"])
def test_the_ascent_of_an_expended_flight_is_read_from_the_display_of_its_upper_stage(name: str) -> None:
    flight = mission_telemetry(load_mission(name))
    assert flight.events.meco < flight.time[-1] < flight.events.meco + 5.0
    assert flight.upper is not None
    np.testing.assert_array_equal(flight.speed, flight.upper.speed[: len(flight.speed)])
    assert 2600.0 < flight.speed[-1] < 2750.0


def test_a_booster_whose_trace_begins_after_its_burns_is_told_not_to_be_fitted() -> None:
    flight = mission_telemetry(load_mission("formosat5"))
    assert flight.time[0] == 0.0
    assert flight.time[-1] < 156.0
    assert flight.notes == (
        "the booster's display begins at 576 s, after burns whose times are not known: it is not fitted",
    )


def test_a_mission_file_may_state_the_display_of_the_upper_stage_alone(tmp_path: Path) -> None:
    made = load_mission("intelsat35e").model_copy(
        update={"name": "mine", "upper_trace": str(DATA / "intelsat35e_stage2_raw.json")}
    )
    flight = mission_telemetry(made)
    assert flight.name == "mine"
    assert flight.upper is not None
    with pytest.raises(TelemetryError, match=r"gone\.csv: no such file: it should be the display of the upper stage"):
        mission_telemetry(load_mission("crs11"), upper_trace=tmp_path / "gone.csv")


def test_a_display_in_other_units_is_refused_in_one_line(tmp_path: Path) -> None:
    upper, _ = display("saocom1a")
    rows = [f"{t:.3f},{3.6 * v:.3f},{h / 1e3:.1f}" for t, v, h in zip(*upper, strict=True)]
    (tmp_path / "fast.csv").write_text("\n".join(["time,speed,altitude", *rows]))
    with pytest.raises(
        TelemetryError, match=r"fast\.csv: shows 27,\d\d\d m/s and 625 km, which no upper stage reaches"
    ):
        mission_telemetry(load_mission("saocom1a"), upper_trace=tmp_path / "fast.csv")


@pytest.mark.parametrize("name", ["iridium3", "koreasat5a"])
def test_no_measurement_mixes_the_values_on_both_sides_of_a_gap(name: str) -> None:
    mission = load_mission(name)
    flight = mission_telemetry(mission)
    assert flight.upper is not None
    shown = speed_samples(replace(flight, **flight.upper._asdict()), *SPANS[name], 5.0)
    near = np.interp(shown.time, flight.upper.time, flight.upper.speed)
    assert np.max(np.abs(shown.value - near)) < 2.0


# ---- events ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "start", "end"),
    [("formosat5", 161.0, 558.0), ("inmarsat5f4", 179.0, 516.0), ("intelsat35e", 177.0, 518.0)],
)
def test_ignition_and_cut_off_are_found_near_the_stated_seconds(name: str, start: float, end: float) -> None:
    first = find_burns(*display(name)).first
    assert first is not None
    assert first.start is not None
    assert first.end is not None
    assert first.start.time == pytest.approx(start, abs=1.5)
    assert first.end.time == pytest.approx(end, abs=2.0)


def test_a_cut_off_at_the_edge_of_a_gap_has_a_larger_error() -> None:
    gap, whole = find_burns(*display("intelsat35e")).first, find_burns(*display("inmarsat5f4")).first
    assert gap is not None
    assert whole is not None
    assert gap.end is not None
    assert whole.end is not None
    assert gap.end.error > 3.0 * whole.end.error


@pytest.mark.parametrize("name", ["koreasat5a", "iridium3", "saocom1a"])
def test_what_a_display_that_begins_late_does_not_show_is_not_found(name: str) -> None:
    burns = find_burns(*display(name))
    if name == "koreasat5a":  # begins in the parking orbit
        assert burns.first is None
    else:  # begins within the first burn
        assert burns.first is not None
        assert burns.first.start is None
        assert burns.first.end is not None
    assert (burns.second is None) == (name == "saocom1a")


def test_reduced_thrust_is_found_where_the_force_stops_growing() -> None:
    for name in TRANSFER:
        burns = find_burns(*display(name))
        assert burns.second is not None
        assert burns.second.reduced is not None, name
        assert 40.0 < burns.second.level < 52.0
    for name in ("intelsat35e", "inmarsat5f4"):
        first = find_burns(*display(name)).first
        assert first is not None
        assert first.reduced is None


# ---- a simulated flight ------------------------------------------------------------------------------------------------
@cache
def made(tmp: Path) -> Reconstruction:
    """Return the reconstruction of a simulated flight from two displays, read from files."""
    truth = downrange_truth(True)
    save_telemetry(overlay(truth, 1), tmp / "made.csv")
    save_telemetry(replace(overlay(truth, 1), **upper_display(truth, 2)._asdict()), tmp / "upper.csv")
    telemetry = mission_telemetry(downrange_mission(), tmp / "made.csv", upper_trace=tmp / "upper.csv")
    return reconstruct(downrange_mission(), telemetry, published_vehicle("falcon9"), model_error=(0.3, 20.0))


@pytest.mark.slow
def test_the_figures_of_a_simulated_upper_stage_are_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    truth, flight = downrange_truth(True), made(tmp_path_factory.mktemp("upper"))
    assert flight.verified
    phases = truth.result.solution
    coast = phases[UPPER_PHASES[-1]]
    true = {
        "thrust": truth.parameter("stage2.thrust_vacuum") / 1e3,
        "specific_impulse": truth.parameter("stage2.isp_vacuum"),
        "dry_mass": truth.parameter("stage2.dry_mass"),
        "first burn propellant": float(
            phases["shrouded"].states[0, 6] - phases["upper"].states[-1, 6] - truth.parameter("fairing.mass")
        ),
        "propellant left": float(
            coast.states[-1, 6]
            - truth.parameter("stage2.dry_mass")
            - truth.parameter("payload")
            - truth.parameter("payload.adapter")
        ),
    }
    found = flight.upper_stage
    for name, value in true.items():
        assert found[name].error > 0.0, name
        assert abs(found[name].value - value) < 2.0 * found[name].error, f"{name}: {found[name]}, truth {value:,.6g}"
    burn = next(s for s in flight.observation.upper if s.name == "parking")
    assert burn.start == pytest.approx(phases["upper"].time[1] + CLOCK, abs=1.5)


def test_the_search_leaves_published_bands_of_the_upper_stage_by_half_their_width() -> None:
    thrust, impulse, dry = upper_priors(published_vehicle("falcon9"))
    assert (thrust.low, thrust.high) == pytest.approx((934e3 - 23.5e3, 981e3 + 23.5e3))
    assert dry.high == pytest.approx(4800.0)
    assert (impulse.value, impulse.sigma) == (348.0, 3.0)


# ---- flown flights -------------------------------------------------------------------------------------------------------
@cache
def flown(name: str, use_orbit: bool = True) -> Reconstruction:
    return reconstruct(name, use_orbit=use_orbit)


@pytest.mark.parametrize("name", TRANSFER)
def test_the_guess_follows_the_display_of_a_flight_to_a_transfer_orbit(name: str) -> None:
    mission = load_mission(name)
    seen = observe(mission, mission_telemetry(mission), published_vehicle("falcon9"))
    assert seen.orbit_known
    last = seen.guess["transfer"]
    speeds = np.interp(
        seen.speed["transfer"].time, last.time, np.linalg.norm(np.asarray(last.states["velocity"]), axis=1)
    )
    assert np.max(np.abs(speeds - seen.speed["transfer"].value)) < 40.0


@pytest.mark.slow
@pytest.mark.parametrize("name", [*UNSEEN, *SEEN])
def test_a_flown_flight_is_reconstructed_within_the_aims(name: str) -> None:
    flight = flown(name)
    assert flight.verified
    speed, altitude = flight.residuals("speed"), flight.residuals("altitude")
    assert speed.rms < 0.01 * np.max(speed.measured)
    assert altitude.rms < 500.0
    assert bool(flight.upper_stage) == (name in SEEN)
    assert ("upper stage" in flight.report()) == (name in SEEN)


@pytest.mark.slow
def test_the_upper_stages_of_flights_to_transfer_orbits_agree() -> None:
    for what in ("thrust", "specific_impulse", "dry_mass"):
        found = [flown(name).upper_stage[what] for name in TRANSFER]
        for i, one in enumerate(found):
            for other in found[:i]:
                assert abs(one.value - other.value) < 2.0 * np.hypot(one.error, other.error), what


@pytest.mark.slow
def test_apogee_and_plane_follow_from_the_display_alone() -> None:
    """They are not in the fit, and agree with those that were published within three standard errors."""
    mission, found = load_mission("intelsat35e"), flown("intelsat35e", use_orbit=False).upper_stage
    for name, figure in (("apogee", mission.apogee_altitude_km), ("inclination", mission.inclination_deg)):
        error = np.hypot(found[name].error, (figure.high - figure.low) / 4.0)
        assert abs(found[name].value - figure.value) < 3.0 * error, name
