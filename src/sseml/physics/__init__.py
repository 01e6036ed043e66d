"""Pure functions of transport and thermodynamics."""
