"""`python -m livingdrug` is `livingdrug`."""

from livingdrug.cli import main

if __name__ == "__main__":
    main()
