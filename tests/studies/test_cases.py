"""Cases: the orbit of a case in every form that a user may give it in."""

import pytest

from hoverslam.studies.cases import Case, default_cases
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.places import load_orbit

FORMS = {
    "text": "400x500x53",
    "mapping": {"perigee_altitude_km": 400, "apogee_altitude_km": 500, "inclination_deg": 53},
    "orbit": load_orbit("400x500x53"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_orbit_of_a_case_may_be_given_by_values(form):
    assert Case("falcon9", "expendable", FORMS[form]).checked() == load_orbit("400x500x53")


def test_the_mistakes_of_a_case_name_the_mode_and_the_orbit():
    with pytest.raises(VehicleError) as caught:
        Case("falcon9", "swim", "500x200").checked()
    assert [line.split(": ")[:2] for line in caught.value.mistakes] == [
        ["falcon9", "recovery"],
        ['orbit "500x200"', "perigee_altitude_km"],
    ]


def test_all_cases_of_a_comparison_may_fly_to_one_orbit():
    cases = default_cases(["falcon9", "nebula1"], "400x500x53")
    assert {case.vehicle for case in cases} == {"falcon9", "nebula1"}
    assert {case.checked().name for case in cases} == {"400x500x53"}


def test_every_vehicle_that_does_not_reach_the_orbit_of_a_comparison_has_a_line():
    with pytest.raises(VehicleError) as caught:
        default_cases(["falcon9", "zhuque3", "longmarch12a"], "500x500x28.5")
    assert [line.split(":")[0] for line in caught.value.mistakes] == ["zhuque3", "longmarch12a"]
    with pytest.raises(VehicleError, match=r"^orbit: \"500x\": must be") as caught:
        default_cases(None, "500x")
    assert len(caught.value.mistakes) == 1
