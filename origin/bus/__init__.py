"""Events between the parts of one server, and later between nodes.

`protocol` says what a bus must do; each other file is one kind, listed in `table.BUSES` by the scheme of its URL.
The contract suite in tests/contract runs over that table.
"""
