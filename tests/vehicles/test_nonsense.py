"""Figures that no rocket has are refused with a reason, before anything is solved; what flies is not refused."""

import math

import pytest

from hoverslam.data.figures import with_figure
from hoverslam.vehicles.checks.every import cross_checks
from hoverslam.vehicles.closed_forms import (
    ballistic_range,
    ground_distance,
    ideal_speed,
    least_speed_to,
    longest_rise_and_fall,
)
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.impossible import impossibilities
from hoverslam.vehicles.loading import list_vehicles, load_vehicle
from hoverslam.vehicles.places import load_orbit, load_site

MU, R = 3.986004418e14, 6_378_137.0
NONSENSE = [
    # vehicle, changed figures, key of the mistake, part of the reason
    ("falcon9", {"stage1.dry_mass_t": 80}, "recovery.landing_engines", "lift 0.77 times the weight at touchdown"),
    ("falcon9", {"aero.diameter_m": 0.01}, "aero.diameter_m", "times stage1.diameter_m"),
    ("falcon9", {"stage1.diameter_m": 20}, "aero.diameter_m", "is 0.183 times stage1.diameter_m"),
    ("falcon9", {"stage1.engine.specific_impulse_sea_level_s": 110},
     "stage1.engine.specific_impulse_sea_level_s", "contradict"),
    ("falcon9", {"stage1.residual_t": 120}, "stage1.residual_t", "must be at most 0.05"),
    ("falcon9", {"recovery.landing_reserve_t": 199}, "recovery.landing_reserve_t", "must be at most 0.2"),
    ("falcon9", {"stage1.residual_t": 199, "stage1.propellant_t": 390, "recovery.landing_reserve_t": 195},
     "recovery.landing_reserve_t", "with stage1.residual_t (199) it must be less than"),
    ("falcon9", {"recovery.landing_engines": [1, 9, 1]}, "recovery.landing_engines", "must fall from one part"),
    ("falcon9", {"recovery.landing_engines": [3, 3]}, "recovery.landing_engines", "must fall from one part"),
    ("falcon9", {"recovery.landing_engines": [9]}, "recovery.landing_engines", "end the burn with fewer engines"),
    ("falcon9", {"recovery.downrange_site": "slc40"}, "recovery.downrange_site", "is 0.0 km from the launch pad"),
    ("falcon9", {"liftoff_mass_published_t": 1}, "liftoff_mass_published_t", "the parts of this file weigh"),
    ("longmarch6a", {"strap_ons.count": 50}, "strap_ons.count", "times the circumference of stage1"),
    ("falcon9", {"recovery.modes": ["downrange", "downrange"]}, "recovery.modes", "listed twice"),
    ("falcon9", {"recovery.modes": ["downrange", "expendable"]}, "recovery.modes", "leave it out"),
    ("falcon9", {"stage2.engine.thrust_vacuum_kN": 1e-3}, "stage2.engine.thrust_vacuum_kN", "at ignition is 8.8"),
    ("falcon9", {"stage1.engine.thrust_sea_level_kN": 8_430}, "stage1.engine.thrust_sea_level_kN", "must be at most 5"),
    ("falcon9", {"stage1.dry_mass_t": 5}, "stage1.dry_mass_t", "must be 0.02 to 0.5"),
    ("falcon9", {"stage2.dry_mass_t": 150}, "stage2.dry_mass_t", "must be 0.02 to 1"),
    ("falcon9", {"stage2.propellant_t": 240}, "stage2.propellant_t", "for each cubic metre of stage2"),
    ("falcon9", {"stage1.length_m": 1}, "stage1.length_m", "times stage1.diameter_m"),
    ("falcon9", {"stage2.diameter_m": 10}, "stage2.diameter_m", "times stage1.diameter_m"),
    ("falcon9", {"fairing.diameter_m": 0.5}, "fairing.diameter_m", "times stage2.diameter_m"),
    ("falcon9", {"fairing.mass_t": 40}, "fairing.mass_t", "both halves together"),
    ("falcon9", {"payload.adapter_kg": 5_000}, "payload.adapter_kg", "at most as heavy as the empty upper stage"),
    ("falcon9", {"aero.normal_side_area_ratio": 60}, "aero.normal_side_area_ratio", "length and diameter of stage1"),
    ("falcon9", {"aero.drag_factor": 0.01}, "aero.drag_factor", "a factor on a generic curve"),
    ("falcon9", {"recovery.flip_rate_deg_s": 0.1}, "recovery.flip_rate_deg_s", "a half turn takes 1.8e+03 s"),
    ("falcon9", {"recovery.expendable_dry_mass_saving_t": 20}, "recovery.expendable_dry_mass_saving_t", "recovery hardware"),
    ("falcon9", {"limits.axial_acceleration_max_g": 1.01}, "limits.axial_acceleration_max_g", "must be 2 to 15"),
    ("falcon9", {"limits.q_alpha_max_kPa_deg": 5, "limits.dynamic_pressure_max_kPa": 120},
     "limits.q_alpha_max_kPa_deg", "an angle of attack of 0.0417 deg"),
    ("falcon9", {"stage1.engine.throttle_min": 0.01}, "stage1.engine.throttle_min", "must be at least 0.05"),
    ("falcon9", {"stage2.engine.specific_impulse_vacuum_s": 499}, "stage2.engine.specific_impulse_vacuum_s", "chemical"),
    ("falcon9", {"stage2.engine.thrust_vacuum_kN": 9_810}, "stage2.engine.thrust_vacuum_kN", "the weight of the empty"),
    ("falcon9", {"stage1.propellant_t": 20}, "stage1.propellant_t", "is burned in 7.3 s at full thrust"),
    ("nova", {"upper_recovery.base_diameter_m": 0.42}, "upper_recovery.base_diameter_m", "times stage2.diameter_m"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "key", "reason"), NONSENSE, ids=lambda value: "")
def test_nonsense_is_refused_by_key_with_a_reason(name, changes, key, reason):
    with pytest.raises(VehicleError) as caught:
        load_vehicle(name, changes)
    assert any(f": {key}: " in line and reason in line for line in caught.value.mistakes), caught.value.mistakes


def test_both_ends_of_every_band_of_every_vehicle_pass_the_ratios():
    for name in list_vehicles():
        vehicle = load_vehicle(name)
        for end in ("low", "high"):
            moved = vehicle
            for key, figure in vehicle.figures():
                throttle = key.endswith(("throttle_min", "throttle_max"))  # their order depends on each other
                if getattr(figure, end) is not None and "[" not in key and not throttle:
                    moved = with_figure(moved, key, getattr(figure, end))
            assert cross_checks(moved.model_dump(), frozenset()) == []


# ---- closed forms ----------------------------------------------------------------------------------------------------
def test_the_least_speed_to_a_low_circle_from_the_equator_is_the_hohmann_sum_less_the_pads_own():
    low = R + 200e3
    first = math.sqrt(2.0 * MU / R - 2.0 * MU / (R + low))
    second = math.sqrt(MU / low) - math.sqrt(2.0 * MU / low - 2.0 * MU / (R + low))
    assert least_speed_to(load_orbit("200x200x0"), 0.0) == pytest.approx(first - 7.292115e-5 * R + second, rel=1e-12)


def test_a_free_flight_of_low_speed_is_that_over_flat_ground():
    assert ballistic_range(100.0) == pytest.approx(100.0**2 * R**2 / MU, rel=1e-3)
    assert longest_rise_and_fall(100.0) == pytest.approx(2.0 * 100.0 * R**2 / MU, rel=1e-3)
    assert ballistic_range(math.sqrt(MU / R)) == pytest.approx(math.pi * R)
    assert longest_rise_and_fall(math.sqrt(2.0 * MU / R) * 1.0001) == math.inf


def test_ideal_speed_and_distances():
    assert ideal_speed(300.0, math.e, 1.0) == pytest.approx(300.0 * 9.80665)
    quarter = ground_distance(load_site("0x0x0"), load_site("0x90x0"))
    assert quarter == pytest.approx(math.pi / 2.0 * R)


@pytest.mark.parametrize("name", [name for name in list_vehicles() if load_vehicle(name).modes])
def test_closed_forms_exclude_no_flight_of_the_package(name):
    vehicle = load_vehicle(name)
    for mode in vehicle.modes:
        for orbit in {vehicle.default_orbit, *(p.orbit for p in vehicle.payload_published if p.recovery == mode)}:
            assert impossibilities(vehicle, mode, vehicle.orbit(orbit, mode)) == []


@pytest.mark.parametrize(
    ("name", "mode", "key", "value", "reason"),
    [
        (
            "falcon9",
            "expendable",
            "stage2.engine.thrust_vacuum_kN",
            1.0,
            "stage2 accelerates at 0.17 m/s2 when it is empty",
        ),
        ("falcon9", "expendable", "stage1.engine.thrust_sea_level_kN", 500.0, "4,500 kN lift 0.84 times the"),
        ("falcon9", "expendable", "stage2.engine.specific_impulse_vacuum_s", 100.0, "the orbit needs at least 7,"),
        ("falcon9", "downrange", "recovery.landing_throttle_max", 0.2, "stage1 cannot land"),
    ],
)
def test_what_cannot_fly_is_refused_with_the_numbers_before_a_solve(name, mode, key, value, reason):
    from hoverslam.flights.launch.solve import solve_launch

    with pytest.raises(VehicleError, match=reason):
        solve_launch(with_figure(load_vehicle(name), key, value), mode)


def test_a_landing_site_on_another_continent_is_out_of_range():
    from hoverslam.studies.cases import Case

    case = Case("zhuque3", "return_to_launch_site", None, ("recovery.landing_site=lz1",))
    with pytest.raises(
        VehicleError, match=r"lz1 is 12,\d{3} km from jiuquan_lc96b; with 3,\d{3} m/s, all that its engines"
    ):
        case.checked()
    assert Case("zhuque3", "downrange", None, ("recovery.landing_site=lz1",)).checked().name == "leo450"
