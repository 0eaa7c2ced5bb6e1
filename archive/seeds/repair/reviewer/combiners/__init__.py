"""The combiner in use."""
