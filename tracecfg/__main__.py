"""`python -m tracecfg`."""

from tracecfg.cli import main

main()
