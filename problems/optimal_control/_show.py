"""What the scripts of this folder print: the optimum beside the known one, and the verdict."""

import argparse
import json
import sys

import hoverslam as hs


def main(
    problem: hs.ocp.Problem, known: float, unit: str, options: hs.ocp.Options | None = None, starts: int = 1
) -> int:
    """Solve, print (``--json`` for programs), and return 0 if the solution is verified, else 1.

    A problem with several optima is solved from several ``starts``, of which the best verified optimum is shown.
    """
    parser = argparse.ArgumentParser(description=f"{problem.name}: known optimum {known} {unit}")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    arguments = parser.parse_args()
    report, options = (lambda line: None) if arguments.json else print, options or hs.ocp.Options(tolerance=1e-10)
    if starts > 1:
        optima = hs.ocp.multistart(problem, starts, options=options, report=report)
        if not optima:
            print(f"{problem.name}: none of {starts} starts leads to a verified optimum", file=sys.stderr)
            return 1
        solution = optima[0].solution
    else:
        solution = hs.ocp.solve(problem, options, report)
    verified = solution.verification is not None and solution.verification.passed
    if arguments.json:
        print(json.dumps({"objective": solution.objective, "known": known, "unit": unit, "verified": verified}))
    else:
        print(
            f"{problem.name}: {solution.objective:.10g} {unit}, known {known:.10g}, "
            + ("verified" if verified else "NOT verified")
        )
    return 0 if verified else 1
