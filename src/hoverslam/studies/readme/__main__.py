"""``python -m hoverslam.studies.readme``: quote the tables in ``results/`` in README and pages of the current folder."""

from hoverslam.studies.readme.table import write_readme

if __name__ == "__main__":
    raise SystemExit(write_readme())
