#!/bin/sh
# Makes the README's table of results: methods x data sets x three seeds, and anomalib's beside them where there is a Python with it.
#
#   recipes/tables.sh OUT DATA WEIGHTS [PYTHON]
#
# OUT is where the runs and tables go; the same call goes on where another was stopped. DATA is a folder of data sets in the MVTec
# layout, WEIGHTS torchvision's ResNet-18 (resnet18-f37072fd.pth, or .safetensors). PYTHON has anomalib, torch and torchvision.
set -eu
usage='Usage: recipes/tables.sh OUT DATA WEIGHTS [PYTHON]'
out=${1:?$usage}
data=${2:?$usage}
weights=${3:?$usage}
python=${4:-}
epochs=10
root=$(dirname "$0")/..

if [ -n "$python" ]; then
  mkdir -p "$out"
  for set in "$data"/*/; do
    for method in stfpm reverse-distillation; do
      key="\"method\": \"$method\", \"epochs\": $epochs, \"seed\": 42, \"size\": 224, \"data\": \"$(basename "$set")\""
      if ! grep -qsF "$key" "$out/anomalib.jsonl"; then
        "$python" "$root/bench/peers/anomalib_run.py" \
          "{\"method\": \"$method\", \"root\": \"$set\", \"weights\": \"$weights\", \"epochs\": $epochs, \"seed\": 42, \"size\": 224}" |
          grep '^{' >> "$out/anomalib.jsonl"
      fi
    done
  done
fi

node "$root/packages/cli/bin/adfw.js" bench --config "$root"/recipes/table/*.json --data "$data" --category all \
  --weights "$weights" --epochs $epochs --seeds 3 --out "$out/bench"
