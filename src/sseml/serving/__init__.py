"""The endpoint: what MLflow's scoring app lacks, put in front of it."""
