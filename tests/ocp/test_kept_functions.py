"""Functions that an earlier process translated or compiled are found again, and compute the same."""

import subprocess
import sys
import time

import jax
import numpy as np
import pytest

from hoverslam.data.kept import VARIABLE
from hoverslam.flights.landing.case import LandingLimits, LandingStart
from hoverslam.flights.landing.search import landing_problem
from hoverslam.flights.landing.solve import Landing
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.plan import make_plan
from hoverslam.flights.launch.problem import launch_problem
from hoverslam.flights.launch.stored import exact
from hoverslam.flights.launch.structure import choices_of
from hoverslam.ocp.checks import executables
from hoverslam.ocp.checks.executables import executable, packed, value_of
from hoverslam.ocp.transcription import local, stored_functions
from hoverslam.ocp.transcription.local import LocalFunctions, kept_functions, phase_key
from hoverslam.ocp.transcription.structure import lasting_text, structure_of
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.loading import load_vehicle


@pytest.fixture(scope="module")
def problem():
    vehicle = load_vehicle("falcon9")
    plan = make_plan(vehicle, "expendable", None)
    stored = exact(plan, choices_of(vehicle, "expendable", plan.orbit))
    return launch_problem(plan.with_choice(stored.choice), LaunchGuess.at(stored.point))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def test_functions_from_disk_give_the_same_numbers_as_those_that_were_made(problem, folder, monkeypatch):
    phase = problem.phases["ascent"]
    key = phase_key(problem, phase, 2)
    made = kept_functions(problem, phase, 2, key)
    monkeypatch.setattr(local, "local_functions", lambda *_: pytest.fail("translated again"))
    read = kept_functions(problem, phase, 2, key)
    draw = np.random.default_rng(0)
    for name in ("rates", "value", "jacobian", "hessian"):
        one, other = getattr(made, name), getattr(read, name)
        arguments = [draw.normal(size=one.size1_in(i)) for i in range(one.n_in())]
        for a, b in zip(one.call(arguments), other.call(arguments), strict=True):
            assert np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True)
    assert read.jacobian_sparsity == made.jacobian_sparsity
    assert read.hessian_sparsity == made.hessian_sparsity


def test_an_entry_that_cannot_be_read_is_made_again(problem, folder, monkeypatch):
    phase = problem.phases["ascent"]
    key = phase_key(problem, phase, 2)
    monkeypatch.setattr(stored_functions._KEPT.__class__, "get", lambda self, digest: b"of another version")
    assert isinstance(kept_functions(problem, phase, 2, key), LocalFunctions)


def test_a_key_means_the_same_in_another_process(problem):
    script = (
        "from hoverslam.flights.launch.plan import make_plan\n"
        "from hoverslam.flights.launch.problem import launch_problem\n"
        "from hoverslam.flights.launch.guess import LaunchGuess\n"
        "from hoverslam.flights.launch.stored import exact\n"
        "from hoverslam.flights.launch.structure import choices_of\n"
        "from hoverslam.ocp.transcription.local import phase_key\n"
        "from hoverslam.ocp.transcription.structure import lasting_text\n"
        "from hoverslam.vehicles.loading import load_vehicle\n"
        "v = load_vehicle('falcon9')\n"
        "plan = make_plan(v, 'expendable', None)\n"
        "s = exact(plan, choices_of(v, 'expendable', plan.orbit))\n"
        "p = launch_problem(plan.with_choice(s.choice), LaunchGuess.at(s.point))\n"
        "print(*[lasting_text(phase_key(p, phase, 2)) for phase in p.phases.values()], sep='\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    own = [lasting_text(phase_key(problem, phase, 2)) for phase in problem.phases.values()]
    assert None not in own
    assert done.stdout.splitlines() == own


def test_a_function_of_the_user_is_not_kept():
    assert lasting_text(structure_of(lambda x: x)) is None
    assert lasting_text(structure_of(object())) is None
    assert lasting_text((1, "two", None, (3.0).hex(), b"4")) is not None


def test_annotations_of_known_types_mean_the_same_in_another_process():
    class Own:
        pass

    assert lasting_text(structure_of(dict[str, jax.Array])) == lasting_text(structure_of(dict[str, jax.Array]))
    different = dict[str, jax.Array], dict[str, float], list[str], float | None, int | None
    assert len({lasting_text(structure_of(kind)) for kind in different} - {None}) == len(different)
    assert lasting_text(structure_of(dict[str, Own])) is None
    assert lasting_text(structure_of(Own | None)) is None


def test_all_that_a_landing_translates_and_compiles_before_it_is_solved_is_kept(monkeypatch):
    start = LandingStart((-300.0, 0.0, 5000.0), (40.0, 0.0, -300.0), 35e3)
    case = Landing("falcon9", start, LandingLimits(angle_of_attack=0.17, tilt=0.35)).case
    compiled = []
    monkeypatch.setattr(executables, "executable", lambda function, key, *_: compiled.append(key) or jax.jit(function))
    executables.COMPILED.clear()
    stated = landing_problem(case, (3, 1))
    assert len(compiled) == 2  # the flights of the guess, and the gravity on the ground
    keys = [phase_key(stated, phase, 2) for phase in stated.phases.values()]
    assert None not in map(lasting_text, [*compiled, *keys])


def test_a_method_has_the_same_value_whether_compiled_as_a_whole_or_not():
    ground = LaunchFrame(0.5, -1.4, 3.0, 1.5)
    position, velocity = np.array([100.0, 200.0, 3e3]), np.array([50.0, 0.0, -200.0])
    found = value_of(ground.acceleration, position, velocity)
    assert np.allclose(found, ground.acceleration(position, velocity), rtol=1e-12)
    other = value_of(LaunchFrame(0.4, -1.4, 3.0, 1.5).acceleration, position, velocity)
    assert not np.allclose(found, other, rtol=1e-6)  # its numbers are arguments and no part of the key


def test_containers_come_back_from_their_flat_vector():
    containers = {"a": [1.0, np.arange(6.0).reshape(2, 3)], "b": (np.zeros(0), np.array(7.0))}
    flat = packed(containers)
    again = flat.unpack(2.0 * flat.numbers)
    assert np.array_equal(again["a"][1], 2.0 * containers["a"][1])
    assert float(again["b"][1]) == 14.0
    assert flat.key == packed(jax.tree_util.tree_map(lambda leaf: leaf + 1.0, containers)).key


def test_functions_of_one_line_have_different_texts(monkeypatch):
    from hoverslam.ocp.transcription import structure

    monkeypatch.setattr(structure, "_OWN_CODE", __file__.rpartition("/")[0])
    one, other = (lambda x: x + 1.0, lambda x: x + 2.0)
    assert lasting_text(one.__code__) != lasting_text(other.__code__)
    assert lasting_text(one.__code__) == lasting_text(one.__code__)


def test_another_site_and_orbit_are_served_by_the_same_functions():
    """The launch frame, the figures and the orbit are inputs of the functions along the phases."""
    keys = []
    for name, orbit in (("falcon9", "300x300x51.6"), ("zhuque3", None)):
        vehicle = load_vehicle(name)
        plan = make_plan(vehicle, "expendable", orbit)
        stated = launch_problem(plan, _any_guess(plan))
        keys.append(phase_key(stated, stated.phases["upper"], 2))
    assert keys[0] == keys[1]


def _any_guess(plan):
    stored = exact(make_plan(plan.vehicle, "expendable", None), choices_of(plan.vehicle, "expendable", plan.orbit))
    return LaunchGuess.at(stored.point)


def new_number():
    """Return a number that makes a function new to JAX, whose own cache would give an executable that cannot be kept."""
    return 1.0 + time.time_ns() % 10**9 / 1e9


def test_an_executable_from_disk_gives_the_same_numbers(folder, monkeypatch):
    new = new_number()

    def function(x, y):
        return new * jax.numpy.sin(x) * y

    x, y = np.linspace(0.0, 1.0, 7), np.array([3.0])
    first = executable(function, ("key", 1), x, y)
    monkeypatch.setattr(jax, "jit", lambda *_: pytest.fail("compiled again"))
    second = executable(function, ("key", 1), x, y)
    assert np.array_equal(first(x, y), second(x, y))
    assert np.allclose(first(x, y), 3.0 * new * np.sin(x), rtol=1e-14)


def test_an_executable_that_loads_and_does_not_run_is_compiled_again(folder, monkeypatch):
    def incomplete(*_):
        def run(x):
            raise RuntimeError("NOT_FOUND: function fusion not found")

        return run

    x, new = np.linspace(0.0, 1.0, 7), new_number()

    def cosine(x):
        return new * jax.numpy.cos(x)

    first = executable(cosine, ("key", 2), x)
    monkeypatch.setattr(executables.serialize_executable, "deserialize_and_load", incomplete)
    assert np.array_equal(executable(cosine, ("key", 2), x)(x), first(x))
    assert len(list((folder / "executables").iterdir())) == 1
    executable(cosine, ("key", 3), x)
    assert len(list((folder / "executables").iterdir())) == 1  # what does not run is not kept


def test_a_restated_launch_is_served_by_the_functions_that_are_there(problem):
    from hoverslam.flights.launch.solve import solve_launch

    flight = solve_launch("falcon9", "expendable")
    figures = dict(flight.plan.vehicle.figures())
    limit, mass = "limits.dynamic_pressure_max_kPa", "stage2.dry_mass_t"
    again = flight.resolve({limit: 1.01 * figures[limit].value}, verify=False)
    assert again.solution.programme is not flight.solution.programme
    assert again.solution.programme.functions is flight.solution.programme.functions
    heavier = flight.resolve({mass: 1.01 * figures[mass].value}, verify=False)  # a given parameter, and nothing else
    assert heavier.solution.programme is flight.solution.programme
    higher = flight.resolve(orbit="202x202x28.5", verify=False)  # the orbit is a literal of the boundary constraints
    assert higher.solution.programme.functions is not flight.solution.programme.functions
