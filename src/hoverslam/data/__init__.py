"""What every data file shares: figures with band, unit, source and status; units; reading with messages; errors."""
