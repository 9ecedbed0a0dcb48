#!/usr/bin/env bash
# Tests the image of the four services: starts it, waits until all are ready, asks each for its health, and has one
# archive made into a docpack that is then verified, which needs no network inside. Cleans up after itself.
#
# Usage: ./test-combined.sh [TAG]. DOCTOWN_IMAGE names the image too; DOCTOWN_TEST_PORT is where Builder is published on
# this machine (3000), the others follow at their distances. With OPENAI_API_KEY or OPENAI_BASE_URL set, the job is
# written by that model (MODEL_NAME), and the container gets the network that this needs.
set -euo pipefail
cd "$(dirname "$0")"

image="${1:-${DOCTOWN_IMAGE:-doctown-combined:latest}}"
name="doctown-test-$$"
token="test-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
scratch="$(mktemp -d)"
first="${DOCTOWN_TEST_PORT:-3000}"
declare -A inside=([builder]=3000 [embedding]=8000 [assembly]=8002 [generation]=8003)
declare -A outside=([builder]="$first" [embedding]=$((first + 5000)) [assembly]=$((first + 5002)) [generation]=$((first + 5003)))
passed=no

cleanup() {
  if [ "$passed" = no ]; then docker logs "$name" 2>&1 | tail -n 40 >&2 || true; fi
  docker rm --force "$name" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap cleanup EXIT
die() { echo "test-combined: $*" >&2; exit 1; }
for tool in docker curl tar; do command -v "$tool" >/dev/null || die "there is no $tool command"; done

variables=(--env "DOCTOWN_API_TOKEN=$token")
model=none
for variable in OPENAI_API_KEY OPENAI_BASE_URL MODEL_NAME; do
  if [ -n "${!variable:-}" ]; then variables+=(--env "$variable=${!variable}"); model=auto; fi
done
published=()
for service in "${!inside[@]}"; do published+=(--publish "127.0.0.1:${outside[$service]}:${inside[$service]}"); done
network=()
if [ -n "${DOCTOWN_TEST_NETWORK:-}" ]; then # host: for engines that cannot publish, and models on this machine's loopback
  network=(--network "$DOCTOWN_TEST_NETWORK"); published=()
  for service in "${!inside[@]}"; do outside[$service]=${inside[$service]}; done
fi

ask() { # ask SERVICE PATH [CURL ARGUMENTS]
  local service="$1" path="$2"; shift 2
  curl --silent --show-error --max-time 30 --header "Authorization: Bearer $token" "$@" "http://127.0.0.1:${outside[$service]}$path"
}
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }

echo "starting $image"
began=$(date +%s%N)
docker run --detach --name "$name" ${network[@]+"${network[@]}"} ${published[@]+"${published[@]}"} "${variables[@]}" "$image" >/dev/null
for service in embedding assembly generation builder; do
  until [ "$(ask "$service" /health 2>/dev/null | field status || true)" = ready ]; do
    [ $((($(date +%s%N) - began) / 1000000000)) -lt 90 ] || die "$service was not ready within 90 s"
    sleep 0.1
  done
done
echo "ready after $((($(date +%s%N) - began) / 1000000)) ms"
for service in embedding assembly generation builder; do
  echo "  $service  http://127.0.0.1:${outside[$service]}  $(ask "$service" /health)"
done
docker exec "$name" python3 -m doctown.services.probe || die "the image's own health check fails"
status="$(curl --silent --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:${outside[builder]}/jobs")"
[ "$status" = 401 ] || die "Builder answered $status without a token"

mkdir -p "$scratch/sample/shop"
printf 'def price(amount: int) -> int:\n    """What an amount costs."""\n    return amount * 3\n' >"$scratch/sample/shop/prices.py"
printf 'from shop.prices import price\n\n\ndef bill(amounts: list[int]) -> int:\n    return sum(price(one) for one in amounts)\n' >"$scratch/sample/shop/bills.py"
printf '# Shop\n\nA sample that test-combined.sh has documented.\n' >"$scratch/sample/README.md"
tar -C "$scratch" -czf "$scratch/sample.tar.gz" sample

job="$(ask builder /jobs --form "archive=@$scratch/sample.tar.gz" --form "options={\"model\":\"$model\"}" | field job_id)"
[ -n "$job" ] || die "no job was made"
echo "job $job"
ask builder "/jobs/$job/events" --no-buffer --max-time 180 >"$scratch/events" || die "the events did not end"
sed -n 's/^event: /  /p' "$scratch/events" | uniq -c
state="$(ask builder "/jobs/$job")"
[ "$(printf %s "$state" | field state)" = success ] || die "the job ended so: $state"
ask builder "/jobs/$job/docpack" --fail --output "$scratch/sample.docpack" || die "the docpack could not be had"
docker exec --interactive "$name" sh -c 'cat > /tmp/sample.docpack && doctown verify /tmp/sample.docpack && doctown info /tmp/sample.docpack' \
  <"$scratch/sample.docpack" || die "the docpack does not verify"
[ "$model" = none ] || printf %s "$state" | grep -q '"pages_model": *[1-9]' || die "the model wrote no page: $state"

began=$(date +%s%N)
docker stop --time 10 "$name" >/dev/null
echo "stopped after $((($(date +%s%N) - began) / 1000000)) ms"
passed=yes
echo "passed: http://127.0.0.1:${outside[builder]} http://127.0.0.1:${outside[embedding]} http://127.0.0.1:${outside[assembly]} http://127.0.0.1:${outside[generation]}"
