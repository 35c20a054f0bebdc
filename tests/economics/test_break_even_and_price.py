"""Break-even against ULA, Musk and Nomura, and prices, which are kept apart from costs."""

import pytest

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_list_prices, load_tenders
from hoverslam.economics.inputs.price import price_per_kilogram
from hoverslam.economics.questions.break_even import break_even_uses, reuse_index

ULA = {
    "payload_ratio": 0.70,
    "recovered_share": 0.4,
    "recovery_hardware": 0.1,
    "recovery_and_refurbishment": 0.1,
    "learning_slope": 0.90,
}


def musk(payload_ratio):
    """Return Musk's inputs of August 2020; refurbishment at 10 % of the launch is 0.1/0.7 of the recovered part."""
    return {"payload_ratio": payload_ratio, "recovered_share": 0.70, "recovery_and_refurbishment": 0.10 / 0.70}


@pytest.mark.parametrize(("uses", "index"), [(2, 1.26), (5, 1.08), (8, 1.02), (12, 0.991), (20, 0.96)])
def test_reuse_index_with_the_inputs_of_ula(uses, index):
    assert reuse_index(uses, **ULA) == pytest.approx(index, abs=0.0055)


def test_ula_breaks_even_at_ten_or_eleven_uses():
    assert break_even_uses(**ULA) in (10, 11)


@pytest.mark.parametrize(
    ("payload_ratio", "table", "uses"),
    [
        (17.5 / 22.8, {2: 0.98, 3: 0.83, 4: 0.75, 10: 0.61, 20: 0.57}, 2),
        (0.6, {2: 1.25, 3: 1.06, 4: 0.96}, 4),
    ],
)
def test_musk_breaks_even_at_two_uses_with_the_true_payload_and_at_four_with_his_bound(payload_ratio, table, uses):
    assert break_even_uses(**musk(payload_ratio)) == uses
    for n, index in table.items():
        assert reuse_index(n, **musk(payload_ratio)) == pytest.approx(index, abs=0.0051)


def test_reuse_that_never_pays_has_no_break_even():
    assert break_even_uses(payload_ratio=0.5, recovered_share=0.4) is None


def test_nomura_20_tonne_launcher_falls_from_200_to_120_million_yuan():
    index = reuse_index(10, payload_ratio=1.0, recovered_share=0.6, recovery_and_refurbishment=0.14 / 0.6)
    assert 200 * index == pytest.approx(120.0, rel=1e-12)
    assert price_per_kilogram(200e6, 20_000) == 10_000


def test_break_even_refuses_impossible_inputs():
    with pytest.raises(CostQuestionError, match=r"uses = 0\.5"):
        reuse_index(0.5, **ULA)


@pytest.mark.parametrize(("key", "usd"), [("falcon9_2016", 2719), ("falcon9_2024", 3059), ("falcon9_2026", 4253)])
def test_list_prices_per_kilogram(key, usd):
    assert load_list_prices()[key].usd_per_kg == pytest.approx(usd, abs=0.5)


def test_the_shuttle_per_kilogram():
    assert price_per_kilogram(1.5e9, 27_500) == pytest.approx(54_545, abs=0.5)


def test_the_lots_of_the_spacesail_tender_sum_to_its_budget():
    tender = load_tenders()["spacesail_2025"]
    assert sum(lot.launches * lot.price_MCNY for lot in tender.lots) == tender.budget_MCNY == 1336
    assert sum(lot.launches * lot.satellites for lot in tender.lots) == 94
    assert sum(lot.launches for lot in tender.lots) == 7
