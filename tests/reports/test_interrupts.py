"""Ctrl-C and other signals: one line and the exit code of the signal at any moment; no process outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

# As in a terminal: who is started in the background may inherit that Ctrl-C or the end of the terminal is ignored.
START = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
)
ENDINGS = {"SIGINT": (130, "interrupted"), "SIGTERM": (143, "terminated"), "SIGHUP": (129, "the terminal was closed")}


def started(script):
    """Start a script that prints a line when it is ready; return the process when it is."""
    process = subprocess.Popen(
        [sys.executable, "-c", START + script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline()
    return process


def ended(process, name):
    """Send a signal; return exit code and standard error."""
    process.send_signal(getattr(signal, name))
    _, error = process.communicate(timeout=60)
    return process.returncode, error


@pytest.mark.parametrize("name", ENDINGS)
def test_a_signal_during_the_imports_of_a_command_is_one_line_and_its_exit_code(name):
    script = (
        "class Slow:\n"
        "  def find_spec(self, name, path, target=None):\n"
        "    if name == 'hoverslam.cli.app': print('importing', flush=True); time.sleep(60)\n"
        "sys.meta_path.insert(0, Slow())\n"
        "from hoverslam.cli import main\n"
        "sys.argv = ['hoverslam', 'solve', 'falcon9']\n"
        "main()\n"
    )
    code, line = ENDINGS[name]
    assert ended(started(script), name) == (code, f"{line}\n")


def test_a_signal_after_the_command_has_ended_changes_nothing():
    # An interpreter that ends restores the signals' default actions; some of its work is left to do then.
    script = (
        "import atexit\n"
        "atexit.register(lambda: (print('ends', flush=True), time.sleep(1.0)))\n"
        "from hoverslam.cli import main\n"
        "sys.argv = ['hoverslam', '--version']\n"
        "raise SystemExit(main())\n"
    )
    process = started(script)  # this reads the version
    assert process.stdout.readline() == "ends\n"
    assert ended(process, "SIGINT") == (0, "")


def test_a_process_that_leaves_removes_the_file_that_it_writes(tmp_path):
    script = (
        "from hoverslam.data import writing\n"
        "from hoverslam.reports.interrupts import leave_on_interrupt\n"
        "def slow(descriptor): print('writing', flush=True); time.sleep(60)\n"
        "writing.os.fsync = slow\n"
        f"with leave_on_interrupt(lambda: 'nothing is kept'): writing.write_whole({str(tmp_path / 'x')!r}, 'content')\n"
    )
    process = started(script)
    assert len(list(tmp_path.iterdir())) == 1
    assert ended(process, "SIGINT") == (130, "interrupted: nothing is kept\n")
    assert list(tmp_path.iterdir()) == []


def test_the_first_signal_stops_and_the_second_ends():
    script = (
        "from hoverslam.reports.interrupts import stop_on_interrupt\n"
        "with stop_on_interrupt() as stopped:\n"
        "  stopped.kept = '3 rows done'\n"
        "  try:\n"
        "    print('works', flush=True); time.sleep(60)\n"
        "  except KeyboardInterrupt:\n"
        "    print('stops', stopped.word, stopped.exit_code, flush=True); time.sleep(60)\n"
    )
    process = started(script)
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "stops terminated 143\n"
    assert ended(process, "SIGINT") == (143, "terminated: 3 rows done\n")


def test_a_signal_that_is_ignored_stays_ignored():
    script = (
        "from hoverslam.reports.interrupts import leave_on_interrupt\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with leave_on_interrupt(): print('works', flush=True); time.sleep(0.5); print('ended', flush=True)\n"
    )
    process = started(script)
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=60)[0] == "ended\n"
    assert process.returncode == 0


# ---- worker processes ------------------------------------------------------------------------------------------------------
WORK = (
    "import os\n"
    "from hoverslam.studies.parallel import work\n"
    "def slow(item):\n"
    "  if item: time.sleep(600)\n"
    "  return os.getpid()\n"
    "for done in work(slow, [0, 1, 1], 2): print(done.answer, flush=True)\n"
)


def children(parent):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, ppid = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(ppid) == parent and state != "Z":
                found.append(int(entry.name))
    return found


def runs(number):
    try:
        return (Path("/proc") / str(number) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_no_worker_outlives_its_parent(name):
    process = started(WORK)  # one item is done, the others take minutes
    deadline, workers = time.monotonic() + 60.0, []
    while len(workers) < 3 and time.monotonic() < deadline:  # two workers, and trackers of semaphores
        workers = children(process.pid)
        time.sleep(0.05)
    assert len(workers) >= 3
    process.send_signal(getattr(signal, name))
    _, error = process.communicate(timeout=60)
    while any(map(runs, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(runs, workers))
    assert not any(word in error for word in ("semaphore", "leaked", "Warning"))
