"""Problems whose answer is known in closed form, and what must hold of any programme, mesh and verification."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from hoverslam.ocp.checks.verify import verify
from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.mesh import Mesh, differentiation_matrix, interpolation_matrix, radau_points, radau_weights
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.phase import Guess, PathConstraint, StatementError
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.guess import guesses
from hoverslam.ocp.transcription.programme import Programme
from hoverslam.ocp.transcription.structure import StructureCache

SHARP = Options(tolerance=1e-11)
LINE = (Variable("x"), Variable("v"))


def landing(h0, v0, m0, gravity, thrust, exhaust, length=1.0, guess=(1.0, 1.0)):
    """Vertical soft landing in two phases, coast then full thrust; lengths in units of ``length`` (m)."""
    problem = Problem("soft landing")
    states = (Variable("h"), Variable("v"), Variable("m", lower=1e-3 * m0))
    meanwhile = np.linspace(0.0, guess[0], 9)

    def rates(force):
        return lambda s, c, p: {
            "h": s.v,
            "v": (-gravity + force / s.m) / length,
            "m": jnp.asarray(-force / exhaust),
        }

    v1, h1 = v0 - gravity * guess[0], h0 + v0 * guess[0] - gravity * guess[0] ** 2 / 2
    coast = {"h": np.linspace(h0, h1, 9) / length, "v": np.linspace(v0, v1, 9) / length, "m": np.full(9, m0)}
    m1 = m0 - thrust / exhaust * guess[1]
    burn = {"h": np.linspace(h1, 0, 9) / length, "v": np.linspace(v1, 0, 9) / length, "m": np.linspace(m0, m1, 9)}
    common = {"states": states, "mesh": Mesh.uniform(4, 8)}
    problem.phase(
        "coast", dynamics=rates(0.0), initial_time=0.0, guess=Guess(meanwhile, coast), **common
    )  # fmt: skip
    problem.phase("burn", dynamics=rates(thrust), guess=Guess(guess[0] + np.linspace(0, guess[1], 9), burn), **common)
    problem.link("coast", "burn")
    problem.constrain("start height", lambda e, p: e.coast.initial.h * length / h0 - 1.0)
    problem.constrain("start speed", lambda e, p: e.coast.initial.v * length / v0 - 1.0)
    problem.constrain("start mass", lambda e, p: e.coast.initial.m / m0 - 1.0)
    problem.constrain("on the ground", lambda e, p: e.burn.final.h)
    problem.constrain("at rest", lambda e, p: e.burn.final.v)
    problem.maximize(lambda e, p: e.burn.final.m)
    return problem


MOON = {"h0": 1.0, "v0": -0.783, "m0": 1.0, "gravity": 1.0, "thrust": 1.227, "exhaust": 2.349, "guess": (0.3, 1.0)}
FALCON = {
    "h0": 5000.0, "v0": -300.0, "m0": 28000.0, "gravity": 9.80665, "thrust": 845e3, "exhaust": 282.0 * 9.80665,
    "guess": (5.0, 17.0),
}  # fmt: skip


def double_integrator():
    """From rest at one to rest at zero in least time: full thrust one way, then the other."""
    problem = Problem("double integrator")
    for name, push, start in (("push", -1.0, 0.0), ("brake", 1.0, 0.9)):
        problem.phase(
            name,
            states=LINE,
            dynamics=lambda s, c, p, *, a=push: {"x": s.v, "v": jnp.asarray(a)},
            initial_time=0.0 if start == 0 else None,
            mesh=Mesh.uniform(2, 3),
            guess=Guess(np.array([start, start + 1.0]), {"x": np.array([1.0, 0.3]), "v": np.array([-0.1, -0.5])}),
        )
    problem.link("push", "brake")
    problem.constrain("starts", lambda e, p: jnp.stack([e.push.initial.x - 1.0, e.push.initial.v]))
    problem.constrain("ends", lambda e, p: jnp.stack([e.brake.final.x, e.brake.final.v]))
    problem.minimize(lambda e, p: e.brake.final_time)
    return problem


def controlled(limit=None, mesh=None):
    """The same with one phase and a bounded control, least effort in two seconds; a limit on speed if asked for."""
    problem = Problem("least effort")
    path = () if limit is None else (PathConstraint("speed", lambda s, c, p: s.v, lower=-limit),)
    problem.phase(
        "go",
        states=(*LINE, Variable("effort")),
        controls=(Variable("u", lower=-6.0, upper=6.0),),
        dynamics=lambda s, c, p: {"x": s.v, "v": c.u, "effort": c.u**2},
        path=path,
        initial_time=0.0,
        final_time=2.0,
        mesh=mesh or Mesh.uniform(6, 4),
        guess=Guess(
            np.array([0.0, 2.0]),
            {"x": np.array([1.0, 0.0]), "v": np.array([-0.5, -0.5]), "effort": np.array([0.0, 1.0])},
            {"u": np.array([-1.0, 1.0])},
        ),
    )
    start, end = np.array([1.0, 0.0, 0.0]), np.zeros(2)
    problem.constrain("starts", lambda e, p: jnp.stack([e.go.initial.x, e.go.initial.v, e.go.initial.effort]) - start)
    problem.constrain("ends", lambda e, p: jnp.stack([e.go.final.x, e.go.final.v]) - end)
    problem.minimize(lambda e, p: e.go.final.effort)
    return problem


# ---- known answers ------------------------------------------------------------


def test_moon_lander_coasts_then_burns_as_meditch_1964_has_it():
    solution = solve(landing(**MOON), SHARP)
    assert solution.verification.passed
    assert solution.objective == pytest.approx(0.395354364, abs=1e-8)
    assert solution["coast"].time[1] == pytest.approx(0.239259109, abs=1e-8)
    assert solution["burn"].time[1] == pytest.approx(1.396808089, abs=1e-8)


def test_falcon_like_landing_burns_the_closed_forms_fuel():
    solution = solve(landing(**FALCON), SHARP)
    assert solution.verification.passed
    assert 28000.0 - solution.objective == pytest.approx(4746.809282749813, rel=1e-8)
    assert solution["coast"].duration == pytest.approx(6.258311802201028, rel=1e-7)


def test_answer_does_not_depend_on_the_unit_of_length():
    metres, kilometres = (solve(landing(**FALCON, length=unit), SHARP) for unit in (1.0, 1e3))
    assert metres.objective == pytest.approx(kilometres.objective, rel=1e-9)


def test_double_integrator_takes_two_seconds_and_switches_at_one():
    solution = solve(double_integrator(), SHARP)
    assert solution.objective == pytest.approx(2.0, abs=1e-8)
    assert solution["push"].time[1] == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("degree", [1, None])
def test_least_effort_double_integrator_is_a_straight_line_of_control(degree):
    solution = solve(controlled(mesh=Mesh.uniform(4, 4, degree)), SHARP)
    assert solution.objective == pytest.approx(12.0 / 2.0**3, rel=1e-8)  # 12 x0^2 / T^3
    _, control = solution["go"].sample(np.array([0.0, 0.5, 1.0, 2.0]))
    np.testing.assert_allclose(control.u, [-1.5, -0.75, 0.0, 1.5], atol=1e-5)


def test_two_branches_from_one_trunk_share_the_compromise():
    # Trunk moves to y freely at cost y^2/T; each branch then goes on to -1 or 3 at its own cost: y is the mean, halved.
    problem = Problem("fork")
    for name, start in (("trunk", 0.0), ("left", 1.0), ("right", 1.0)):
        problem.phase(
            name,
            states=(Variable("y"), Variable("cost")),
            controls=(Variable("u"),),
            dynamics=lambda s, c, p: {"y": c.u, "cost": c.u**2},
            initial_time=start if name == "trunk" else None,
            final_time=start + 1.0,
            mesh=Mesh.uniform(2, 3),
            guess=Guess(np.array([start, start + 1.0]), {"y": np.ones(2), "cost": np.ones(2)}, {"u": np.ones(2)}),
        )
    for branch, target in (("left", -1.0), ("right", 3.0)):
        problem.link("trunk", branch, states=("y",))
        problem.constrain(f"{branch} cost", lambda e, p, b=branch: e[b].initial.cost)
        problem.constrain(f"{branch} end", lambda e, p, b=branch, t=target: e[b].final.y - t)
    problem.constrain("start", lambda e, p: jnp.stack([e.trunk.initial.y, e.trunk.initial.cost]))
    problem.minimize(lambda e, p: e.trunk.final.cost + e.left.final.cost + e.right.final.cost)
    solution = solve(problem, SHARP)
    # y^2 + (y + 1)^2 + (3 - y)^2 is least at y = 2/3
    assert solution["trunk"].final.y == pytest.approx(2.0 / 3.0, abs=1e-8)
    assert solution.objective == pytest.approx(26.0 / 3.0, rel=1e-8)
    assert solution["left"].initial.y == pytest.approx(solution["right"].initial.y, abs=1e-9)


def test_free_parameter_is_found():
    problem = controlled()
    problem.parameter("reward", guess=0.1, lower=0.0, upper=5.0)
    problem.minimize(lambda e, p: e.go.final.effort + (p.reward - 2.0) ** 2)
    assert solve(problem, SHARP).parameters.reward == pytest.approx(2.0, abs=1e-7)


# ---- the programme's derivatives ------------------------------------------------------------


@pytest.mark.parametrize("degree", [1, None])
def test_programme_derivatives_agree_with_differences(degree):
    problem = controlled(limit=0.7, mesh=Mesh((0.0, 0.3, 1.0), 3, degree))
    problem.phases["go"].final_time = (1.0, 3.0)
    problem.parameter("gain", guess=1.3)
    dynamics = lambda s, c, p: {"x": s.v * p.gain, "v": c.u - 0.1 * jnp.sin(s.x) * s.v, "effort": c.u**2}  # noqa: E731
    problem.phases["go"].dynamics = dynamics
    programme = Programme(
        problem, {"go": problem.phases["go"].mesh}, guesses(problem), StructureCache(), smoothing=1e-2
    )
    random = np.random.default_rng(0)
    w = programme.pack(programme.guesses) + 0.1 * random.normal(size=programme.size)
    p, lam, sigma, step = programme.parameter_vector(), random.normal(size=programme.rows), 0.7, 1e-5
    f = programme.functions

    def gradient_of_lagrangian(at):
        gradient = np.asarray(f["grad_f"](at, p)[1]).ravel()
        jacobian = f["jac_g"](at, p)[1].sparse()
        return sigma * gradient + jacobian.T @ lam

    upper = f["hess_lag"](w, p, sigma, lam).sparse().toarray()
    hessian = upper + np.triu(upper, 1).T
    jacobian = f["jac_g"](w, p)[1].sparse()
    gradient = np.asarray(f["grad_f"](w, p)[1]).ravel()
    for _ in range(4):
        d = random.normal(size=programme.size)
        above, below = w + step * d, w - step * d
        values = [[np.asarray(v).ravel() for v in f["nlp"](at, p)] for at in (above, below)]
        slope = (values[0][1] - values[1][1]) / (2 * step)
        np.testing.assert_allclose(jacobian @ d, slope, atol=1e-6 * np.max(np.abs(slope)))
        assert gradient @ d == pytest.approx(float((values[0][0] - values[1][0])[0]) / (2 * step), rel=1e-6)
        bend = (gradient_of_lagrangian(above) - gradient_of_lagrangian(below)) / (2 * step)
        np.testing.assert_allclose(hessian @ d, bend, atol=1e-6 * np.max(np.abs(bend)))


# ---- meshes ------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_radau_quadrature_is_exact_to_degree_2k_minus_2(count):
    for degree in range(2 * count - 1):
        assert radau_weights(count) @ radau_points(count) ** degree == pytest.approx(1.0 / (degree + 1), rel=1e-12)


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_differentiation_is_exact_to_degree_k(count):
    nodes = np.concatenate([[0.0], radau_points(count)])
    for degree in range(1, count + 1):
        derivative = degree * nodes[1:] ** (degree - 1)
        np.testing.assert_allclose(differentiation_matrix(count) @ nodes**degree, derivative, atol=1e-11)


def test_interpolation_reproduces_polynomials_and_nodes():
    nodes = np.concatenate([[0.0], radau_points(5)])
    points = np.concatenate([nodes[:2], np.linspace(0.0, 1.0, 7)])
    cubic = lambda t: 1.0 - 2.0 * t + 3.0 * t**5  # noqa: E731
    np.testing.assert_allclose(interpolation_matrix(nodes, points) @ cubic(nodes), cubic(points), atol=1e-13)


def test_split_keeps_old_edges():
    mesh = Mesh((0.0, 0.25, 1.0)).split(np.array([1, 3]))
    np.testing.assert_allclose(mesh.edges, [0.0, 0.25, 0.5, 0.75, 1.0])


@pytest.mark.parametrize("edges", [(0.0, 0.5), (0.1, 1.0), (0.0, 0.6, 0.4, 1.0), (0.0,)])
def test_edges_that_do_not_run_from_zero_to_one_are_refused(edges):
    with pytest.raises(ValueError, match="mesh edges"):
        Mesh(edges)


# ---- wrong statements ------------------------------------------------------------


def broken(**changes):
    """The least-effort problem with its phase changed."""
    problem = controlled()
    for name, value in changes.items():
        setattr(problem.phases["go"], name, value)
    return problem


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (lambda s, c, p: {"x": s.v, "v": c.u}, "effort"),
        (lambda s, c, p: {"x": s.v, "v": c.u, "effort": c.u, "other": c.u}, "other"),
        (lambda s, c, p: {"x": s.v, "v": c.u, "effort": jnp.stack([c.u, c.u])}, "shape"),
    ],
    ids=["missing rate", "unknown rate", "wrong shape"],
)
def test_wrong_dynamics_are_refused_by_name(rates, message):
    with pytest.raises(ValueError, match=message):
        solve(broken(dynamics=rates))


def test_path_constraint_that_is_no_scalar_is_refused():
    wrong = PathConstraint("pair", lambda s, c, p: jnp.stack([s.x, s.v]), upper=1.0)
    with pytest.raises(StatementError, match="pair"):
        solve(broken(path=(wrong,)))


def test_guess_without_a_state_is_refused():
    guess = controlled().phases["go"].guess
    less = Guess(guess.time, {k: v for k, v in guess.states.items() if k != "v"}, guess.controls)
    with pytest.raises(StatementError, match="v"):
        solve(broken(guess=less))


def test_missing_objective_is_refused():
    problem = controlled()
    problem.objective = None
    with pytest.raises(StatementError, match="objective"):
        solve(problem)


def test_crossed_bounds_and_repeated_names_are_refused():
    problem, phase = controlled(), {"states": LINE, "dynamics": lambda s, c, p: {}}
    with pytest.raises(StatementError, match="above"):
        problem.phase("other", duration=(2.0, 1.0), **phase)
    with pytest.raises(StatementError, match="above"):
        problem.phase("other", states=(Variable("x", lower=1.0, upper=0.0),), dynamics=phase["dynamics"])
    with pytest.raises(StatementError, match="above"):
        problem.constrain("crossed", lambda e, p: e.go.final.x, lower=1.0, upper=0.0)
    with pytest.raises(StatementError, match="twice"):
        problem.phase("go", **phase)
    with pytest.raises(ValueError, match="twice"):
        problem.phase("other", states=(Variable("x"), Variable("x")), dynamics=phase["dynamics"])
    with pytest.raises(StatementError, match="no phase"):
        problem.link("go", "nowhere")
    problem.parameter("a", value=1.0)
    with pytest.raises(StatementError, match="twice"):
        problem.parameter("a", value=1.0)


def test_vector_bounds_are_compared_entry_by_entry():
    problem = Problem("box")
    box = Variable("x", 2, lower=(0.0, 10.0), upper=(5.0, 20.0))
    problem.phase("go", states=(box,), dynamics=lambda s, c, p: {"x": s.x})


# ---- verification ------------------------------------------------------------


@pytest.fixture(scope="module")
def solved():
    return solve(controlled(), SHARP)


def moved(solution, change):
    """The solution with the states of its phase changed."""
    part = solution["go"]
    return replace(solution, phases={"go": replace(part, states=change(part.states.copy()))})


def test_right_answer_is_verified(solved):
    assert verify(solved).passed


def test_wrong_states_are_not_verified(solved):
    def bend(states):
        states[1:, 1] += 1e-3
        return states

    assert not verify(moved(solved, bend)).passed


def test_states_that_are_not_numbers_are_not_verified(solved):
    def spoil(states):
        states[3:, 0] = np.nan
        return states

    assert not verify(moved(solved, spoil)).passed


def test_missed_boundary_is_not_verified(solved):
    # Moved sideways as a whole the flight still obeys its dynamics, but starts and ends in the wrong place.
    assert not verify(moved(solved, lambda states: states + np.array([0.1, 0.0, 0.0]))).passed


def test_limit_broken_between_nodes_is_reported(solved):
    # The exact optimum reaches 0.75 at mid-course. One coarse interval holds a limit of 0.70 only at its nodes.
    problem = controlled(limit=0.70, mesh=Mesh.uniform(1, 4, None))
    coarse = solve(problem, Options(verify=False, max_passes=1))
    check = verify(coarse).phases["go"]
    violation, when = check.limits["speed"]
    assert violation > 1e-3
    assert 0.0 < when < 2.0
    assert not verify(coarse).passed
    assert solve(problem, Options(max_passes=6)).verification.path_violation < violation


def test_zero_bound_is_judged_between_nodes():
    problem = controlled()
    problem.phases["go"].states = type(problem.phases["go"].states)(
        (Variable("x", lower=0.0), Variable("v"), Variable("effort"))
    )
    assert "x" in verify(solve(problem, Options(verify=False))).phases["go"].limits
