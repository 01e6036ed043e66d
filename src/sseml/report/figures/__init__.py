"""One module a figure; what they share is in `style`, `labels` and `out_of_fold`."""
