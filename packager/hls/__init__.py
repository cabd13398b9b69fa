"""HLS (draft-pantos-hls-rfc8216bis): the window of segments and the playlists rendered from it. Pure."""
