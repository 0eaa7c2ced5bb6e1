"""Orders: which edits are tried first."""
