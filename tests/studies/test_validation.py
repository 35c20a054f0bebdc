"""The table of the validation: requirements are judged, other quantities are only shown."""

import json
from pathlib import Path

import pytest

from hoverslam.flights.observed.payload_checks import PayloadCheck
from hoverslam.studies.validation import Validation

ROOT = Path(__file__).parents[2]


def payload(found: float, orbit: str = "leo200", verified: bool = True) -> PayloadCheck:
    return PayloadCheck(orbit, "expendable", found, 300.0, 20_000.0, 19_000.0, 21_000.0, "published", verified)


@pytest.mark.parametrize(
    ("check", "met"),
    [
        (payload(20_900.0), True),
        (payload(21_100.0), False),
        (payload(21_100.0, "gto"), True),
        (payload(18_500.0, "gto"), False),
        (payload(20_000.0, verified=False), False),
    ],
)
def test_a_payload_is_within_five_percent_or_seven_to_transfer_orbits_and_verified(
    check: PayloadCheck, met: bool
) -> None:
    assert check.met is met
    assert Validation(payloads=[check]).met is met


def test_the_table_shows_found_reference_and_verdict() -> None:
    text = Validation(payloads=[payload(21_100.0)]).report()
    assert "| 21.1 t | 20 t | +5.5 % | 5 % | **missed** |" in text


def test_table_and_picture_have_one_row_a_check(tmp_path: Path) -> None:
    found = Validation(payloads=[payload(21_100.0), payload(20_000.0)])
    frame = found.to_frame()
    assert list(frame["met"]) == [False, True]
    assert frame["off_percent"][0] == pytest.approx(5.5)
    assert len(found.plot().axes[0].get_yticks()) == 2
    assert found.save(tmp_path / "validation.md").read_text() == found.report() + "\n"


def test_the_committed_results_are_complete_and_consistent() -> None:
    """``hoverslam validate`` wrote them; a run that was interrupted is not committed."""
    found = json.loads((ROOT / "results" / "validation.json").read_text())
    assert found["calibration"]["verified"]
    assert set(found["predictions"]) == set(found["calibration"]["flights"]) == {"crs11", "nrol76", "saocom1a"}
    assert len(found["payloads"]) == 5
    assert all(p["verified"] for p in found["payloads"])
    assert found["met"] == all(c["met"] for c in found["checks"])
    for name in found["calibration"]["flights"]:
        assert (ROOT / "results" / "figures" / f"validate_{name}.png").exists()
