"""The front door: ``import hoverslam`` is fast, and gives every name that it promises."""

import subprocess
import sys

import pytest

import hoverslam

SLOW = ("jax", "casadi", "pandas", "matplotlib", "scipy", "xarray", "netCDF4", "loky", "jinja2")


def modules_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has imported after running ``code``."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import hoverslam",
        "from hoverslam.cli import main; main(['--help'])",
        "from hoverslam.cli import main; main(['margin', 'falcon9', '--scheme', 'dice'])",
    ],
    ids=["import", "help", "wrong input"],
)
def test_nothing_slow_is_imported_before_it_is_needed(code):
    assert not set(SLOW) & modules_after(code)


def test_a_landing_is_solved_without_what_only_draws_or_makes_tables():
    used = modules_after("import hoverslam; hoverslam.Landing")
    assert {"jax", "casadi", "scipy"} <= used
    assert not {"matplotlib", "pandas", "xarray", "netCDF4"} & used


def test_the_check_of_imports_sees_a_slow_import():
    assert "scipy" in modules_after("import scipy")


@pytest.mark.parametrize("name", hoverslam.__all__)
def test_every_public_name_can_be_fetched(name):
    assert getattr(hoverslam, name) is not None


def test_python_m_hoverslam_is_the_command_line():
    done = subprocess.run([sys.executable, "-m", "hoverslam", "--version"], check=True, capture_output=True, text=True)
    assert done.stdout == f"hoverslam {hoverslam.__version__}\n"
