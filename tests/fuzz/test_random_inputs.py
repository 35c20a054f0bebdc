"""A small count of random files, command lines and nonsense vehicles; the scripts beside this file run large ones."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import mutated_files
import nonsense_vehicles
import random_commands


def test_random_files_are_read_or_refused_in_plain_lines():
    failures: list[str] = []
    found = mutated_files.run(150, seed=1, show=failures.append)
    assert failures == []
    assert sum(number for (_, outcome), number in found.items() if outcome == "read") > 5


def test_random_command_lines_end_without_a_traceback():
    failures: list[str] = []
    found = random_commands.run(25, seed=1, show=failures.append)
    assert failures == []
    assert found["0"] > 0
    assert found["2"] > 0


def test_most_nonsense_vehicles_are_refused_each_with_a_reason():
    found = nonsense_vehicles.run(60, seed=1)
    assert found["refused"] == 0
    assert found["refused with a reason"] >= 45
