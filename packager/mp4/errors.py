"""Why there is no MP4 of a recording. The sentences name no object: they are for whoever asked for the file."""

from __future__ import annotations


class BadSegmentError(ValueError):
    """An object is not what the packager writes, or not the whole of it."""


class CannotJoinError(ValueError):
    """The recording is sound, but one MP4 cannot hold it; its playlists play all the same."""
