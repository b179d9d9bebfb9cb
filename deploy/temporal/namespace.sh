#!/bin/sh
# Creates the namespace that lastgood runs in, or brings its retention up to date.
# Safe to run again and again.
#
# Reads TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, as the temporal CLI does, and
# RETENTION, how long a completed workflow can be looked at ("720h").
set -eu
: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}" "${RETENTION:?}"

# within_a_minute WHAT COMMAND...: runs COMMAND every 2 s until it succeeds.
within_a_minute() {
	what=$1
	shift
	tries=30
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ]; then
			echo "$what: not within a minute; the last answer was:" >&2
			"$@"
			return
		fi
		echo "$what: waiting"
		sleep 2
	done
}

within_a_minute "Temporal at $TEMPORAL_ADDRESS" temporal operator cluster health

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
	temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
else
	temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

# A new namespace is known to all parts of the server only after they have read it.
within_a_minute "namespace $TEMPORAL_NAMESPACE" temporal workflow list --namespace "$TEMPORAL_NAMESPACE" --limit 1
echo "namespace $TEMPORAL_NAMESPACE keeps completed workflows for $RETENTION"
