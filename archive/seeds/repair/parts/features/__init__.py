"""Features that the reviewer may use.

Each module has one function ``measure(case) -> float`` from -1 (the patch overfits) over 0 (nothing to say) to 1 (it is
right); `case` is a ``reviewer.case.Case``: both syntax trees, their changes, the visible tests, generated inputs with
both programs' answers, bounded runs, rivals. A feature changes nothing in the case, knows no task, and gives the same
value whatever other features ran before it, as long as the review's steps last.
"""
