# What quickstart and the examples share: a built binary, a folder to work in, a server in it. To be sourced by bash
# scripts with `set -euo pipefail`. All that is started is stopped, and all that is made is removed, when the script ends.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary=${SHARDMILL_BIN:-$root/build/release/shardmill}
server_pid=

say() { printf '\n-- %s\n' "$*"; }
sm() { "$binary" "$@"; }

# work: a folder that lives as long as the script. mill: the server's folder in it.
prepare_work() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/shardmill.XXXXXX")
  mill=$work/mill
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -p "$mill/functions"
  if [ ! -x "$binary" ]; then build_binary; fi
}

clean_up() {
  local code=$?
  stop_server || true
  if [ $code != 0 ] && [ -s "$work/server.log" ]; then
    echo "-- last words of the server:" >&2
    tail -n 20 "$work/server.log" >&2
  fi
  rm -rf "$work"
}

build_binary() {
  say "building shardmill (once)"
  (cd "$root" && cmake --preset release >/dev/null && cmake --build --preset release --target shardmill)
}

# build_function DIR: builds the project in DIR against the SDK installed in $work/prefix, into $work/build.
build_function() {
  say "the SDK into a prefix, $(basename "$1") built against it"
  cmake --install "$(dirname "$binary")" --prefix "$work/prefix" >"$work/build.log" 2>&1 &&
    cmake -S "$1" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=RelWithDebInfo >>"$work/build.log" 2>&1 &&
    cmake --build "$work/build" --parallel >>"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; return 1; }
  ls "$work"/build/functions/*.so | sed "s|$work/||"
}

# Starts the server on $mill and a free port, and points the commands (and AWS tools) to it.
start_server() {
  : >"$work/server.out"
  "$binary" serve "$mill" --listen 127.0.0.1:0 >"$work/server.out" 2>"$work/server.log" </dev/null &
  server_pid=$!
  wait_for "the server" server_is_ready
  AWS_ENDPOINT_URL=$(sed -n 's/^listening on //p' "$work/server.out")
  export AWS_ENDPOINT_URL
  echo "listening on $AWS_ENDPOINT_URL"
}

server_is_ready() {
  kill -0 "$server_pid" 2>/dev/null || { echo "the server did not start" >&2; exit 1; }
  grep -q '^listening on ' "$work/server.out"
}

stop_server() {
  [ -n "$server_pid" ] || return 0
  kill "$server_pid" 2>/dev/null || true
  wait "$server_pid" || return $?
  server_pid=
}

# wait_for WHAT COMMAND...: until the command succeeds, half a minute at most.
wait_for() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < 300; tries++)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 30 s for $what" >&2
  return 1
}

function_is_live() { sm function list 2>/dev/null | awk -v name="$1" '$1 == name && $3 == "live" { found = 1 } END { exit !found }'; }
log_has() { sm function logs "$1" 2>/dev/null | grep -qF -- "$2"; }
