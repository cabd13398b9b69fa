"""What `headwater upload` does: send files, and go on where it was after whatever came in between."""
