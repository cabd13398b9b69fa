"""Pictures and sound made or remade by libav, as values: no sockets, no files."""
