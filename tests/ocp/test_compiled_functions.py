"""Functions compiled from C give the same numbers as CasADi's virtual machine, and nothing depends on a compiler."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

import hoverslam as hs
from hoverslam.data.kept import VARIABLE
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.plan import make_plan
from hoverslam.flights.launch.problem import launch_problem
from hoverslam.flights.launch.stored import exact
from hoverslam.flights.launch.structure import choices_of
from hoverslam.ocp.transcription import compiled
from hoverslam.ocp.transcription.compiled import MachineCode, compile_later, note_solve, wait_for_compiled
from hoverslam.ocp.transcription.local import TRANSLATED, kept_functions, phase_key

START = hs.LandingStart(position=(-300.0, 0.0, 5000.0), velocity=(40.0, 0.0, -300.0), mass=35e3)  # m, m/s, kg
needs_a_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache of its own, and nothing translated before."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    TRANSLATED.clear()
    yield tmp_path
    TRANSLATED.clear()


@pytest.fixture
def compiler(monkeypatch):
    """A compiler in the background with nothing asked for yet."""
    made = compiled._Compiler()
    monkeypatch.setattr(compiled, "_COMPILER", made)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def problem():
    vehicle = hs.load_vehicle("falcon9")
    plan = make_plan(vehicle, "downrange", None)
    stored = exact(plan, choices_of(vehicle, "downrange", plan.orbit))
    return launch_problem(plan.with_choice(stored.choice), LaunchGuess.at(stored.point))


def functions_of(problem, name="entry"):
    phase = problem.phases[name]
    return kept_functions(problem, phase, 2, phase_key(problem, phase, 2))


def test_each_record_knows_its_name_on_disk(problem, folder):
    made = functions_of(problem)
    assert (folder / "translated" / made.digest).is_file()
    assert functions_of(problem).digest == made.digest


@needs_a_compiler
def test_compiled_functions_give_the_same_bits(problem, folder, compiler):
    local = functions_of(problem)
    compile_later([local.code])
    wait_for_compiled()
    assert not local.code.is_wanted()
    draw = np.random.default_rng(1)
    for name, function in local.code.functions.items():
        own = getattr(local, name)
        assert function.is_a("External", False)
        assert not own.is_a("External", False)
        for _ in range(20):
            arguments = [draw.lognormal(sigma=2.0, size=own.size1_in(i)) for i in range(own.n_in())]
            for theirs, ours in zip(function.call(arguments), own.call(arguments), strict=True):
                assert np.array_equal(np.asarray(theirs), np.asarray(ours), equal_nan=True)


@needs_a_compiler
def test_a_landing_by_compiled_functions_is_the_same_landing(folder, compiler, monkeypatch):
    monkeypatch.setattr(compiled, "LONG", np.inf)
    case = hs.Landing(hs.Lander.of("falcon9", [(1,)]), START)
    before = case.solve().solution
    assert not before.programme._compiled
    compile_later([local.code for local in before.programme.local.values()])
    wait_for_compiled()
    after = case.solve().solution
    assert after.programme._compiled
    assert after.verification.passed
    assert after.objective == before.objective
    assert after.sensitivities() == before.sensitivities()


@needs_a_compiler
def test_what_cannot_be_met_is_named_by_compiled_functions_too(folder, compiler, monkeypatch):
    monkeypatch.setattr(compiled, "LONG", np.inf)
    case = hs.Landing(hs.Lander.of("falcon9", [(1,)]), START, hs.LandingLimits(speed=200.0), pad_only=True)
    before = case.solve()
    compile_later([local.code for local in before.solution.programme.local.values()])
    wait_for_compiled()
    after = case.solve()
    assert after.solution.programme._compiled
    assert before.outcome is hs.LandingOutcome.INFEASIBLE
    assert after.message == before.message


def test_functions_of_short_solves_are_compiled_once_these_took_long_together(problem, folder, monkeypatch):
    asked = []
    monkeypatch.setattr(compiled, "compile_later", asked.append)
    often, seldom = (MachineCode(name, (functions_of(problem).value,)) for name in ("often", "seldom"))
    note_solve([often, often, seldom], 0.4 * compiled.LONG)  # like phases have the same code
    note_solve([often], 0.4 * compiled.LONG)
    assert asked == [[], []]
    note_solve([often], 0.4 * compiled.LONG)
    assert asked[-1] == [often]


def test_a_library_that_cannot_be_loaded_is_not_used(problem, folder):
    local = functions_of(problem)
    compiled._KEPT.put(local.digest, b"no library")
    code = MachineCode(local.digest, (local.value,))
    assert code.functions["value"] is local.value
    assert not code.is_wanted()


def test_without_a_compiler_the_functions_stay_as_they_are(problem, folder, compiler, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code = functions_of(problem).code
    compile_later([code])
    wait_for_compiled()
    assert not code.is_ready
    assert set(code.functions) == {"rates", "value", "jacobian", "hessian"}


@needs_a_compiler
def test_without_a_temporary_folder_the_functions_stay_as_they_are(problem, folder, compiler, monkeypatch):
    code = functions_of(problem).code
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(folder / "missing"))
        compile_later([code])
        wait_for_compiled()
        assert code.is_wanted()
    compiled._KEPT.put(code.digest, b"content")
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "missing"))
    assert set(code.functions) == {"rates", "value", "jacobian", "hessian"}
    assert not code.is_ready


def test_nothing_is_compiled_where_nothing_is_kept(problem, compiler, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    code = MachineCode("name", (functions_of(problem).value,))
    compile_later([code])
    assert compiler._process is None
    assert not compiler._waiting


@needs_a_compiler
def test_stopping_ends_the_process_and_leaves_no_folder(problem, folder, compiler):
    compile_later([functions_of(problem).code])
    process, place = compiler._process, compiler._folder
    assert place.is_dir()
    compiler.stop()
    assert process.returncode is not None
    assert not place.exists()


@needs_a_compiler
def test_a_process_that_is_killed_leaves_neither_compiler_nor_folder(problem, folder):
    functions_of(problem)
    script = (
        "import sys, time\n"
        "import casadi as ca\n"
        "from hoverslam.ocp.transcription import compiled\n"
        "x = ca.SX.sym('x', 30)\n"
        "y = x\n"
        "for _ in range(200): y = ca.sin(y) + ca.dot(x, y) * x\n"
        "codes = [compiled.MachineCode(f'name{i}', (ca.Function('f', [x], [ca.cos(y) + i]),)) for i in range(5)]\n"
        "compiled._COMPILER.add(codes)\n"
        "print(compiled._COMPILER._folder, flush=True)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    place = Path(process.stdout.readline().strip())
    assert place.is_dir()
    process.kill()
    process.wait()
    process.stdout.close()
    ends = time.monotonic() + 120.0
    while place.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert not place.exists()
