"""One module a figure; what they share is in `style`, `labels` and `held_out`."""
