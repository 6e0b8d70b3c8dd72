"""What tests of pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def opens(browser: Browser, server: str, request: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page of the site, the module's ``PAGE`` if none is named, in a window of its own."""
    contexts = []

    def open_(address: str = request.module.PAGE, size: Any = WIDE, **options: Any) -> Page:
        contexts.append(browser.new_context(viewport=size, reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.goto(server + address)
        page.wait_for_load_state("networkidle")
        return page

    yield open_
    for context in contexts:
        context.close()
