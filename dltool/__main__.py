"""`python -m dltool` is `dltool`."""

import sys

from dltool.cli.main import main

sys.exit(main())
