#!/usr/bin/env bash
# .ci/start-check.sh <folder> [command that runs the rest of its line ...]
# Starts the built service in a folder, with the settings in the environment and on a free port, and goes through its
# main path by curl: check a picture, ban it, see a half-size JPEG copy blocked. Then SIGTERM, which must end it with
# exit code 0 within 10 seconds.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="$1"
shift
work="$(mktemp -d)"
chmod 755 "$work"
service=""

finish() {
  local code=$?
  [ -z "$service" ] || kill -KILL "$service" 2>/dev/null || true
  if [ "$code" != 0 ]; then
    echo "start check failed; the service said:" >&2
    cat "$work/greeting" "$work/log" >&2 || true
  fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

fail() {
  echo "start check: $*" >&2
  exit 1
}

# Prints one member of the JSON on standard input, such as: member matches.0.list
member() {
  node -e '
    let value = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    for (const name of process.argv[1].split(".")) value = value?.[name];
    console.log(typeof value === "object" ? JSON.stringify(value) : value);
  ' "$1"
}

expect() {
  local what="$1" expected="$2" received="$3"
  [ "$received" = "$expected" ] || fail "Expected $expected for $what but received $received"
  echo "  $what: $received"
}

(cd "$here/.." && npx --no-install tsx .ci/make-pictures.ts "$work")

(cd "$folder" && PORT=0 exec "$@" node dist/main.js) >"$work/greeting" 2>"$work/log" </dev/null &
service=$!
for _ in $(seq 600); do
  grep -q '^Check an image:' "$work/greeting" && break
  kill -0 "$service" 2>/dev/null || fail "The service ended before it listened"
  sleep 0.1
done
base="$(sed -n 's/^Lookalike listens on \([^ ]*\).*/\1/p' "$work/greeting")"
key="${ADMIN_KEY:-$(sed -n 's/^First admin key, shown this once: //p' "$work/greeting")}"
[ -n "$base" ] && [ -n "$key" ] || fail "Expected an address and a first admin key in the greeting"
echo "start check: the service in $folder listens on $base"

ask() {
  local path="$1"
  shift
  curl --silent --show-error --fail-with-body --max-time 60 --header "Authorization: Bearer $key" "$@" "$base$path"
}

expect "GET /healthz" ok "$(ask /healthz | member status)"
expect "GET /readyz" ready "$(ask /readyz | member status)"

first="$(ask /v1/images/check --form "image=@$work/photo.png")"
expect "a new picture's times seen" 1 "$(member seen.times <<<"$first")"
expect "a new picture's scores come from" model "$(member classification.source <<<"$first")"

list="$(ask /v1/lists --json '{"name": "banned"}')"
expect "the list made" banned "$(member name <<<"$list")"
entry="$(ask /v1/lists/banned/entries --form "image=@$work/photo.png" --form custom_id=case-1)"
expect "the entry's list" banned "$(member list <<<"$entry")"

copy="$(ask /v1/images/check --form "image=@$work/copy.jpg")"
expect "a half-size JPEG copy's verdict" block "$(member verdict <<<"$copy")"
expect "because of" case-1 "$(member matches.0.custom_id <<<"$copy")"
expect "its scores come from" near "$(member classification.source <<<"$copy")"

kill -TERM "$service"
asked=$SECONDS
for _ in $(seq 100); do
  kill -0 "$service" 2>/dev/null || break
  sleep 0.1
done
kill -0 "$service" 2>/dev/null && fail "Expected the service to end within 10 s of SIGTERM but it still runs"
code=0
wait "$service" || code=$?
service=""
expect "exit code after SIGTERM" 0 "$code"
echo "start check passed; SIGTERM took $((SECONDS - asked)) s or less"
