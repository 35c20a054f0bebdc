"""Hooks for the documentation site: results become pages, and roles in docstrings become code.

The class ``Roles`` is an extension of griffe, which reads the docstrings; the functions are hooks of mkdocs.
"""

import re
from pathlib import Path

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

RESULTS = Path(__file__).parent.parent / "results"
PATTERNS = ("*.md", "*.csv", "*.json", "figures/*.png")
ROLE = re.compile(r":(?:class|meth|func|mod|attr|data):(`[^`]+`)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the tables, data files and pictures of ``results/`` to the site."""
    for pattern in PATTERNS:
        for path in sorted(RESULTS.glob(pattern)):
            place = f"results/{path.relative_to(RESULTS).as_posix()}"
            files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the text of a page with the links between ``docs/`` and ``results/`` changed to those of the site."""
    return markdown.replace("](../results/", "](results/").replace("](../docs/", "](../")


class Roles(griffe.Extension):
    """Shows a reference such as ``:class:`Lander` `` in a docstring as code."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: object) -> None:
        """Replace the references in the docstring of an object."""
        if obj.docstring:
            obj.docstring.value = ROLE.sub(r"\1", obj.docstring.value)
