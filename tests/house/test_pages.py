"""README and pages: quoted numbers are those of the tables, code names only what exists, commands have the options shown."""

import ast
import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

import hoverslam
from hoverslam.cli.app import app
from hoverslam.studies.comparison.tables import read_csv
from hoverslam.studies.readme.quotes import QUOTE, quoting_pages, requoted, row_named, without_quotes
from hoverslam.studies.readme.table import BEGIN, END, page_of_today, write_readme

ROOT = Path(__file__).parents[2]
PAGES = quoting_pages(ROOT)
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^    hoverslam (.*?)(?:\s{2,}#.*|\s#\s.*)?$", re.MULTILINE)


def text_of(page):
    return page.read_text(encoding="utf-8")


def with_number(text, number):
    return text.replace("NUMBER", number)


# ---- quoted numbers ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_quotes_the_tables_as_they_are(page):
    assert page_of_today(page, ROOT) == text_of(page), "run: make readme"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_payload_of_the_table_is_quoted_without_a_mark(page):
    text = re.sub(f"{BEGIN}.*{END}", "", without_quotes(text_of(page)), flags=re.DOTALL)
    payloads = {f"{row.payload_kg:,.0f}" for row in read_csv(ROOT / "results" / "vehicles.csv") if row.payload_kg}
    written = set(re.findall(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])", text))
    assert written & payloads == set()


def test_the_pages_on_payloads_costs_and_measured_flights_quote_by_marks():
    counts = {page.name: len(QUOTE.findall(text_of(page))) for page in PAGES}
    assert counts["model.md"] > 15
    assert counts["cost.md"] > 15
    assert counts["validation.md"] > 30
    assert counts["margins.md"] > 10


def test_a_quote_that_differs_is_rewritten_and_nothing_else():
    payload = row_named("falcon9 downrange", ROOT)["payload_kg"]
    text = "lifts <!-- q falcon9 downrange: payload_kg ,.0f -->NUMBER<!-- /q --> kg"
    assert requoted(with_number(text, "1"), ROOT) == with_number(text, f"{payload:,.0f}")
    text = "<!-- q falcon9 downrange: 100*(payload_kg/17500 - 1) +.1f -->NUMBER<!-- /q --> %"
    assert requoted(with_number(text, ""), ROOT) == with_number(text, f"{100 * (payload / 17500 - 1):+.1f}")
    text = "<!-- q file falcon9: 1000*recovery.landing_reserve_t .0f -->NUMBER<!-- /q -->"
    reserve = hoverslam.load_vehicle("falcon9").recovery.landing_reserve_t.si
    assert requoted(with_number(text, "?"), ROOT) == with_number(text, f"{reserve:.0f}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!-- q falcon9 downrange: payload_kg ,.0f -->1", "incomplete"),
        ("<!-- q falcon9 downrange payload_kg -->1<!-- /q -->", "incomplete"),
        ("<!-- q falcon8 downrange: payload_kg ,.0f -->1<!-- /q -->", "0 such rows"),
        ("<!-- q falcon9 downrange: payload ,.0f -->1<!-- /q -->", "no value of payload"),
        ("<!-- q falcon9 expendable: landing_probability .2f -->1<!-- /q -->", "no value of landing_probability"),
        ("<!-- q falcon9 downrange: abs(payload_kg) ,.0f -->1<!-- /q -->", "use numbers, columns"),
        ('<!-- q check "no such thing": found .1f -->1<!-- /q -->', "no such check"),
        ("<!-- q stored falcon9 expendable 201x202x28.5: payload_kg .1f -->1<!-- /q -->", "no such flight"),
    ],
)
def test_a_quote_without_an_answer_is_refused(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        requoted(text, ROOT)


def test_a_page_that_cannot_be_quoted_leaves_all_pages_as_they_are(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("<!-- q a b: c .1f -->1<!-- /q -->")
    assert write_readme(tmp_path) == 2
    assert "README.md" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text() == "<!-- q a b: c .1f -->1<!-- /q -->"


# ---- code ----------------------------------------------------------------------------------------------------------
def code_of(page):
    return "\n".join(BLOCK.findall(text_of(page)))


WITH_CODE = [page for page in PAGES if BLOCK.search(text_of(page))]


def test_every_name_in_the_code_of_the_pages_is_defined(tmp_path):
    for page in WITH_CODE:
        (tmp_path / f"{page.stem}.py").write_text(code_of(page), encoding="utf-8")
    check = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "F821,E9,F401",
        str(tmp_path),
    ]
    done = subprocess.run([*check, "--output-format", "concise"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def public(node):
    """Return the object that ``hs.name`` or ``hs.name.name`` stands for, and None for any other expression."""
    path = ast.unparse(node).split(".") if isinstance(node, ast.Attribute) else []
    if not path or path[0] != "hs" or not all(part.isidentifier() for part in path):
        return None
    found = hoverslam
    for part in path[1:]:
        found = getattr(found, part)  # an AttributeError names what the page gets wrong
    return found


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_the_code_of_the_pages_calls_what_exists_with_arguments_that_exist(page):
    calls = 0
    for node in ast.walk(ast.parse(code_of(page))):
        if isinstance(node, ast.Attribute):
            public(node)
        if isinstance(node, ast.Call) and (called := public(node.func)) is not None:
            keywords = {word.arg: None for word in node.keywords if word.arg is not None}
            inspect.signature(called).bind_partial(*node.args, **keywords)
            calls += 1
    assert calls > 0


# ---- commands ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", [page for page in PAGES if COMMAND.search(text_of(page))], ids=lambda page: page.name)
def test_the_commands_of_the_pages_have_the_options_that_are_shown(page):
    for line in COMMAND.findall(text_of(page)):
        command, words = typer.main.get_command(app), shlex.split(line)
        while hasattr(command, "commands") and words and words[0] in command.commands:
            command, words = command.commands[words[0]], words[1:]
        command.make_context("hoverslam", words)
