"""Ways in for publishers: thin shells over the cores in wire."""
