"""Flights that were observed: telemetry, reconstruction, calibration, prediction."""
