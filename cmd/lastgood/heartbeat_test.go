package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

func TestAHeartbeatIsListedWithItsState(t *testing.T) {
	now := time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC)
	w := incident.Watch{Heartbeat: incident.Heartbeat{Name: "nightly", Service: "backup", Every: time.Hour, Grace: time.Minute, Severity: incident.SEV2}}.Begin(now, now)
	require.Equal(t, awaited, rowOf(w, now).State)
	require.Equal(t, silent, rowOf(w, now.Add(61*time.Minute)).State, "also when no worker has noticed yet")
	heard := w.Beat(now.Add(time.Minute), now.Add(time.Minute))
	require.Equal(t, heartbeatRow{
		Name: "nightly", Service: "backup", Every: "1h", Grace: "1m", Severity: "SEV2", State: beats,
		Last: now.Add(time.Minute), Due: now.Add(62 * time.Minute),
	}, rowOf(heard, now.Add(30*time.Minute)))

	var out strings.Builder
	require.NoError(t, printHeartbeats(&out, []heartbeatRow{rowOf(heard, now), {Name: "new", State: unwatched}}))
	require.Contains(t, strings.Join(strings.Fields(out.String()), " "),
		"nightly backup 1h 1m SEV2 beats Wed 1 Jul 2026 02:01:00 UTC Wed 1 Jul 2026 03:02:00 UTC new")
	require.Regexp(t, `new .*unwatched +- +-\n`, out.String())
}

func TestWithoutTemporalNoHeartbeatIsListed(t *testing.T) {
	got := run(t, "heartbeat", "list")
	require.Equal(t, failed, got.code)
	require.Contains(t, got.complaint, "list the heartbeats that are watched")
	require.Empty(t, got.out)
}
