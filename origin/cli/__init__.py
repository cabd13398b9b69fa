"""The headwater command."""
