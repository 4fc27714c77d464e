"""`python -m forecast` is the command `quarterhour`."""

from forecast.cli import main

main()
