"""Convex programmes of the landing guidance: the batched solver of hoverslam beside Clarabel, on the same programmes.

    python benchmarks/guidance_solver.py [--plans 1000] [--batch 500] [--json]

Costs are compared where both solvers find the pad within reach, verdicts everywhere. Compilation is timed separately.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "margins"))

from clarabel_plan import solve
from random_plans import random_plan

from hoverslam.margins.guidance.convex_plan import SOLVED, UNDECIDED, VIOLATED, plan_descent


def main() -> None:
    """Solve the programmes with both solvers and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rng = np.random.default_rng(6)
    cases = [random_plan(rng) for _ in range(options.plans)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(x, dtype=float) for x in leaves]), *cases)
    solver = jax.jit(jax.vmap(plan_descent))
    batches = [
        jax.tree.map(lambda x, i=i: x[i : i + options.batch], stacked) for i in range(0, options.plans, options.batch)
    ]
    begun = time.perf_counter()
    jax.block_until_ready(solver(batches[0]))
    compiled = time.perf_counter() - begun
    begun = time.perf_counter()
    parts = [jax.device_get(solver(batch)) for batch in batches]
    ours = time.perf_counter() - begun
    found = jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
    begun = time.perf_counter()
    theirs = [solve(case) for case in cases]
    clarabel = time.perf_counter() - begun
    reachable = np.array([missed < VIOLATED for _, missed, _ in theirs])
    both = reachable & (found.status == SOLVED)
    other = np.array([propellant for propellant, _, _ in theirs])
    error = np.abs(found.propellant / other - 1.0)[both]
    rows = {
        "plans": options.plans,
        "reachable by Clarabel": int(reachable.sum()),
        "same verdict": int(np.sum((found.status == SOLVED) == reachable)),
        "undecided": int(np.sum(found.status == UNDECIDED)),
        "largest relative difference in propellant": float(error.max()),
        "mean iterations": float(found.iterations.mean()),
        "compile and first batch, s": compiled,
        "solves per second": options.plans / ours,
        "Clarabel solves per second, stating included": options.plans / clarabel,
        "device": str(jax.devices()[0]),
    }
    print(json.dumps(rows, indent=2) if options.json else "\n".join(f"{k:48s}{v}" for k, v in rows.items()))


if __name__ == "__main__":
    main()
