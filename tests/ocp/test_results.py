"""The verbs of solutions, verifications and sweeps: text, plain values, tables, pictures and files."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "problems" / "optimal_control"))

import soft_landing

from hoverslam.ocp.answers.sweep import sweep
from hoverslam.ocp.multistart import multistart
from hoverslam.ocp.solved import load, solve


@pytest.fixture(scope="module")
def landed():
    return solve(soft_landing.problem())


def test_the_table_has_one_row_a_node_with_units_in_its_headings(landed):
    frame = landed.to_frame()
    assert list(frame.columns) == ["phase", "time (s)", "h (m)", "v (m/s)", "m (kg)", "throttle"]
    assert len(frame) == len(landed["descent"].states)
    assert np.array_equal(frame["h (m)"], landed["descent"].states[:, 0])


def test_a_solution_is_written_in_every_format_and_loads_again(landed, tmp_path):
    for suffix in ("json", "csv", "txt", "png", "nc"):
        assert landed.save(tmp_path / f"landing.{suffix}").exists()
    assert json.loads((tmp_path / "landing.json").read_text())["verification"]["passed"] is True
    again = load(tmp_path / "landing.nc", soft_landing.problem())
    assert again.objective == landed.objective
    assert again.sensitivities().keys() == landed.sensitivities().keys()
    with pytest.raises(ValueError, match=r"known: .*csv"):
        landed.save(tmp_path / "landing.xyz")


def test_report_and_verification_state_the_verdict(landed, tmp_path):
    assert landed.report().endswith(landed.verification.report())
    assert landed.verification.report().endswith("verified")
    frame = landed.verification.to_frame()
    assert np.all((frame["value"] < frame["tolerance"]) | frame["tolerance"].isna())
    assert landed.verification.save(tmp_path / "check.png").exists()


def test_a_sweep_and_a_multistart_are_sequences_with_verbs(tmp_path):
    points = sweep(soft_landing.problem(), [{"h0": 5000.0}, {"h0": 5100.0}])
    assert len(points) == 2
    assert points[1].objective > points[0].objective
    assert [p.changes["h0"] for p in points] == list(points.to_frame()["h0"])
    assert len(points.report().splitlines()) == 2
    assert points.save(tmp_path / "sweep.png").exists()
    optima = multistart(soft_landing.problem(), 2)
    assert optima[0].solution.sensitivities()
    assert list(optima.to_frame()["rank"]) == list(range(1, len(optima) + 1))
    assert optima.save(tmp_path / "optima.json").exists()
    assert optima.save(tmp_path / "optima.png").exists()
