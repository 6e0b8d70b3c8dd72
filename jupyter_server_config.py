"""How JupyterLab opens the labs: opening one changes nothing, and saving it changes no metadata.

JupyterLab writes the running Python into every notebook that it opens, which would then count as
changed. Here a notebook has these facts while it is open, and not on disk. Jupyter reads this file
where a command names it with ``--config``, as ``make lab`` does.
"""

from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager


class Labs(AsyncLargeFileManager):
    """Notebooks that have the Python's version only while they are open."""

    async def get(self, path: str, content: bool = True, *args: Any, **options: Any) -> Any:
        model = await super().get(path, content, *args, **options)
        if content and model["type"] == "notebook":
            language = model["content"]["metadata"].get("language_info", {})
            if language.get("name") == "python":
                language.update(IPythonKernel.language_info)
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> Any:
        if model.get("type") == "notebook" and model.get("content"):
            model["content"]["metadata"].get("language_info", {}).pop("version", None)
        return await super().save(model, path)


if "get_config" in globals():  # Jupyter is reading its configuration
    get_config().ServerApp.contents_manager_class = Labs  # type: ignore[name-defined] # noqa: F821
