"""HTTP: the control API, playback and pages."""
