"""`python -m hub` is the command `qos-hub`."""

from hub.cli import main

if __name__ == "__main__":
    main()
