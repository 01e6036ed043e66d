"""Which solid electrolytes to make next: conductivity, window and evidence from a formula list."""
