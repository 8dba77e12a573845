"""Programs that are not Python packages. Without one its tests are skipped, except in CI."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

# Where Debian keeps servers such as nginx, which is not on everybody's PATH.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def need(program: str, package: str) -> str:
    """Where the program is; the test does without it as ``lacking`` says."""
    found = shutil.which(program, path=SEARCH_PATH)
    return found or lacking(f"{program} is not installed (apt-get install {package})")


def lacking(reason: str) -> NoReturn:
    """Skip the test; or fail it where AUDITTRAIL_REQUIRE_TOOLS is set."""
    if os.environ.get("AUDITTRAIL_REQUIRE_TOOLS"):
        pytest.fail(reason)
    pytest.skip(reason)
