"""Events between the parts of one server, and later between nodes."""
