"""`python -m flows.cli` is `xianbao`."""

from flows.cli.main import main

main()
