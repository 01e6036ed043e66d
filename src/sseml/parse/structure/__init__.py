"""Crystal structures in files become materials, or a clear refusal; needs spglib."""
