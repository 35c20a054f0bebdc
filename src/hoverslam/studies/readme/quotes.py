"""Numbers that documents quote from committed tables: marked where they stand, rewritten and checked by a program.

A quoted number stands between two comments, which a rendered page does not show::

    <!-- q falcon9 downrange: payload_kg ,.0f -->18,333<!-- /q -->

The first comment names a row, an expression of its columns and the format of the number. Rows are:

- ``VEHICLE MODE``: of ``results/vehicles.csv`` and ``results/costs.csv`` together;
- ``check "WHAT"``: of ``results/validation.json``, the first whose name begins so: ``found``, ``reference``, ``off_percent``;
- ``stored VEHICLE MODE ORBIT``: the best flight of that case that comes with the package, with ``payload_kg``;
- ``file VEHICLE``: figures of a vehicle file by their keys.

An expression has numbers, columns, + - * / and brackets.
"""

import ast
import csv
import functools
import json
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path

QUOTE = re.compile(
    r"<!-- q (?P<row>[^>]+): (?P<expression>[^:>]+) (?P<format>[-+,.\w%]+) -->(?P<shown>[^<]*)<!-- /q -->"
)
_MARK = re.compile(r"<!-- /?q\b")
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def quoting_pages(folder: Path) -> list[Path]:
    """Return the pages of a checkout that may quote numbers: README.md and those in ``docs/``."""
    return [folder / "README.md", *sorted((folder / "docs").glob("*.md"))]


def requoted(text: str, folder: Path) -> str:
    """Return a text with every quoted number taken from the tables.

    Args:
        text: The text of a page.
        folder: The checkout, whose folder ``results`` holds the tables.

    Raises:
        ValueError: For a mark that is incomplete, names no row or column, or a value that is missing.
    """
    found = list(QUOTE.finditer(text))
    if 2 * len(found) != len(_MARK.findall(text)):
        raise ValueError("a mark is incomplete: write <!-- q ROW: EXPRESSION FORMAT -->NUMBER<!-- /q -->")
    return QUOTE.sub(lambda match: _rewritten(match, folder), text)


def without_quotes(text: str) -> str:
    """Return a text without the numbers that are marked as quoted."""
    return QUOTE.sub("", text)


def _rewritten(match: re.Match[str], folder: Path) -> str:
    name, expression, form = match["row"], match["expression"], match["format"]
    try:
        value = _value(ast.parse(expression.strip(), mode="eval").body, row_named(name, folder))
        shown = format(value, form)
    except (KeyError, SyntaxError, ValueError, ZeroDivisionError) as error:
        raise ValueError(f"quote of {name}: {expression} {form}: {error}") from None
    return f"<!-- q {name}: {expression} {form} -->{shown}<!-- /q -->"


def _value(node: ast.expr, row: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = ast.unparse(node)
        if name not in row:
            raise KeyError(f"no value of {name}")
        return row[name]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, row)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left, row), _value(node.right, row))
    raise ValueError(f"{ast.unparse(node)}: use numbers, columns, + - * / and brackets")


def row_named(name: str, folder: Path) -> Mapping[str, float]:
    """Return the numbers of a row by their columns; a blank cell has none.

    Args:
        name: As a mark names it.
        folder: The checkout.

    Raises:
        ValueError: If there is no such row, or several.
    """
    kind, _, rest = name.partition(" ")
    if kind == "check":
        return _check(rest.strip().strip('"'), folder)
    if kind == "stored":
        return _stored(*rest.split())
    if kind == "file":
        return _figures(rest.strip())
    return _row_of_results(*name.split(), folder=folder)


@functools.cache
def _table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _row_of_results(vehicle: str, recovery: str = "", *, folder: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    for table in ("costs.csv", "vehicles.csv"):
        rows = [r for r in _table(folder / "results" / table) if (r["vehicle"], r["recovery"]) == (vehicle, recovery)]
        if len(rows) != 1:
            raise ValueError(f"{table} has {len(rows)} such rows")
        found |= {key: float(cell) for key, cell in rows[0].items() if _is_number(cell)}
    return found


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _check(what: str, folder: Path) -> dict[str, float]:
    checks = json.loads((folder / "results" / "validation.json").read_text(encoding="utf-8"))["checks"]
    found = next((each for each in checks if each["what"].startswith(what)), None)
    if found is None:
        raise ValueError("validation.json has no such check")
    return {key: found[key] for key in ("found", "reference", "off_percent") if found[key] is not None}


@functools.cache
def _stored(vehicle: str, recovery: str, orbit: str) -> dict[str, float]:
    from hoverslam.flights.launch.stored import SHIPPED
    from hoverslam.flights.launch.stored_file import read_about
    from hoverslam.vehicles.places import load_orbit

    asked = load_orbit(orbit)
    payloads = []
    for path in SHIPPED.glob(f"{vehicle}*"):
        about = read_about(path)
        altitudes = (round(about["orbit"][0], -2), round(about["orbit"][1], -2))
        same = altitudes == (round(asked.perigee_altitude, -2), round(asked.apogee_altitude, -2))
        if (
            same
            and about["maximised"]
            and about["verified"]
            and (about["vehicle"], about["mode"]) == (vehicle, recovery)
        ):
            payloads.append(about["payload"])
    if not payloads:
        raise ValueError("no such flight comes with the package")
    return {"payload_kg": max(payloads)}


@functools.cache
def _figures(vehicle: str) -> dict[str, float]:
    from hoverslam.vehicles.loading import load_vehicle

    return {key: figure.value for key, figure in load_vehicle(vehicle).figures()}
