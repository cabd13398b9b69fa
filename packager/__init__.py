"""Samples in, commands out: cuts segments and parts, writes fMP4 and HLS. No sockets, files or clocks.

`pipeline.LivePackager.push(sample)` answers with `commands.Put` and `commands.Delete`, which the origin carries out;
`hls` renders playlists from the window that the pipeline keeps.
"""
