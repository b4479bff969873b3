#!/usr/bin/env bash
# Proves what docker-compose.yml promises, on a machine with a container engine: builds
# and starts everything, loads both twins alike until the kernel kills leaky while fixed
# answers, compares, stops, and removes what it made. Ports are free ones, so that it
# can run beside others.
#
#   scripts/compose-test.sh
#   BUILD_IMAGE=my/rust scripts/compose-test.sh     without a registry for the base image
#
# Exit codes: 0 all holds, 1 something does not, 77 skipped: there is no engine.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# The memory limit of the twins, and the most that the files of their images may take.
MEMORY=$((256 * 1024 * 1024))
IMAGE_BYTES=60000000

skip() {
    printf 'compose-test.sh: skipped: %s\n' "$1"
    exit 77
}

docker info >/dev/null 2>&1 || skip 'no container engine answers (docker info)'
if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
elif docker-compose version >/dev/null 2>&1; then
    compose=(docker-compose)
else
    skip 'there is an engine and no compose (docker compose, docker-compose)'
fi

project=leaklab-test-$$
out=$(mktemp -d)
export COMPOSE_PROJECT_NAME=$project COMPARE_OUT=$out LEAKY_PORT=0 FIXED_PORT=0
compose+=(--profile compare)
log=$out/log
failures=0

fail() {
    printf '  FAILED: %s\n' "$1"
    failures=$((failures + 1))
}

# check WHAT IS WANTED
check() {
    if [ "$2" = "$3" ]; then
        printf '  %s: %s\n' "$1" "$2"
    else
        fail "$1: '$2' instead of '$3'"
    fi
}

# quietly COMMAND...: its output only if it fails, and then the end.
quietly() {
    "$@" >"$log" 2>&1 || {
        tail -n 40 "$log"
        printf 'compose-test.sh: failed: %s\n' "$*"
        exit 1
    }
}

everything() {
    docker ps --all --format 'container {{.Names}}' | grep "$project" || true
    docker network ls --format 'network {{.Name}}' | grep "$project" || true
    docker volume ls --format 'volume {{.Name}}' | grep "$project" || true
    docker images --format 'image {{.Repository}}' | grep "$project" || true
}

clean_up() {
    status=$?
    trap - EXIT
    "${compose[@]}" down --volumes --remove-orphans --rmi local --timeout 20 >"$log" 2>&1 ||
        tail -n 20 "$log"
    left=$(everything)
    rm -rf -- "$out"
    check 'left behind' "${left:-nothing}" nothing
    if [ "$status" -eq 0 ] && [ "$failures" -eq 0 ]; then
        printf 'compose-test.sh: all holds\n'
        exit 0
    fi
    if [ "$failures" -gt 0 ]; then
        printf 'compose-test.sh: %s checks failed\n' "$failures"
    else
        printf 'compose-test.sh: ended early (exit code %s)\n' "$status"
    fi
    exit 1
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

id_of() { "${compose[@]}" ps --all --quiet "$1"; }

inspect() { docker inspect --format "$2" "$(id_of "$1")"; }

inside() { docker exec "$(id_of "$1")" busybox "${@:2}"; }

# healthy SERVICE: waits for at most a minute.
healthy() {
    for _ in $(seq 120); do
        [ "$(inspect "$1" '{{.State.Health.Status}}')" != healthy ] || break
        sleep 0.5
    done
    check "$1 is" "$(inspect "$1" '{{.State.Health.Status}}')" healthy
}

printf 'building the images\n'
quietly "${compose[@]}" build

printf 'starting\n'
quietly "${compose[@]}" up --detach
for service in dynamodb leaky fixed; do
    healthy "$service"
done
check 'seed ended with' "$(inspect seed '{{.State.ExitCode}}')" 0

printf 'looking at the containers\n'
for service in dynamodb leaky fixed; do
    check "$service: user" "$(inside "$service" id -u):$(inside "$service" id -g)" 10001:10001
    status=$(inside "$service" grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/1/status | xargs)
    check "$service: capabilities, new privileges" "$status" \
        'CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1'
    check "$service: read-only" "$(inspect "$service" '{{.HostConfig.ReadonlyRootfs}}')" true
    for folder in / /tmp /usr/local/bin; do
        ! inside "$service" touch "$folder/file" 2>/dev/null ||
            fail "$service can write to $folder"
    done
done
for service in leaky fixed; do
    check "$service: memory and swap" \
        "$(inspect "$service" '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}')" \
        "$MEMORY $MEMORY"
    bytes=$(docker image inspect --format '{{.Size}}' "$(inspect "$service" '{{.Image}}')")
    [ "$bytes" -le "$IMAGE_BYTES" ] || fail "$service: an image of more than $IMAGE_BYTES B"
    printf '  %s: image of %s B\n' "$service" "$bytes"
    check "$service: published on" \
        "$(docker port "$(id_of "$service")" | sed 's/:[0-9]*$//')" '8080/tcp -> 127.0.0.1'
done
check 'dynamodb: published' "$(docker port "$(id_of dynamodb)")" ''

printf 'loading both twins alike\n'
leaky=$("${compose[@]}" port leaky 8080)
fixed=$("${compose[@]}" port fixed 8080)
quote() { # ADDRESS BUDGET
    curl --silent --max-time 20 --output "$out/answer" --write-out '%{http_code}' \
        --header 'x-tenant: shop' --header "x-budget-ms: $2" \
        "http://$1/orders/ord-00000001/quote" || true
}
# Each budget costs leaky 135 kB, so half of these requests are enough.
for budget in $(seq 1000 4999); do
    of_leaky=$(quote "$leaky" "$budget")
    of_fixed=$(quote "$fixed" "$budget")
    [ "$of_leaky $of_fixed" = '200 200' ] || break
done
# The engine notices the kill a moment after the client.
for _ in $(seq 20); do
    [ "$(inspect leaky '{{.State.Running}}')" = true ] || break
    sleep 0.5
done
printf '  after %s requests to each\n' $((budget - 999))
check 'leaky: exit code, killed for memory' \
    "$(inspect leaky '{{.State.ExitCode}} {{.State.OOMKilled}}')" '137 true'
check 'fixed: last status' "$of_fixed" 200
check 'fixed: running, killed for memory' \
    "$(inspect fixed '{{.State.Running}} {{.State.OOMKilled}}')" 'true false'
healthy fixed

printf 'comparing l11\n'
quietly "${compose[@]}" run --rm --user "$(id -u):$(id -g)" compare l11
grep -E '^(LESSON|l11)' "$log" | sed 's/^/  /'
[ -s "$out/report.html" ] || fail 'there is no report.html'
grep -q 'src/lessons/l11_session_cache.rs:[0-9]' "$out/comparison.json" ||
    fail 'the call stacks name no line of the lesson'

printf 'stopping\n'
quietly "${compose[@]}" stop
for service in fixed dynamodb; do
    check "$service ended with" "$(inspect "$service" '{{.State.ExitCode}}')" 0
done
