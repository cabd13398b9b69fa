"""The server: every socket, every disk and every clock is here."""
