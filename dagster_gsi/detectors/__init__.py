"""The kinds of detectors. A new one is one file, one field in `DetectorsParams` and one case in `open_detector`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dagster_gsi.detectors.params import CachedParams, DetAny3DParams, FitParams, Section

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.detectors.base import Detector
    from dagster_gsi.detectors.cached import Cached


DetectorName = Literal["fit", "detany3d", "cached"]


class DetectorsParams(Section):
    """The section `detectors` of `params.yaml`: one key a kind, whichever of them looks."""

    fit: FitParams = FitParams()
    detany3d: DetAny3DParams | None = None
    """Has no default: only users know where they have the checkout, the weights and the environment."""
    cached: CachedParams | None = None


def open_detector(name: DetectorName, params: DetectorsParams, root: Path, *, editor: str = "") -> Detector:
    """A detector ready for work, in the process that uses it; relative paths start at `root`.

    `editor` is whose pictures will be shown: recorded answers are kept apart by it.
    """
    match name:
        case "fit":
            from dagster_gsi.detectors.fit import Fit
            from dagster_gsi.scenes.catalogue import ASSETS, Catalogue

            return Fit(Catalogue(root / ASSETS))
        case "detany3d":
            from dagster_gsi.detectors.detany3d import open_detany3d
            from dagster_gsi.detectors.recording import Recording

            settings = _detany3d(params)
            detector = open_detany3d(settings, root)
            if settings.record is None:
                return detector
            return Recording(detector, _path_of(settings.record, root, editor, "detany3d.record"))
        case "cached":
            return _cached(params, root, editor)


def check_detector(
    name: DetectorName, params: DetectorsParams, root: Path, sample_ids: Sequence[str], *, editor: str = ""
) -> None:
    """Refuse at once what would fail for all samples. Nothing is loaded or started; call it before the work is dealt."""
    match name:
        case "fit":
            return
        case "detany3d":
            from dagster_gsi.detectors.detany3d_setup import installation

            installation(_detany3d(params), root)
        case "cached":
            _cached(params, root, editor).require(sample_ids)


def gather_recordings(params: DetectorsParams, root: Path, *, editor: str = "") -> None:
    """Bring what was recorded into one file; call it when all samples have been looked at."""
    if params.detany3d is not None and params.detany3d.record is not None:
        from dagster_gsi.detectors.recording import gather

        gather(_path_of(params.detany3d.record, root, editor, "detany3d.record"))


def _detany3d(params: DetectorsParams) -> DetAny3DParams:
    if params.detany3d is None:
        raise ValueError(
            "params.yaml, detectors.detany3d is missing, but the detector `detany3d` is chosen: set "
            "detectors.detany3d.repo, detectors.detany3d.weights and detectors.detany3d.python; docs/detectors.md "
            "says what they are"
        )
    return params.detany3d


def _cached(params: DetectorsParams, root: Path, editor: str) -> Cached:
    from dagster_gsi.detectors.cached import open_cached

    if params.cached is None:
        raise ValueError(
            "params.yaml, detectors.cached is missing, but the detector `cached` is chosen: "
            "set detectors.cached.path to an infer_cache.json"
        )
    return open_cached(_path_of(params.cached.path, root, editor, "cached.path"))


def _path_of(path: Path, root: Path, editor: str, key: str) -> Path:
    """`path` with the editor's name in it."""
    text = str(path.expanduser())
    if "{editor}" in text and not editor:
        raise ValueError(f"params.yaml, detectors.{key}: {path} is one file an editor, and no editor is named")
    return root / text.replace("{editor}", editor)
