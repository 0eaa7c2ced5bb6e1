"""Importers: local folders of public data sets made into suites in Harbor's format."""
