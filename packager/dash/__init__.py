"""DASH: the manifest that tells of the same windows and files as the HLS playlists (ISO/IEC 23009-1).

`timeline` finds periods, renditions and segments in the windows, `mpd` writes them down. Both are functions of values:
windows, tracks by init segment, and whether more is to come.
"""
