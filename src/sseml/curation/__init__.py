"""Literature data become one tidy table of measurements."""
