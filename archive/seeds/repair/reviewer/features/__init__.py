"""The features in use."""
