#!/usr/bin/env bash
# Builds the image of the four services. Usage: ./build-combined.sh [TAG]
#
# TAG, or the variable DOCTOWN_IMAGE, names the image; doctown-combined:latest by default.
# BASE and ONNXRUNTIME are handed to Dockerfile.combined, PIP_INDEX_URL too where it is set.
set -euo pipefail
cd "$(dirname "$0")"

image="${1:-${DOCTOWN_IMAGE:-doctown-combined:latest}}"
arguments=()
for name in BASE ONNXRUNTIME PIP_INDEX_URL; do
  [ -z "${!name:-}" ] || arguments+=(--build-arg "$name=${!name}")
done

command -v docker >/dev/null || { echo "build-combined: there is no docker command; install a container engine" >&2; exit 2; }
docker build --file Dockerfile.combined --tag "$image" "${arguments[@]}" .
echo "built $image"
