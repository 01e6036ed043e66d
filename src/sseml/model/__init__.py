"""Features become predictions with intervals and evidence."""
