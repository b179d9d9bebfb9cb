package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// night is a small lastgood.yaml: two people take turns by the week, then a channel is paged.
const night = `version: 1
people:
  - {id: ada, name: Ada, time_zone: Europe/London, slack: U0ADA, email: ada@example.com, phone: "+44", contact: [{via: slack}, {via: email, after: 2m}, {via: sms, after: 5m}]}
  - {id: bob, slack: U0BOB}
schedules:
  - id: primary
    time_zone: America/New_York
    layers: [{people: [ada, bob], every: 1w, handoff: "2026-01-05T09:00"}]
policies:
  - id: night
    steps:
      - {page: [{schedule: primary}], ack_within: 5m}
      - {page: [{person: bob}], ack_within: 10m, only_if: {from: "09:00", to: "18:00", time_zone: Europe/London}}
      - {page: [{slack_channel: C0LEADS}], ack_within: 15m}
    repeat: {times: 1, from_step: 3}
  - {id: calm, steps: [{page: [{person: bob}], ack_within: 1h}], ack_timeout: 0s}
  - {id: early, steps: [{page: [{schedule: primary}]}]}
services:
  - {id: backup, match: [{service: backup}], policy: early}
  - {id: checkout, match: [{service: checkout}], policy: night, policy_for: {SEV4: calm}, slack_channel: C0CHECKOUT}
`

// ran is what a command said, and how it ended.
type ran struct {
	out, complaint string
	code           int
}

// run runs a command of lastgood with the file night as its configuration.
func run(t *testing.T, args ...string) ran {
	t.Helper()
	return runIn(t, night, args...)
}

// runIn runs a command with some other file.
func runIn(t *testing.T, file string, args ...string) ran {
	t.Helper()
	t.Setenv("LASTGOOD_CONFIG", written(t, "lastgood.yaml", file))
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1") // Where nobody answers.
	root := rootCommand()
	var out, complaints strings.Builder
	root.SetOut(&out)
	root.SetErr(&complaints)
	root.SetArgs(args)
	r := ran{}
	if err := root.ExecuteContext(t.Context()); err != nil {
		r.code = exitCode(err)
		complaints.WriteString(err.Error())
	}
	r.out, r.complaint = out.String(), complaints.String()
	return r
}

func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestAPreviewIsATableOfWhoIsPagedHowAndWhen(t *testing.T) {
	got := run(t, "policy", "preview", "--service", "checkout", "--severity", "SEV1", "--at", "2026-01-06T03:00:00Z")
	require.Contains(t, got.complaint, "warning: overrides entered at run time are missing, this is lastgood.yaml alone")
	require.Equal(t, `checkout SEV1, policy night, from Tue 6 Jan 2026 03:00:00 UTC on, if nobody answers:

AFTER  UTC           ROUND  STEP  HOW            THEIR TIME                  WHO
0s     Tue 03:00:00  1      1     slack          Tue 03:00:00 Europe/London  Ada (ada)
2m0s   Tue 03:02:00  1      1     email          Tue 03:02:00 Europe/London  Ada (ada)
5m0s   Tue 03:05:00  1      2     passed                                     only paged 09:00 to 18:00 Europe/London
5m0s   Tue 03:05:00  1      3     slack-channel                              C0LEADS
20m0s  Tue 03:20:00  2      3     slack-channel                              C0LEADS

After 35m0s every round went unanswered: C0CHECKOUT is told with @channel, and step 3 is paged again every 30m0s until somebody answers or the incident is resolved.
Step 1 ends before these: Ada (ada) by sms at 5m0s.
`, got.out)
}

func TestAPreviewShowsThePersonsClockOrElseTheSchedules(t *testing.T) {
	got := run(t, "policy", "preview", "--service", "checkout", "--nobody-answers", "--at", "2026-01-13T03:00:00+01:00")
	require.Contains(t, got.out, "checkout SEV2, policy night, from Tue 13 Jan 2026 03:00:00")
	require.Contains(t, got.out, "0s     Tue 02:00:00  1      1     slack          Mon 21:00:00 America/New_York (the schedule's)  bob\n")
}

func TestAPreviewSaysWhatAnAcknowledgementStopsAndWhenItRunsOut(t *testing.T) {
	got := run(t, "policy", "preview", "--service", "checkout", "--at", "2026-01-06T03:00:00Z", "--ack-at", "90s")
	require.Contains(t, got.out, "if somebody acknowledges after 1m30s:")
	require.NotContains(t, got.out, "2m0s   Tue")
	require.Contains(t, got.out, `
After 1m30s somebody acknowledges: the climb stops, and these are not sent: Ada (ada) by email at 2m0s.
After 31m30s the acknowledgement runs out, unless something is decided before: step 3 is paged, in round 1.
`)
	forever := run(t, "policy", "preview", "--service", "checkout", "--severity", "SEV4", "--ack-at", "90s")
	require.Contains(t, forever.out, "the climb stops.\nThe acknowledgement never runs out.\n")
}

func TestAPreviewAsJSONIsOneRowForEachPage(t *testing.T) {
	got := run(t, "policy", "preview", "--service", "checkout", "--at", "2026-01-06T04:00:00+01:00", "--output", "json")
	require.Zero(t, got.code, got.complaint)
	var rows []map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.out), &rows))
	require.Len(t, rows, 4)
	require.Equal(t, map[string]any{
		"after": "2m0s", "at": "2026-01-06T03:02:00Z", "step": 1.0, "round": 1.0, "person": "ada", "via": "email",
	}, rows[1])
	require.Equal(t, map[string]any{
		"after": "20m0s", "at": "2026-01-06T03:20:00Z", "step": 3.0, "round": 2.0, "person": "", "via": "slack-channel", "channel": "C0LEADS",
	}, rows[3])
}

func TestAPreviewInWhichNobodyCanBePagedIsAnEmptyListAndSaysWhy(t *testing.T) {
	ask := []string{"policy", "preview", "--service", "backup", "--at", "2025-12-06T03:00:00Z"}
	got := run(t, append(ask, "--output", "json")...)
	require.Equal(t, "[]\n", got.out)
	require.Contains(t, got.complaint, "warning: the preview is not whole: nobody can be reached for 24 h, and the round is climbed again every 30s\n")
	got = run(t, ask...)
	require.Contains(t, got.out, "passed              nobody on call: nobody is on call in schedule primary\n")
	require.Contains(t, got.out, "The preview ends here: nobody can be reached for 24 h, and the round is climbed again every 30s.\n")
}

func TestAPreviewOfWhatDoesNotExistEndsWithTwoAndAGuess(t *testing.T) {
	tests := map[string]struct {
		args      []string
		complaint string
	}{
		"no service":          {nil, "name a service with --service"},
		"unknown service":     {[]string{"--service", "chekout"}, `there is no service "chekout"; did you mean checkout?`},
		"unknown severity":    {[]string{"--service", "checkout", "--severity", "sev1"}, `there is no severity "sev1", only SEV1, SEV2, SEV3, SEV4; did you mean SEV1?`},
		"no moment":           {[]string{"--service", "checkout", "--at", "noon"}, `--at "noon" is no moment like 2026-01-05T09:00:00Z or 2026-01-05T09:00:00+01:00`},
		"an early answer":     {[]string{"--service", "checkout", "--ack-at", "0s"}, "--ack-at 0s is not above 0 and at most 168h0m0s after the opening"},
		"both answers":        {[]string{"--service", "checkout", "--ack-at", "1m", "--nobody-answers"}, "give --nobody-answers or --ack-at, not both"},
		"another form":        {[]string{"--service", "checkout", "--output", "xml"}, `"xml" is neither text nor json`},
		"what is not a flag":  {[]string{"checkout"}, `unknown command "checkout" for "lastgood policy preview"`},
		"a flag that is none": {[]string{"--servce", "checkout"}, "unknown flag: --servce"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := run(t, append([]string{"policy", "preview"}, test.args...)...)
			require.Equal(t, usage, got.code)
			require.Contains(t, got.complaint, test.complaint)
			require.Empty(t, got.out)
		})
	}
}
