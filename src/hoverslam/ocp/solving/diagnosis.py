"""Diagnosis of a problem without a solution: which limits are missed, where, and by how much.

The elastic problem adds a slack to every limit except the equations of motion, the links between phases, control bounds,
initial conditions and the times of phases between fixed times, and minimises the sum of the scaled slacks. Durations stay
at zero or above. The slacks that remain name the conflict; the trajectory is the one with the smallest violations near its
start. Such a minimum is local: it does not prove that the problem has no solution.
:mod:`hoverslam.ocp.solving.feasibility` therefore starts from several guesses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np
import scipy.sparse as sp

from hoverslam.ocp.solution import Diagnosis, Shortfall, Solution
from hoverslam.ocp.solving.ipopt import ipopt_settings, unpack
from hoverslam.ocp.statement.names import resolve
from hoverslam.ocp.statement.options import Options
from hoverslam.ocp.statement.times import Durations
from hoverslam.ocp.transcription.programme import Programme
from hoverslam.ocp.transcription.sparse import constant

NOTICED = 1e-6  # scaled slack below which a limit is met
MOST_ITERATIONS = 500  # of one elastic solve
FLOOR = 0.9  # largest slack as a fraction of a positive lower bound: a mass stays positive


@dataclass(frozen=True)
class _Soft:
    """One limit with a slack: a row, or a bound of a variable; its place, name, unit and physical size."""

    index: int
    is_row: bool
    phase: str
    label: str
    unit: str
    size: float  # of one scaled unit
    time_node: tuple[str, int] | None
    most: float = np.inf


def diagnose(
    programme: Programme,
    options: Options,
    start: np.ndarray,
    windows: Mapping[str, Durations] | None = None,
    most: int = MOST_ITERATIONS,
) -> Diagnosis:
    """Solve the elastic problem of ``programme`` once.

    Args:
        programme: The programme.
        options: Options of the solver.
        start: Scaled variables to start from.
        windows: Durations that phases with a row of their duration are kept within, without slack.
        most: Largest number of iterations.
    """
    values = programme.problem.values
    lower, upper, low, high = programme.bounds(values)
    rows = duration_rows(programme)
    for name, window in (windows or {}).items():
        low[rows[name]], high[rows[name]] = np.asarray(window) * programme.row_scale[rows[name]]
    held = {rows[name] for name in windows or {}}
    soft = _soft_rows(programme, low, high, held) + _soft_bounds(programme, lower, upper, set(rows))
    functions, arguments = _elastic(programme, soft, (lower, upper, low, high), start)
    settings = ipopt_settings(options) | {"max_iter": most, "tol": 1e-8, "constr_viol_tol": 1e-8}
    solver = ca.nlpsol("elastic", "ipopt", functions.pop("nlp"), functions | {
        "print_time": False, "error_on_fail": False, "show_eval_warnings": False, "inputs_check": False,
        # Nothing asks for derivatives by the parameters, and compiled functions have none.
        "calc_lam_p": False, "no_nlp_grad": True, "ipopt": settings,
    })  # fmt: skip
    result = solver(**arguments)
    stats = solver.stats()
    n = programme.size
    slack = np.asarray(result["x"]).ravel()[n:].reshape(2, -1)
    result = {
        "x": result["x"][:n], "g": result["g"][: programme.rows],
        "lam_g": result["lam_g"][: programme.rows], "lam_x": result["lam_x"][:n],
    }  # fmt: skip
    trajectory = unpack(programme, result, stats | {"success": False}, 0.0)
    return Diagnosis(_shortfalls(soft, slack, trajectory), trajectory, bool(stats["success"]))


def duration_rows(programme: Programme) -> dict[str, int]:
    """Return the row that bounds the whole duration of each phase that has one."""
    rows: dict[str, int] = {}
    for row in range(programme.local_rows, programme.rows_before_boundary):
        phase, label = programme.labels[row]
        if label == "duration" and phase not in rows and _is_whole(programme, phase):
            rows[phase] = row
    return rows


def _is_whole(programme: Programme, phase: str) -> bool:
    """Return whether the first duration row of a phase belongs to all of it, not to its first arc."""
    rows = sum(label == (phase, "duration") for label in programme.labels[programme.local_rows :])
    arcs = len(programme.layouts[phase].times) - 1
    return rows > arcs or arcs == 1


def _soft_rows(programme: Programme, low: np.ndarray, high: np.ndarray, held: set[int]) -> list[_Soft]:
    soft = []
    for name, lay in programme.layouts.items():
        for j, c in enumerate(lay.phase.path):
            for k, row in enumerate(lay.path[:, j]):
                size = 1.0 / programme.row_scale[row]
                soft.append(_Soft(int(row), True, name, c.name, c.unit, size, (name, k + 1)))
    lengths = zip(programme.problem.boundary, programme.boundary_lengths, strict=True)
    names = [(b, i, length == 1) for b, length in lengths for i in range(length)]
    for row, (phase, label) in enumerate(programme.labels[: programme.rows]):
        if row < programme.rows_before_boundary:
            if label == "duration" and row not in held and (low[row] > 0.0 or np.isfinite(high[row])):
                size = 1.0 / programme.row_scale[row]  # the slack leaves a duration of zero or more
                soft.append(_Soft(row, True, phase, "duration", "s", size, None, max(low[row], 0.0)))
            continue
        b, i, alone = names[row - programme.rows_before_boundary]
        if not b.link:
            label = b.name if alone else f"{b.name}[{i}]"
            soft.append(_Soft(row, True, "", label, b.unit, 1.0 / programme.row_scale[row], None))
    return soft


def _soft_bounds(programme: Programme, lower: np.ndarray, upper: np.ndarray, bounded: set[str]) -> list[_Soft]:
    """Return the bounds of states after the start, and of final times of phases with a row of their duration (``bounded``)."""
    soft = []
    for name, lay in programme.layouts.items():
        labels, units = lay.phase.states.labels(), lay.phase.states.units()
        last = len(lay.states) - 1
        whole = lay.phase.states.bounds(programme.problem.values)
        for k in range(1, last + 1):
            for j, index in enumerate(lay.states[k]):
                if not np.isfinite([lower[index], upper[index]]).any():
                    continue
                ended = k == last and (
                    lower[index] * programme.scale[index] != whole[0][j]
                    or upper[index] * programme.scale[index] != whole[1][j]
                )
                most = np.inf if ended or not lower[index] > 0.0 else FLOOR * lower[index]
                label = f"final {labels[j]}" if ended else labels[j]
                soft.append(_Soft(int(index), False, name, label, units[j], programme.scale[index], (name, k), most))
        index = lay.times[-1]
        if name in bounded and np.isfinite([resolve(b, programme.problem.values) for b in lay.phase.final_time]).any():
            soft.append(_Soft(int(index), False, name, "final time", "s", programme.scale[index], (name, last)))
    return soft


def _elastic(programme: Programme, soft: list[_Soft], bounds: tuple[np.ndarray, ...], start: np.ndarray) -> Any:
    """Return functions and arguments of the elastic problem: variables, then lower slacks, then upper slacks."""
    lower, upper, low, high = (b.copy() for b in bounds)
    n, rows, m = programme.size, programme.rows, len(soft)
    freed = [s for s in soft if not s.is_row]
    place = _places(soft, rows)
    total = rows + len(freed)
    select = sp.csc_array((np.ones(len(freed)), (np.arange(len(freed)), [s.index for s in freed])), (len(freed), n))
    give = sp.csc_array((np.ones(m), (place, np.arange(m))), (total, m))
    extra = sp.hstack([give, -give]).tocsc()
    low = np.concatenate([low, lower[[s.index for s in freed]]])
    high = np.concatenate([high, upper[[s.index for s in freed]]])
    for s in freed:
        lower[s.index], upper[s.index] = -np.inf, np.inf

    w, p = ca.MX.sym("w", n + 2 * m), ca.MX.sym("p", len(programme.parameter_vector()))
    x, slack = w[:n], w[n:]
    lam, sigma = ca.MX.sym("lam", total), ca.MX.sym("sigma")
    g = (
        ca.vertcat(programme.functions["nlp"](x, p)[1], constant(select, select.shape) @ x)
        + constant(extra, extra.shape) @ slack
    )
    jac = ca.horzcat(
        ca.vertcat(programme.functions["jac_g"](x, p)[1], constant(select, select.shape)), constant(extra, extra.shape)
    )
    hess = ca.diagcat(programme.functions["hess_lag"](x, p, 0.0, lam[:rows]), ca.MX(2 * m, 2 * m))
    f, grad = ca.sum1(slack), ca.vertcat(ca.MX.zeros(n), ca.MX.ones(2 * m))
    functions = {
        "nlp": ca.Function("nlp", {"x": w, "p": p, "f": f, "g": g}, ["x", "p"], ["f", "g"]),
        "grad_f": ca.Function("nlp_grad_f", [w, p], [f, grad], ["x", "p"], ["f", "grad_f_x"]),
        "jac_g": ca.Function("nlp_jac_g", [w, p], [g, jac], ["x", "p"], ["g", "jac_g_x"]),
        "hess_lag": ca.Function(
            "nlp_hess_l", [w, p, sigma, lam], [hess], ["x", "p", "lam_f", "lam_g"], ["triu_hess_gamma_x_x"]
        ),
    }
    most = np.array([s.most for s in soft])
    arguments = {
        "x0": np.concatenate([start, np.full(2 * m, 0.1)]), "p": programme.parameter_vector(), "lbg": low, "ubg": high,
        "lbx": np.concatenate([lower, np.zeros(2 * m)]), "ubx": np.concatenate([upper, most, np.full(m, np.inf)]),
    }  # fmt: skip
    return functions, arguments


def _places(soft: list[_Soft], rows: int) -> np.ndarray:
    """Return the row of each slack: its own, or one added for a bound."""
    added = np.cumsum([not s.is_row for s in soft]) - 1
    return np.array([s.index if s.is_row else rows + int(a) for s, a in zip(soft, added, strict=True)], dtype=int)


def _shortfalls(soft: list[_Soft], slack: np.ndarray, trajectory: Solution) -> tuple[Shortfall, ...]:
    """Return the largest shortfall of each limit that is not met, the largest first."""
    worst: dict[tuple[str, str], Shortfall] = {}
    for s, below, above in zip(soft, *slack, strict=True):
        weight = max(below, above)
        if weight < NOTICED:
            continue
        amount = (above if above > below else -below) * s.size
        time = float(trajectory[s.time_node[0]].node_times[s.time_node[1]]) if s.time_node else np.nan
        key = (s.phase, s.label)
        if key not in worst or weight > worst[key].weight:
            worst[key] = Shortfall(s.phase, s.label, float(amount), s.unit, time, float(weight))
    return tuple(sorted(worst.values(), key=lambda s: -s.weight))
