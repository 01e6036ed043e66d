"""Published and own measurements of polymer electrolytes → one tidy table of recipes."""
