# make compare   set everything up, solve every vehicle in every recovery mode, print and write the table
# make test      set everything up, run the tests
# make thorough  run the tests marked slow, which make test leaves out
# make posteriors  infer the vehicles whose files come from an inference again, and replace their files (an hour)
# make readme    quote the tables in results/ in README and docs
# make lint | types | notebooks | examples | docs     what continuous integration runs beside the tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

INFERRED := zhuque3 zhuque3_stretched nebula1 tianlong3 longmarch12a longmarch6a

.PHONY: setup compare posteriors readme test thorough lint format types notebooks examples docs clean
.DEFAULT_GOAL := compare

setup: $(STAMP)

# Debian ships venv without ensurepip unless python3-venv is installed: fall back on the pip that is there.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

$(STAMP): pyproject.toml $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs,notebook]'
	@touch $@

compare: $(STAMP)
	$(BIN)/hoverslam compare

# Each starts from vehicles/files/priors where its file is kept there, so that it may be repeated.
posteriors: $(STAMP)
	$(BIN)/hoverslam infer $(INFERRED) --write-package

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

thorough: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)
	$(BIN)/mypy

notebooks: $(STAMP)
	for notebook in notebooks/*.ipynb; do $(BIN)/jupyter execute "$$notebook" || exit 1; done

# The README quotes results/vehicles.csv; a test fails while it quotes another one.
readme: $(STAMP)
	$(BIN)/python -m hoverslam.studies.readme

examples: $(STAMP)
	for script in problems/*.py problems/optimal_control/[a-z]*.py; do $(BIN)/python "$$script" --json >/dev/null || { echo "failed: $$script"; exit 1; }; done

# Writes the documentation site to site/; a broken link or a docstring that does not fit its function is an error.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) site .pytest_cache .mypy_cache .ruff_cache .hypothesis
