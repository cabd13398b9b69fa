"""On demand: recordings made ready to be played, and what is played of them."""
