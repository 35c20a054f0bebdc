"""Events found from a trace alone are those of the files and of flights with known events; incomplete traces are read."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from point_flights import KM_H, PointFlight, displayed, fly

from hoverslam.flights.observed.events import first_motion, refined_events
from hoverslam.flights.observed.found_events import NotFound, find_events
from hoverslam.flights.observed.observation import observe
from hoverslam.flights.observed.telemetry import DATA, load_telemetry, save_telemetry
from hoverslam.flights.observed.trace_checks import MISREAD_SPEED
from hoverslam.flights.observed.trace_files import Floats, TelemetryError
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.missions import load_mission

RETURNED = ("crs11", "nrol76", "saocom1a")  # their traces show the first stage from lift-off to its landing
FLIGHTS = {
    "to a ship": {},
    "with a boostback": {"boostback": 40.0},
    "without an entry burn": {"entry": 0.0},
    "steep": {"cutoff": 120.0, "tilt": 0.3},
}


def written(folder: Path, columns: tuple[Floats, Floats, Floats], clock: float = 0.0) -> Path:
    """Write a trace without events, and return its path."""
    time, speed, altitude = columns
    rows = [f"{t + clock:.3f},{v:.6f},{h:.3f}" for t, v, h in zip(time, speed, altitude, strict=True)]
    (folder / "flown.csv").write_text("\n".join(["time_s,speed_m_s,altitude_m", *rows]))
    return folder / "flown.csv"


# ---- beside the files of events ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("every", [1, 8, 30])
@pytest.mark.parametrize("name", [*RETURNED, "iridium3", "koreasat5a"])
def test_events_of_known_flights_are_found_near_the_stated_seconds(name: str, every: int) -> None:
    """Two stated ends of boostback are 6 and 10 s late, a stated touchdown is early, and Iridium-3's were read to 5 s."""
    flight = load_telemetry(name)
    found = find_events(flight.time[::every], flight.speed[::every], flight.altitude[::every])
    stated = {
        n: s for n, s in flight.events.known().items() if n not in ("maxq", "throttle_down_start", "throttle_down_end")
    }
    assert list(found) == list(stated)
    loose = {"boostback_end": 11.0, "landing_end": 3.0} | (
        {"meco": 3.0, "boostback_start": 5.0} if name == "iridium3" else {}
    )
    for event, each in found.items():
        near = loose.get(event, 3.0 if every == 30 or event == "boostback_start" else 1.5)
        assert each.time == pytest.approx(stated[event], abs=near), event
        assert 0.1 < each.error <= 5.0


@pytest.mark.parametrize("name", RETURNED)
def test_found_events_are_refined_to_the_same_kinks_as_stated_ones(name: str) -> None:
    flight = load_telemetry(name)
    found = find_events(flight.time, flight.speed, flight.altitude)
    without = replace(flight.events, **{event: each.time for event, each in found.items()})
    again, before = refined_events(replace(flight, events=without)).known(), refined_events(flight).known()
    for event in found:
        assert again[event] == pytest.approx(before[event], abs=1.4), event


# ---- beside flights with known events ----------------------------------------------------------------------------------
@pytest.mark.parametrize("rounding", [(0.01 * KM_H, 100.0), (KM_H, 1000.0)], ids=["fine", "coarse"])
@pytest.mark.parametrize("frames", [30.0, 4.0, 1.0])
@pytest.mark.parametrize("kind", FLIGHTS)
def test_events_of_a_simulated_flight_are_found_within_three_standard_errors(
    kind: str, frames: float, rounding: tuple[float, float]
) -> None:
    flight = fly(**FLIGHTS[kind])
    gaps = ((70.0, 3.0), (flight.events["meco"] + 75.0, 8.0), (flight.events["apogee"] + 20.0, 5.0))
    for seed in range(3):
        found = find_events(*displayed(flight, seed, frames, steps=rounding, gaps=gaps))
        assert set(found) == set(flight.events)
        for event, each in found.items():
            assert abs(each.time - flight.events[event]) < 3.0 * each.error, (event, seed, each)


def test_a_trace_that_ends_early_has_the_events_that_it_shows() -> None:
    flight = fly()
    time, speed, altitude = displayed(flight)
    for last, shown in (
        (170.0, ["meco"]),
        (330.0, ["meco", "apogee"]),
        (355.0, ["meco", "apogee", "entry_start"]),
        (420.0, ["meco", "apogee", "entry_start", "entry_end"]),
        (441.0, ["meco", "apogee", "entry_start", "entry_end", "landing_start"]),
    ):
        kept = time < last
        assert list(find_events(time[kept], speed[kept], altitude[kept])) == shown


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [(0.0, 140.0, "no end of a sustained acceleration"), (0.0, 20.0, "it lasts 20 s"), (200.0, 1e9, "no end")],
)
def test_a_trace_without_a_cut_off_has_no_events(first: float, last: float, said: str) -> None:
    time, speed, altitude = displayed(fly())
    kept = (time > first) & (time < last)
    with pytest.raises(NotFound, match=said):
        find_events(time[kept], speed[kept], altitude[kept])


def test_a_file_without_an_ascent_is_refused_in_one_line(tmp_path: Path) -> None:
    shutil.copy(DATA / "formosat5_stage1_raw.json", tmp_path)
    with pytest.raises(
        TelemetryError, match=r"formosat5_events\.json: no such file: write .* none can be found"
    ) as refusal:
        load_telemetry(tmp_path / "formosat5_stage1_raw.json")
    assert len(str(refusal.value).splitlines()) == 1


# ---- files as they are found -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def flight() -> PointFlight:
    return fly(boostback=40.0)


def test_events_are_told_and_carry_their_errors_where_no_file_states_them(tmp_path: Path) -> None:
    shutil.copy(DATA / "koreasat5a_stage1_raw.json", tmp_path / "x.json")
    read = load_telemetry(tmp_path / "x.json")
    assert list(read.events.known()) == ["meco", "apogee", "entry_start", "entry_end"]
    assert read.notes[0].startswith("events: no file; found from the trace: meco 154.5 +- 0.4 s, apogee ")
    assert read.events.error("entry_end") != 0.5
    assert refined_events(read).error("apogee") == read.events.error("apogee")


def test_a_clock_that_starts_before_lift_off_is_counted_from_it(flight: PointFlight, tmp_path: Path) -> None:
    read = load_telemetry(written(tmp_path, displayed(flight), clock=1000.0))
    assert "the clock shows lift-off at 1,000." in read.notes[0]
    assert abs(first_motion(read).time) < 0.3
    for event, seconds in flight.events.items():
        assert getattr(read.events, event) == pytest.approx(seconds, abs=2.5)


@pytest.mark.parametrize("stated", [0.0, 1000.0, 40.0])
def test_events_on_the_clock_of_the_trace_and_after_lift_off_are_told_apart(
    flight: PointFlight, tmp_path: Path, stated: float
) -> None:
    path = written(tmp_path, displayed(flight), clock=stated or 40.0)
    events = {event: seconds + stated for event, seconds in flight.events.items()}
    (tmp_path / "flown_events.json").write_text(json.dumps(events))
    assert load_telemetry(path).events.meco == pytest.approx(150.0, abs=0.6)


def test_a_trace_that_begins_late_is_measured_from_there(flight: PointFlight, tmp_path: Path) -> None:
    time, speed, altitude = displayed(flight)
    late = time > 40.0
    read = load_telemetry(written(tmp_path, (time[late], speed[late], altitude[late])))
    start, error = first_motion(read)
    assert abs(start) < 2.0 * error
    mission = load_mission("crs11")
    seen = observe(mission, read, load_vehicle(mission.vehicle))
    assert seen.speed["ascent"].time[0] > 40.0
    assert len(seen.speed["ascent"].time) > 80


def test_a_trace_that_ends_within_its_entry_burn_is_used_up_to_it(flight: PointFlight, tmp_path: Path) -> None:
    time, speed, altitude = displayed(flight)
    kept = time < flight.events["entry_start"] + 6.0
    read = load_telemetry(written(tmp_path, (time[kept], speed[kept], altitude[kept])))
    assert "ends within the entry burn" in read.notes[-1]
    assert read.events.entry_start is None
    assert read.time[-1] < flight.events["entry_start"]


def test_a_clock_that_is_set_anew_in_its_first_second_is_read_from_there() -> None:
    read = load_telemetry("iridium3")
    assert read.notes[0].startswith("time: 1 sample at the start left out: the clock is set from 0 to -0.966 s")
    assert np.all(np.diff(read.time) > 0.0)


@pytest.mark.parametrize("quantity", ["speed", "altitude"])
@pytest.mark.parametrize("seconds", [0.8, 3.0, 12.0])
def test_a_jump_of_the_display_is_left_out_and_told(
    flight: PointFlight, tmp_path: Path, quantity: str, seconds: float
) -> None:
    time, speed, altitude = displayed(flight)
    jump = (time > 100.0) & (time < 100.0 + seconds)
    whole = load_telemetry(written(tmp_path, (time, speed, altitude)))
    (speed if quantity == "speed" else altitude)[jump] += 80.0 if quantity == "speed" else 7000.0
    read = load_telemetry(written(tmp_path, (time, speed, altitude)))
    assert f"{quantity}: {np.count_nonzero(jump)} samples from 100.0 to" in read.notes[0]
    assert whole.notes[0].startswith("events")
    np.testing.assert_array_equal(read.time, whole.time[~jump])
    np.testing.assert_allclose(read.speed, whole.speed[~jump], atol=MISREAD_SPEED + 1.0)
    assert read.events.meco == pytest.approx(whole.events.meco, abs=0.1)


def test_a_jump_near_the_end_that_does_not_return_ends_the_trace_there(flight: PointFlight, tmp_path: Path) -> None:
    time, speed, altitude = displayed(flight)
    speed[time > 420.0] += 90.0
    read = load_telemetry(written(tmp_path, (time, speed, altitude)))
    assert read.time[-1] < 420.1
    assert "left out: the display jumps by" in read.notes[0]


def test_a_jump_within_the_flight_that_does_not_return_is_refused(flight: PointFlight, tmp_path: Path) -> None:
    time, speed, altitude = displayed(flight)
    speed[time > 220.0] += 90.0
    with pytest.raises(TelemetryError, match=r"flown\.csv: speed: jumps by \d\d at 220\.0 s and does not return"):
        load_telemetry(written(tmp_path, (time, speed, altitude)))


@pytest.mark.parametrize("name", RETURNED)
def test_a_saved_trace_with_found_events_is_read_without_finding_them_again(tmp_path: Path, name: str) -> None:
    save_telemetry(load_telemetry(name), tmp_path / "y.csv")
    assert load_telemetry(tmp_path / "y.csv").notes == ()


def test_a_stated_lift_off_holds_for_a_trace_that_does_not_show_it(flight: PointFlight, tmp_path: Path) -> None:
    time, speed, altitude = displayed(flight)
    late = time > 60.0
    path = written(tmp_path, (time[late], speed[late], altitude[late]), clock=500.0)
    read = load_telemetry(path, liftoff=(500.2, 0.4))
    assert first_motion(read) == (0.0, 0.4)
    assert read.events.meco == pytest.approx(149.8, abs=0.6)
    with pytest.raises(TelemetryError, match="no lift-off"):
        first_motion(load_telemetry(path))
