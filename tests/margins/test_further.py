"""Further questions and the picture: each answers, in lines and in numbers that agree with what it was asked of."""

from pathlib import Path

import numpy as np
import pytest

from hoverslam.margins.guidance.reference import Reference
from hoverslam.margins.study import further
from hoverslam.margins.study.margin import study_margin
from hoverslam.vehicles.loading import load_vehicle

SAVED = Path(__file__).parent / "data" / "falcon9_return_to_launch_site.npz"


@pytest.fixture(scope="module")
def study():
    reference = Reference.load(SAVED)
    return study_margin("falcon9", "return_to_launch_site", 500, seed=1, guidance="hover_slam", reference=reference)


def test_linear_covariance_is_told_beside_the_campaign_s_own_scatter(study):
    answer = further.linear(study)
    landed = np.isfinite(study.need)
    assert answer.data["monte_carlo_kg"]["propellant"] == np.std(study.campaign.columns["propellant"][landed])
    assert sum(answer.data["by_group"].values()) == pytest.approx(1.0)
    assert len(answer.lines) == 2 + len(answer.data["sigma_kg"])


def test_every_group_of_dispersions_gets_its_indices(study, monkeypatch):
    monkeypatch.setattr(further, "SETS", 24)
    answer = further.sensitivity(study)
    shares = {row["group"]: row["total"] for row in answer.data["groups"]}
    assert max(shares, key=shares.get) == "staging"  # boostback pays for where the booster was let go
    assert answer.data["flights"] == 24 * (len(shares) + 2)


def test_a_reserve_moves_only_the_mode_it_belongs_to():
    vehicle = load_vehicle("falcon9")
    back = further._with_reserve(vehicle, "return_to_launch_site", 2000.0).recovery
    ship = further._with_reserve(vehicle, "downrange", 2000.0).recovery
    assert back.return_reserve_t.si == ship.landing_reserve_t.si == 2000.0
    assert back.landing_reserve_t == vehicle.recovery.landing_reserve_t
    assert ship.return_reserve_t == vehicle.recovery.return_reserve_t


def test_the_command_line_knows_every_question():
    from hoverslam.cli.margin import mistake_of

    vehicle = load_vehicle("falcon9")
    asked = ("downrange", "convex", "random")
    assert mistake_of(vehicle, *asked, list(further.QUESTIONS)) == ""
    assert "--also: 'weather'" in mistake_of(vehicle, *asked, ["weather"])


def test_the_picture_is_drawn(study, tmp_path):
    study.save(tmp_path / "study.png")
    assert (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")
