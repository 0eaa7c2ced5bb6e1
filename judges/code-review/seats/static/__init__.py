"""New complaints of a static analyser."""
