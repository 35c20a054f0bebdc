"""Calibration of Falcon 9 with all its first stages seen from lift-off in one fit, and the figures of its vehicle file."""

from pathlib import Path

import numpy as np
import pytest

from hoverslam.data.curves import read_curves
from hoverslam.flights.observed.calibration import DESCENT_FACTOR, FIGURES, Calibration, calibrate
from hoverslam.flights.observed.held_propellant import held_propellant_steps
from hoverslam.flights.observed.reconstruction import published_vehicle
from hoverslam.physics.aerodynamics import DESCENT_CURVE
from hoverslam.studies.validation_files import MISSIONS
from hoverslam.vehicles.loading import load_vehicle

pytestmark = pytest.mark.slow  # a fit of five flights takes minutes


@pytest.fixture(scope="module")
def whole() -> Calibration:
    return calibrate(MISSIONS)


def test_every_flight_is_verified_with_residuals_within_the_requirement(whole: Calibration) -> None:
    assert whole.verified
    for flight in whole.flights.values():
        speed, altitude = (flight.residuals(what) for what in ("speed", "altitude"))
        assert speed.rms < 0.01 * np.max(speed.measured)
        assert altitude.rms < 500.0
        start, end = flight.observation.segments[0].start, flight.observation.segments[-1].end
        assert speed.time[0] < start + 5.0
        assert speed.time[-1] > end - 5.0  # to the ground, or to the end of the trace


def test_cutoff_and_apogee_agree_with_values_read_from_the_traces(whole: Calibration) -> None:
    """Speed and altitude at cut-off, and apogee, read from the traces without any model."""
    read = {
        "crs11": (1685.0, 62.1, 120.0),
        "nrol76": (1685.0, 68.1, 166.0),
        "saocom1a": (1638.0, 73.4, 134.0),
        "iridium3": (1932.8, 64.5, 107.0),
    }
    for name, (speed, altitude, apogee) in read.items():
        staging = whole.flights[name].staging()
        assert staging["speed"] == pytest.approx(speed, abs=10.0)
        assert staging["altitude"] / 1e3 == pytest.approx(altitude, abs=1.5)  # cut-off itself is blurred over a second
        assert whole.flights[name].apogee() / 1e3 == pytest.approx(apogee, abs=1.0)


def test_propellant_held_is_the_sum_of_burns_and_propellant_left(whole: Calibration) -> None:
    for flight in filter(lambda flight: flight.observation.landed, whole.flights.values()):
        burned = sum(e.value for name, e in flight.propellant.items() if name != "ascent")
        assert burned == pytest.approx(flight.estimate("recovery propellant").value, rel=1e-9)
        held, left = flight.estimate("propellant held at cut-off").value, flight.estimate("left").value
        assert held == pytest.approx(burned + left, rel=1e-9)


def test_figures_lie_within_their_published_bands_with_errors_below_the_prior(whole: Calibration) -> None:
    for prior in whole.fit.builder.priors:
        found = whole.fit.estimate(prior.name)
        assert prior.low <= found.value <= prior.high
        if not whole.fit.at_bound(prior):
            assert 0.0 < found.error < 1.02 * prior.sigma  # measurements cannot increase the error of a prior


def test_the_vehicle_file_holds_the_calibrated_figures(whole: Calibration) -> None:
    shipped = dict(load_vehicle("falcon9").figures())
    for key, found in whole.figures.items():
        assert key in (*FIGURES, DESCENT_FACTOR)
        assert shipped[key].status == "derived"
        assert shipped[key].value == pytest.approx(found.value, abs=0.25 * found.error)


def test_the_package_has_the_descent_curve_of_the_calibration(whole: Calibration, tmp_path: Path) -> None:
    whole.write_descent_curve(tmp_path / "curve.csv")
    found, shipped = (read_curves(path).columns for path in (tmp_path / "curve.csv", DESCENT_CURVE))
    for name in ("mach", "standard_error"):
        np.testing.assert_allclose(found[name], shipped[name], rtol=0.05)
    off = (found["axial_coefficient"] - shipped["axial_coefficient"]) / found["standard_error"]
    assert np.max(np.abs(off)) < 0.25


def test_the_covariance_of_the_descent_curve_has_its_standard_errors(whole: Calibration) -> None:
    errors = np.sqrt(np.diagonal(whole.drag_covariance()))
    np.testing.assert_allclose(errors, [row.error for row in whole.drag_table], rtol=1e-9)


def test_one_sign_of_the_angle_of_attack_in_the_glide_is_far_more_probable_for_each_return(whole: Calibration) -> None:
    for name, flight in whole.flights.items():
        sign = whole.fit.glide_sign[name]
        if flight.returned:
            assert sign.angle_deg < 0.0 < sign.other_deg
            assert sign.worse > 5.0


def test_published_figures_are_kept_for_the_next_calibration() -> None:
    before, after = published_vehicle("falcon9"), load_vehicle("falcon9")
    assert before.stage1.dry_mass_t.status == "secondary"
    assert before.stage1.dry_mass_t.value == 27.2
    assert after.stage1.dry_mass_t.status == "derived"
    assert published_vehicle("zhuque3") == load_vehicle("zhuque3")


def test_drag_agrees_with_the_ballistic_coefficient_read_from_the_traces(whole: Calibration) -> None:
    """m / (Cd A) of six descents, Mach 1.4 to 2.75, without a model: 1578 to 1741 kg/m2, spread 6 %.

    What a trace shows is the drag along the flow: axial and normal force at the angle of attack, here 11 degrees.
    """
    vehicle, angle = load_vehicle("falcon9"), np.radians(11.0)
    area, side = vehicle.stage1.base_area, vehicle.aero.normal_side_area_ratio
    assert side is not None
    across, along = np.sin(angle), np.cos(angle)
    normal = whole.fit.estimate("aero.normal_factor").value * (2.0 * across * along + 1.2 * 0.7 * side.si * across**2)
    masses = [f.estimate("glide: mass").value for f in whole.flights.values()]
    for row in whole.drag_table:
        if 1.4 <= row.mach <= 2.5:
            drag = row.coefficient * along**3 + normal * across
            assert 1480.0 < float(np.mean(masses)) / (drag * area) < 1850.0


def test_the_steps_lead_from_the_earlier_propellant_held_to_the_fitted_one(whole: Calibration) -> None:
    """The energy method gave 39, 39 and 42 t."""
    assert [name for name, flight in whole.flights.items() if flight.returned] == ["crs11", "nrol76", "saocom1a"]
    for name, earlier in (("crs11", 39.0), ("nrol76", 39.0), ("saocom1a", 42.0)):
        steps = held_propellant_steps(whole.flights[name])
        assert steps[0].held / 1e3 == pytest.approx(earlier, rel=0.1)
        assert steps[-1].held == pytest.approx(
            whole.flights[name].estimate("propellant held at cut-off").value, rel=0.01
        )


def test_the_table_has_a_row_a_figure_and_the_picture_a_point(whole: Calibration) -> None:
    frame = whole.to_frame().set_index("figure")
    assert list(frame.index) == [prior.name for prior in whole.fit.builder.priors]
    assert frame.loc["stage1.dry_mass", "value"] == whole.fit.estimate("stage1.dry_mass").value
    assert len(whole.plot().axes[0].get_yticks()) == len(frame)
