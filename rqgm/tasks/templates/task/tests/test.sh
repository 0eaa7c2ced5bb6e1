#!/bin/sh
# Runs in a sandbox of its own: the untouched environment, the declared artifacts over it, this folder at /tests.
# It must write /logs/verifier/reward.json, an object of numbers, or reward.txt, one number. RQGM_ROOT stands for "/"
# where a back-end cannot mount; else it is empty.
exec python3 -I -S "${RQGM_ROOT:-}/tests/verify.py"
