"""What the origin knows, in SQL: one repository a noun."""
