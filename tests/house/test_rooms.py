"""The rooms of the house: which module imports which, read from the source."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import hoverslam

SOURCE = Path(hoverslam.__file__).parent
ROOMS = ("data", "reports", "vehicles", "physics", "ocp", "flights", "margins", "economics", "studies", "cli")


def modules_of(source: Path) -> dict[str, Path]:
    """Every module below ``source`` by its dotted name."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Modules that a file imports anywhere: at the top, inside functions and behind ``TYPE_CHECKING``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            inner = (f"{node.module}.{name.name}" for name in node.names)
            yield from (module if module in modules else str(node.module) for module in inner)


def graph_of(source: Path) -> dict[str, set[str]]:
    """Which module imports which, without a module's imports of itself."""
    modules = modules_of(source)
    return {module: set(imports_of(path, modules)) - {module} for module, path in modules.items()}


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circle of imports; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def part_of(module: str, depth: int) -> str:
    """The first ``depth`` parts of a dotted name below the package."""
    return ".".join(module.split(".")[1 : depth + 1])


def against_the_stream(graph: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Imports of a room from one to its right, and imports of a room that the list of rooms does not have.

    ``python -m hoverslam`` is no room: it starts the command line.
    """

    def place(module: str) -> int:
        room = part_of(module, 1)
        return ROOMS.index(room) if room in ROOMS else -1

    pairs = [
        (module, other)
        for module, others in graph.items()
        for other in others
        if part_of(module, 1) not in ("", "__main__")
    ]
    return [(module, other) for module, other in pairs if place(other) > place(module)]


def packages(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same graph between sub-packages: ``ocp.checks`` imports from ``ocp.statement``."""
    modules = modules_of(SOURCE)

    def package(module: str) -> str:
        inside = module if modules[module].name == "__init__.py" else module.rpartition(".")[0]
        return part_of(inside, 2)

    found: dict[str, set[str]] = {}
    for module, others in graph.items():
        found.setdefault(package(module), set()).update(package(other) for other in others)
    return {name: others - {name} for name, others in found.items()}


def test_no_module_imports_itself_through_others():
    assert circle_in(graph_of(SOURCE)) == []


def test_no_sub_package_imports_itself_through_others():
    rooms_of_modules_alone = {"ocp", "physics", "vehicles", "data", "reports", ""}
    graph = packages(graph_of(SOURCE))
    inner = {
        name: others - rooms_of_modules_alone for name, others in graph.items() if name not in rooms_of_modules_alone
    }
    assert circle_in(inner) == []


def test_no_room_imports_from_a_room_to_its_right():
    assert against_the_stream(graph_of(SOURCE)) == []


def test_every_folder_of_the_package_is_a_known_room():
    folders = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert folders == set(ROOMS)


def test_a_circle_behind_type_checking_or_in_a_function_is_found(tmp_path):
    house = tmp_path / "house"
    house.mkdir()
    (house / "__init__.py").write_text("")
    (house / "first.py").write_text("from house.second import b\n")
    (house / "second.py").write_text("def b():\n    from house.third import c\n")
    (house / "third.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house import first\n"
    )
    assert set(circle_in(graph_of(house))) == {"house.first", "house.second", "house.third"}


def test_an_import_from_a_room_to_the_right_is_found():
    graph = {"hoverslam.ocp.solution": {"hoverslam.flights.launch.solve"}, "hoverslam.flights.launch.solve": set()}
    assert against_the_stream(graph) == [("hoverslam.ocp.solution", "hoverslam.flights.launch.solve")]
