"""The nouns that ingest, packager and transcoder share: tracks, frames, samples, timing, codec strings, NAL units.

Nothing here does I/O, reads a clock or keeps state.
"""
