"""What the pages tell people to do works, and shows what they say it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of, pages
from tests.docs.elsewhere import elsewhere
from tests.docs.readers import bring, programs_of
from tests.docs.seen import Watcher
from tests.docs.stage import new_stage
from tests.docs.story import tell
from tests.support.servers import Server

RUN = [page for page in pages() if any(elsewhere(block) is None for block in blocks_of(page))]


# Frameworks are imported by each block, and the packages of some pages installed first.
@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_page(
    page: str, tmp_path: Path, local_server: Server, model_url: str, watcher: Watcher
) -> None:
    """Block by block, in one folder."""
    stage = new_stage(tmp_path, local_server, model_url, programs_of(page, tmp_path))
    bring(page, stage)
    try:
        tell(blocks_of(page), stage, watcher)
    finally:
        stage.close()
