"""What PyTorch takes for the work of a benchmark. It answers each line on stdin by doing the work once and printing JSON:
the milliseconds it took, and the most memory that was resident so far, in bytes.

python3 peer.py '{"task": "train-step", "method": "stfpm", ..., "threads": 2, "channels_last": true, "device": "cpu"}'
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

from autoencoder import Autoencoder
from fast_flow import FastFlow
from networks import Network, students_of

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    torch.set_default_device(job.get("device", "cpu"))
    memory_format = torch.channels_last if job.get("channels_last") else torch.contiguous_format
    work = TASKS[job["task"]](job, memory_format)
    for _ in sys.stdin:
        start = time.perf_counter()
        work()
        ms = (time.perf_counter() - start) * 1e3
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"ms": ms, "peakBytes": peak}), flush=True)


def train_step(job, memory_format):
    """A step of the method: see the function of its family."""
    steps = {"fastflow": fast_flow_step, "autoencoder": autoencoder_step}
    return steps.get(job["method"], student_steps)(job, memory_format)


def fast_flow_step(job, memory_format):
    """The network's forward pass, and a step of all flows: forward, backward, Adam. With `given_features`, the flows alone."""
    network = Network().to(memory_format=memory_format).eval()
    images = torch.randn(job["batch"], 3, job["size"], job["size"]).to(memory_format=memory_format)

    def features():
        with torch.inference_mode():
            return network(images)

    given = [f.clone() for f in features()]
    flow = FastFlow([f.shape[1:] for f in given]).to(memory_format=memory_format)
    optimizer = torch.optim.Adam(flow.parameters(), lr=1e-3, weight_decay=1e-5)

    def step():
        loss = flow.loss(given if job["given_features"] else [f.clone() for f in features()])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return step


def autoencoder_step(job, memory_format):
    network = Autoencoder(job["size"]).to(memory_format=memory_format)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-4, weight_decay=1e-5)
    images = torch.rand(job["batch"], 3, job["size"], job["size"]).to(memory_format=memory_format)

    def step():
        loss = F.mse_loss(network(images), images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return step


def student_steps(job, memory_format):
    """The teacher's forward pass, and a step of each student: forward, backward, SGD. With `given_features`, the students alone."""
    teacher = Network().to(memory_format=memory_format).eval()
    students = [student.to(memory_format=memory_format).train() for student in students_of(job["method"])]
    optimizers = [torch.optim.SGD(s.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4) for s in students]
    images = torch.randn(job["batch"], 3, job["size"], job["size"]).to(memory_format=memory_format)

    def targets():
        with torch.inference_mode():
            return [F.normalize(f) for f in teacher(images)]

    given = [t.clone() for t in targets()] if job["given_features"] else None

    def step():
        wanted = given or targets()
        for student, optimizer in zip(students, optimizers):
            loss = sum(
                0.5 / (t.shape[2] * t.shape[3]) * (t - F.normalize(f)).square().sum()
                for t, f in zip(wanted, student(images))
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()

    return step


def score(job, memory_format):
    """From 8-bit images to anomaly maps: distances of normalised features (for several students to their mean, plus their
    variance), upsampled and multiplied over the layers."""
    teacher = Network().to(memory_format=memory_format).eval()
    students = [student.to(memory_format=memory_format).eval() for student in students_of(job["method"])]
    images = torch.randint(0, 256, (job["batch"], job["size"], job["size"], 3), dtype=torch.uint8, device="cpu")
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))

    @torch.inference_mode()
    def maps():
        on_device = images.to(mean.device).permute(0, 3, 1, 2)
        x = ((on_device.float() / 255 - mean) / std).contiguous(memory_format=memory_format)
        pyramids = [student(x) for student in students]
        combined = 1
        for layer, t in enumerate(teacher(x)):
            normalized = [F.normalize(pyramid[layer]) for pyramid in pyramids]
            centre = sum(normalized) / len(normalized)
            distance = 0.5 * (F.normalize(t) - centre).square().sum(1, keepdim=True)
            if len(normalized) > 1:
                distance = distance + sum((s - centre).square().sum(1, keepdim=True) for s in normalized) / len(normalized)
            combined = combined * F.interpolate(distance, x.shape[2:], mode="bilinear", align_corners=False)
        return combined.amax((1, 2, 3)).tolist(), combined.cpu().numpy()

    return maps


def features(job, memory_format):
    teacher = Network().to(memory_format=memory_format).eval()
    images = torch.randn(job["batch"], 3, job["size"], job["size"]).to(memory_format=memory_format)

    @torch.inference_mode()
    def forward():
        return [f.contiguous().cpu().numpy() for f in teacher(images)]

    return forward


def read_images(job, memory_format):
    """Decodes and resizes files with Pillow, as torchvision does."""
    from PIL import Image

    def read():
        for path in job["files"]:
            Image.open(path).convert("RGB").resize((job["size"], job["size"]), Image.Resampling.BILINEAR).tobytes()

    return read


TASKS = {"train-step": train_step, "score": score, "features": features, "read-images": read_images}

main()
