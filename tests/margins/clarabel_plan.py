"""The programme of ``convex_plan`` stated a second time, for the conic solver Clarabel."""

import clarabel
import numpy as np
from scipy import sparse

from hoverslam.margins.guidance.convex_plan import WATCHED
from hoverslam.margins.guidance.descent_programme import PRICE, DescentCase, lever_arms


def solve(case: DescentCase, watched: int = WATCHED) -> tuple[float, float, bool]:
    """Propellant (kg), sum of what is missed (in ``g T^2`` and ``g T``) and whether Clarabel calls it solved."""
    acceleration = np.asarray(case.acceleration)
    steps = len(acceleration)
    g = np.sqrt(np.mean(acceleration[:, 2]) ** 2 + 1.0)
    span, mass = float(case.flight_time), np.asarray(case.mass)
    lever, times = lever_arms(steps, watched)
    where = np.asarray(case.position) + times[:, None] * span * np.asarray(case.velocity) - np.asarray(case.pad)
    speed = np.asarray(case.velocity) - np.asarray(case.touchdown_velocity)
    free = np.concatenate([where / (g * span**2), speed[None] / (g * span)]) + lever @ (acceleration / g)
    rows = len(free)
    count = 4 * steps + 4 * rows  # (s, u) of steps; (slack, position) of watched nodes, (miss, error) of ends
    cost = np.zeros(count)
    cost[: 4 * steps : 4] = mass / mass[0] / steps
    cost[4 * steps :: 4] = PRICE
    equal = np.zeros((3 * rows, count))
    for i in range(rows):
        for k in range(steps):
            equal[3 * i : 3 * i + 3, 4 * k + 1 : 4 * k + 4] = lever[i, k] * np.asarray(case.effect)[k]
        equal[3 * i : 3 * i + 3, 4 * steps + 4 * i + 1 : 4 * steps + 4 * i + 4] = -np.eye(3)
    blocks, rights, cones = [equal], [-free.ravel()], [clarabel.ZeroConeT(3 * rows)]
    lines = np.zeros((3 * steps + rows - 2, count))
    right = np.zeros(len(lines))
    for k in range(steps):
        lines[3 * k, 4 * k], right[3 * k] = 1.0, case.thrust_max[k] / mass[k] / g
        lines[3 * k + 1, 4 * k], right[3 * k + 1] = -1.0, -case.thrust_min[k] / mass[k] / g
        lines[3 * k + 2, 4 * k], lines[3 * k + 2, 4 * k + 1 : 4 * k + 4] = case.cos_angle[k], -np.asarray(case.axis)[k]
    for i in range(rows - 2):
        lines[3 * steps + i, 4 * steps + 4 * i] = -1.0
    blocks.append(lines)
    rights.append(right)
    cones.append(clarabel.NonnegativeConeT(len(lines)))
    for k in [*range(steps), *range(steps + rows - 2, steps + rows)]:
        block = np.zeros((4, count))
        block[:, 4 * k : 4 * k + 4] = -np.eye(4)
        blocks.append(block)
        rights.append(np.zeros(4))
        cones.append(clarabel.SecondOrderConeT(4))
    for i in range(rows - 2):
        block, at = np.zeros((3, count)), 4 * (steps + i)
        block[0, at], block[0, at + 3] = -1.0, -float(case.cot_glide_slope)
        block[1, at + 1] = block[2, at + 2] = -1.0
        blocks.append(block)
        rights.append(np.zeros(3))
        cones.append(clarabel.SecondOrderConeT(3))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-10
    matrix = sparse.csc_matrix(np.concatenate(blocks))
    done = clarabel.DefaultSolver(
        sparse.csc_matrix((count, count)), cost, matrix, np.concatenate(rights), cones, settings
    ).solve()
    x = np.array(done.x)
    propellant = float(np.sum(mass * g * x[: 4 * steps : 4]) * span / steps / float(case.exhaust_velocity))
    solved = done.status in (clarabel.SolverStatus.Solved, clarabel.SolverStatus.AlmostSolved)
    return propellant, float(np.sum(x[4 * steps :: 4])), solved
