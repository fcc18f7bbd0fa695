"""`python -m dltool` is `dltool`."""

import sys

from dltool.cli.app import main

sys.exit(main())
