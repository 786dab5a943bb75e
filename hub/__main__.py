"""The command `qos-hub`, which is `python -m hub` too.

What is imported stays until the end. The garbage collector would look at it again and again while more is imported,
which is a fifth of that time; so it begins when all of it is there, and leaves it alone.
"""

import gc

gc.disable()
from hub.cli import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
