"""Screening: design spaces, read from one line of text, counted, and gone through as a stream."""
