"""Keeps the README's table equal to ``results/vehicles.csv``: ``python -m hoverslam.studies.readme``."""
