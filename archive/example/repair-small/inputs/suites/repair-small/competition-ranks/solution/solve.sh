#!/bin/sh
exec cp "${RQGM_ROOT:-}/solution/program.py" "${RQGM_ROOT:-}/app/program.py"
