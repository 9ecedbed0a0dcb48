"""`python -m doctown.jobs`: the process in which one job is built, see `child`.

It is started as this module because the processes that parse load the module that their parent was started as, unless
it is a package's `__main__`: as `child` each of them would load the whole pipeline first.
"""

import gc
import os
import sys

_NICENESS = 10  # whoever answers requests on this machine goes first, from the first import on

if __name__ == "__main__":
    os.nice(_NICENESS)
    gc.disable()  # nothing that is loaded goes away again, and a build does without it anyway
    from doctown.jobs.child import main

    sys.exit(main())
