"""The table of the validation: what is asked for is judged, what is not is shown."""

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


def test_the_committed_results_are_whole_and_say_what_they_miss() -> None:
    """``hoverslam validate`` wrote them; a half-finished run is not committed."""
    found = json.loads((ROOT / "results" / "validation.json").read_text())
    assert found["calibration"]["verified"]
    assert set(found["predictions"]) == set(found["calibration"]["flights"]) == {"crs11", "nrol76", "saocom1a"}
    assert len(found["payloads"]) == 5
    assert all(p["verified"] for p in found["payloads"])
    assert found["met"] == all(c["met"] for c in found["checks"])
    for name in found["calibration"]["flights"]:
        assert (ROOT / "results" / "figures" / f"validate_{name}.png").exists()
