"""Rubrics: predicates that vote on artifacts, refined on votes and weighted; ``rqgm judge refine``."""
