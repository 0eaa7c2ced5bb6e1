"""Special cases for the literals of visible tests."""
