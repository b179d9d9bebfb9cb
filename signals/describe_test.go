package signals_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// detailsLimit is what Temporal takes for a workflow's details, in bytes:
// limit.userMetadataDetailsSize.
const detailsLimit = 20000

func TestEveryDecisionIsDescribed(t *testing.T) {
	for _, name := range signals.Decisions {
		require.Regexp(t, `^[A-Z].*\. \{"by":"your ID"\} is enough\.$`, signals.Describe(name), name)
	}
}

func TestWhoIsPagedNextAndWhen(t *testing.T) {
	climbing := incident.Incident{
		Status: incident.Triggered,
		Climb: incident.Climb{
			At: oncall.Position{Step: 1, Round: 2}, Until: noon.Add(5 * time.Minute),
			Pages:     []incident.Page{{Page: oncall.Page{Person: "sre-1"}}, {Page: oncall.Page{Address: "C0LEADS"}}},
			Following: &incident.Following{Names: []string{"sre-2"}, After: time.Minute},
		},
	}
	tests := map[string]struct {
		change func(*incident.Incident)
		want   signals.Escalation
	}{
		"a step waits for an answer": {
			func(*incident.Incident) {},
			signals.Escalation{Paging: []string{"sre-1", "C0LEADS"}, Next: []string{"sre-2"}, At: noon.Add(6 * time.Minute)},
		},
		"no page was delivered yet": {
			func(in *incident.Incident) { in.Climb.Until = time.Time{} },
			signals.Escalation{Paging: []string{"sre-1", "C0LEADS"}, Next: []string{"sre-2"}},
		},
		"the climb rests before a step": {
			func(in *incident.Incident) {
				in.Climb.Pending, in.Climb.PageAt, in.Climb.Until = true, noon.Add(30*time.Minute), time.Time{}
				in.Climb.Pages, in.Climb.Following = nil, nil
			},
			signals.Escalation{At: noon.Add(30 * time.Minute)},
		},
		"somebody has acknowledged": {
			func(in *incident.Incident) {
				in.Status, in.AckDue = incident.Acknowledged, noon.Add(time.Hour)
				in.Climb.Until, in.Climb.Following = time.Time{}, nil
			},
			signals.Escalation{Status: incident.Acknowledged, At: noon.Add(time.Hour)},
		},
		"somebody has snoozed": {
			func(in *incident.Incident) { in.SnoozedUntil = noon.Add(time.Hour) },
			signals.Escalation{Next: []string{"sre-2"}, At: noon.Add(time.Hour)},
		},
		"the incident is resolved": {
			func(in *incident.Incident) { in.Status = incident.Resolved },
			signals.Escalation{Status: incident.Resolved},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := climbing
			test.change(&in)
			test.want.Status, test.want.Step, test.want.Round = in.Status, 1, 2
			require.Equal(t, test.want, signals.EscalationOf(in))
		})
	}
}

func TestTheDetailsTellTheWholeStory(t *testing.T) {
	in := incident.Incident{
		ID: "INC-261123-ABCDEF", Severity: incident.SEV1, Status: incident.Triggered, Summary: "12 % of requests fail",
		SnoozedUntil: noon.Add(time.Hour),
		Rollback:     incident.Rollback{State: incident.RollbackFailed, Release: "r2", Reason: "build 7 ended FAILURE"},
		Timeline: []incident.Entry{
			{At: noon, Text: "Opened for checkout as SEV1"}, {At: noon.Add(time.Second), Text: "Paged sre-1 by slack"},
		},
	}
	in.Cursors.Ticket = incident.TicketRef{Key: "OPS-1", URL: "https://jira.example.com/browse/OPS-1"}

	require.Equal(t, `**INC-261123-ABCDEF · SEV1 · triggered** 12 % of requests fail

Nobody has acknowledged it yet

The rollback to r2 failed: build 7 ended FAILURE

Next: Snoozed: paging goes on at 13:00:00

Ticket: [OPS-1](https://jira.example.com/browse/OPS-1)

| time (UTC) | what happened |
|---|---|
| 12:00:00 | Opened for checkout as SEV1 |
| 12:00:01 | Paged sre-1 by slack |
`, signals.Details(in))
}

func TestTheDetailsAreNeverTooLargeNorMarkup(t *testing.T) {
	for name, hostile := range map[string]string{
		"markup":     strings.Repeat(`|<script>[x](http://evil)\|\[`+"\r\n", 100),
		"characters": strings.Repeat("日", 2000),
		"garbage":    strings.Repeat("\xff\x00", 2000),
		"escapes":    strings.Repeat("<", 2000),
	} {
		t.Run(name, func(t *testing.T) {
			in := incident.Incident{
				ID: "INC-261123-ABCDEF", Status: incident.Acknowledged, Summary: hostile, AcknowledgedBy: hostile, Assigned: hostile,
				Rollback: incident.Rollback{State: incident.RollbackRequested, Release: hostile, By: hostile},
			}
			for range 5000 {
				in.Timeline = append(in.Timeline, incident.Entry{At: noon, Text: hostile})
			}
			in.Timeline = append(in.Timeline, incident.Entry{At: noon, Text: "the latest"})

			text := signals.Details(in)

			require.Less(t, len(text), detailsLimit)
			require.True(t, utf8.ValidString(text))
			require.True(t, strings.HasSuffix(text, "| the latest |\n"), "the latest is kept")
			require.NotContains(t, text, "<script>")
			require.NotContains(t, text, "\r")
			_, table, _ := strings.Cut(text, "|---|---|\n")
			for row := range strings.Lines(table) {
				bare := strings.NewReplacer(`\\`, "", `\|`, "", `\[`, "", `\]`, "").Replace(row)
				require.Equal(t, 3, strings.Count(bare, "|"), "%s", row)
				require.NotContains(t, bare, "[")
			}
		})
	}
}

func TestAPageThatIsWithheldIsNextWhenThatEnds(t *testing.T) {
	until := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
	in := incident.Incident{
		Status: incident.Triggered, Climb: incident.Climb{Pending: true, PageAt: until.Add(-30 * time.Second)},
		Withheld: incident.Withheld{Fresh: true, Until: until},
	}
	require.Equal(t, until, signals.EscalationOf(in).At)
	in.Withheld = incident.Withheld{Fresh: true, Maintenance: &oncall.Maintenance{To: "2026-11-23T13:00:00Z", From: "2026-11-23T11:00:00Z"}}
	require.Equal(t, until.Add(59*time.Minute+30*time.Second), signals.EscalationOf(in).At)
	require.Contains(t, signals.Details(in), "Next: the first page, if it still fires then")
}
