"""Campaigns: the same answers however they are cut, and nothing finished lost or flown twice, whatever ends a run."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_flights import CompiledFlyer, DyingFlyer, ElsewhereFlyer, GivesFlyer, GrowsFlyer, OneProcessFlyer, ToyFlyer

from hoverslam.data import writing
from hoverslam.margins.campaigns import store
from hoverslam.margins.campaigns.blocks import BlockFailed, CampaignError, FlownBlock, block_numbers
from hoverslam.margins.campaigns.campaign import run_campaign
from hoverslam.margins.campaigns.executors import default_workers
from hoverslam.margins.campaigns.progress import Progress, progress_bar
from hoverslam.margins.campaigns.run import CampaignRun

HERE = Path(__file__).parent


def assert_same(one, other):
    np.testing.assert_array_equal(one.numbers, other.numbers)
    assert one.columns.keys() == other.columns.keys()
    for name, values in one.columns.items():
        assert values.dtype == other.columns[name].dtype
        np.testing.assert_array_equal(values, other.columns[name])


def flown(log):
    """How often each sample number was flown."""
    return Counter(map(int, log.read_text().split())) if log.exists() else Counter()


def straight(samples):
    """All samples in one call: what every campaign has to give back."""
    return run_campaign(ToyFlyer(), samples, folder=None, block=samples)


def in_process(script):
    """Start another Python that knows the toy flyers and this package."""
    paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    campaign = "from hoverslam.margins.campaigns.campaign import run_campaign"
    imports = f"from pathlib import Path\nfrom toy_flights import *\n{campaign}\nimport signal\n"
    # Who is started in the background may inherit that Ctrl-C is ignored.
    script = f"{imports}signal.signal(signal.SIGINT, signal.default_int_handler)\n{script}"
    command = [sys.executable, "-c", script]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True)


def wait_until(condition, process=None):
    """Until it holds, or the process has ended, or a minute has passed."""
    end = time.monotonic() + 60.0
    while not condition() and time.monotonic() < end and (process is None or process.poll() is None):
        time.sleep(0.01)
    assert condition()


def running():
    """The parent of every process that has not ended, by number; empty where there is no /proc."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(entry.name)] = int(parent)
    return found


def children(number):
    return [child for child, parent in running().items() if parent == number]


# ---- Blocks ----------------------------------------------------------------------------------------------------------
@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_sample_k_is_in_block_k_over_block(k, block):
    numbers = block_numbers(k // block, block)
    assert len(numbers) == block
    assert numbers[k % block] == k
    assert numbers[-1] + 1 == block_numbers(k // block + 1, block)[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 70), st.integers(1, 4))
def test_a_sample_is_the_same_however_many_by_whatever_blocks_and_workers(samples, block, workers):
    got = run_campaign(ToyFlyer(), samples, folder=None, block=block, workers=workers)
    assert_same(got, straight(samples))
    assert not got.interrupted
    assert got.flown == block * -(-samples // block)


def test_every_call_has_the_length_of_a_block(tmp_path):
    log = tmp_path / "log"
    run_campaign(ToyFlyer(log=str(log)), 25, folder=None, block=10)
    assert flown(log) == Counter(range(30))


def test_another_process_gives_the_same_bits(tmp_path):
    script = f"run_campaign(ToyFlyer(), 40, folder=Path({str(tmp_path)!r}), block=10, workers=2)"
    assert in_process(script).wait(60) == 0
    read = run_campaign(ToyFlyer(), 40, folder=tmp_path, block=10)
    assert read.flown == 0
    assert_same(read, straight(40))


def test_a_compiled_flyer_gives_the_same_bits_here_and_in_any_number_of_processes():
    flyer = CompiledFlyer()
    one = run_campaign(flyer, 64, folder=None, block=16, workers=1)
    assert_same(run_campaign(flyer, 64, folder=None, block=16, workers=3), one)
    fewer = run_campaign(flyer, 21, folder=None, block=16, workers=2)
    np.testing.assert_array_equal(fewer.columns["x"], one.columns["x"][:21])


def test_arguments_are_checked():
    for wrong in ({"samples": 0}, {"samples": 1, "block": 0}, {"samples": 1, "workers": 0}):
        with pytest.raises(ValueError, match=r" = 0: must be a whole number from 1 to [\d,]+"):
            run_campaign(ToyFlyer(), **wrong, folder=None)
    with pytest.raises(ValueError, match=r"workers=2: .* leave one out"):
        run_campaign(ToyFlyer(), 1, folder=None, workers=2, scheduler="tcp://127.0.0.1:8786")


# ---- Folder ----------------------------------------------------------------------------------------------------------
def test_a_folder_is_read_and_only_what_is_missing_is_flown(tmp_path):
    flyer, folder = ToyFlyer(log=str(tmp_path / "log")), tmp_path / "kept"
    first = run_campaign(flyer, 25, folder=folder, block=10)
    assert (len(first.numbers), first.flown) == (25, 30)
    more = run_campaign(flyer, 52, folder=folder, block=10)
    assert (len(more.numbers), more.flown) == (52, 30)
    fewer = run_campaign(flyer, 7, folder=folder, block=10)
    assert (len(fewer.numbers), fewer.flown, fewer.first_block_seconds, fewer.rate) == (7, 0, None, None)
    assert flown(tmp_path / "log") == Counter(range(60))
    for got in (first, more, fewer):
        assert_same(got, straight(len(got.numbers)))


def test_another_fingerprint_is_refused_with_both_names_and_the_fix(tmp_path):
    run_campaign(ToyFlyer(seed=1), 5, folder=tmp_path, block=5)
    with pytest.raises(CampaignError) as caught:
        run_campaign(ToyFlyer(seed=2), 5, folder=tmp_path, block=5)
    for part in (str(tmp_path), "toy 1 version 1", "toy 2 version 1", "use another folder"):
        assert part in str(caught.value)


def test_another_block_is_refused_with_the_fix(tmp_path):
    run_campaign(ToyFlyer(), 5, folder=tmp_path, block=5)
    with pytest.raises(CampaignError, match=r"blocks of 5 samples, not 4: give block=5"):
        run_campaign(ToyFlyer(), 5, folder=tmp_path, block=4)


def test_a_block_of_another_campaign_is_refused(tmp_path):
    run_campaign(ToyFlyer(seed=1), 5, folder=tmp_path / "one", block=5)
    run_campaign(ToyFlyer(seed=2), 5, folder=tmp_path / "two", block=5)
    (tmp_path / "one" / "block_000000.npz").replace(tmp_path / "two" / "block_000000.npz")
    with pytest.raises(CampaignError, match=r"block_000000\.npz: holds the campaign toy 1 version 1, not toy 2"):
        run_campaign(ToyFlyer(seed=2), 5, folder=tmp_path / "two", block=5)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"layout": 1', "\x00\x00"])
def test_a_manifest_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "campaign.json").write_text(content)
    with pytest.raises(CampaignError, match=r"campaign\.json: not the manifest of a campaign .* use another folder"):
        run_campaign(ToyFlyer(), 5, folder=tmp_path)


def test_a_manifest_of_another_layout_is_refused(tmp_path):
    (tmp_path / "campaign.json").write_text('{"layout": 99, "fingerprint": "toy 1 version 1", "block": 500}')
    with pytest.raises(CampaignError, match="layout 99, expected 1"):
        run_campaign(ToyFlyer(), 5, folder=tmp_path)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CampaignError, match="is a file: name a folder"):
        run_campaign(ToyFlyer(), 5, folder=tmp_path / "file")


def test_unlike_columns_under_one_fingerprint_are_refused(tmp_path):
    with pytest.raises(CampaignError, match="grows: blocks 0 and 2 have unlike columns"):
        run_campaign(GrowsFlyer(), 15, folder=tmp_path, block=5)


# ---- Damage ----------------------------------------------------------------------------------------------------------
DAMAGES = {
    "empty": lambda content: b"",
    "half written": lambda content: content[: len(content) // 2],
    "all zeros": lambda content: bytes(len(content)),
    "one byte of the numbers": lambda content: content[:1200] + bytes([content[1200] ^ 1]) + content[1201:],
    "text": lambda content: b"not an archive",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_block_is_reported_in_one_line_and_flown_again(tmp_path, damage):
    flyer, folder, lines = ToyFlyer(log=str(tmp_path / "log")), tmp_path / "kept", []
    run_campaign(flyer, 30, folder=folder, block=10)
    path = folder / "block_000001.npz"
    path.write_bytes(damage(path.read_bytes()))
    got = run_campaign(flyer, 30, folder=folder, block=10, report=lines.append)
    assert_same(got, straight(30))
    assert flown(tmp_path / "log") == Counter(range(30)) + Counter(range(10, 20))
    assert len(lines) == 1
    assert lines[0].startswith(f"{path}: damaged, flown again: ")
    assert "\n" not in lines[0]
    assert run_campaign(flyer, 30, folder=folder, block=10).flown == 0


def test_no_flipped_bit_and_no_missing_end_goes_unseen():
    whole = store.packed({"x": np.array([1.0, 2.0])})
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        for damaged in (bytes(flipped), whole[:place]):
            with pytest.raises(ValueError, match="does not match its checksum"):
                store.unpacked(damaged)
    assert store.unpacked(whole)["x"].tolist() == [1.0, 2.0]


def test_a_block_is_an_ordinary_npz_file(tmp_path):
    got = run_campaign(ToyFlyer(), 5, folder=tmp_path, block=5)
    with np.load(tmp_path / "block_000000.npz", allow_pickle=False) as arrays:
        assert set(arrays.files) == {"numbers", "fingerprint", *got.columns}
        np.testing.assert_array_equal(arrays["touchdown"], got.columns["touchdown"])


def test_a_renamed_block_is_damage(tmp_path):
    run_campaign(ToyFlyer(), 20, folder=tmp_path, block=10)
    (tmp_path / "block_000000.npz").replace(tmp_path / "block_000001.npz")
    lines = []
    got = run_campaign(ToyFlyer(), 20, folder=tmp_path, block=10, report=lines.append)
    assert_same(got, straight(20))
    assert len(lines) == 1
    assert "holds other samples" in lines[0]


def test_damage_is_said_on_standard_error_unless_asked_otherwise(tmp_path, capsys):
    run_campaign(ToyFlyer(), 5, folder=tmp_path, block=5)
    (tmp_path / "block_000000.npz").write_bytes(b"")
    run_campaign(ToyFlyer(), 5, folder=tmp_path, block=5)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_blocks_that_cannot_be_written_are_kept_elsewhere_and_the_flights_go_on(tmp_path, monkeypatch):
    put, folder, lines = writing._put, tmp_path / "full", []

    def full(path, content):
        if path.parent == folder and path.suffix == ".npz":
            raise OSError(errno.ENOSPC, "No space left on device")
        put(path, content)

    monkeypatch.setattr(writing, "_put", full)
    got = run_campaign(ToyFlyer(), 30, folder=folder, block=10, workers=1, report=lines.append)
    assert_same(got, straight(30))
    assert len(lines) == len(got.unwritten) == 3
    assert all("no space left on device; kept as" in line for line in lines)
    assert [path.name for path in folder.iterdir()] == ["campaign.json"]
    monkeypatch.undo()
    for failure in got.unwritten:  # what was kept is the whole block: moved to its folder, it need not be flown again
        failure.path.write_bytes(failure.kept.read_bytes())
        failure.kept.unlink()
    assert run_campaign(ToyFlyer(), 30, folder=folder, block=10).flown == 0


def test_a_folder_of_other_inputs_is_refused_with_their_names_and_both_values(tmp_path):
    usual = {"vehicle": "toy", "seed": 1, "wind.sigma_m_s": 4.0}

    def toy(**inputs):
        return type("Flyer", (ToyFlyer,), {"inputs": usual | inputs})(version=str(inputs))

    run_campaign(toy(), 5, folder=tmp_path, block=5)
    assert run_campaign(toy(), 5, folder=tmp_path, block=5).flown == 0
    with pytest.raises(CampaignError, match=r"holds another campaign: seed is 1 there and 2 here: give what it has"):
        run_campaign(toy(seed=2), 5, folder=tmp_path, block=5)
    with pytest.raises(
        CampaignError, match=r'vehicle is "toy" there and "other" here; wind.sigma_m_s is 4 there and 6'
    ):
        run_campaign(toy(vehicle="other", **{"wind.sigma_m_s": 6.0}), 5, folder=tmp_path, block=5)


# ---- Ends before the end ---------------------------------------------------------------------------------------------
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_campaign_leaves_no_worker_and_goes_on_without_losing_or_repeating_a_block(tmp_path):
    log, folder = tmp_path / "log", tmp_path / "kept"
    flyer = f"ToyFlyer(log={str(log)!r}, pause=0.03)"
    process = in_process(f"run_campaign({flyer}, 2000, folder=Path({str(folder)!r}), block=10, workers=2)")
    wait_until(lambda: len(list(folder.glob("block_*.npz"))) >= 5, process)
    workers = children(process.pid)
    assert len(workers) >= 2
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    wait_until(lambda: not set(workers) & set(running()))
    kept = sorted(int(path.stem[6:]) for path in folder.glob("block_*.npz"))
    assert 5 <= len(kept) < 200
    lines, again = [], tmp_path / "again"
    got = run_campaign(ToyFlyer(log=str(again)), 2000, folder=folder, block=10, report=lines.append)
    assert lines == []  # no block was half written
    assert got.flown == 2000 - 10 * len(kept)
    kept_numbers = {int(n) for place in kept for n in block_numbers(place, 10)}
    assert flown(again) == Counter(set(range(2000)) - kept_numbers)
    assert_same(got, straight(2000))


def test_two_processes_in_one_folder_do_no_harm(tmp_path):
    log, folder = tmp_path / "log", tmp_path / "kept"
    script = f"run_campaign(ToyFlyer(log={str(log)!r}, pause=0.002), 200, folder=Path({str(folder)!r}), block=5)"
    both = [in_process(script), in_process(script)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert set(flown(log)) == set(range(200))
    assert set(flown(log).values()) <= {1, 2}
    lines = []
    assert_same(run_campaign(ToyFlyer(), 200, folder=folder, block=5, report=lines.append), straight(200))
    assert lines == []
    assert not list(folder.glob(".*"))


def test_an_interrupt_keeps_what_is_done(tmp_path):
    def stop(progress):
        if progress.done >= 20:
            raise KeyboardInterrupt

    got = run_campaign(ToyFlyer(pause=0.01), 1000, folder=tmp_path, block=10, workers=2, on_progress=stop)
    assert got.interrupted
    assert 20 <= len(got.numbers) < 1000
    assert got.flown == len(got.numbers)
    whole = straight(1000)
    for name, values in got.columns.items():
        np.testing.assert_array_equal(values, whole.columns[name][got.numbers])
    rest = run_campaign(ToyFlyer(), 1000, folder=tmp_path, block=10)
    assert rest.flown <= 1000 - len(got.numbers)
    assert_same(rest, whole)


def test_an_interrupt_before_the_first_block_leaves_an_empty_campaign():
    def stop(progress):
        raise KeyboardInterrupt

    got = run_campaign(ToyFlyer(), 10, folder=None, on_progress=stop)
    assert (got.interrupted, len(got.numbers), got.columns, got.flown) == (True, 0, {}, 0)
    assert len(got.to_frame()) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_control_c_returns_at_once_and_what_landed_is_kept(tmp_path, workers):
    log, folder = tmp_path / "log", tmp_path / "kept"
    flyer = f"ToyFlyer(log={str(log)!r}, pause=0.5)"
    script = f"got = run_campaign({flyer}, 10**5, folder=Path({str(folder)!r}), block=10, workers={workers})\n"
    process = in_process(f"{script}print(got.interrupted, len(got.numbers), flush=True)")
    wait_until(lambda: len(flown(log)) >= 40, process)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    interrupted, count = printed.split()
    assert interrupted == "True"
    kept = 10 * len(list(folder.glob("block_*.npz")))
    assert int(count) <= kept <= len(flown(log))
    if workers == 1:
        assert (
            int(count) < kept == len(flown(log))
        )  # the caller did not wait for the block in the air, which still landed


def test_an_error_names_the_samples_and_keeps_the_rest(tmp_path):
    log = tmp_path / "log"
    with pytest.raises(BlockFailed) as caught:
        run_campaign(ToyFlyer(log=str(log), bad=47), 100, folder=tmp_path / "kept", block=10, workers=1)
    message = f"samples 40 to 49: RuntimeError: the toy broke (40 samples are kept in {tmp_path / 'kept'})"
    assert str(caught.value) == message
    assert (caught.value.first, caught.value.last) == (40, 49)
    assert isinstance(caught.value.__cause__, RuntimeError)
    rest = run_campaign(ToyFlyer(), 100, folder=tmp_path / "kept", block=10)
    assert rest.flown <= 60
    assert_same(rest, straight(100))


WRONG = {
    "no columns": {},
    "first axis": {"x": np.zeros(3)},
    "shape ()": {"x": np.float64(1.0)},
    "dtype object": {"x": np.array([None, "text"])},
    "name is taken": {"numbers": np.zeros(2)},
}


@pytest.mark.parametrize(("message", "answer"), WRONG.items(), ids=WRONG.keys())
def test_a_wrong_answer_names_the_column_and_the_fix(message, answer):
    with pytest.raises(BlockFailed) as caught:
        run_campaign(GivesFlyer(answer), 2, folder=None, block=2)
    assert str(caught.value).startswith("samples 0 to 1: ValueError: ")
    assert message in str(caught.value)


# ---- Progress --------------------------------------------------------------------------------------------------------
def test_progress_counts_samples_and_begins_with_what_is_there(tmp_path):
    told = []
    run_campaign(ToyFlyer(), 20, folder=tmp_path, block=10)
    run_campaign(ToyFlyer(pause=0.01), 55, folder=tmp_path, block=10, workers=1, on_progress=told.append)
    assert told[0].done == 20
    assert [p.done for p in told] == sorted(p.done for p in told)
    assert len(told) == 5
    assert {p.total for p in told} == {55}
    assert told[0].rate is None  # nothing flown yet
    assert told[1].rate is None  # the first call compiles: its pace says nothing
    assert told[2].rate is not None
    assert (told[-1].done, told[-1].left) == (55, 0.0)
    again = []
    run_campaign(ToyFlyer(), 55, folder=tmp_path, block=10, on_progress=again.append)
    assert [(p.done, p.left) for p in again] == [(55, 0.0)]


def test_the_pace_leaves_the_cold_block_out_and_what_was_there_at_the_start():
    run = CampaignRun(ToyFlyer(), 10, None, lambda line: None, {index: {} for index in range(6)}, found=2)
    run.flown = [FlownBlock(60.0, True, 2), FlownBlock(1.0, False, 2), FlownBlock(3.0, False, 2)]
    assert run.rate() == 2 * 10 / 2.0  # two at once, ten each, two seconds
    assert run.progress(95, 64.0) == Progress(60, 95, 64.0, 10.0, 4.0)  # four blocks are missing, flown whole


def test_one_worker_flies_here_and_more_in_processes_that_unpickle_once():
    here = run_campaign(OneProcessFlyer(), 5, folder=None, block=1, workers=1)
    assert set(here.columns["pid"]) == {os.getpid()}
    there = run_campaign(OneProcessFlyer(), 60, folder=None, block=1, workers=2)
    assert os.getpid() not in there.columns["pid"]
    assert 1 <= len(set(there.columns["pid"])) <= 2
    assert set(there.columns["times"]) == {1}
    assert there.rate > 0.0


def test_a_worker_that_dies_is_told_and_the_next_campaign_flies(tmp_path):
    with pytest.raises(BlockFailed, match="samples"):
        run_campaign(DyingFlyer(), 8, folder=None, block=2, workers=2)
    assert_same(run_campaign(ToyFlyer(), 8, folder=None, block=2, workers=2), straight(8))


def test_as_many_workers_as_usable_cores():
    assert 1 <= default_workers() <= os.cpu_count()


@pytest.mark.parametrize("watched", [True, False])
def test_the_bar_is_drawn_on_a_terminal_only(monkeypatch, watched):
    screen = StringIO()
    screen.isatty = lambda: watched
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    with progress_bar() as on_progress:
        on_progress(Progress(10, 400, 1.0, None, None))
        on_progress(Progress(300, 400, 9.0, 125.0, 68.4))
    drawn = screen.getvalue()
    assert ("300/400" in drawn and "125 a second, 1:08 left" in drawn) if watched else drawn == ""


# ---- What comes of it ------------------------------------------------------------------------------------------------
def test_tables_have_a_row_a_sample_and_files_the_same_doubles(tmp_path):
    got = run_campaign(ToyFlyer(), 12, folder=None, block=5)
    frame = got.to_frame()
    assert list(frame.index) == list(range(12))
    assert list(frame) == ["propellant", "touchdown_0", "touchdown_1", "touchdown_2", "landed", "burns", "outcome"]
    np.testing.assert_array_equal(frame["touchdown_2"], got.columns["touchdown"][:, 2])
    got.save(tmp_path / "campaign.csv")
    read = pd.read_csv(tmp_path / "campaign.csv", index_col="sample", dtype=str)
    for name in frame:
        assert list(read[name]) == [str(value) for value in frame[name]]  # the shortest text that is this double
    got.save(tmp_path / "campaign.nc")
    with xr.open_dataset(tmp_path / "campaign.nc") as data:
        assert data.attrs["fingerprint"] == "toy 1 version 1"
        assert data["touchdown"].dims == ("sample", "touchdown_axis_1")
        for name, values in got.columns.items():
            np.testing.assert_array_equal(data[name].values, values)


def test_a_campaign_is_read_as_text_as_plain_values_and_as_histograms(tmp_path):
    got = run_campaign(ToyFlyer(), 12, folder=None, block=5)
    assert got.report().startswith("12 flights, 15 flown now in ")
    assert f"propellant           mean {np.mean(got.columns['propellant']):12.6g}" in got.report()
    assert "outcome" not in got.report()  # text has no mean
    plain = json.loads(got.save(tmp_path / "campaign.json").read_text())
    assert plain["sample"] == list(range(12))
    assert plain["columns"]["propellant"] == got.columns["propellant"].tolist()
    counted = [sum(bar.get_height() for bar in axis.patches) for axis in got.plot().axes]
    assert counted == [12] * 6  # propellant, three components of the touchdown, landed, burns


# ---- Cluster ---------------------------------------------------------------------------------------------------------
def test_without_dask_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CampaignError, match=r"tcp://10\.0\.0\.5:8786.*pip install 'hoverslam\[cluster\]'"):
        run_campaign(ToyFlyer(), 1, folder=None, scheduler="tcp://10.0.0.5:8786")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://nowhere"])
def test_a_cluster_that_does_not_answer_is_named_with_the_fix(monkeypatch, address):
    pytest.importorskip("distributed")
    monkeypatch.setattr("hoverslam.reports.clusters.CONNECT_TIMEOUT", 0.3)
    with pytest.raises(CampaignError, match=rf"'{address}': no Dask cluster answers there .* dask scheduler"):
        run_campaign(ToyFlyer(), 1, folder=None, scheduler=address)


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
    with distributed.LocalCluster(**settings) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_the_same_bits_and_resumes(tmp_path, cluster):
    log, told = tmp_path / "log", []
    flyer, folder = ToyFlyer(log=str(log)), tmp_path / "kept"
    run_campaign(flyer, 20, folder=folder, block=10)
    got = run_campaign(flyer, 75, folder=folder, block=10, scheduler=cluster, on_progress=told.append)
    assert_same(got, straight(75))
    assert got.flown == 60
    assert flown(log) == Counter(range(80))
    assert (told[0].done, told[-1].done, told[-1].left) == (20, 75, 0.0)
    assert run_campaign(flyer, 80, folder=folder, block=10).flown == 0


def test_a_cluster_of_processes_gives_the_same_bits_and_unpickles_once_each():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        got = run_campaign(ToyFlyer(), 60, folder=None, block=5, scheduler=cluster.scheduler_address)
        counted = run_campaign(OneProcessFlyer(), 12, folder=None, block=1, scheduler=cluster.scheduler_address)
    assert_same(got, straight(60))
    assert set(counted.columns["times"]) == {1}
    assert os.getpid() not in counted.columns["pid"]


def test_an_error_on_a_cluster_names_the_samples_after_two_more_tries(tmp_path, cluster):
    log = tmp_path / "log"
    with pytest.raises(BlockFailed, match="samples 10 to 19: RuntimeError: the toy broke"):
        run_campaign(ToyFlyer(log=str(log), bad=13), 30, folder=tmp_path / "kept", block=10, scheduler=cluster)
    assert flown(log)[13] == 3


def test_an_interrupt_of_a_cluster_keeps_what_is_done(tmp_path, cluster):
    def stop(progress):
        if progress.done >= 20:
            raise KeyboardInterrupt

    flyer = ToyFlyer(pause=0.01)
    got = run_campaign(flyer, 1000, folder=tmp_path, block=10, scheduler=cluster, on_progress=stop)
    assert got.interrupted
    assert len(got.numbers) == 20
    assert len(list(tmp_path.glob("block_*.npz"))) == 2


def test_another_version_on_a_worker_is_refused(cluster):
    with pytest.raises(BlockFailed, match="the flyer is elsewhere on this worker, not here: install the same version"):
        run_campaign(ElsewhereFlyer(), 3, folder=None, block=3, scheduler=cluster)


def test_a_flyer_that_cannot_be_pickled_is_refused(cluster):
    flyer = GivesFlyer({"x": threading.Lock()})
    with pytest.raises(CampaignError, match="gives: a flyer must be picklable"):
        run_campaign(flyer, 3, folder=None, scheduler=cluster)


def test_a_cluster_without_workers_is_waited_for_and_said(tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster:

        def begin(line):
            lines.append(line)
            cluster.scale(1)

        lines, address = [], cluster.scheduler_address
        got = run_campaign(ToyFlyer(), 10, folder=None, block=5, scheduler=address, report=begin)
    assert len(lines) == 1
    assert lines[0].startswith(f"{address}: has no workers yet")
    assert_same(got, straight(10))


def test_a_cluster_that_is_lost_is_no_fault_of_the_samples(tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster:

        def lose(progress):
            if progress.done == 10:
                cluster.close()

        flyer, address = ToyFlyer(pause=0.05), cluster.scheduler_address
        with pytest.raises(CampaignError, match=r"lost on the way \(\d+ samples are kept in .*\): start it"):
            run_campaign(flyer, 500, folder=tmp_path, block=10, scheduler=address, on_progress=lose)
    assert_same(run_campaign(ToyFlyer(), 500, folder=tmp_path, block=10), straight(500))
