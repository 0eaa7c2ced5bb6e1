"""Tasks and suites: Harbor's task format, labelled items for judges, verifiers, importers of public data sets."""
