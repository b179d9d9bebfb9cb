package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const people = `version: 1
people:
  - {id: ana, name: Ana, slack: U0ANA, time_zone: America/New_York}
  - {id: bob, slack: U0BOB}
schedules:
  - id: primary
    time_zone: Europe/London
    layers: [{people: [ana, bob], every: 1w, handoff: "2026-01-05T09:00"}]
  - id: alone
    time_zone: Asia/Tokyo
    layers: [{people: [ana], every: 1w, handoff: "2026-01-05T09:00"}]
policies: [{id: climb, steps: [{page: [{schedule: primary}]}]}]
services: [{id: checkout, match: [{service: checkout}], policy: climb}]
`

// lastgood runs the command line where no Temporal is, and gives the exit code.
func lastgood(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	if err := root.ExecuteContext(t.Context()); err != nil {
		return exitCode(err), stdout.String(), err.Error()
	}
	return 0, stdout.String(), stderr.String()
}

func inFile(t *testing.T, content string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lastgood.yaml")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	t.Setenv("LASTGOOD_CONFIG", path)
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1") // Nobody listens there.
}

func TestWhoIsOnCallStandsInATable(t *testing.T) {
	inFile(t, people)
	code, out, errs := lastgood(t, "oncall", "now", "--at", "2026-07-01T00:30")
	require.Zero(t, code)
	require.Equal(t, ""+
		"SCHEDULE   PERSON      SINCE                       UNTIL                      THERE UNTIL\n"+
		"primary    bob         Mon 29 Jun 2026 09:00 BST   Mon 6 Jul 2026 09:00 BST   -\n"+
		"alone      Ana (ana)   Mon 5 Jan 2026 09:00 JST    -                          -\n", out)
	require.Contains(t, errs, "warning: overrides entered at run time are missing, this is lastgood.yaml alone")

	_, out, _ = lastgood(t, "oncall", "next", "--schedule", "primary", "--at", "2026-07-01T00:30")
	require.Contains(t, out, "primary    Ana (ana)   Mon 6 Jul 2026 09:00 BST   Mon 13 Jul 2026 09:00 BST   Mon 13 Jul 2026 04:00 EDT\n")
}

func TestWhoIsOnCallIsPrintedAsJSON(t *testing.T) {
	inFile(t, people)
	for at, want := range map[string]string{
		"2025-12-31T00:00:00Z": `[{"schedule":"primary","person":"","until":"2026-01-05T09:00:00Z"},{"schedule":"alone","person":"","until":"2026-01-05T09:00:00+09:00"}]`,
		"2026-07-01T00:30":     `[{"schedule":"primary","person":"bob","since":"2026-06-29T09:00:00+01:00","until":"2026-07-06T09:00:00+01:00"},{"schedule":"alone","person":"ana","since":"2026-01-05T09:00:00+09:00"}]`,
	} {
		code, out, _ := lastgood(t, "oncall", "now", "--at", at, "--output", "json")
		require.Zero(t, code)
		require.JSONEq(t, want, out)
	}
	_, out, _ := lastgood(t, "oncall", "next", "--schedule", "alone", "--output", "json")
	require.JSONEq(t, `[{"schedule":"alone","person":""}]`, out, "nothing comes after what has no end")
}

// The clock at which a moment is read is that of each schedule's own zone.
func TestAMomentIsReadOnTheClockOfEachSchedule(t *testing.T) {
	inFile(t, people)
	_, out, _ := lastgood(t, "oncall", "now", "--at", "2026-01-05T09:00", "--output", "json")
	require.Contains(t, out, `"since": "2026-01-05T09:00:00Z"`)
	require.Contains(t, out, `"since": "2026-01-05T09:00:00+09:00"`)
}

func TestACommandLineThatMakesNoSenseEndsWith2(t *testing.T) {
	for _, c := range []struct {
		says string
		args []string
	}{
		{"there is no schedule primray; did you mean primary?", []string{"now", "--schedule", "primray"}},
		{`--at: "noon" is not a date and time like 2026-01-05T09:00`, []string{"next", "--at", "noon"}},
		{`"yaml" is neither text nor json`, []string{"now", "--output", "yaml"}},
		{"unknown command", []string{"now", "primary"}},
		{"unknown flag", []string{"now", "--when", "noon"}},
		{"name a --schedule and a --person", []string{"override", "--for", "2h"}},
		{"invalid argument", []string{"override", "--for", "ever"}},
		{"name a --schedule, a moment", []string{"swap", "--schedule", "primary"}},
		{"there is no person bop; did you mean bob?", []string{"override", "--schedule", "primary", "--person", "bop", "--for", "2h"}},
		{"there is no person bop; did you mean bob?", []string{"override", "--schedule", "primary", "--person", "bob", "--for", "2h", "--by", "bop"}},
		{"say either until when", []string{"override", "--schedule", "primary", "--person", "bob"}},
		{"there is no schedule primray; did you mean primary?", []string{"swap", "--schedule", "primray", "--shift", "2098-01-08T00:00", "--with", "x"}},
		{`--with: "x" is not a date and time`, []string{"swap", "--schedule", "primary", "--shift", "2098-01-08T00:00", "--with", "x"}},
		{"accepts 1 arg", []string{"override", "remove"}},
	} {
		inFile(t, people)
		code, out, errs := lastgood(t, append([]string{"oncall"}, c.args...)...)
		require.Equal(t, 2, code, c.args)
		require.Contains(t, errs, c.says)
		require.Empty(t, out)
	}
}

func TestWithoutAConfigurationNothingIsAnswered(t *testing.T) {
	inFile(t, people+"nosuch: key\n")
	code, _, errs := lastgood(t, "oncall", "now")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "nosuch")

	t.Setenv("LASTGOOD_CONFIG", "")
	code, _, errs = lastgood(t, "oncall", "now")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "LASTGOOD_CONFIG is not set")
}

func TestWhatIsEnteredNeedsTemporal(t *testing.T) {
	for _, args := range [][]string{
		{"override", "--schedule", "primary", "--person", "bob", "--for", "2h"},
		{"override", "remove", "abc"},
		{"override", "list"},
		{"swap", "--schedule", "primary", "--shift", "2098-01-08T00:00", "--with", "2098-01-14T00:00"},
	} {
		inFile(t, people)
		code, out, errs := lastgood(t, append([]string{"oncall"}, args...)...)
		require.Equal(t, 1, code, args)
		require.Empty(t, out)
		require.Contains(t, errs, "nothing was done")
		require.Contains(t, errs, "TEMPORAL_ADDRESS")
		require.Contains(t, errs, "lastgood.yaml, under overrides")
	}
}
