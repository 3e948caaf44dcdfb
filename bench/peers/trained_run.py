"""A method in PyTorch, written from its paper, on a folder in the MVTec layout whose images have their size, with given settings: one line of
JSON with what it reaches and what it takes.

python3 trained_run.py '{"method": "vae", "root": ".../sample-64", "size": 64, "epochs": 30, "batchSize": 8, "seed": 42, "weights":
                         ".../resnet18.safetensors", "model": {…}}'

`model` is the model of the experiment, with all options, as `adfw run` writes it down. Needs torch, torchvision, numpy, scipy, scikit-learn,
Pillow and safetensors.
"""
import json
import sys
import time
from pathlib import Path

import numpy
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score

from adversarial import Anogan, Bigan, Ganomaly
from flows import Cflow, DifferNet, FastFlow
from one_class import DeepSvdd
from reconstruction import Dagmm, Reconstruction
from self_supervised import CutPaste, GeometricTransformations

MODELS = {
    "fast-flow": FastFlow,
    "cflow": Cflow,
    "differnet": DifferNet,
    "cut-paste": CutPaste,
    "geometric-transformations": GeometricTransformations,
    "autoencoder": Reconstruction,
    "dagmm": Dagmm,
    "deep-svdd": DeepSvdd,
    "anogan": Anogan,
    "bigan": Bigan,
    "ganomaly": Ganomaly,
}


def read(files):
    """[N, 3, H, W] of 8 bits."""
    return torch.stack([torch.from_numpy(numpy.array(Image.open(f).convert("RGB"))).permute(2, 0, 1) for f in files])


def mask_of(root, file, size):
    path = root / "ground_truth" / file.parent.name / f"{file.stem}_mask.png"
    if not path.exists():
        return numpy.zeros((size, size), bool)
    return numpy.array(Image.open(path).convert("L")) > 127


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job.get("threads", torch.get_num_threads()))
    torch.manual_seed(job["seed"])
    root = Path(job["root"])
    train = read(sorted((root / "train/good").iterdir()))
    files = sorted((root / "test").glob("*/*.png"))
    test = read(files)
    labels = [file.parent.name != "good" for file in files]

    model = MODELS[job["model"]["type"]](job)
    start = time.perf_counter()
    model.fit(train)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    scores, maps = model.score(test)
    seconds = time.perf_counter() - start
    result = {
        **{key: job[key] for key in ("method", "epochs", "seed", "size")},
        "imageAuroc": roc_auc_score(labels, scores.numpy()),
        "fitSeconds": fit_seconds,
        "msPerImage": 1e3 * seconds / len(test),
    }
    if maps is not None:
        masks = numpy.stack([mask_of(root, file, job["size"]) for file in files])
        result["pixelAuroc"] = roc_auc_score(masks.flatten(), maps.numpy().flatten())
    print(json.dumps(result))


main()
