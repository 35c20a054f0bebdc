"""``hoverslam reconstruct``: the report, the files, the exit codes and the messages of a short simulated flight."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from point_flights import displayed, fly

from hoverslam.cli import main
from hoverslam.flights.observed import reconstruction

MISSION = """
name = "made"
title = "A point mass"
vehicle = "falcon9"
site = "lc39a"
northward = false
landing_site = "free"
recovery = "downrange"
fairing = true
orbit = "200x200x28.7"
trace = "made.csv"
payload_kg = { value = 16000, low = 14000, high = 18000, status = "estimate", source = "made" }
"""


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a mission file with a trace that ends 40 s after cut-off, ten frames a second, without events."""
    folder = tmp_path_factory.mktemp("mission")
    columns = displayed(fly(), 1, frames=10.0)
    rows = [f"{t:.2f},{v:.4f},{h:.1f}" for t, v, h in zip(*columns, strict=True) if t < 190.0]
    (folder / "made.csv").write_text("\n".join(["time_s,speed_m_s,altitude_m", *rows]))
    (folder / "made.toml").write_text(MISSION)
    return folder / "made.toml"


class FakeFlight:
    """What the command uses of a reconstruction."""

    def __init__(self, verified: bool) -> None:
        self.verified = verified

    def as_json(self) -> dict[str, Any]:
        return {"verified": self.verified}

    def report(self) -> str:
        return "the report"


def test_a_short_flight_is_reconstructed_reported_and_written(
    mission: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["reconstruct", str(mission), "--out", str(tmp_path / "out")])
    told = capsys.readouterr()
    assert code == 0
    assert told.out.startswith("A point mass: verified")
    assert "note: events: no file; found from the trace: meco 150.0 +- 0.4 s" in told.out
    assert "A point mass: loading the solver" in told.err
    for suffix in ("csv", "json", "png"):
        assert f"wrote {tmp_path / 'out' / 'made'}.{suffix}" in told.out
    table = json.loads((tmp_path / "out" / "made.json").read_text())
    assert table["staging_time_s"] == pytest.approx(150.0, abs=0.5)
    assert table["staging_speed_m_s"] == pytest.approx(np.interp(150.0, *fly()[:2]), abs=5.0)
    assert len((tmp_path / "out" / "made.csv").read_text().splitlines()) > 150


@pytest.mark.parametrize("verified", [True, False])
def test_json_is_alone_on_standard_output_and_the_exit_code_tells_whether_the_fit_is_verified(
    mission: Path, verified: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reconstruction, "reconstruct", lambda *a, **k: FakeFlight(verified))
    assert main(["reconstruct", str(mission), "--json"]) == (0 if verified else 1)
    assert json.loads(capsys.readouterr().out) == {"verified": verified}


def test_options_replace_the_trace_the_events_and_the_vehicle_of_the_mission(
    mission: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []

    def fit(*given: Any, **rest: Any) -> FakeFlight:
        seen.extend(given)
        return FakeFlight(True)

    monkeypatch.setattr(reconstruction, "reconstruct", fit)
    (tmp_path / "other.csv").write_text((mission.parent / "made.csv").read_text())
    (tmp_path / "times.json").write_text('{"meco": 149}')
    files = ["--trace", str(tmp_path / "other.csv"), "--events", str(tmp_path / "times.json")]
    assert main(["reconstruct", str(mission), *files, "--vehicle", "zhuque3"]) == 0
    assert capsys.readouterr().out == "the report\n"
    found, telemetry, vehicle = seen
    assert (found.name, telemetry.name, telemetry.events.meco, vehicle) == ("made", "other", 149.0, "zhuque3")


WRONG = {
    "mission": (["crs12"], 'mission: "crs12": unknown, did you mean crs11?'),
    "mission file": (["nowhere.toml"], "nowhere.toml: cannot be read"),
    "trace": (["crs11", "--trace", "nowhere.csv"], "nowhere.csv: no such file"),
    "events": (["crs11", "--events", "nowhere.json"], "nowhere.json: no such file: write the events"),
    "vehicle": (["crs11", "--vehicle", "falcn9"], 'vehicle: "falcn9": unknown, did you mean falcon9?'),
    "vehicle that does not return": (["crs11", "--vehicle", "vtvl1"], "vtvl1: stage2: missing: a fit"),
    "folder": (["crs11", "--out", __file__], "not a folder"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_2_with_one_line_a_mistake(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reconstruct", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err.splitlines()[-1]
    assert "Traceback" not in told.err
