"""`python -m dunning_engine.cli`, where the script is not on the path."""

from dunning_engine.cli import main

main()
