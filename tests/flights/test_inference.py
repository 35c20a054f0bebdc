"""Inference from published claims: the linear estimate has its closed form, contradictions are named, files change by line."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import hoverslam as hs
from hoverslam.cli import main
from hoverslam.flights.inference.claims import Case, claims_of, error_covariance, rounding_unit, statement_error
from hoverslam.flights.inference.contradictions import contradictions, needed
from hoverslam.flights.inference.laplace import (
    ChiSquare,
    Expected,
    LinearClaims,
    computed,
    joint_chi_square,
    left_out,
    off_given,
    off_prior,
    posterior,
    prior_of,
)
from hoverslam.flights.inference.result import Inference
from hoverslam.flights.inference.rows import (
    ClaimRow,
    ContradictionRow,
    CorrelationRow,
    FigureRow,
    NeededFigure,
    NeededRow,
    PayloadRow,
)
from hoverslam.flights.inference.sampling import drawn, weights
from hoverslam.flights.inference.unknowns import unknowns_of
from hoverslam.flights.inference.vehicle_text import Replacement, with_replacements
from hoverslam.vehicles.identity import identity_of
from hoverslam.vehicles.loading import vehicle_of_text
from hoverslam.vehicles.priors import packaged_file, starting_file


def random_claims(seed=0, claims=4, unknowns=6):
    """Claims about a random linear model, with correlated errors."""
    random = np.random.default_rng(seed)
    root = random.normal(size=(claims, claims))
    return LinearClaims(
        random.normal(size=claims) * 3.0, random.normal(size=claims), random.normal(size=(claims, unknowns)),
        root @ root.T + 0.1 * np.eye(claims),
    )  # fmt: skip


# ---- the linear estimate -----------------------------------------------------------------------------------------------
def test_the_estimate_is_the_closed_form_of_normal_equations():
    claims = random_claims()
    found = posterior(claims)
    precision = np.linalg.inv(claims.errors)
    covariance = np.linalg.inv(np.eye(6) + claims.jacobian.T @ precision @ claims.jacobian)
    assert found.covariance == pytest.approx(covariance, abs=1e-12)
    assert found.mean == pytest.approx(covariance @ claims.jacobian.T @ precision @ claims.residual, abs=1e-12)


def test_one_claim_about_one_figure_is_the_mean_weighted_by_precision():
    claims = LinearClaims(np.array([3.0]), np.array([0.0]), np.array([[1.0]]), np.array([[0.25]]))
    found = posterior(claims)
    assert found.mean[0] == pytest.approx(3.0 / 1.25, rel=1e-14)
    assert found.sigma[0] == pytest.approx(np.sqrt(0.25 / 1.25), rel=1e-14)


def test_a_claim_with_infinite_error_changes_nothing():
    claims = random_claims(1)
    errors = claims.errors.copy()
    errors[2, :] = errors[:, 2] = 0.0
    errors[2, 2] = np.inf
    silent = replace(claims, errors=errors)
    with_it, without_it = posterior(silent), posterior(silent.without(2))
    assert np.array_equal(with_it.mean, without_it.mean)
    assert np.array_equal(with_it.covariance, without_it.covariance)
    assert joint_chi_square(silent) == joint_chi_square(silent.without(2))
    alone = LinearClaims(np.array([9.0]), np.zeros(1), np.ones((1, 2)), np.array([[np.inf]]))
    assert np.array_equal(posterior(alone).covariance, np.eye(2))
    with pytest.raises(ValueError, match="says nothing"):
        left_out(silent, 2)


@pytest.mark.parametrize("index", range(4))
def test_what_is_expected_without_a_claim_is_a_refit_without_it(index):
    claims = random_claims(2)
    claims = replace(claims, errors=np.diag(np.diag(claims.errors)))
    refit = posterior(claims.without(index))
    expected = computed(claims.offset[index], claims.jacobian[index], refit)
    found = left_out(claims, index)
    assert found.mean == pytest.approx(expected.mean, rel=1e-11)
    assert found.sigma == pytest.approx(np.hypot(expected.sigma, np.sqrt(claims.errors[index, index])), rel=1e-11)


def test_a_hard_bound_stops_the_estimate_at_the_most_probable_point_inside():
    claims = LinearClaims(np.array([-3.0]), np.zeros(1), np.array([[1.0, 1.0]]), np.array([[0.01]]))
    low, high = np.array([-1.0, -np.inf]), np.full(2, np.inf)
    found = posterior(claims, low, high)
    # With the first at -1 the second minimises z**2 + (2 + z)**2 / 0.01.
    assert found.mean == pytest.approx([-1.0, -2.0 / 1.01], abs=1e-9)


def test_chi_square_of_claims_drawn_from_the_model_is_distributed_as_chi_square():
    base, random = random_claims(3), np.random.default_rng(4)
    root = np.linalg.cholesky(base.covariance)
    values = [
        joint_chi_square(replace(base, values=base.offset + root @ random.normal(size=4))).probability
        for _ in range(400)
    ]
    assert stats.kstest(values, "uniform").pvalue > 1e-3


# ---- contradictions ------------------------------------------------------------------------------------------------------
def pair(first, second, error=0.1, prior=1.0):
    jacobian = np.array([[prior], [prior], [0.0]])
    return LinearClaims(np.array([first, second, 0.3]), np.zeros(3), jacobian, np.diag([error**2, error**2, 1.0]))


def test_two_claims_about_one_number_contradict_each_other_by_their_difference():
    found = contradictions(pair(-1.0, 1.0))
    assert [(c.first, c.second) for c in found] == [(0, 1)]
    # Given the first, the number is -1/1.01 with variance 0.01/1.01.
    expected = (1.0 + 1.0 / 1.01) / np.sqrt(0.01 / 1.01 + 0.01)
    assert found[0].sigma == pytest.approx(expected, rel=1e-12)


def test_claims_that_agree_with_each_other_and_not_with_the_prior_do_not_contradict_each_other():
    claims = pair(5.0, 5.05)
    assert abs(off_prior(claims, 0)) > 4.0
    assert contradictions(claims) == []
    assert abs(off_given(claims, 0, 1)) < 1.0


def test_claims_far_on_one_side_of_the_prior_contradict_each_other_if_meeting_one_overshoots_the_other():
    claims = pair(-4.0, -6.0)
    assert [(c.first, c.second) for c in contradictions(claims)] == [(0, 1)]
    # Numbers that have half their variance in common: both are off, and neither overshoots the other.
    jacobian = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    off = LinearClaims(np.array([-9.0, -9.0]), np.zeros(2), jacobian, 1e-4 * np.eye(2))
    assert min(abs(off_given(off, 0, 1)), abs(off_given(off, 1, 0))) > 3.0
    assert contradictions(off) == []


def test_what_a_claim_needs_meets_it_exactly_at_the_least_distance():
    claims = random_claims(5)
    found = needed(claims, 1)
    assert claims.offset[1] + claims.jacobian[1] @ found.shift == pytest.approx(claims.values[1], rel=1e-12)
    assert found.sigma == pytest.approx(np.linalg.norm(found.shift), rel=1e-12)
    tightest = posterior(claims.exactly(1))
    assert found.shift == pytest.approx(tightest.mean, abs=1e-12)


def test_a_claim_that_no_figure_moves_can_not_be_met():
    claims = LinearClaims(np.array([1.0]), np.zeros(1), np.zeros((1, 3)), np.eye(1))
    assert needed(claims, 0).sigma == np.inf


# ---- coverage and sampling ---------------------------------------------------------------------------------------------
def test_truths_drawn_from_the_prior_lie_in_the_stated_band_of_ninety_per_cent():
    base, random, inside = random_claims(6), np.random.default_rng(7), []
    noise = np.linalg.cholesky(base.errors)
    for _ in range(2000):
        truth = random.normal(size=6)
        values = base.offset + base.jacobian @ truth + noise @ random.normal(size=4)
        found = posterior(replace(base, values=values))
        inside.append(np.abs(truth - found.mean) < 1.6448536 * found.sigma)
    shares = np.mean(inside, axis=0)
    assert shares == pytest.approx(np.full(6, 0.9), abs=4.0 * np.sqrt(0.09 / 2000))


def test_draws_of_a_linear_model_have_equal_weights_and_of_a_curved_one_have_not():
    claims = random_claims(8)
    draws = drawn(posterior(claims), np.full(6, -np.inf), np.full(6, np.inf), 50, 1)
    straight = claims.offset + draws @ claims.jacobian.T
    assert weights(draws, straight, claims) == pytest.approx(np.full(50, 0.02), rel=1e-12)
    assert np.ptp(weights(draws, straight + 0.1 * draws[:, :1] ** 2, claims)) > 1e-3


def test_weighted_draws_have_the_moments_of_a_curved_posterior():
    # One unknown z, one claim y = z + 0.1 z**2 with error 0.5: moments by quadrature.
    claims = LinearClaims(np.array([1.0]), np.zeros(1), np.ones((1, 1)), np.array([[0.25]]))
    draws = drawn(posterior(claims), np.full(1, -np.inf), np.full(1, np.inf), 40_000, 2)
    weight = weights(draws, draws + 0.1 * draws**2, claims)
    grid = np.linspace(-6.0, 6.0, 4001)
    density = np.exp(-0.5 * grid**2 - 0.5 * (1.0 - grid - 0.1 * grid**2) ** 2 / 0.25)
    mean = np.sum(grid * density) / np.sum(density)
    assert weight @ draws[:, 0] == pytest.approx(mean, abs=0.01)


def test_draws_stay_inside_hard_bounds():
    low = np.full(6, -0.5)
    draws = drawn(prior_of(6), low, np.full(6, np.inf), 30, 3)
    assert np.all(draws >= low)


# ---- claims and unknowns of a file -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("value", "unit"), [(11.8, 0.1), (8.0, 1.0), (530.0, 10.0), (549.054, 0.001), (0.0, 0.0)])
def test_rounding_is_a_unit_of_the_last_significant_digit(value, unit):
    assert rounding_unit(value) == pytest.approx(unit)


def test_the_error_of_a_statement_is_a_quarter_of_its_band_or_its_rounding():
    vehicle = hs.load_vehicle("falcon9")
    by_name = {claim.name: claim for claim in claims_of(vehicle)}
    assert by_name["payload leo200 downrange"].statement_error == pytest.approx(0.25)
    assert by_name["payload leo200 expendable"].statement_error == pytest.approx(0.1 / np.sqrt(12.0))
    assert by_name["payload leo200 expendable"].model_error == pytest.approx(0.03 * 22.8)
    figure = vehicle.payload_published[0].payload_t.model_copy(update={"low": 22.0})
    assert statement_error(figure) == pytest.approx(0.2)


def test_an_estimate_is_no_claim():
    vehicle = hs.load_vehicle("nebula1")
    assert vehicle.liftoff_mass_published_t.status == "estimate"
    assert "lift-off mass" not in [claim.name for claim in claims_of(vehicle)]


def test_statements_about_one_number_share_the_error_of_the_model():
    claims = [
        claim for claim in claims_of(hs.load_vehicle(starting_file("zhuque3"))) if claim.quantity == "touchdown_time"
    ]
    assert len(claims) == 2
    found = error_covariance(claims)
    assert found[0, 1] == pytest.approx(claims[0].model_error * claims[1].model_error)
    other = replace(claims[1], case=Case("leo200", "downrange"))
    assert error_covariance([claims[0], other])[0, 1] == 0.0


def test_unknowns_have_a_quarter_of_their_band_as_error_and_the_range_of_the_schema_as_bounds():
    unknowns = {unknown.key: unknown for unknown in unknowns_of(hs.load_vehicle(starting_file("zhuque3")))}
    dry = unknowns["stage1.dry_mass_t"]
    assert (dry.value, dry.sigma, dry.low, dry.high) == (44.0, 3.0, 0.0, 500.0)
    assert dry.at(1.0) == 47.0
    assert dry.at(-20.0) == 0.0
    assert (unknowns["aero.preserved_drag_fraction"].low, unknowns["aero.preserved_drag_fraction"].high) == (0.0, 1.0)
    assert "stage1.diameter_m" not in unknowns  # no band
    assert not [key for key in unknowns if "published" in key or "inclination" in key]


# ---- the file --------------------------------------------------------------------------------------------------------------
def test_a_file_is_rewritten_line_by_line_and_nothing_else_changes():
    text = packaged_file("zhuque3").read_text(encoding="utf-8")
    new = Replacement(43.21, 40.0, 46.5, 1.5, 'said "so"; before: x')
    after = with_replacements(text, {"stage1.dry_mass_t": new, "fairing.mass_t": new, "inclination_deg": new})
    before, changed = text.splitlines(), after.splitlines()
    different = [number for number, pair in enumerate(zip(before, changed, strict=True)) if pair[0] != pair[1]]
    assert len(different) == 3
    read, old = tomllib.loads(after), tomllib.loads(text)
    assert read["stage1"]["dry_mass_t"] == {
        "value": 43.21, "low": 40.0, "high": 46.5, "status": "derived", "source": 'said "so"; before: x',
    }  # fmt: skip
    assert read["stage2"] == old["stage2"]
    assert with_replacements(text, {}) == text
    assert vehicle_of_text(text, "zhuque3") == hs.load_vehicle("zhuque3")


def test_a_comment_behind_a_figure_stays():
    head = 'title = "x" # [stage1]\n[stage1]\nmass_t = { value = 1.0, source = "a } b" } # why\n'
    text = head + "[[payload_published]]\nmass_t = { value = 2.0 }\n"
    after = with_replacements(text, {"stage1.mass_t": Replacement(3.0, 2.0, 4.0, 0.5, "s")})
    said = '{ value = 3.000, low = 2.000, high = 4.000, status = "derived", source = "s" }'
    assert after.splitlines()[2] == f"mass_t = {said} # why"
    assert after.splitlines()[4] == "mass_t = { value = 2.0 }"


def test_a_figure_that_is_not_on_a_line_of_its_own_is_named():
    with pytest.raises(ValueError, match=r"stage1\.nothing_t: not found"):
        with_replacements("[stage1]\n", {"stage1.nothing_t": Replacement(1.0, 0.0, 2.0, 0.5, "s")})


def small_inference():
    """An inference about Long March 6A with rows that are made up, and the file as it was before."""
    text = packaged_file("longmarch6a").read_text(encoding="utf-8")
    figure = FigureRow("stage1.dry_mass_t", "t", "estimate", "s", 12.5, 0.6, 13.0, 0.5, 12.2, 13.8, 12.0, 14.0, 0.8)
    still = replace(figure, key="fairing.mass_t", value=1.6, prior=1.6, sigma=0.6, shift=0.0)
    expected = Expected(9.0, 0.5)
    claim = ClaimRow(
        "payload", "payload_published[0].payload_t", "t", "published", "s", 8.0, 0.1, 0.2, *[expected] * 3, -2.0, -1.9
    )
    wanted = NeededRow("payload", float("inf"), (NeededFigure("stage1.dry_mass_t", "t", 14.0, 2.5),))
    payload = PayloadRow("sso500", "expendable", Expected(9000.0, 400.0), Expected(8500.0, 200.0), True)
    pairs = [CorrelationRow("a", "b", -0.5)], [ContradictionRow("a", "b", 3.0)]
    return Inference(
        hs.load_vehicle("longmarch6a"), [figure, still], [claim], *pairs, [wanted], [payload], ChiSquare(3.0, 1, 0.08), None,
        (0.5, 0.01), True, 1.0, text,
    )  # fmt: skip


def test_an_inference_is_told_as_text_json_table_picture_and_file(tmp_path):
    found = small_inference()
    assert found.verified
    assert [row.key for row in found.changed] == ["stage1.dry_mass_t"]
    report = found.report()
    assert "contradiction: a and b: 3.0 sigma whichever of them is true" in report
    assert "no figure moves it" in report
    told = json.loads(found.save(tmp_path / "told.json").read_text(encoding="utf-8"))
    assert told["claims"][0]["left_out_low"] == pytest.approx(9.0 - 1.6448536 * 0.5)
    assert told["needed"][0]["sigma"] is None
    assert len(found.to_frame()) == 2
    assert found.plot().axes
    after = vehicle_of_text(found.write(tmp_path / "after.toml").read_text(encoding="utf-8"), "after")
    mass = after.stage1.dry_mass_t
    assert (mass.value, mass.low, mass.high, mass.status) == (13.0, 12.0, 14.0, "derived")
    assert mass.source.startswith("hoverslam infer longmarch6a: normal approximation of the posterior after")
    assert mass.source.endswith("(payloads); before: s")
    assert after.fairing == found.vehicle.fairing
    with pytest.raises(ValueError, match="given as an object"):
        replace(found, text=None).file_text()


# ---- the command -----------------------------------------------------------------------------------------------------------
def test_the_command_names_what_cannot_be_inferred_in_one_line(capsys, tmp_path):
    assert main(["infer", "zhuque9"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        'vehicle: "zhuque9": unknown, did you mean zhuque3? (a file of your own ends in .toml)'
    ]
    assert main(["infer", "vtvl1", "--samples", "0"]) == 2
    assert "vtvl1: a test article, it does not fly to orbit" in capsys.readouterr().err
    assert main(["infer", "zhuque3", "nebula1", "--write", str(tmp_path / "x.toml")]) == 2
    assert "--write: takes one vehicle" in capsys.readouterr().err
    assert main(["infer", "zhuque3", "--write", str(tmp_path / "x.txt")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_vehicle_about_which_nothing_is_claimed_is_told_in_one_line(tmp_path, capsys):
    text = packaged_file("longmarch4c").read_text(encoding="utf-8").split("[[payload_published]]")[0]
    kept = [line for line in text.splitlines() if not line.startswith("liftoff_mass_published_t")]
    file = tmp_path / "mine.toml"
    file.write_text("\n".join(kept).replace('name = "longmarch4c"', 'name = "mine"'), encoding="utf-8")
    assert main(["infer", str(file)]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "published" in line]
    assert len(said) == 1
    assert said[0].startswith("mine: nothing is published: add [[payload_published]]")


def test_events_of_a_file_are_checked(tmp_path):
    text = (
        packaged_file("zhuque3")
        .read_text(encoding="utf-8")
        .split("[[event_published]]")[0]
        .replace('"zhuque3"', '"mine"')
    )
    event = '[[event_published]]\nevent = "touchdown"\nflight = "Y2"\norbit = "leo450"\nrecovery = "expendable"\n'
    file = tmp_path / "mine.toml"
    file.write_text(text + event, encoding="utf-8")
    lines = hs.check_file(file)
    assert any("states nothing: add time_s or downrange_km" in line for line in lines)
    assert any("an expended stage has no touchdown" in line for line in lines)


def test_events_and_lift_off_thrust_change_no_identity():
    vehicle = hs.load_vehicle("zhuque3")
    assert vehicle.event_published
    bare = vehicle.model_copy(update={"event_published": (), "liftoff_thrust_published_kN": None})
    assert identity_of(bare) == identity_of(vehicle)


# ---- launches --------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_claim_that_the_optimum_made_is_met_and_the_file_reads_back(tmp_path):
    text = packaged_file("longmarch6a").read_text(encoding="utf-8").split("[[payload_published]]")[0]
    text = text.replace('name = "longmarch6a"', 'name = "mine"')
    claim = '[[payload_published]]\norbit = "sso500"\nrecovery = "expendable"\n'
    claim += 'payload_t = { value = 8.9, low = 8.7, high = 9.1, status = "published", source = "a test" }\n'
    file = tmp_path / "mine.toml"
    file.write_text(text + claim, encoding="utf-8")
    found = hs.infer(file, samples=2)
    payload = next(row for row in found.claims if row.name.startswith("payload"))
    assert found.verified
    assert found.steps[-1] < 0.05
    assert abs(payload.posterior.mean - 8.9) < abs(payload.prior.mean - 8.9)
    # One payload and the mass: the linear update of the prior, to the curvature of the optimum.
    share = payload.prior.sigma**2 / (payload.prior.sigma**2 + payload.statement_error**2 + payload.model_error**2)
    assert payload.posterior.mean - payload.prior.mean == pytest.approx(share * (8.9 - payload.prior.mean), abs=0.1)
    after = vehicle_of_text(found.file_text(), "mine")
    row = found.changed[0]
    assert dict(after.figures())[row.key].value == pytest.approx(row.value, abs=0.02 * row.sigma)
    assert dict(after.figures())[row.key].status == "derived"
    assert found.sampling is not None
