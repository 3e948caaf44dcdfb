"""A method of anomalib (from pip) on a data set in the MVTec layout, with the same weights, images and epochs as ours: one line
of JSON with what it reaches and what it takes.

python3 anomalib_run.py '{"method": "stfpm", "root": ".../bottle", "weights": ".../resnet18.safetensors", "epochs": 20, "seed": 42,
                          "size": 224, "threads": 2}'

`batchSize` and `model`, the model of an experiment of ours, say how large batches and networks are; the rest is anomalib's own.
Needs torch, torchvision, anomalib. timm's weights, which it would download, are filled from the file.
"""
import json
import logging
import sys
import tempfile
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.INFO)

import timm
import torch
from anomalib.data import Folder
from anomalib.engine import Engine
from anomalib.metrics.aupro import _AUPRO
from anomalib.models import Cflow, Fastflow, Ganomaly, Padim, Patchcore, ReverseDistillation, Stfpm
from lightning.pytorch import seed_everything
from safetensors.torch import load_file
from sklearn.metrics import roc_auc_score

job = json.loads(sys.argv[1])
torch.set_num_threads(job.get("threads", torch.get_num_threads()))
seed_everything(job["seed"], verbose=False)
create_model = timm.create_model


def create_filled_model(name, pretrained=False, pretrained_cfg=None, **options):
    network = create_model(name, pretrained=False, **options)
    if pretrained:
        state = load_file(job["weights"])
        missing = [key for key in network.load_state_dict(state, strict=False).missing_keys if "num_batches" not in key]
        assert all(key.startswith(("layer4", "fc")) for key in missing), missing
    return network


timm.create_model = create_filled_model
size = (job["size"], job["size"])
asked = job.get("model", {})
batches = {key: job["batchSize"] for key in ("train_batch_size", "eval_batch_size") if "batchSize" in job}
ganomaly = {"n_features": asked["width"], "latent_vec_size": asked["latent"]} if "latent" in asked else {}
if "batchSize" in job:
    ganomaly["batch_size"] = job["batchSize"]
METHODS = {
    "stfpm": (Stfpm, {}),
    "reverse-distillation": (ReverseDistillation, {"backbone": "resnet18"}),
    "padim": (Padim, {}),
    "patchcore": (Patchcore, {"backbone": "resnet18"}),
    "fastflow": (Fastflow, {"backbone": "resnet18", "conv3x3_only": asked.get("kernels") == "3x3"}),
    "cflow": (Cflow, {"backbone": "resnet18", "layers": ("layer2", "layer3")}),
    "ganomaly": (Ganomaly, ganomaly),
}
kind, options = METHODS[job["method"]]
model = kind(pre_processor=kind.configure_pre_processor(image_size=size), visualizer=False, **options)

root = Path(job["root"])
defects = sorted(folder.name for folder in (root / "test").iterdir() if folder.name != "good")
has_masks = (root / "ground_truth").exists()
data = Folder(
    name=root.name,
    root=root,
    normal_dir="train/good",
    normal_test_dir="test/good",
    abnormal_dir=[f"test/{defect}" for defect in defects],
    mask_dir=[f"ground_truth/{defect}" for defect in defects] if has_masks else None,
    val_split_mode="none",
    num_workers=0,
    **batches,
    seed=job["seed"],
)
with tempfile.TemporaryDirectory() as folder:
    engine = Engine(
        default_root_dir=folder,
        max_epochs=job["epochs"],
        accelerator="cpu",
        enable_progress_bar=False,
        limit_val_batches=0,
    )
    start = time.perf_counter()
    engine.fit(model, datamodule=data)
    fit_seconds = time.perf_counter() - start

model.eval()
data.setup()
scores, labels, maps, masks = [], [], [], []
milliseconds = []
with torch.inference_mode():
    for batch in data.test_dataloader():
        images = model.pre_processor(batch.image)
        for index in range(len(images)):
            start = time.perf_counter()
            seen = model.model(images[index : index + 1])
            milliseconds.append((time.perf_counter() - start) * 1e3)
            scores.append(float(seen.pred_score))
            if seen.anomaly_map is not None:
                maps.append(seen.anomaly_map.reshape(1, *seen.anomaly_map.shape[-2:]))
        labels += [int(label) for label in batch.gt_label]
        if has_masks:
            resized = torch.nn.functional.interpolate(batch.gt_mask[:, None].float(), size, mode="nearest")
            masks += list(resized[:, 0].int())

result = {
    **{key: job[key] for key in ("method", "epochs", "seed", "size")},
    "data": root.name,
    "imageAuroc": roc_auc_score(labels, scores),
    "fitSeconds": fit_seconds,
    "msPerImage": sorted(milliseconds)[len(milliseconds) // 2],
    "parameters": sum(p.numel() for p in model.model.parameters() if p.requires_grad),
}
if has_masks and maps:
    all_maps, all_masks = torch.cat(maps), torch.stack(masks)
    result["pixelAuroc"] = roc_auc_score(all_masks.flatten().numpy(), all_maps.flatten().numpy())
    aupro = _AUPRO(fpr_limit=0.3)
    aupro.update(all_maps, all_masks)
    result["aupro"] = float(aupro.compute())
print(json.dumps(result))
