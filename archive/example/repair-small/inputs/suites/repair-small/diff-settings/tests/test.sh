#!/bin/sh
exec python3 -I -S "${RQGM_ROOT:-}/tests/verify.py"
