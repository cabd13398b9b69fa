"""Protocols as bytes in, events out. No sockets, no clocks, no randomness."""
