"""Exports: a run in other tools' formats. Reading only; what is foreign text stays data in every format."""
