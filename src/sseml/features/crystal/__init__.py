"""A crystal's average structure becomes numbers."""
