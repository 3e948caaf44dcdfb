#!/bin/sh
# What a machine with a GPU gives, in some ten minutes: which providers of ONNX Runtime start there, or why not; then the training step and
# scoring of STFPM on each that does, beside the CPU and beside PyTorch on the same card where `python3` has it. On the built packages
# (npm run build); nothing is installed or downloaded. Node is all it needs.
#
#   bench/gpu.sh [ROWS]
#
# ROWS are those of `npm run bench`, train-step/stfpm,score/stfpm by default. CUDA needs libraries of ONNX Runtime that npm leaves
# out: npm explore @adfw/onnxruntime-node -- npm run cuda.
set -u
rows=${1:-train-step/stfpm,score/stfpm}
root=$(cd "$(dirname "$0")/.." && pwd)
if command -v nvidia-smi > /dev/null; then
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
else
  echo 'There is no nvidia-smi: no NVIDIA driver, or not in the PATH.'
fi
for provider in cpu webgpu cuda; do
  echo
  echo "$provider"
  if reason=$(cd "$root" && node --input-type=module -e "
    const { configure, engineVersion } = await import('@adfw/engine-onnxruntime');
    try { configure({ provider: '$provider' }); console.log(JSON.stringify(engineVersion())); }
    catch ({ message }) { console.log(message); process.exit(1); }"); then
    echo "$reason"
    node "$root/bench/bench.mjs" --rows "$rows" --provider $provider --repeats 5 || echo "$provider failed; what it says is above."
  else
    echo "$reason"
  fi
done
