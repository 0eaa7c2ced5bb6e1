"""Localisation: how suspicious each line is."""
