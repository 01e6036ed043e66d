"""Materials become numbers."""
