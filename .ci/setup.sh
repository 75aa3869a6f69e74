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
