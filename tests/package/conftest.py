"""Hypothesis draws the same examples in every run; what a cell shows can be read."""

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture
def shown(monkeypatch):
    """What a cell shows: a list of (data, metadata), as a notebook stores them."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    monkeypatch.delenv("COPIES_OF_COPIES_BUILD", raising=False)
    InteractiveShell.instance(history_length=0, history_load_length=0)

    def of(function, *arguments, **keywords):
        with capture_output() as captured:
            function(*arguments, **keywords)
        return [(output.data, output.metadata) for output in captured.outputs]

    yield of
    InteractiveShell.clear_instance()


@pytest.fixture
def one_thread():
    """Torch on one thread, as many small networks are trained fastest."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
