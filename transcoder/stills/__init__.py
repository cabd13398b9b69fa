"""Still pictures out of films: for posters."""

from transcoder.stills.still import StillError, still

__all__ = ["StillError", "still"]
