"""The delivery edge. `token` is the pure core that origin and edge agree on."""
