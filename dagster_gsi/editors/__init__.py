"""The kinds of editors. A new one is one file, one name in `EditorSettings` and one case in `open_editor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from dagster_gsi.editors.command import CommandSettings, open_command
from dagster_gsi.editors.diffusers import DiffusersSettings, open_diffusers
from dagster_gsi.editors.folder import FolderSettings, open_folder
from dagster_gsi.editors.identity import IdentitySettings, open_identity
from dagster_gsi.editors.oracle import OracleSettings, open_oracle
from dagster_gsi.editors.shuffled import ShuffledSettings
from dagster_gsi.editors.warp import WarpSettings, open_warp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL import Image

    from dagster_gsi.editors.base import Editor

EditorSettings = Annotated[
    OracleSettings
    | IdentitySettings
    | ShuffledSettings
    | WarpSettings
    | FolderSettings
    | CommandSettings
    | DiffusersSettings,
    Field(discriminator="kind"),
]


def open_editor(settings: EditorSettings, *, root: Path, answer: Callable[[str], Image.Image]) -> Editor:
    """An editor ready for work; relative paths start at `root`.

    `answer` gives the picture that the settings' `told` names, by sample id; it goes to the references and to nobody else.
    """
    match settings:
        case OracleSettings() | ShuffledSettings():
            return open_oracle(answer)
        case IdentitySettings():
            return open_identity()
        case WarpSettings():
            return open_warp()
        case FolderSettings():
            return open_folder(root / settings.path)
        case CommandSettings():
            return open_command(settings, root)
        case DiffusersSettings():
            return open_diffusers(settings, root)
