"""Rules of primitives with a body: calls, branches and loops."""

from collections.abc import Sequence

import casadi
import numpy as np
from jax.extend import core

from hoverslam.ocp.transcription.rules.arithmetic import clamp, select
from hoverslam.ocp.transcription.rules.values import (
    Result,
    Rule,
    Symbolic,
    Untranslatable,
    Value,
    Walk,
    known_value,
    pool,
    positions_of,
    take,
)


def _call(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Evaluate the body of a call in place. Custom derivative rules are not used."""
    for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        if key in equation.params:
            return evaluator.run(equation.params[key], values)
    raise Untranslatable("carries no body that could be translated")


def _cond(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Evaluate the branch that is taken if the index is known, otherwise all branches and a selection."""
    index, *operands = values
    branches = equation.params["branches"]
    if isinstance(index, np.ndarray):
        return evaluator.run(branches[min(max(int(index), 0), len(branches) - 1)], operands)
    outcomes = [evaluator.run(branch, operands) for branch in branches]
    if len(branches) > 2:  # JAX clamps an index; with two branches the index is a boolean
        index = Symbolic(clamp(casadi.SX(0), index.column, casadi.SX(len(branches) - 1)), index.shape)
    return [select(index, cases) for cases in zip(*outcomes, strict=True)]


def _scan(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Unroll a loop of a known number of steps."""
    params = equation.params
    length, num_consts, num_carry = params["length"], params["num_consts"], params["num_carry"]
    constants, scanned = values[:num_consts], values[num_consts + num_carry :]
    carry = values[num_consts : num_consts + num_carry]
    stacked: list[list[Value]] = [[] for _ in equation.outvars[num_carry:]]
    for k in reversed(range(length)) if params["reverse"] else range(length):
        slices = [take(value, positions_of(value.shape)[k]) for value in scanned]
        results = evaluator.run(params["jaxpr"], [*constants, *carry, *slices])
        carry = results[:num_carry]
        for stack, result in zip(stacked, results[num_carry:], strict=True):
            stack.append(result)
    for stack in stacked if params["reverse"] else []:
        stack.reverse()
    return [*carry, *[pool(stack) if stack else np.zeros(0) for stack in stacked]]


def _while(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Run a loop whose condition is known at every step."""
    split = equation.params["cond_nconsts"]
    start = split + equation.params["body_nconsts"]
    condition_constants, body_constants, carry = values[:split], values[split:start], values[start:]
    while True:
        (condition,) = evaluator.run(equation.params["cond_jaxpr"], [*condition_constants, *carry])
        if not known_value(condition, "conditions"):
            return carry
        carry = evaluator.run(equation.params["body_jaxpr"], [*body_constants, *carry])


_CALLS = (
    *("jit", "pjit", "core_call", "call", "closed_call", "core_closed_call", "remat", "remat2", "checkpoint"),
    *("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"),
)

CONTROL_FLOW: dict[str, Rule] = {
    "cond": _cond,
    "scan": _scan,
    "while": _while,
    **dict.fromkeys(_CALLS, _call),
}
