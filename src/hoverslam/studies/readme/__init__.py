"""Keeps README and pages equal to the tables in ``results/``: ``python -m hoverslam.studies.readme``."""
