package config_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
)

const withHeartbeats = `version: 1
people: [{id: a, slack: U0A}]
policies: [{id: p, steps: [{page: [{person: a}]}]}]
services: [{id: s, match: [{service: s}], policy: p}]
heartbeats:
  - {name: nightly-backup, service: s, every: 24h, grace: 30m}
  - {name: watchdog, service: s, every: 1m, severity: SEV1}
`

func TestHeartbeatsAreReadWithTheirDefaults(t *testing.T) {
	file, err := config.Parse("lastgood.yaml", []byte(withHeartbeats))
	require.NoError(t, err)
	require.Empty(t, file.Unused())
	require.Equal(t, []incident.Heartbeat{
		{Name: "nightly-backup", Service: "s", Every: 24 * time.Hour, Grace: 30 * time.Minute, Severity: incident.SEV2},
		{Name: "watchdog", Service: "s", Every: time.Minute, Severity: incident.SEV1},
	}, file.Heartbeats)
}

func TestHeartbeatsThatNobodyCanBeatAreAWarning(t *testing.T) {
	env := starterEnv()
	env.Config = t.TempDir() + "/lastgood.yaml"
	require.NoError(t, os.WriteFile(env.Config, []byte(withHeartbeats), 0o600))
	c, err := config.From(config.Starter, env)
	require.NoError(t, err)
	require.Equal(t, []string{env.Config + ":5: heartbeats: nothing can beat, and all of them will be silent: ALERT_TOKENS has no token for heartbeat"}, c.Unused())
	env.AlertTokens = config.NewSecret("heartbeat:t")
	c, err = config.From(config.Starter, env)
	require.NoError(t, err)
	require.Empty(t, c.Unused())
}
