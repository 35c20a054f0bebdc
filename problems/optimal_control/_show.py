"""What the scripts of this folder print: the optimum beside the known one, and the verdict."""

import argparse
import json

from hoverslam.ocp import Options, Problem, solve


def main(problem: Problem, known: float, unit: str, options: Options | None = None) -> int:
    """Solve, print (``--json`` for machines), and answer 0 if the solution is verified."""
    parser = argparse.ArgumentParser(description=f"{problem.name}: known optimum {known} {unit}")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    arguments = parser.parse_args()
    solution = solve(problem, options or Options(tolerance=1e-10), None if arguments.json else print)
    verified = solution.verification is not None and solution.verification.passed
    if arguments.json:
        print(json.dumps({"objective": solution.objective, "known": known, "unit": unit, "verified": verified}))
    else:
        print(
            f"{problem.name}: {solution.objective:.10g} {unit}, known {known:.10g}, "
            + ("verified" if verified else "NOT verified")
        )
    return 0 if verified else 1
