"""`python -m rqgm` is the `rqgm` command, whichever package owns that name on PATH."""

from rqgm.cli.app import main

main()
