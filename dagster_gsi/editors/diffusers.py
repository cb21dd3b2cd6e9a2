"""Any diffusers pipeline that edits: its call takes `image=` and `prompt=`. Read from disk, never downloaded."""

from __future__ import annotations

import inspect
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from dagster_gsi.editors.base import Editor, OneByOne, Settings
from dagster_gsi.editors.folder import fitted

if TYPE_CHECKING:
    from PIL import Image

    from dagster_gsi.editors.base import Request


class DiffusersSettings(Settings):
    """`kind: diffusers`"""

    kind: Literal["diffusers"]
    path: Path
    """Folder with `model_index.json`, relative to the project's root or absolute."""
    lora: Path | None = None
    """Weights to put on top: what `pipeline.save_lora_weights` or peft's `save_pretrained` wrote."""
    steps: PositiveInt = 28
    guidance_scale: NonNegativeFloat | None = None
    """None leaves the pipeline's own default."""
    seed: int = Field(default=0, ge=0)
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"


@dataclass(frozen=True, slots=True)
class _Pipeline:
    """A loaded pipeline and how it is called."""

    call: Any  # diffusers' pipelines share no typed call
    settings: DiffusersSettings

    def edit(self, request: Request) -> Image.Image:
        import torch

        # Every picture has its own noise, whatever was edited before it, so that a run may stop and go on.
        seed = zlib.crc32(f"{self.settings.seed}:{request.sample_id}".encode())
        options: dict[str, object] = {
            "image": request.source.convert("RGB"),
            "prompt": request.instruction_en,
            "num_inference_steps": self.settings.steps,
            # A generator on the CPU gives the same noise on every device.
            "generator": torch.Generator("cpu").manual_seed(seed),
        }
        if self.settings.guidance_scale is not None:
            options["guidance_scale"] = self.settings.guidance_scale
        with torch.inference_mode():
            edited: Image.Image = self.call(**options).images[0]
        return fitted(edited.convert("RGB"), request.source.size)


def open_diffusers(settings: DiffusersSettings, root: Path) -> Editor:
    """Load the pipeline in `settings.path`; ValueError says what the folder lacks."""
    import torch
    from diffusers import DiffusionPipeline

    path = root / settings.path
    _check_folder(path)
    device = _device(settings.device)
    try:
        pipeline = DiffusionPipeline.from_pretrained(
            path, dtype=getattr(torch, settings.dtype), use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} cannot be loaded as a diffusers pipeline: {error}") from error
    _check_call(pipeline, path, settings)
    if settings.lora is not None:
        _with_lora(pipeline, root / settings.lora)
    pipeline.set_progress_bar_config(disable=True)
    return OneByOne(_Pipeline(pipeline.to(device), settings).edit)


def _check_folder(path: Path) -> None:
    if not path.is_dir():
        raise ValueError(
            f"{path} is not a folder: download the model there first; nothing is fetched while a stage runs"
        )
    index = path / "model_index.json"
    if not index.is_file():
        raise ValueError(f"{path} has no model_index.json: `path` must be what `pipeline.save_pretrained` wrote")
    try:
        json.loads(index.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{index} is not JSON ({error}): save or download the model again") from error


def _check_call(pipeline: object, path: Path, settings: DiffusersSettings) -> None:
    accepted = inspect.signature(type(pipeline).__call__).parameters
    needed = ["image", "prompt", "num_inference_steps", "generator"]
    if settings.guidance_scale is not None:
        needed.append("guidance_scale")
    if missing := [name for name in needed if name not in accepted]:
        raise ValueError(
            f"{path} holds a {type(pipeline).__name__}, which does not take {', '.join(missing)}: "
            "choose a pipeline that edits pictures, or wrap your model with `kind: command`"
        )


def _device(wanted: str) -> str:
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if (wanted == "cuda" and not torch.cuda.is_available()) or (
        wanted == "mps" and not torch.backends.mps.is_available()
    ):
        raise ValueError(f"device: {wanted} is not available here; use `device: auto` or `cpu`")
    return wanted


def _with_lora(pipeline: Any, lora: Path) -> None:
    """Put LoRA weights into the pipeline, in diffusers' own layout or in peft's."""
    if not lora.exists():
        raise ValueError(f"{lora} is missing: train it first, or correct `lora`")
    by_peft = (lora / "adapter_config.json").is_file()
    if not by_peft and not hasattr(pipeline, "load_lora_weights"):
        raise ValueError(f"a {type(pipeline).__name__} takes no LoRA weights: leave `lora` out")
    try:
        if by_peft:
            _merge_adapter(pipeline, lora)
        else:
            pipeline.load_lora_weights(lora, local_files_only=True, use_safetensors=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ValueError(f"{lora} holds no LoRA weights for {type(pipeline).__name__}: {error}") from error


def _merge_adapter(pipeline: Any, lora: Path) -> None:
    from peft import PeftModel

    if not (lora / "adapter_model.safetensors").is_file():
        raise ValueError("adapter_model.safetensors is missing beside adapter_config.json")
    part = "transformer" if getattr(pipeline, "transformer", None) is not None else "unet"
    setattr(pipeline, part, PeftModel.from_pretrained(getattr(pipeline, part), str(lora)).merge_and_unload())
