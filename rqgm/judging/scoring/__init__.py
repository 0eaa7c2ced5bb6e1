"""How good recorded verdicts were: their files, the figures with intervals, and readers of public formats."""
