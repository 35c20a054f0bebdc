"""Solutions as labelled arrays, and in netCDF files that give back the same numbers.

A file holds the nodes, times, parameters, values, multipliers and scales of a solution and a hash of the problem that it
solves. Functions cannot be stored: loading takes the problem stated again, and names what changed if it differs.
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.ocp.checks.costates import costates
from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.statement.mesh import Mesh, Pin
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.carried import carried
from hoverslam.ocp.transcription.guess import guesses
from hoverslam.ocp.transcription.local import TRANSLATED, flat_inputs, point_function
from hoverslam.ocp.transcription.programme import Programme

if TYPE_CHECKING:
    import xarray as xr

VERSION = 1  # of the file's layout
_COORDINATES = ("time", "control_time", "collocation_time")
_ARRAYS = ("primal", "dual", "bound_dual", "row_values", "boundary_scale")


class StoreError(ValueError):
    """A file that cannot be loaded: no solution, another version, or another problem; the message names what differs."""


def fingerprint(problem: Problem) -> dict[str, str]:
    """Return hashes of a problem: of its declarations, and of the mathematics of each phase and of the phase ends.

    Functions are hashed as traced (operations and constants), so renaming or reformatting one changes nothing.
    """
    parts = {"declarations": _digest(_declarations(problem))}
    free = jnp.zeros(len(problem.free))
    for name, phase in problem.phases.items():
        given = jnp.asarray(list(problem.given.values()))
        q = flat_inputs(problem, phase, given)
        x, u = jnp.zeros(phase.states.length), jnp.zeros(phase.controls.length)
        traced = _traced(point_function(problem, phase), x, u, jnp.zeros(q.shape), free, jnp.zeros(1))
        parts[f"phase {name}"] = _digest(traced + repr(carried(phase.functions).numbers.tolist()))
    parts["objective and boundary constraints"] = _traced(_ends(problem), *_end_arguments(problem))
    return parts


def problem_hash(problem: Problem) -> str:
    """Return one hash of a whole problem."""
    return _digest(json.dumps(fingerprint(problem)))


def _digest(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:16]


def _declarations(problem: Problem) -> str:
    rows: list[Any] = [problem.name, problem.sense, sorted(problem.given), sorted(problem.settings)]
    rows += [repr(v) for v in problem.free]
    for phase in problem.phases.values():
        rows += [phase.name, repr(phase.states.variables), repr(phase.controls.variables)]
        rows += [repr((phase.initial_time, phase.final_time, phase.duration))]
        rows += [repr((c.name, c.lower, c.upper, c.unit)) for c in phase.path]
    rows += [repr((c.name, c.lower, c.upper, c.unit)) for c in problem.boundary]
    return json.dumps(rows, default=str)


def _traced(function: Any, *arguments: Any) -> str:
    closed = jax.make_jaxpr(function)(*arguments)
    constants = b"".join(np.asarray(c).tobytes() for c in closed.consts)
    return _digest(str(closed.jaxpr).encode() + constants)


def _ends(problem: Problem) -> Any:
    def evaluate(ends: list[Any], free: Any, given: Any) -> list[Any]:
        named = {name: phase.ends(*parts) for (name, phase), parts in zip(problem.phases.items(), ends, strict=True)}
        p = problem.parameters(free, given)
        functions = [problem.objective, *(c.function for c in problem.boundary)]
        return [f(Named(named), p) for f in functions if f is not None]

    return evaluate


def _end_arguments(problem: Problem) -> tuple[Any, ...]:
    ends = []
    for phase in problem.phases.values():
        x, u = jnp.ones(phase.states.length), jnp.ones(phase.controls.length)
        ends.append([x, x, u, u, jnp.arange(2.0)])
    return ends, jnp.ones(len(problem.free)), jnp.ones(len(problem.given))


def dataset(solution: Solution, phase: str) -> "xr.Dataset":
    """Return a phase as labelled arrays: states and costates over ``time``, controls over ``control_time``, with units.

    An underscore is added to a name that a coordinate or another array has already, such as a state named ``time``.
    """
    import xarray as xr

    part = solution[phase]
    time = ("time", part.node_times, {"units": "s"})
    control_time = ("control_time", part.control_times, {"units": "s"})
    variables: dict[str, Any] = {}

    def put(name: str, value: Any) -> None:
        while name in variables or name in _COORDINATES:
            name += "_"
        variables[name] = value

    groups = [(part.phase.states, part.states, "time", ""), (part.phase.controls, part.controls, "control_time", "")]
    found = costates(solution, phase) if solution.converged else None
    if found is not None:
        groups.append((part.phase.states, found.costate, "time", "costate_"))
    unit = solution.problem.objective_unit or "1"
    for layout, values, dimension, prefix in groups:
        for v in layout.variables:
            columns = values[:, layout.slices[v.name]]
            dims = (dimension,) if v.size is None else (dimension, f"{v.name}_axis")
            units = f"{unit} / ({v.unit or '1'})" if prefix else v.unit
            put(prefix + v.name, (dims, columns[:, 0] if v.size is None else columns, {"units": units}))
    if found is not None:
        collocated = ("collocation_time", part.node_times[1:], {"units": "s"})
        put("hamiltonian", ("collocation_time", found.hamiltonian, {"units": f"{unit} / s"}))
        for j, c in enumerate(part.phase.path):
            units = f"{unit} / ({c.unit or '1'}) / s"
            put(f"multiplier_{c.name}", ("collocation_time", found.path[:, j], {"units": units}))
        return xr.Dataset(variables, {"time": time, "control_time": control_time, "collocation_time": collocated})
    return xr.Dataset(variables, {"time": time, "control_time": control_time})


def save_netcdf(solution: Solution, path: str | Path) -> None:
    """Write a solution to a netCDF file: a group for each phase to read, and a group of raw arrays to load."""
    import xarray as xr

    programme = solution.programme
    raw = {name: (f"{name}_entry", getattr(solution, name)) for name in _ARRAYS}
    raw |= {"scale": ("primal_entry", programme.scale), "row_scale": ("dual_entry", programme.row_scale)}
    phases = {
        name: {
            "time": part.clock.tolist(), "edges": part.mesh.edges, "points": part.mesh.counts.tolist(),
            "control_degree": part.mesh.control_degree, "knots": part.mesh.knots, "spare": part.mesh.spare,
            "pins": [[p.kind, p.index, p.arc, p.upper] for p in part.mesh.pins],
        }
        for name, part in solution.phases.items()
    }  # fmt: skip
    about = {
        "version": VERSION, "status": solution.status, "converged": solution.converged, "phases": phases,
        "objective": solution.objective, "values": solution.values, "iterations": solution.iterations,
        "free": {v.name: float(solution.parameters[v.name]) for v in solution.problem.free},
        "seconds": solution.seconds, "passes": solution.passes, "worst_row": solution.worst_row,
        "mesh_error": solution.mesh_error, "objective_scale": programme.objective_scale,
        "smoothing": programme.smoothing, "origin": programme.origin, "fingerprint": fingerprint(solution.problem),
    }  # fmt: skip
    file = str(path)
    unit = {"units": solution.problem.objective_unit}
    top = xr.Dataset({"objective": ((), solution.objective, unit)}, attrs={"problem": solution.problem.name})
    top.attrs |= {"problem_hash": problem_hash(solution.problem), "hoverslam_solution": json.dumps(about)}
    top.to_netcdf(file, mode="w")
    xr.Dataset(raw).to_netcdf(file, mode="a", group="raw")
    for name in solution.phases:
        _storable(dataset(solution, name)).to_netcdf(file, mode="a", group=f"phases/{_storable_name(name)}")


def _storable(phase: "xr.Dataset") -> "xr.Dataset":
    """Return a dataset with names that netCDF can hold; the attribute ``name`` keeps one that is written otherwise."""
    names = [*phase.variables, *phase.sizes]
    changed = {str(name): _storable_name(str(name)) for name in names if _storable_name(str(name)) != name}
    for name in changed:
        if name in phase.variables:
            phase[name].attrs["name"] = name
    return phase.rename(changed)


def _storable_name(name: str) -> str:
    """Return a name with the characters that netCDF does not allow written as ``%`` and their number, as in an address.

    NetCDF allows neither ``/`` nor control characters, and a first character that is a letter, a digit or an underscore.
    """
    first, rest = name[:1], name[1:]
    safe_first = first if first.isalnum() or first == "_" or not first.isascii() else f"_%{ord(first):02X}"
    return safe_first + "".join(c if c not in "/%" and c.isprintable() else f"%{ord(c):02X}" for c in rest)


def load_record(path: str | Path, problem: Problem) -> Solution:
    """Return the solution that :func:`save_netcdf` wrote, with the values of the file.

    Args:
        path: The file.
        problem: The same problem, stated again.

    Raises:
        StoreError: if the file holds no solution, or one of another problem; the message names what differs.
    """
    import xarray as xr

    try:
        with xr.open_dataset(path) as top, xr.open_dataset(path, group="raw") as raw:
            about = json.loads(top.attrs["hoverslam_solution"])
            arrays = {name: raw[name].values.copy() for name in (*_ARRAYS, "scale", "row_scale")}
    except (KeyError, ValueError, OSError) as error:
        raise StoreError(f"{path}: not a solution written by hoverslam: {error}") from None
    try:
        _check_origin(path, problem, about)
        with problem.holding(about["values"]):
            return _rebuilt(problem, about, arrays)
    except (KeyError, TypeError, IndexError) as error:  # the parts that the file should have are read in many places
        raise StoreError(f"{path}: incomplete or damaged ({error!r}): solve again and save") from error


def _check_origin(path: str | Path, problem: Problem, about: dict[str, Any]) -> None:
    """Check that a file has the present layout and solves ``problem``.

    Raises:
        StoreError: If it does not.
    """
    if about["version"] != VERSION:
        raise StoreError(f"{path}: layout version {about['version']}, expected {VERSION}: solve again and save")
    now = fingerprint(problem)
    changed = [part for part in {**about["fingerprint"], **now} if about["fingerprint"].get(part) != now.get(part)]
    if changed:
        raise StoreError(f"{path}: solves another problem than {problem.name!r}: {', '.join(changed)} differ")


def _rebuilt(problem: Problem, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Solution:
    meshes = {}
    for name, m in about["phases"].items():
        pins = tuple(Pin(kind, index, arc, upper) for kind, index, arc, upper in m["pins"])
        degree, knots = m["control_degree"], tuple(m["knots"])
        meshes[name] = Mesh(tuple(m["edges"]), tuple(m["points"]), degree, knots, pins, m["spare"])
    scales = (arrays["scale"], arrays["row_scale"], about["objective_scale"])
    programme = Programme(
        problem, meshes, guesses(problem), TRANSLATED, about["smoothing"], scales, about.get("origin", 0.0)
    )
    at = arrays["primal"] * arrays["scale"]
    phases = {
        name: PhaseSolution(
            lay.phase,
            lay.mesh,
            np.array(about["phases"][name]["time"]),
            at[lay.states],
            at[lay.controls],
            programme.origin,
        )
        for name, lay in programme.layouts.items()
    }
    free = np.array([about["free"][v.name] for v in problem.free])
    return Solution(
        problem, about["status"], about["converged"], about["objective"], phases,
        problem.parameters(free, np.array(list(problem.given.values()))), about["iterations"], about["seconds"],
        passes=about["passes"], worst_row=tuple(about["worst_row"]), mesh_error=about["mesh_error"],
        state_scale={name: arrays["scale"][lay.states[0]] for name, lay in programme.layouts.items()},
        programme=programme, values=about["values"],
        primal=arrays["primal"], dual=arrays["dual"], bound_dual=arrays["bound_dual"],
        row_values=arrays["row_values"], boundary_scale=arrays["boundary_scale"],
    )  # fmt: skip
