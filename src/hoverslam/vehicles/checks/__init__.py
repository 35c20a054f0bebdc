"""Checks between the figures of a vehicle file, one file a subject; ``every.py`` runs them all."""
