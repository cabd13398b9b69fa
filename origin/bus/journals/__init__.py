"""What the writer of a broadcast tells its successors and the other nodes.

`protocol` says what a journal must do; each other file is one kind, listed in `table.JOURNALS` by the scheme of
the bus's URL. The contract suite in tests/contract runs over that table.
"""
