"""Sound that players do not take, made AAC: decoded frames in, coded frames out.

shape ── which rate, channels and bit rate come out     conversion ── resampled, silence put into gaps, and encoded
"""
