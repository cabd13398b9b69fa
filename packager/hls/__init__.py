"""HLS: what is in a rendition's window, and the playlists that tell of it (draft-pantos-hls-rfc8216bis).

`window` is the state, `tags` the words, `media_playlist` and `multivariant` the sentences, `reload` the answers to
players that ask for what has not happened yet.
"""
