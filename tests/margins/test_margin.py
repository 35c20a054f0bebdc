"""A study of one recovery: what it counts, what it refuses, what it keeps in a folder."""

import json
from pathlib import Path

import numpy as np
import pytest

from hoverslam.cli import main
from hoverslam.margins.campaigns.blocks import CampaignError
from hoverslam.margins.campaigns.campaign import run_campaign
from hoverslam.margins.campaigns.flyer import RecoveryFlyer
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.guidance.reference import Reference
from hoverslam.margins.study.margin import study_margin
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.loading import load_vehicle

REFERENCE = Reference.load(Path(__file__).parent / "data" / "falcon9_return_to_launch_site.npz")
QUESTION = {"guidance": "hover_slam", "reference": REFERENCE, "block": 50}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("campaign")


@pytest.fixture(scope="module")
def study(folder):
    return study_margin("falcon9", "return_to_launch_site", 200, 1, folder=folder, **QUESTION)


def test_every_flight_is_counted_once(study):
    assert sum(study.causes().values()) == sum(study.causes(study.planned_reserve).values()) == study.samples == 200


def test_the_reserve_is_an_upper_bound_of_the_quantile_it_verifies(study):
    """99 % at 90 % confidence takes 230 flights; 95 % can be told from these."""
    assert study.reserve.reserve is None
    assert study.reserve.samples_needed == 230
    landed = np.sort(study.need[np.isfinite(study.need)])
    from hoverslam.margins.analysis.reserve import smallest_reserve

    told = smallest_reserve(landed, 0.95, 0.9).reserve
    assert told > np.quantile(landed, 0.95)
    assert told in landed


@pytest.mark.slow
@pytest.mark.parametrize("guidance", ["hover_slam", "convex"])
def test_the_same_seed_gives_the_same_bits_in_any_batch_process_and_cluster(guidance):
    distributed = pytest.importorskip("distributed")
    flyer = RecoveryFlyer(load_vehicle("falcon9"), REFERENCE, load_dispersions("falcon9"), 1, guidance=guidance)
    here = run_campaign(flyer, 500, folder=None, block=250, workers=1).columns
    several = run_campaign(flyer, 500, folder=None, block=60, workers=2).columns
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        away = run_campaign(flyer, 500, folder=None, block=100, scheduler=cluster.scheduler_address).columns
    for name, values in here.items():
        np.testing.assert_array_equal(several[name], values, name)
        np.testing.assert_array_equal(away[name], values, name)


@pytest.mark.slow
def test_a_sample_flies_the_same_in_whatever_company_and_order():
    flyer = RecoveryFlyer(load_vehicle("falcon9"), REFERENCE, load_dispersions("falcon9"), 1, guidance="hover_slam")
    mixed, straight = np.array([260, 7, 3, 499]), flyer(np.arange(500))
    for name, values in flyer(mixed).items():
        np.testing.assert_array_equal(values, straight[name][mixed], name)


def test_success_rises_with_the_reserve_to_the_share_that_nothing_else_loses(study):
    shares = study.curve.at(np.linspace(-3e3, 2e4, 40)).probability
    assert np.all(np.diff(shares) >= 0.0)
    assert shares[0] == 0.0
    assert shares[-1] == np.mean(np.isfinite(study.need))


def test_report_and_json_say_the_same(study):
    found = json.loads(json.dumps(study.as_json()))
    assert found["samples"] == 200
    assert found["undisturbed_propellant_kg"] == pytest.approx(found["optimum_propellant_kg"], rel=0.02)
    assert f"{found['optimum_propellant_kg']:,.0f} kg" in study.report()
    assert "needs" in study.report()  # 99.865 % cannot be told from 200 flights, and says so
    assert found["quantiles"]["0.99865"]["reserve_needed_kg"]["samples_needed"] >= 1705


def test_a_second_run_in_the_folder_adds_only_what_is_new(study, folder):
    more = study_margin("falcon9", "return_to_launch_site", 250, 1, folder=folder, **QUESTION)
    assert more.campaign.flown == 50
    assert np.array_equal(more.need[:200], study.need)


def test_another_seed_does_not_go_into_the_same_folder(study, folder):
    with pytest.raises(CampaignError, match=r"folder|fingerprint"):
        study_margin("falcon9", "return_to_launch_site", 50, 2, folder=folder, **QUESTION)


def test_mistakes_are_told():
    with pytest.raises(VehicleError, match="unknown key"):
        study_margin("falcon9", "return_to_launch_site", 10, dispersions={"wind.sigma_ms": 3.0}, **QUESTION)
    with pytest.raises(ValueError, match="guidance"):
        study_margin("falcon9", "return_to_launch_site", 10, reference=REFERENCE, guidance="luck")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["falcon8"], "falcon8"),
        (["falcon9", "--recovery", "expendable"], "--recovery"),
        (["falcon9", "--guidance", "luck"], "--guidance"),
        (["falcon9", "--scheme", "dice"], "--scheme"),
        (["falcon9", "--samples", "0"], "--samples"),
        (["falcon9", "--out", __file__], "--out"),
    ],
)
def test_the_command_refuses_before_anything_slow(arguments, said, capsys):
    assert main(["margin", *arguments]) == 2
    complaint = capsys.readouterr().err.strip().splitlines()
    assert len(complaint) == 1
    assert said in complaint[0]
