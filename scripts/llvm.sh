#!/usr/bin/env bash
# Find LLVM 19 for the renderer, or get it: by apt as root, else by unpacking Debian's packages into .cache/llvm.
# Without it the renderer still works, ten times slower; so nothing here is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
unpacked=.cache/llvm

found() {
    [ -n "${DRJIT_LIBLLVM_PATH:-}" ] && [ -f "$DRJIT_LIBLLVM_PATH" ] && return
    compgen -G '/usr/lib/*/libLLVM.so.19*' >/dev/null || compgen -G '/usr/lib/*/libLLVM-19.so*' >/dev/null ||
        compgen -G '/usr/lib/llvm-19/lib/libLLVM*.so*' >/dev/null || compgen -G "$unpacked/usr/lib/*/libLLVM.so.19*" >/dev/null
}

# Debian 12 has LLVM 19 in its main archive, Ubuntu from 24.10.
install_as_root() {
    [ "$(id -u)" = 0 ] || return 1
    echo "make: installing libllvm19 for the renderer" >&2
    apt-get install -y -qq libllvm19 >/dev/null 2>&1 || { apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq libllvm19 >/dev/null 2>&1; }
}

# The library and those of its dependencies that this machine lacks.
unpack_without_root() {
    echo "make: unpacking libllvm19 into $unpacked" >&2
    mkdir -p "$unpacked/packages"
    local needed
    needed=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances libllvm19 2>/dev/null |
        grep -E '^(libllvm19|libz3-4|libedit2|libxml2|libbsd0|libmd0|libicu[0-9]+|libtinfo6|liblzma5|libzstd1|libffi8|zlib1g)$' | sort -u) || return 1
    [ -n "$needed" ] || return 1
    (cd "$unpacked/packages" && for package in $needed; do
        [ "$package" != libllvm19 ] && dpkg -s "$package" >/dev/null 2>&1 && continue
        apt-get download -qq "$package" || exit 1
    done) || return 1
    for package in "$unpacked"/packages/*.deb; do dpkg -x "$package" "$unpacked" || return 1; done
    rm -r "$unpacked/packages"
}

found && exit
if command -v apt-get >/dev/null; then
    install_as_root || unpack_without_root || true
    found && exit
fi
echo "make: LLVM 19 could not be installed (it needs apt, and libllvm19 in the archive): pictures are rendered by" >&2
echo "make: scalar_rgb, ten times slower. Any libLLVM.so.19 will do: export DRJIT_LIBLLVM_PATH=/path/to/it" >&2
