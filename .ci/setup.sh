# Shared by ./run and ./test: installs what is missing, and nothing when nothing is.

# package_names FILE...: the names in package lists, without comments.
package_names() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

# as_root COMMAND...
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "This needs root: $*" >&2
    return 1
  fi
}

# install_packages NAME...: installs the named Debian packages that are not there yet.
install_packages() {
  local missing=()
  mapfile -t missing < <(comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii //p' | sort -u))
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "Installing ${missing[*]}"
  compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || as_root apt-get update -q
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; then
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
  fi
}

# node_major: the major version of the node in PATH, 0 without one.
node_major() { { node --version 2>/dev/null || echo v0; } | sed 's/^v\([0-9]*\).*/\1/'; }

# install_node: node and npm from any source will do; Debian's own (18) builds the page.
install_node() {
  local missing=()
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# hash_of PATH...: one hash over the content of files and folders.
hash_of() { find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }

# install_modules FOLDER: npm ci, when the lock file changed since the last time.
install_modules() {
  local stamp=$1/node_modules/.ringback-stamp hash
  hash="$(hash_of "$1/package-lock.json")-node$(node_major)"
  [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ] && return 0
  echo "Installing the packages of $1/package-lock.json"
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) && echo "$hash" >"$stamp"
}

# go_minor GO: 24 for go1.24.6; 0 when there is none.
go_minor() { { "$1" env GOVERSION 2>/dev/null || echo go1.0; } | sed 's/^go[0-9]*\.\([0-9]*\).*/\1/'; }

# find_go: prints a Go that builds livekit-server. Debian's (1.19) is too old, but it can fetch a newer one, which Go's
# module proxy serves as a module. Such a module's files come without their execute bits.
find_go() {
  local version=1.24.6 machine=amd64 folder
  [ "$(uname -m)" = aarch64 ] && machine=arm64
  [ "$(go_minor go)" -ge 24 ] && { command -v go; return; }
  command -v go >/dev/null || install_packages golang-go >&2 || return 1
  folder=$(go env GOMODCACHE)/golang.org/toolchain@v0.0.1-go$version.linux-$machine
  if [ ! -x "$folder/bin/go" ]; then
    go mod download "golang.org/toolchain@v0.0.1-go$version.linux-$machine" >&2 || return 1
    chmod u+x "$folder"/pkg/tool/*/* "$folder"/bin/*
  fi
  echo "$folder/bin/go"
}

# livekit_server VERSION: where install_livekit_server puts the real server.
livekit_server() { echo "$PWD/build/tools/livekit-server-$1"; }

# install_livekit_server VERSION: builds the real server by the Go client, which checks every module's sum.
install_livekit_server() {
  local binary folder go
  binary=$(livekit_server "$1")
  [ -x "$binary" ] && return 0
  go=$(find_go) || return 1
  echo "Building livekit-server v$1; the first time takes some minutes"
  folder=$binary.build
  env -u GOROOT CGO_ENABLED=0 GOTOOLCHAIN=local GOBIN="$folder" \
    "$go" install -ldflags='-s -w' "github.com/livekit/livekit-server/cmd/server@v$1" &&
    mv "$folder/server" "$binary" && rmdir "$folder"
}
