package slack_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/slack"
	"github.com/seed-44180607/lastgood/release"
)

var update = flag.Bool("update", false, "write the drawings in testdata anew")

var night = time.Date(2026, 11, 22, 1, 52, 0, 0, time.UTC)

// card is an incident that nobody has answered yet.
func card() incident.Card {
	return incident.Card{
		Incident: "INC-261122-K7Q2ZD", Workflow: "incident/checkout/5f0c", Service: "checkout",
		Environment: "production", Severity: incident.SEV1, Status: incident.Triggered,
		Summary: "5xx ratio above 5%", OpenedAt: night.Add(11 * time.Minute),
		State: "Nobody has acknowledged it yet", Alerts: []string{"5xx ratio above 5%", "Slow <checkout>"},
		InService: &release.Deployment{
			Release: "2026.11.9", Build: 57, URL: "https://jenkins.example.com/job/deploy/job/checkout/57/",
			Finished: night, By: "maria",
		},
		Target: &release.Deployment{
			Release: "2026.11.8", Build: 56, URL: "https://jenkins.example.com/job/deploy/job/checkout/56/",
			Finished: night.Add(-40 * time.Hour), By: "joe",
		},
		Commits: []release.Commit{
			{ID: "4f1d0c2b9a8e7d6c5b4a", Author: "Maria", Subject: "Round prices & taxes <once>\n\nLong story."},
			{ID: "0a1b2c3d4e5f60718293", Author: "Joe", Subject: "Cache the basket"},
		},
		MoreCommits: 3, Next: "Second responder", NextAt: night.Add(16 * time.Minute),
		Notes: []string{"A deployment of 2026.11.10 is running (build 58)"},
		Links: []incident.Link{{Text: "Runbook", URL: "https://wiki.example.com/checkout"}, {Text: "Alert", URL: "http://prometheus/graph?a=1&b=2"}},
		Buttons: []incident.Button{
			{Action: "acknowledge", Text: "Acknowledge", Style: "primary"},
			{Action: "roll-back", Text: "Roll back to 2026.11.8", Release: "2026.11.8", Style: "danger", Confirm: "Roll checkout back from 2026.11.9 to 2026.11.8?"},
			{Action: "escalate", Text: "Escalate"},
			{Action: "resolve", Text: "Resolve", Confirm: "Resolve INC-261122-K7Q2ZD?"},
		},
	}
}

func TestMessagesAreDrawnAsBefore(t *testing.T) {
	triggered, unknown, failed, resolved, hostile := card(), card(), card(), card(), card()
	triggered.FiresSince = night.Add(-29 * time.Minute) // Before the release in service was deployed.
	unknown.InService, unknown.Target, unknown.Commits, unknown.MoreCommits = nil, nil, nil, 0
	unknown.NextAt, unknown.Links, unknown.Alerts = time.Time{}, nil, []string{unknown.Summary}
	unknown.Notes = []string{"No rollback can be offered: Jenkins did not answer in time"}
	failed.State, failed.Next, failed.NextAt = "Nobody has acknowledged it yet", "Lead and everyone in C0LEADS", night.Add(30*time.Minute)
	failed.NextChannels = []string{"C0LEADS", "<!here>"}
	failed.Failure = "The rollback to 2026.11.8 failed: build 59 ended FAILURE"
	failed.RollbackURL = "https://jenkins.example.com/job/deploy/job/checkout/59/"
	resolved.Status, resolved.State = incident.Resolved, "Resolved at 02:31 UTC after 28 min"
	resolved.StateAt = time.Date(2026, 11, 22, 2, 31, 7, 0, time.UTC)
	resolved.Next, resolved.NextAt, resolved.Alerts, resolved.Notes = "", time.Time{}, nil, nil
	resolved.Rollback = "Rolled back to 2026.11.8 by build 58: restored"
	resolved.RollbackURL = "https://jenkins.example.com/job/deploy/job/checkout/58/"
	resolved.Buttons = []incident.Button{{Action: "reopen", Text: "Reopen", Confirm: "Page for INC-261122-K7Q2ZD again?"}}
	hostile.Summary = "<!channel> *free* <https://evil.example|money>\n*Acknowledged* by \u202emaria ```"
	hostile.Service, hostile.Next = "<@U1>", "<!here>"
	hostile.Failure = "<!channel>: ```<!subteam^S1>"
	hostile.Alerts, hostile.Notes = []string{"<!date^1^{time}|now>"}, []string{"@channel #general http://evil.example"}
	hostile.Links = []incident.Link{{Text: "<!channel>|x", URL: "https://ok.example/a|b>?q=<!channel>"}, {Text: "script", URL: "javascript:alert(1)"}}

	called := card()
	called.Why = "sre-1 asks for your help & <!here>"

	messages := map[string]incident.Message{
		"card-triggered": {Card: &triggered},
		"card-unknown":   {Card: &unknown},
		"card-failed":    {Card: &failed},
		"card-resolved":  {Card: &resolved},
		"card-hostile":   {Card: &hostile},
		"page":           {Card: &triggered, Page: true},
		"page-called":    {Card: &called, Page: true},
		"page-merged":    incident.Merge(pagesOf(23)),
		"thread": {Entries: []incident.Entry{
			{At: night.Add(11 * time.Minute), Text: "Opened: 5xx ratio above 5%"},
			{At: night.Add(12 * time.Minute), Text: "Build 58 of <checkout> has started", URL: "https://jenkins.example.com/58/"},
		}},
		"notice":      {Notice: "Nobody & nothing could be reached for <checkout>"},
		"notice-loud": {Notice: "Nobody has answered INC-261122-K7Q2ZD <!here>", Loud: true},
	}
	for name, m := range messages {
		t.Run(name, func(t *testing.T) {
			blocks, fallback := slack.Draw(m)
			fits(t, blocks, fallback)
			golden(t, name, map[string]any{"text": fallback, "blocks": blocks})
		})
	}
}

func golden(t *testing.T, name string, drawn any) {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(drawn))
	path := filepath.Join("testdata", name+".json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String())
}
