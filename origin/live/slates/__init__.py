"""Fills the time in which a broadcast waits for its publisher with a still picture, where its stream has one.

slates ── when to begin and to end      filler ── sends the loop in real time, as a publisher would
workshop ── pictures are decoded and encoded in processes of their own: worker, told by orders
"""
