"""Telemetry: files are read as they were written, mistakes are named, and measurements have the stated errors."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from hoverslam.flights.observed.events import first_motion, refined_events
from hoverslam.flights.observed.observation import observe
from hoverslam.flights.observed.samples import Samples, altitude_samples, speed_samples
from hoverslam.flights.observed.telemetry import Events, Telemetry, load_telemetry, save_telemetry
from hoverslam.flights.observed.trace_files import Floats, TelemetryError
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.missions import load_mission

TIME = np.arange(0.0, 200.0, 1.0 / 30.0)
KM_H = 1.0 / 3.6  # m/s
RETURNED = ("crs11", "nrol76", "saocom1a")  # their traces show the first stage from lift-off to its landing
Table: TypeAlias = dict[str, Any]
Files: TypeAlias = Callable[..., Path]


def trace(
    speed: Floats = TIME, altitude: Floats | None = None, time: Floats = TIME, events: Events | None = None
) -> Telemetry:
    """Return a trace whose first stage cuts off at 150 s."""
    altitude = np.zeros(len(time)) if altitude is None else altitude
    return Telemetry("made", time, speed, altitude, events or Events(150.0))


def shown(values: Floats, step: float) -> Floats:
    """Return values as a display with this step rounds them."""
    return np.round(values / step) * step


def chi2(samples: Samples, truth: Callable[[Floats], Floats]) -> float:
    """Return the mean square of the error over its standard error: 1 where the standard error is right."""
    return float(np.mean(((samples.value - truth(samples.time)) / samples.sigma) ** 2))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Return a function that writes a valid trace and its events, changed by ``change`` before they are written."""

    def write(change: Callable[[Table, Table], object] = lambda columns, events: None) -> Path:
        columns = {"time": list(range(100)), "velocity": [2.0 * t for t in range(100)], "altitude": [0.1] * 100}
        events = {"meco": 50, "landing_start": 80, "landing_end": 90}
        change(columns, events)
        (tmp_path / "x_stage1_raw.json").write_text(json.dumps(columns))
        (tmp_path / "x_events.json").write_text(json.dumps(events))
        return tmp_path / "x_stage1_raw.json"

    return write


# ---- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["y_stage1_raw.json", "y.json", "y.csv"])
def test_a_saved_trace_is_loaded_with_the_same_values(tmp_path: Path, name: str) -> None:
    before = load_telemetry("crs11")
    save_telemetry(before, tmp_path / name)
    after = load_telemetry(tmp_path / name)
    assert after.name == "y"
    for column in ("time", "speed", "altitude"):
        np.testing.assert_allclose(getattr(after, column), getattr(before, column), rtol=1e-14)
    assert after.events == before.events


@pytest.mark.parametrize(("speed", "altitude"), [("speed_m_s", "altitude_m"), ("velocity_km_h", "altitude_km")])
def test_columns_have_the_units_in_their_names(files: Files, tmp_path: Path, speed: str, altitude: str) -> None:
    files()
    rise = 0.3 if altitude.endswith("km") else 300.0
    rows = [f"{t},{36 * t if speed.endswith('km_h') else 10 * t},{rise * t * 0.5}" for t in range(100)]
    (tmp_path / "x.csv").write_text("\n".join([f"time_s,{speed},{altitude}", *rows]))
    read = load_telemetry(tmp_path / "x.csv")
    np.testing.assert_allclose(read.speed, 10.0 * read.time)
    np.testing.assert_allclose(read.altitude, 150.0 * read.time)


def test_events_may_be_in_another_file(files: Files, tmp_path: Path) -> None:
    path = files()
    (tmp_path / "other.json").write_text('{"meco": 42}')
    assert load_telemetry(path, tmp_path / "other.json").events == Events(42.0)


def test_the_first_of_two_samples_at_one_time_is_kept(files: Files) -> None:
    path = files(lambda columns, events: columns["time"].__setitem__(31, 30))
    read = load_telemetry(path)
    assert len(read.time) == 99
    assert np.all(np.diff(read.time) > 0.0)


def test_a_misread_digit_is_replaced(files: Files) -> None:
    def misread(columns: Table, events: Table) -> None:
        columns["time"] = [t / 30.0 for t in range(3000)]
        columns["velocity"] = [t / 30.0 for t in range(3000)]
        columns["altitude"] = [0.0] * 3000
        columns["velocity"][1000] = 833.0
        columns["altitude"][500:503] = [8.0] * 3

    read = load_telemetry(files(misread))
    assert np.max(np.abs(read.speed - read.time)) < 0.6
    assert np.max(read.altitude) == 0.0


MISTAKES = {
    "no time": (lambda c, e: c.pop("time"), "time: missing: has velocity, altitude; known are time_s"),
    "unequal": (lambda c, e: c["altitude"].pop(), "100 times, 100 speeds, 99 altitudes"),
    "few": (lambda c, e: [column.__delitem__(slice(50, None)) for column in c.values()], "50 samples: a flight needs"),
    "nan": (lambda c, e: c["velocity"].__setitem__(7, float("nan")), "speed[7]: nan: must be finite"),
    "text": (lambda c, e: c["velocity"].__setitem__(7, "fast"), "velocity: .*must be numbers"),
    "back": (lambda c, e: c["time"].__setitem__(41, 12), "time[41]: 12 s after 40 s: must not go back"),
    "no meco": (lambda c, e: e.pop("meco"), "meco: missing: add"),
    "half a burn": (lambda c, e: e.pop("landing_start"), "landing_start: missing: a burn has start and end"),
    "half an entry": (lambda c, e: e.update(entry_start=60), "entry_end: missing: a burn has start and end"),
    "order": (lambda c, e: e.update(landing_start=40), "landing_start: 40 s: must be later than meco (50 s)"),
    "text for seconds": (lambda c, e: e.update(meco="145"), "meco: '145': must be seconds after lift-off"),
    "outside": (lambda c, e: e.update(landing_end=200), "landing_end: 200 s: must lie within the trace"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_file_key_and_remedy(files: Files, mistake: str) -> None:
    change, message = MISTAKES[mistake]
    pattern = message if ".*" in message else "".join(f"\\{c}" if c in "[]()." else c for c in message)
    with pytest.raises(TelemetryError, match=rf"x_(stage1_raw|events)\.json: .*{pattern}|x_.*json: {pattern}"):
        load_telemetry(files(change))


def test_a_missing_file_is_named(files: Files, tmp_path: Path) -> None:
    with pytest.raises(
        TelemetryError, match=r"nowhere: no such file; known traces are crs11, formosat5, .*, nrol76, saocom1a"
    ):
        load_telemetry("nowhere")
    path = files()
    (tmp_path / "x_events.json").unlink()
    with pytest.raises(TelemetryError, match=r"x_events\.json: no such file: write the events"):
        load_telemetry(path)


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(TelemetryError, match=r"x\.txt: suffix '\.txt': must be \.json or \.csv"):
        load_telemetry(tmp_path / "x.txt")


def test_a_trace_is_saved_only_as_json_or_csv(tmp_path: Path) -> None:
    with pytest.raises(TelemetryError, match=r"y\.txt: suffix"):
        save_telemetry(load_telemetry("crs11"), tmp_path / "y.txt")


def test_a_list_is_not_a_trace(files: Files) -> None:
    path = files()
    path.write_text("[1, 2]")
    with pytest.raises(TelemetryError, match=r"x_stage1_raw\.json: a list: must be a table"):
        load_telemetry(path)


# ---- files as they are found -----------------------------------------------------------------------------------------
FLOWN = np.arange(0.0, 150.0, 0.5)
FLOWN_SPEED, FLOWN_ALTITUDE = 10.0 * FLOWN, 0.5 * 6.0 * FLOWN**2  # m/s, m: climbs 0.6 of the way


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """Write a trace and its events, and return its path."""
    (folder / name).write_text(text, encoding=encoding)
    (folder / f"{Path(name).stem}_events.json").write_text('{"meco": 140}', encoding=encoding)
    return folder / name


def rows_of(header: str, separator: str = ",", speed: float = 1.0, altitude: float = 1.0, comma: bool = False) -> str:
    """Return a trace as CSV, its speeds and altitudes in SI divided by the given units."""
    columns = zip(FLOWN, FLOWN_SPEED / speed, FLOWN_ALTITUDE / altitude, strict=True)
    rows = [separator.join(f"{x:.9f}" for x in row) for row in columns]
    return "\n".join([header, *(row.replace(".", ",") if comma else row for row in rows)]) + "\n"


def is_the_flight(path: Path) -> None:
    read = load_telemetry(path)
    np.testing.assert_allclose(read.time, FLOWN, atol=1e-9)
    np.testing.assert_allclose(read.speed, FLOWN_SPEED, atol=1e-6)
    np.testing.assert_allclose(read.altitude, FLOWN_ALTITUDE, atol=1e-4)


@pytest.mark.parametrize(
    ("header", "speed", "altitude"),
    [
        ("Time (s),Speed (km/h),Altitude (m)", KM_H, 1.0),
        ("t [s],Velocity [m/s],Altitude [km]", 1.0, 1e3),
        ("time_s,speed_kmh,altitude_km", KM_H, 1e3),
        ("T,V,H", 1.0, 1e3),
        ("MET (s),Speed (mph),Altitude (ft)", 0.44704, 0.3048),
        ("mission time,velocity (km/s),height (m)", 1e3, 1.0),
    ],
)
def test_units_are_read_from_headers_as_people_write_them(
    tmp_path: Path, header: str, speed: float, altitude: float
) -> None:
    is_the_flight(written(tmp_path, "x.csv", rows_of(header, speed=speed, altitude=altitude)))


def test_a_byte_order_mark_semicolons_decimal_commas_comments_and_blank_lines_are_read(tmp_path: Path) -> None:
    table = rows_of("Time (s);Speed (km/h);Altitude (m)", ";", KM_H, comma=True)
    is_the_flight(written(tmp_path, "x.csv", "# from a webcast\n\n" + table + "\n  \n;;\n", "utf-8-sig"))
    is_the_flight(written(tmp_path, "y.csv", rows_of("time_s\tspeed_m_s\taltitude_m", "\t")))
    commented = rows_of("time_s, speed_m_s, altitude_m").replace("\n", "\r\n// a note\r\n", 5)
    is_the_flight(written(tmp_path, "z.csv", commented))


@pytest.mark.parametrize("join", ["\n", ", ", ""])
def test_json_records_one_after_the_other_and_in_a_list_are_read(tmp_path: Path, join: str) -> None:
    columns = zip(FLOWN.tolist(), FLOWN_SPEED.tolist(), (FLOWN_ALTITUDE / 1e3).tolist(), strict=True)
    records = [{"time": t, "velocity": v, "altitude": h, "note": None} for t, v, h in columns]
    stream = join.join(json.dumps(record) for record in records)
    is_the_flight(written(tmp_path, "x.json", stream, "utf-8-sig"))
    is_the_flight(written(tmp_path, "y.json", json.dumps([*records, {"time": 151.0, "velocity": None}])))


@pytest.mark.parametrize(
    ("header", "speed", "altitude", "said"),
    [
        ("time,speed_m_s,altitude", KM_H, 1e3, "speed: .* a mean of 3[0-9] m/s2: .* speed_m_s or speed_km_h"),
        ("time,speed_m_s,altitude_km", 1.0, 1.0, "altitude: jumps .* and does not return"),
        ("time_s,speed_km_h,altitude_km", 1.0, 1e3, "altitude: climbs .* not possible"),
        ("time_s,speed_m_s,altitude_m", 1.0, 1e3, "altitude: climbs .* no ascent is so flat"),
        ("Time (h),Speed (m/s),Altitude (m)", 1.0, 1.0, r"Time \(h\): unknown unit 'h': write time_s"),
        ("Time (ms),Speed (m/s),Altitude (m)", 1.0, 1.0, "140 s: must lie within the trace"),
        ("time_min,speed_m_s,altitude_m", 1.0, 1.0, "time: 30 s from sample to sample"),
        ("time_s,speed_m_s,velocity_km_h", 1.0, 1.0, "velocity_km_h: states speed a second time"),
        ("time_s,time_s,altitude_km", 1.0, 1.0, "time_s: states a column twice"),
        ("time_s,speed_m_s,depth", 1.0, 1.0, "altitude: missing: has time_s, speed_m_s, depth"),
        ("0.0,0.0,0.0", 1.0, 1.0, "no header: add a first line"),
        ("time_s,speed_m_s", 1.0, 1.0, "line 2: 3 cells, but the header has 2"),
    ],
)
def test_units_that_contradict_each_other_and_headers_that_do_not_fit_are_one_line(
    tmp_path: Path, header: str, speed: float, altitude: float, said: str
) -> None:
    path = written(tmp_path, "x.csv", rows_of(header, speed=speed, altitude=altitude))
    with pytest.raises(TelemetryError, match=said) as refusal:
        load_telemetry(path)
    assert len(str(refusal.value).splitlines()) == 1
    assert str(tmp_path) in str(refusal.value)


@pytest.mark.parametrize(
    ("speed", "altitude", "told"),
    [
        (KM_H, 1e3, "speed in km/h and altitude in km"),
        (1.0, 1.0, "speed in m/s and altitude in m"),
        (KM_H, 1.0, "speed in km/h and altitude in m"),
    ],
)
def test_units_that_no_header_states_are_those_with_which_speed_and_altitude_agree(
    tmp_path: Path, speed: float, altitude: float, told: str
) -> None:
    path = written(tmp_path, "x.csv", rows_of("MET,Booster velocity,Booster altitude", speed=speed, altitude=altitude))
    is_the_flight(path)
    assert told in load_telemetry(path).notes[0]


def test_units_of_the_public_collections_need_no_line(tmp_path: Path) -> None:
    assert load_telemetry(written(tmp_path, "x.csv", rows_of("time,speed,altitude", altitude=1e3))).notes == ()
    assert all(load_telemetry(name).notes == () for name in RETURNED)


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n"])
def test_an_empty_file_is_named(tmp_path: Path, content: str) -> None:
    for name in ("x.csv", "x.json"):
        with pytest.raises(TelemetryError, match=f"{name}: cannot be read"):
            load_telemetry(written(tmp_path, name, content))


def test_a_landing_without_an_end_is_a_trace_that_ends_before_touchdown(files: Files) -> None:
    for change in ({"landing_end": None}, {"landing_end": None, "landing_start": None}):
        read = load_telemetry(files(lambda columns, events, change=change: events.update(change)))
        assert read.events.landing_end is None


@pytest.mark.parametrize("every", [30, 15, 10, 8])
def test_a_trace_of_few_samples_a_second_gives_measurements_along_every_segment(every: int) -> None:
    """A thirtieth, a fifteenth, ... of the frames: some 1, 2, 3 and 4 a second."""
    whole = load_telemetry("crs11")
    thin = replace(whole, time=whole.time[::every], speed=whole.speed[::every], altitude=whole.altitude[::every])
    dense = speed_samples(whole, 20.0, 140.0, 1.0)
    samples = speed_samples(thin, 20.0, 140.0, 1.0)
    assert len(samples.time) > 0.8 * 120.0 / max(1.0, 4.5 * every / 30.0)
    expected = np.interp(samples.time, dense.time, dense.value)
    assert np.all(np.abs(samples.value - expected) < 3.0 * samples.sigma + 1.5)
    mission = load_mission("crs11")
    seen = observe(mission, thin, load_vehicle(mission.vehicle))
    assert all(len(found.time) > 0 for name, found in seen.speed.items() if name not in ("staging", "entry"))
    start, error = first_motion(thin)
    assert start == pytest.approx(first_motion(whole)[0], abs=3.0 * error)


# ---- samples ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("step", [KM_H, 1.0])
@pytest.mark.parametrize("acceleration", [3.0, 9.0, 25.0])
def test_a_rounded_linear_speed_is_recovered_within_its_error(acceleration: float, step: float) -> None:
    samples = speed_samples(trace(shown(acceleration * TIME, step)), 5.0, 195.0, 1.0)
    assert len(samples.time) == 190
    assert np.all(np.abs(samples.value - acceleration * samples.time) < 3.0 * samples.sigma)
    assert np.all(samples.sigma < step)


def test_the_standard_error_contains_the_noise() -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.3, len(TIME))
    samples = speed_samples(trace(shown(9.0 * TIME + noise, KM_H)), 5.0, 195.0, 1.0)
    assert 0.5 < chi2(samples, lambda time: 9.0 * time) < 1.5


@pytest.mark.parametrize("step", [100.0, 1000.0])
def test_a_coarse_altitude_is_recovered_within_its_error(step: float) -> None:
    def height(time: Floats) -> Floats:
        return 60e3 + 600.0 * time - 4.5 * time**2

    samples = altitude_samples(trace(altitude=shown(height(TIME), step)), 5.0, 130.0, 2.0)
    assert len(samples.time) > 30
    assert np.all(np.abs(samples.value - height(samples.time)) < 3.0 * samples.sigma)
    assert np.median(samples.sigma) < 0.15 * step


def test_an_animated_display_is_as_late_as_its_speed() -> None:
    """Every frame, the display moves by 1/18 of the difference towards the kilometre nearest to the height."""
    height, goal = 100.0 * TIME, shown(100.0 * TIME, 1000.0)
    glide = np.empty(len(TIME))
    glide[0] = 0.0
    for i in range(1, len(TIME)):
        glide[i] = glide[i - 1] + (goal[i] - glide[i - 1]) * (1.0 - np.exp(-1.0 / 18.0))
    samples = altitude_samples(trace(altitude=shown(glide, 100.0)), 5.0, 195.0, 2.0)
    late = samples.time - np.interp(samples.value, height, TIME)
    assert len(late) > 15
    np.testing.assert_allclose(late, 0.6, atol=0.1)


@pytest.mark.parametrize("change", [100.0, 99_500.0])
def test_the_display_changes_at_the_value_itself_at_its_lowest_and_at_its_first_coarse_step(change: float) -> None:
    """The display shows no altitude below 0.1 km, and whole kilometres from 99.5 km."""
    height = change + 10.0 * (TIME - 100.0)
    fine = shown(height, 100.0)
    altitude = np.where(height < 100.0, 0.0, np.where(height < 99_500.0, np.minimum(fine, 99_500.0), 100_000.0))
    samples = altitude_samples(trace(altitude=altitude), 99.0, 101.0, 2.0)
    assert len(samples.time) == 1
    assert samples.value[0] == pytest.approx(change + 10.0 * (samples.time[0] - 100.0), abs=1.0)


def test_there_is_no_sample_in_a_gap_or_outside_the_span() -> None:
    kept = (TIME < 50.0) | (TIME > 60.0)
    samples = speed_samples(trace(9.0 * TIME[kept], time=TIME[kept]), 20.0, 100.0, 1.0)
    assert samples.time.min() > 20.0
    assert samples.time.max() < 100.0
    assert not np.any((samples.time > 50.0) & (samples.time < 60.0))
    assert len(samples.time) == 70


# ---- events ----------------------------------------------------------------------------------------------------------
def test_first_motion_is_where_the_extrapolated_speed_is_zero() -> None:
    since = np.maximum(TIME - 1.37, 0.0)
    time, error = first_motion(trace(shown(3.4 * since + 0.05 * since**2, KM_H)))
    assert time == pytest.approx(1.37, abs=3.0 * error)
    assert error < 0.2


def test_a_trace_without_lift_off_has_no_first_motion() -> None:
    with pytest.raises(TelemetryError, match="made: no lift-off"):
        first_motion(trace(TIME + 500.0))


@pytest.mark.parametrize("kink", [148.9, 150.0, 151.3])
def test_a_kink_is_found_within_a_fifth_of_a_second(kink: float) -> None:
    speed = 10.0 * TIME - 30.0 * np.maximum(TIME - kink, 0.0) + 0.05 * TIME**2
    refined = refined_events(trace(shown(speed, KM_H)))
    assert refined.meco == pytest.approx(kink, abs=0.2)
    assert refined.error("meco") <= 0.2


def test_an_event_without_a_kink_keeps_its_stated_second() -> None:
    refined = refined_events(trace(shown(10.0 * TIME + 0.05 * TIME**2, KM_H)))
    assert refined.meco == 150.0
    assert refined.error("meco") == 0.5


@pytest.mark.parametrize("name", RETURNED)
def test_refined_events_of_known_flights_are_near_the_stated_ones(name: str) -> None:
    flight = load_telemetry(name)
    start, error = first_motion(flight)
    assert 0.0 < start < 1.7
    assert error < 0.3
    refined, stated = refined_events(flight).known(), flight.events.known()
    assert list(refined) == list(stated)
    for event in ("meco", "entry_start", "entry_end", "landing_start"):
        assert refined[event] == pytest.approx(stated[event], abs=1.5)
    assert 461.0 < refined["landing_end"] < 541.0


@pytest.mark.parametrize(("name", "end"), [("crs11", 210.7), ("nrol76", 200.5), ("saocom1a", 199.6)])
def test_boostback_ends_when_the_energy_becomes_constant(name: str, end: float) -> None:
    """The stated seconds are 211, 210 and 205. At the last two the energy has been constant for long."""
    assert refined_events(load_telemetry(name)).boostback_end == pytest.approx(end, abs=0.5)


@pytest.mark.parametrize("name", RETURNED)
def test_the_climb_rate_of_known_flights_is_below_their_speed(name: str) -> None:
    flight = load_telemetry(name)
    altitude = altitude_samples(flight, 5.0, flight.time[-1] - 5.0, 4.0)
    speed = np.interp(altitude.time, flight.time, flight.speed)
    climb = np.abs(np.diff(altitude.value) / np.diff(altitude.time))
    noise = np.hypot(altitude.sigma[1:], altitude.sigma[:-1]) / np.diff(altitude.time)
    assert np.all(climb < np.maximum(speed[1:], speed[:-1]) + 4.0 * noise + 15.0)


@pytest.mark.parametrize("digits", [20, 400, 5000])
def test_a_whole_number_of_many_digits_is_refused_in_one_line(files: Files, tmp_path: Path, digits: int) -> None:
    events = written(tmp_path, "events.json", f'{{"meco": {"9" * digits}}}')
    with pytest.raises(TelemetryError, match="meco"):
        load_telemetry("crs11", events)
    trace = written(
        tmp_path, "x.json", f'{{"time": [0, 1, {"9" * digits}], "velocity": [0, 1, 2], "altitude": [0, 1, 2]}}'
    )
    with pytest.raises(TelemetryError, match="time"):
        load_telemetry(trace)
