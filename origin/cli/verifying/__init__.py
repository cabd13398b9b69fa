"""What `headwater verify` is made of: where packages are read from (`folder`, `web`, `bucket`), and what is checked."""
