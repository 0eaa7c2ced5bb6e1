"""The coder: repairs a program. What it is made of is in ``plan.py``; ``engine.py`` puts the parts to work."""
