"""Assets made from uploaded objects: a program of its own reads the file, and what it makes goes into the store."""
