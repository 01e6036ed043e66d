"""Recipes: a TOML says what is made of which measurements, and unchanged steps are skipped."""
