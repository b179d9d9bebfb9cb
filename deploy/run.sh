#!/usr/bin/env bash
# Runs Temporal, a worker and a starter in this terminal, as `make run` does, with
# the Slack, Jenkins and Jira of the environment. Ends all three at Ctrl-C, or as
# soon as one of them ends, with its status.
set -euo pipefail
cd "$(dirname "$0")/.."

# Each in a process group of its own: Ctrl-C reaches this script alone, and the
# worker can still hand over to Temporal while it stops.
set -m
bin/devserver &
devserver=$!
bin/worker &
worker=$!
bin/starter &
starter=$!

end() {
	status=$?
	trap - EXIT INT TERM
	kill "$worker" "$starter" 2>/dev/null || true
	wait "$worker" "$starter" || true
	kill "$devserver" 2>/dev/null || true
	wait "$devserver" || true
	exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

wait -n
