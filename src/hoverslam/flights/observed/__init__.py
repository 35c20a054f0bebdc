"""Flights with telemetry: reading of traces, reconstruction, calibration, prediction, comparison with payloads."""
