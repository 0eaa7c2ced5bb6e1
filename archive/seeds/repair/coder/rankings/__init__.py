"""Rankings: which plausible patch is chosen."""
