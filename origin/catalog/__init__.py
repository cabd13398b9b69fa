"""What the origin knows, in SQL: one repository a noun.

`database.Catalog` runs functions of a connection: `await catalog.read(fn)`, `await catalog.write(fn)`. The functions
come from the repositories (`streams`, `leases`, …), modules of plain functions that take the connection first, then
time and ids, and give frozen rows back. So one write may call several of them and is all or nothing.
SQL is what SQLite and PostgreSQL both understand; what differs is in `engine`, `postgres`, `migrate` and `clock`.
"""
