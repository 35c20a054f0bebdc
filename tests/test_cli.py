"""The command line: exit codes, one line a mistake, clean JSON, and no slow imports before they are needed."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr

sys.path.insert(0, str(Path(__file__).parent / "studies"))
from fake_flights import fake_flight

from hoverslam import __version__
from hoverslam.cli import main
from hoverslam.data import writing
from hoverslam.studies.rows import COLUMNS


@pytest.fixture
def solver(monkeypatch):
    """Lets a test set what solving does; comparisons stay in this process."""

    def use(solve):
        monkeypatch.setattr("hoverslam.flights.launch.solve.solve_launch", solve)
        monkeypatch.setattr("hoverslam.studies.parallel.default_jobs", lambda: 0)

    use(fake_flight)
    return use


def run(capsys, *arguments):
    code = main(arguments)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_verified_flight_is_0_and_anything_less_is_1(solver, capsys):
    code, out, _ = run(capsys, "solve", "falcon9", "--recovery", "downrange")
    assert code == 0
    assert "17,600" in out
    assert "dynamic pressure" in out
    solver(lambda *a, **k: fake_flight(*a, **k, verified=False))
    code, out, _ = run(capsys, "solve", "falcon9")
    assert code == 1
    assert "NOT VERIFIED" in out


def test_a_solver_that_raises_is_1_and_says_why_without_a_traceback(solver, capsys):
    def broken(*a, **k):
        raise ZeroDivisionError("no thrust")

    solver(broken)
    code, out, err = run(capsys, "solve", "falcon9")
    assert code == 1
    assert "not solved: ZeroDivisionError: no thrust" in out
    assert "Traceback" not in out + err


WRONG = {
    "vehicle": (["solve", "falcn9"], ['vehicle: "falcn9": unknown, did you mean falcon9?']),
    "mode and orbit": (["solve", "falcon9", "--recovery", "swim", "--orbit", "leo20"], ["recovery", "orbit"]),
    "two overrides": (["solve", "falcon9", "--set", "stage1.dry_mas_t=3", "--set", "x"], ["dry_mass_t", "key=value"]),
    "missing file": (["solve", "nowhere.toml"], ["cannot be read"]),
    "test article": (["solve", "vtvl1"], ["recovery", "default_orbit"]),
    "no argument": (["solve"], ["Missing argument"]),
    "no such option": (["compare", "--fast"], ["--fast"]),
    "no jobs": (["compare", "--jobs", "0"], ["--jobs"]),
    "no such command": (["slove"], ["slove"]),
    "mission to validate": (["validate", "--mission", "crs12"], ["did you mean crs11?"]),
    "vehicles to compare": (["compare", "--vehicle", "falcn9", "--vehicle", "vtvl1"], ["falcon9", "test article"]),
    "constellation": (["demand", "kuiper"], ['"kuiper": unknown, known: spacesail, guowang, starlink']),
    "vehicles to launch it": (["demand", "--vehicle", "falcn9", "--vehicle", "vtvl1"], ["falcon9", "test article"]),
    "folder of the demand": (["demand", "--out", __file__], ["not a folder"]),
    "folder to save in": (["solve", "falcon9", "--save", "/nowhere/at/all.nc"], ["no folder"]),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_2_with_one_line_a_mistake(solver, capsys, arguments, told):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == len(told)
    assert all(part in line for part, line in zip(told, lines, strict=True))


def test_solve_prints_json_and_nothing_else(solver, capsys):
    code, out, err = run(capsys, "solve", "falcon9", "--recovery", "downrange", "--json")
    told = json.loads(out)
    assert code == 0
    assert err == ""
    assert tuple(told)[: len(COLUMNS)] == COLUMNS
    assert told["boostback_propellant_kg"] is None
    assert told["limits"][0]["name"] == "dynamic_pressure"
    assert {row["component"] for row in told["cost"]} >= {"stage1_MCNY", "cost_CNY_per_kg"}


def test_a_changed_figure_reaches_the_solver(solver, capsys):
    seen = {}

    def look(vehicle, *a, **k):
        seen["dry"] = vehicle.stage1.dry_mass
        return fake_flight(vehicle, *a, **k)

    solver(look)
    run(capsys, "solve", "falcon9", "--set", "stage1.dry_mass_t=26.5")
    assert seen["dry"] == pytest.approx(26_500.0)


def test_compare_writes_where_it_is_told_and_says_how_many_rows_are_verified(solver, capsys, tmp_path):
    code, out, _ = run(capsys, "compare", "--out", str(tmp_path / "o"), "--vehicle", "falcon9")
    assert code == 0
    assert "3 of 3 rows verified" in out
    assert f"wrote {tmp_path / 'o' / 'vehicles.csv'}" in out
    code, out, _ = run(capsys, "compare", "--out", str(tmp_path / "o"), "--vehicle", "falcon9", "--json")
    told = json.loads(out)
    assert code == 0
    assert [row["payload_penalty_percent"] for row in told["rows"]] == [None, pytest.approx(20.0), pytest.approx(45.0)]
    assert (told["verified"], told["cases"], told["interrupted"]) == (3, 3, False)


def test_compare_is_1_when_a_row_is_not_verified(solver, capsys, tmp_path):
    solver(lambda v, r, o, report=None: fake_flight(v, r, o, verified=r != "downrange"))
    code, out, err = run(capsys, "compare", "--out", str(tmp_path), "--vehicle", "falcon9")
    assert code == 1
    assert "2 of 3 rows verified" in out
    assert "not verified: falcon9 downrange" in err


def test_ctrl_c_keeps_the_rows_and_is_130(solver, capsys, tmp_path):
    def stopped(vehicle, recovery, orbit, report=None):
        if recovery == "expendable":
            raise KeyboardInterrupt
        return fake_flight(vehicle, recovery, orbit)

    solver(stopped)
    code, _, err = run(capsys, "compare", "--out", str(tmp_path), "--vehicle", "falcon9")
    assert code == 130
    assert f"interrupted: 2 of 3 rows done, kept in {tmp_path / 'vehicles.csv'}" in err
    assert len((tmp_path / "vehicles.csv").read_text().splitlines()) == 3


def test_ctrl_c_while_pictures_are_drawn_keeps_the_rows_and_says_so(solver, capsys, tmp_path, monkeypatch):
    def pressed(*arguments):
        raise KeyboardInterrupt

    solver(fake_flight)
    monkeypatch.setattr("hoverslam.studies.comparison.compare._write_figures", pressed)
    code, _, err = run(capsys, "compare", "--out", str(tmp_path), "--vehicle", "falcon9")
    assert code == 130
    assert f"interrupted: 3 of 3 rows done, kept in {tmp_path / 'vehicles.csv'}" in err
    assert len((tmp_path / "vehicles.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("pressed", "code", "line"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (KeyboardInterrupt(signal.SIGTERM), 143, "terminated\n"),
    ],
)
def test_an_interrupt_that_leaves_a_command_is_told_in_one_line(capsys, monkeypatch, pressed, code, line):
    def listed():
        raise pressed

    monkeypatch.setattr("hoverslam.vehicles.loading.list_vehicles", listed)
    assert run(capsys, "vehicles") == (code, "", line)


def test_demand_writes_its_files_and_says_whether_the_date_is_met(solver, capsys, tmp_path):
    code, out, _ = run(capsys, "demand", "spacesail", "--out", str(tmp_path / "o"), "--vehicle", "zhuque3")
    assert code == 0
    assert "Not met by any vehicle alone" in out
    assert "3 of 3 flights verified" in out
    assert f"wrote {tmp_path / 'o' / 'constellations.csv'}" in out
    code, out, err = run(capsys, "demand", "--out", str(tmp_path / "o"), "--vehicle", "falcon9", "--json")
    told = json.loads(out)
    assert code == 0
    assert len([line for line in err.splitlines() if line.endswith("verified")]) == 8
    assert (told["verified"], told["flights"], told["interrupted"]) == (8, 8, False)
    assert {row["constellation"] for row in told["rows"]} == {"spacesail", "guowang"}
    assert {row["year"] for row in told["checks"]} == {2024, 2025}


def test_demand_is_1_when_a_flight_is_not_verified_and_130_when_interrupted(solver, capsys, tmp_path):
    asked = ("demand", "spacesail", "--out", str(tmp_path), "--vehicle", "zhuque3")
    solver(lambda v, r, o, report=None: fake_flight(v, r, o, verified=r != "downrange"))
    code, _, err = run(capsys, *asked)
    assert code == 1
    assert "not verified: zhuque3 downrange to polar800" in err

    def stopped(vehicle, recovery, orbit, report=None):
        if recovery == "expendable":
            raise KeyboardInterrupt
        return fake_flight(vehicle, recovery, orbit)

    solver(stopped)
    code, _, err = run(capsys, *asked)
    assert code == 130
    assert f"interrupted: 2 of 3 flights done, kept in {tmp_path / 'constellations.csv'}" in err


def test_a_bad_file_is_told_line_by_line_and_is_2(capsys, tmp_path):
    shipped = Path(__file__).parents[1] / "src" / "hoverslam" / "vehicles" / "files" / "falcon9.toml"
    bad = tmp_path / "bad.toml"
    bad.write_text(
        shipped.read_text().replace('status = "flown"', 'status = "imagined"').replace("count = 9", "count = 0")
    )
    code, out, err = run(capsys, "vehicles", "check", str(bad), str(shipped))
    assert code == 2
    assert out == f"{shipped}: in order\n"
    assert [line.split(": ")[1] for line in err.splitlines()] == ["status", "stage1.engine.count"]


def test_vehicles_lists_and_shows(capsys):
    code, out, _ = run(capsys, "vehicles", "--json")
    assert code == 0
    assert {"falcon9", "zhuque3", "vtvl1"} <= {row["name"] for row in json.loads(out)}
    code, out, _ = run(capsys, "vehicles", "show", "falcon9", "--json")
    assert code == 0
    assert any(row["key"] == "stage1.dry_mass_t" and row["source"] for row in json.loads(out))
    assert run(capsys, "vehicles", "show", "falcn9")[0] == 2


def test_the_version_is_told(capsys):
    assert run(capsys, "--version") == (0, f"hoverslam {__version__}\n", "")
    assert run(capsys)[0] == 0


def test_help_and_lists_import_no_solver():
    code = "import sys; from hoverslam.cli import main; main(['vehicles']); main(['solve', '--help']);"
    code += "assert not {'jax', 'casadi', 'xarray', 'matplotlib', 'scipy'} & set(sys.modules), sorted(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_orbits_and_sites_are_listed_with_values_and_sources(capsys):
    code, out, _ = run(capsys, "orbits", "--json")
    orbits = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert orbits["sso500"]["inclination_deg"] == 97.4
    assert orbits["leo450"]["inclination_deg"] is None
    assert all(row["source"] and row["title"] for row in orbits.values())
    code, out, _ = run(capsys, "sites", "--json")
    sites = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert sites["slc40"]["latitude_deg"] == 28.56186
    assert sites["slc40"]["lowest_inclination_deg"] == pytest.approx(28.40, abs=0.01)
    code, out, _ = run(capsys, "sites")
    assert code == 0
    assert "Cape Canaveral SLC-40" in out
    assert "azimuth_min_deg" not in out  # no site of the package states one


@pytest.mark.parametrize(
    "listing", [("orbits",), ("sites",), ("vehicles",), ("vehicles", "show", "falcon9")], ids=" ".join
)
def test_a_listing_is_the_same_in_csv_and_json(capsys, listing):
    code, out, err = run(capsys, *listing, "--csv")
    assert (code, err) == (0, "")
    table = list(csv.DictReader(out.splitlines()))
    rows = json.loads(run(capsys, *listing, "--json")[1])
    assert [list(row) for row in table] == [list(row) for row in rows]
    for written, row in zip(table, rows, strict=True):
        for key, value in row.items():
            if isinstance(value, float):
                assert float(written[key]) == value
            else:
                assert written[key] == (", ".join(value) if isinstance(value, list) else value or "")


def test_a_listing_shows_what_a_text_of_values_means(capsys):
    code, out, _ = run(capsys, "orbits", "550xSSO", "leo200", "--json")
    assert code == 0
    assert [(row["name"], round(row["inclination_deg"], 1)) for row in json.loads(out)] == [
        ("550x550xSSO", 97.6),
        ("leo200", 28.5),
    ]
    code, out, _ = run(capsys, "sites", "28.56x-80.58x5x35x120")
    assert code == 0
    assert "azimuth_min_deg" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("orbits", "500x"), 'orbit: "500x": must be PERIGEExAPOGEExINCLINATION'),
        (("sites", "slc4O"), 'site: "slc4O": unknown, did you mean slc40 or slc4e?'),
        (("orbits", "--json", "--csv"), "--json, --csv: choose one of them"),
        (("solve", "falcon9", "--orbit", "500x200x97"), 'orbit "500x200x97": perigee_altitude_km: 500'),
        (("solve", "falcon9", "--set", "site=91x0x0"), 'override: site: site "91x0x0": latitude_deg: 91'),
        (("cost", "falcon9", "--orbit", "500xabc"), 'orbit: "500xabc": must be'),
        (("compare", "--orbit", "500x"), 'orbit: "500x": must be'),
        (
            ("compare", "--vehicle", "zhuque3", "--orbit", "500x500x28.5"),
            "zhuque3: orbit 500x500x28.5: inclination_deg",
        ),
        (("margin", "falcon9", "--orbit", "500x500x10"), "orbit 500x500x10: inclination_deg: 10: slc40 reaches"),
    ],
)
def test_a_wrong_orbit_or_site_is_2_with_one_line(solver, capsys, arguments, line):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith(line)


def test_orbit_and_site_by_values_reach_the_solver(solver, capsys, tmp_path):
    seen = []

    def look(vehicle, recovery, orbit, **k):
        seen.append((vehicle.launch_site.name, vehicle.orbit(orbit, recovery).name))
        return fake_flight(vehicle, recovery, orbit, **k)

    solver(look)
    site = ("--set", "site=28.6x-80.6x5")
    code, out, _ = run(capsys, "solve", "falcon9", "--orbit", "500 x 500 x 97.4", *site, "--json")
    assert code == 0
    assert json.loads(out)["orbit"] == "500x500x97.4"
    assert seen == [("28.6x-80.6x5", "500x500x97.4")]
    code, _, _ = run(capsys, "compare", "--vehicle", "falcon9", "--orbit", "550xSSO", "--out", str(tmp_path))
    assert code == 0
    assert set(seen[1:]) == {("slc40", "550x550xSSO")}
    assert len(seen) == 4


# ---- outputs -------------------------------------------------------------------------------------------------------------
def refused_outputs(folder):
    """Commands with a place that cannot be written, and a part of the line that says why."""
    file, taken = folder / "file", folder / "taken"
    file.write_text("")
    (taken / "vehicles.csv").mkdir(parents=True)
    (folder / "blocked" / "figures").parent.mkdir()
    (folder / "blocked" / "figures").write_text("")
    return [
        (("solve", "falcon9", "--save", str(taken)), "is a folder: name a file"),
        (("solve", "falcon9", "--save", "/proc/f.nc"), "nothing can be written in /proc"),
        (("solve", "falcon9", "--save", str(folder / "f.json")), "unknown suffix '.json', known: .nc"),
        (("compare", "--vehicle", "falcon9", "--out", "/proc/x"), "nothing can be written in /proc"),
        (("compare", "--vehicle", "falcon9", "--out", str(file)), "not a folder"),
        (("compare", "--vehicle", "falcon9", "--out", str(taken)), "vehicles.csv: is a folder: name a file"),
        (("compare", "--vehicle", "falcon9", "--out", str(folder / "blocked")), "figures is not a folder"),
        (("demand", "spacesail", "--out", "/proc/x"), "nothing can be written in /proc"),
        (("demand", "spacesail", "--out", str(folder / "blocked")), "figures is not a folder"),
        (("validate", "--out", "/proc/x"), "nothing can be written in /proc"),
        (("validate", "--out", str(folder / "blocked")), "figures is not a folder"),
        (("margin", "falcon9", "--out", "/proc/x"), "nothing can be written in /proc"),
        (("margin", "falcon9", "--out", str(file)), "not a folder"),
        (("margin", "falcon9", "--figure", str(folder / "x.bmpp")), "unknown suffix '.bmpp', known: .pdf, .png, .svg"),
        (("margin", "falcon9", "--curve", str(folder / "x.txt")), "unknown suffix '.txt', known: .toml"),
        (("margin", "falcon9", "--curve", str(folder / "x.toml"), "--samples", "999"), "needs 1000 landed flights"),
        (("cost", "falcon9", "--figure", str(folder / "x.bmpp")), "unknown suffix '.bmpp', known: .pdf, .png, .svg"),
        (("cost", "falcon9", "--figure", str(taken)), "is a folder: name a file"),
        (("cost", "falcon9", "--figure", str(folder / "no" / "x.png")), "there is no folder"),
    ]


def test_every_output_is_checked_before_anything_is_solved(solver, capsys, tmp_path):
    def never(*a, **k):
        raise AssertionError("solved")

    solver(never)
    for arguments, told in refused_outputs(tmp_path):
        code, out, err = run(capsys, *arguments)
        assert (code, out) == (2, ""), arguments
        assert len(err.splitlines()) == 1, err
        assert err.startswith(f"{arguments[-4] if '--samples' in arguments else arguments[-2]}: "), err
        assert told in err
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(writing.PART)]


@pytest.fixture
def disk_full_after_the_check(monkeypatch):
    """Returns a function after whose call no file below a folder can be written, although it could be when it was checked."""

    def fill(folder):
        put = writing._put

        def failing(path, content):
            if folder in path.parents:
                raise OSError(errno.ENOSPC, "No space left on device")
            put(path, content)

        monkeypatch.setattr(writing, "_put", failing)

    return fill


def kept_in(err):
    """The files that lines on standard error name as kept elsewhere."""
    found = [
        Path(line.split("; kept as ")[1]) for line in err.splitlines() if "no space left on device; kept as" in line
    ]
    assert all(path.stat().st_size > 0 for path in found)
    return found


def test_a_trajectory_that_cannot_be_written_is_kept_and_named(solver, capsys, tmp_path, disk_full_after_the_check):
    disk_full_after_the_check(tmp_path)
    code, out, err = run(capsys, "solve", "falcon9", "--save", str(tmp_path / "f.nc"))
    assert code == 3
    assert "22,000" in out
    (kept,) = kept_in(err)
    with xr.open_dataset(kept) as data:
        assert "altitude" in data
    kept.unlink()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "rows"),
    [(("compare", "--vehicle", "falcon9"), 3), (("demand", "spacesail", "--vehicle", "zhuque3"), 9)],
)
def test_a_study_goes_on_where_its_files_cannot_be_written(
    solver, capsys, tmp_path, disk_full_after_the_check, command, rows
):
    disk_full_after_the_check(tmp_path)
    code, out, err = run(capsys, *command, "--out", str(tmp_path))
    assert code == 3
    assert "3 of 3" in out
    assert "wrote" not in out
    table = next(path for path in kept_in(err) if path.suffix == ".csv" and path.stem in ("vehicles", "constellations"))
    assert len(table.read_text().splitlines()) == 1 + rows
    for path in kept_in(err):
        path.unlink()
    assert list(tmp_path.iterdir()) == []


def test_a_full_standard_output_is_told_in_one_line(monkeypatch):
    command = "from hoverslam.cli import main; raise SystemExit(main())"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", command, "vehicles", "--csv"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == "standard output: cannot be written: no space left on device\n"


# ---- signals and progress -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "code", "word"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
def test_a_signal_ends_a_comparison_with_what_is_done_and_its_exit_code(solver, capsys, tmp_path, name, code, word):
    def stopped(vehicle, recovery, orbit, report=None):
        if recovery == "expendable":
            os.kill(os.getpid(), getattr(signal, name))
            time.sleep(10.0)
        return fake_flight(vehicle, recovery, orbit)

    solver(stopped)
    # A process that was started in the background ignores SIGINT, and so would this comparison.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.getsignal(signal.SIGTERM)
    try:
        got, _, err = run(capsys, "compare", "--out", str(tmp_path), "--vehicle", "falcon9")
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert got == code
    assert f"{word}: 2 of 3 rows done, kept in {tmp_path / 'vehicles.csv'}" in err
    assert len((tmp_path / "vehicles.csv").read_text().splitlines()) == 3
    assert signal.getsignal(signal.SIGTERM) is before


def test_each_row_is_a_line_at_once_where_there_is_no_terminal(solver, capsys, tmp_path):
    told = []

    def look(vehicle, recovery, orbit, report=None):
        told.append(capsys.readouterr().err)
        return fake_flight(vehicle, recovery, orbit)

    solver(look)
    assert run(capsys, "compare", "--out", str(tmp_path), "--vehicle", "falcon9")[0] == 0
    assert "falcon9" not in told[0]
    assert [line.split()[:2] for line in told[1].splitlines()] == [["falcon9", "return_to_launch_site"]]
    assert [line.split()[:2] for line in told[2].splitlines()] == [["falcon9", "downrange"]]


def test_a_step_that_takes_long_is_told_in_plain_lines(solver, capsys, monkeypatch):
    monkeypatch.setattr("hoverslam.cli.progress.QUIET", 0.02)

    def slow(vehicle, recovery, orbit, report=None):
        report("pass 1: Solve_Succeeded")
        time.sleep(0.3)
        return fake_flight(vehicle, recovery, orbit)

    solver(slow)
    code, out, err = run(capsys, "solve", "falcon9", "--json")
    assert code == 0
    json.loads(out)
    assert "falcon9, expendable: pass 1: Solve_Succeeded" in err.splitlines()
    assert "\x1b" not in err
