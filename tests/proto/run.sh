#!/bin/bash
# Compares proto/*.proto with the descriptors that LiveKit publishes in its Python package. `./test --only proto` runs
# it; the last line counts the messages and enums that agree.
set -uo pipefail
cd "$(dirname "$0")/../.."

readonly out=build/proto
readonly venv=$out/venv
mkdir -p "$out"

if ! command -v protoc >/dev/null; then
  echo 'protoc is missing'
  echo '0 passed, 0 failed, 1 skipped'
  exit 0
fi
if ! cmp -s tests/proto/requirements.txt "$venv/installed.txt"; then
  python3 -m venv --clear "$venv" &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r tests/proto/requirements.txt &&
    cp tests/proto/requirements.txt "$venv/installed.txt"
  if [ ! -f "$venv/installed.txt" ]; then
    echo 'the reference descriptors cannot be installed'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
  fi
fi
protoc --proto_path=proto --include_imports --descriptor_set_out="$out/ours.binpb" proto/*.proto || exit 1
"$venv/bin/python" tests/proto/check_descriptors.py "$out/ours.binpb"
