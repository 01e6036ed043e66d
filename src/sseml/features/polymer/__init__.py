"""Features of polymer electrolytes and their composites, and the distance between two recipes."""
