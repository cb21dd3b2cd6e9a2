#!/usr/bin/env bash
# Make the virtual environment $1 and install the project with the tested set of versions.
set -euo pipefail
venv=$1

find_python() {
    for candidate in python3.11 python3.12 python3; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)})'; then
            command -v "$candidate"
            return
        fi
    done
    echo "make: Python 3.11 or 3.12 is needed and was not found; on Debian and Ubuntu: apt-get install python3 python3-venv" >&2
    exit 1
}

python=$(find_python)
# Debian ships Python without ensurepip unless python3-venv is there too.
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "make: installing python$minor-venv, which $python lacks" >&2
        apt-get install -y -qq "python$minor-venv" >/dev/null || { apt-get update -qq && apt-get install -y -qq "python$minor-venv" >/dev/null; }
    else
        echo "make: $python cannot make virtual environments; as root: apt-get install python$minor-venv" >&2
        exit 1
    fi
fi
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "make: installing the project into $venv (some minutes, about 3 GB)" >&2
# The constraints are the tested set; without them a newer release of any package could break the chain.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
