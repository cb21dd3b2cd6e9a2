from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.editors import DiffusersSettings, open_editor
from dagster_gsi.editors.base import Request
from dagster_gsi.geometry.camera import Camera

# Before diffusers is imported anywhere: nothing here may reach for the network.
os.environ["HF_HUB_OFFLINE"] = "1"

WIDTH, HEIGHT = 48, 32
CAMERA = Camera.look_at(np.array([0.0, -1.0, 1.0]), np.zeros(3), fov=1.0, width=WIDTH, height=HEIGHT)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """InstructPix2Pix with random weights and a tokenizer made here, saved as its users would."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionInstructPix2PixPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        block_out_channels=(32, 64), layers_per_block=1, sample_size=8, in_channels=8, out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=[32, 64], down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2, latent_channels=4,
    )  # fmt: skip
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            bos_token_id=0, eos_token_id=1, pad_token_id=1, hidden_size=32, intermediate_size=37, num_attention_heads=4,
            num_hidden_layers=2, vocab_size=1000, projection_dim=32,
        )
    )  # fmt: skip
    pipeline = StableDiffusionInstructPix2PixPipeline(
        unet=unet, vae=vae, scheduler=DDIMScheduler(), text_encoder=text_encoder, tokenizer=_tokenizer(),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("models") / "tiny"
    pipeline.save_pretrained(path)
    return path


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    start, end = "<|startoftext|>", "<|endoftext|>"
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=[start, end], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(["move the red cube to the left"], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=start, eos_token=end, pad_token=end, unk_token=end, model_max_length=77
    )


def _request(sample_id: str) -> Request:
    picture_HW3 = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    shape = (HEIGHT, WIDTH)
    return Request(
        sample_id, Image.fromarray(picture_HW3), "move the red cube to the left", "", np.ones(shape, dtype=bool),
        np.ones(shape, dtype=np.float32), CAMERA,
    )  # fmt: skip


def _edited(path: Path, *sample_ids: str, **options: Any) -> dict[str, np.ndarray]:
    settings = DiffusersSettings(kind="diffusers", path=path, steps=2, device="cpu", **options)
    editor = open_editor(settings, root=Path("/"), answer=lambda _: pytest.fail("a model asked for the truth"))
    results = dict(editor.edit_all(_request(sample_id) for sample_id in sample_ids))
    assert all(isinstance(image, Image.Image) for image in results.values())
    return {sample_id: np.asarray(image) for sample_id, image in results.items()}


def test_a_pipeline_edits_at_the_source_s_size_and_each_picture_has_its_own_noise(model: Path) -> None:
    both = _edited(model, "a", "b")
    assert both["a"].shape == (HEIGHT, WIDTH, 3)
    # The same source and text: only the noise differs.
    assert not np.array_equal(both["a"], both["b"])
    assert np.array_equal(_edited(model, "b")["b"], both["b"])
    assert not np.array_equal(_edited(model, "b", seed=1)["b"], both["b"])


@pytest.fixture(scope="module")
def loras(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same random LoRA in the layouts of peft and of diffusers."""
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline, UNet2DConditionModel
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

    config = LoraConfig(r=4, lora_alpha=4, target_modules=["to_q", "to_k", "to_v", "to_out.0"])
    tuned = get_peft_model(UNet2DConditionModel.from_pretrained(model / "unet"), config)
    for name, weights in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights.data, std=0.5)
    root = tmp_path_factory.mktemp("loras")
    tuned.save_pretrained(root / "peft")
    state = {name.removeprefix("base_model.model."): w for name, w in get_peft_model_state_dict(tuned).items()}
    StableDiffusionInstructPix2PixPipeline.save_lora_weights(root / "diffusers", unet_lora_layers=state)
    return {layout: root / layout for layout in ("peft", "diffusers")}


def test_a_lora_changes_the_result_and_either_layout_gives_the_same(model: Path, loras: dict[str, Path]) -> None:
    plain = _edited(model, "a")["a"].astype(int)
    tuned = {layout: _edited(model, "a", lora=path)["a"].astype(int) for layout, path in loras.items()}
    assert np.abs(tuned["peft"] - plain).max() > 10
    assert np.abs(tuned["peft"] - tuned["diffusers"]).max() <= 1


def test_a_folder_without_a_model_says_what_it_lacks(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing is fetched"):
        _edited(tmp_path / "nowhere", "a")
    with pytest.raises(ValueError, match=r"has no model_index.json"):
        _edited(model / "unet", "a")
    (tmp_path / "model_index.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"is not JSON"):
        _edited(tmp_path, "a")


def test_a_pipeline_that_takes_no_picture_is_refused(model: Path, tmp_path: Path) -> None:
    from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel

    unet = UNet2DModel(8, block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",))
    DDIMPipeline(unet, DDIMScheduler()).save_pretrained(tmp_path / "generator")
    with pytest.raises(ValueError, match=r"DDIMPipeline, which does not take image, prompt: .*`kind: command`"):
        _edited(tmp_path / "generator", "a")


def test_weights_as_pickles_are_refused(model: Path, tmp_path: Path) -> None:
    import shutil

    import torch

    unsafe = shutil.copytree(model, tmp_path / "unsafe")
    (unsafe / "unet/diffusion_pytorch_model.safetensors").unlink()
    torch.save({}, unsafe / "unet/diffusion_pytorch_model.bin")
    with pytest.raises(ValueError, match="cannot be loaded"):
        _edited(unsafe, "a")


def test_lora_weights_that_are_missing_or_none_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing: train it first"):
        _edited(model, "a", lora=tmp_path / "nowhere")
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"adapter_model.safetensors is missing"):
        _edited(model, "a", lora=tmp_path)
