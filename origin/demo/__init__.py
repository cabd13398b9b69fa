"""`headwater demo`: the whole server on embedded defaults, with a test card on the air and a place for OBS.

`run` starts the server, makes or finds two streams in the catalog (`streams`), lets a child process publish the card to
one of them over real RTMP (`child`, `publisher`), and prints where to look and what to put into OBS (`banner`).
"""
