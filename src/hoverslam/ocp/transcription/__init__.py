"""Transcription of a stated problem into a sparse nonlinear programme."""
