#!/bin/sh
# Trains the teacher that comes with @adfw/networks, from torchvision's ResNet-18 and generated images alone: nothing else is
# needed, and nothing is seen of any dataset. About ten minutes on two cores.
#
#   recipes/built-in-teacher.sh OUT [WEIGHTS]
#
# OUT is the folder to write, new or empty. WEIGHTS is a file with torchvision's ResNet-18 (resnet18-f37072fd.pth); without it that
# is downloaded. The same machine and engine give the same file, bit for bit; others differ in the last digits.
set -eu
out=${1:?Usage: recipes/built-in-teacher.sh OUT [WEIGHTS]}
root=$(dirname "$0")/..

node "$root/packages/cli/bin/adfw.js" pretrain pyramid \
  --images generated --generated-images 1200 \
  --teacher resnet18 --weights "${2:-imagenet}" --network resnet18 --width 64 --inner-share 0.5 \
  --steps 2500 --batch-size 16 --crop-size 96 --learning-rate 0.001 --seed 0 --record-every 100 \
  --storage float16 --out "$out"

echo "To ship it:"
echo "  cp $out/weights.safetensors $root/packages/networks/teachers/resnet18-half-inner.safetensors"
echo "  cp $out/manifest.json $root/packages/networks/teachers/resnet18-half-inner.json"
