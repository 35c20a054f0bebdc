"""Data files: figures with band, unit, status and source; curves; reading, overrides, and one line per mistake."""
