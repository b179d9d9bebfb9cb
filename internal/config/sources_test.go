package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/internal/config"
)

const around = `version: 1
people: [{id: a, slack: U0A}]
policies: [{id: p, steps: [{page: [{person: a}]}]}]
services: [{id: checkout, match: [{service: checkout, env: production}], policy: p}]
`

// documentedSources is the example of sources in the manual.
func documentedSources(t *testing.T) string {
	t.Helper()
	manual, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(manual), "### `sources[]`")
	require.True(t, found)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section)
	require.NotNil(t, block)
	return block[1]
}

func TestTheDocumentedMappingReadsABody(t *testing.T) {
	file, err := config.Parse("lastgood.yaml", []byte(around+documentedSources(t)))
	require.NoError(t, err)
	require.Empty(t, file.Unused())
	got, err := file.Sources[0].Read(t.Context(), []byte(`{"checks":[
		{"monitor":{"id":7,"name":"Shop","url":"https://uptime.example.com/7"},"status":"down","since":"2026-11-23T12:00:00Z","tags":{"service":"checkout"}},
		{"type":"test"}]}`), payload.Terms{Words: file.Severities, Default: file.Severity("")})
	require.NoError(t, err)
	require.Len(t, got, 1)
	a := got[0].Alerts[0]
	require.Equal(t, []any{"uptime/7", true, incident.SEV1, "Shop is down since 2026-11-23T12:00:00Z"}, []any{got[0].Group, a.Firing, a.Severity, a.Summary})
	service, ok := file.Route(a.Labels)
	require.True(t, ok)
	require.Equal(t, "checkout", service)
}

func TestTheExampleOfSourcesLoads(t *testing.T) {
	file, err := config.ReadFile("../../docs/examples/sources.yaml")
	require.NoError(t, err)
	require.Len(t, file.Sources, 2)
	require.Empty(t, file.Unused())
}

func TestASourceThatNobodyCanCallIsAWarning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lastgood.yaml")
	require.NoError(t, os.WriteFile(path, []byte(around+documentedSources(t)), 0o600))
	env := config.Env{
		Config: path, SlackBotToken: config.NewSecret("xoxb"), SlackSigningSecret: config.NewSecret("s"), AlertTokens: config.NewSecret("alertmanager:t"),
	}
	c, err := config.From(config.Starter, env)
	require.NoError(t, err)
	require.Contains(t, c.Unused(), path+":6: sources[0]: nobody can call it: ALERT_TOKENS has no token for uptime")

	env.AlertTokens = config.NewSecret("uptime:t")
	c, err = config.From(config.Starter, env)
	require.NoError(t, err)
	require.Empty(t, c.Unused())
	c, err = config.From(config.Worker, config.Env{Config: path})
	require.NoError(t, err)
	require.Empty(t, c.Unused(), "a worker is called by no monitor")
}
