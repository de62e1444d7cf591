"""How fast the archive writes, how far it is behind, and how it answers at any size."""
