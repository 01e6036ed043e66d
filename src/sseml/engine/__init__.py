"""Long lists answered by the workers of a cluster; the only import of what distributes them."""
