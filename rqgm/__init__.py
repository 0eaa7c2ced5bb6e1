"""rqgm: evolve agents together with their evaluators."""
