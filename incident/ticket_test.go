package incident_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

// hostile is a text that would do harm if any of it were taken for markup.
const hostile = `{code}[~admin] [click|http://evil] !http://evil/x.png! ||h|| \[x\] {color:red}` + "\r\nh1. second\rline"

// jira is what Jira takes for a description or a comment, in characters.
const jira = 32767

var temporal = incident.Places{TemporalUI: "https://temporal.example.com/run"}

func TestTheTicketOfARestoredIncident(t *testing.T) {
	s := given(t, verifying).after(10 * time.Minute)
	s.happens(stops(ratio(noon), s.now))

	view := incident.TicketOf(s.in, temporal)

	require.Equal(t, "INC-261123-ABCDEF", view.Label)
	require.Equal(t, "checkout: 12 % of requests fail (INC-261123-ABCDEF)", view.Summary)
	require.Equal(t, "OPS", view.Plan.Project)
	require.Equal(t, incident.SEV2, view.Severity)
	require.Equal(t, incident.Link{Text: "Workflow history of INC-261123-ABCDEF", URL: temporal.TemporalUI}, view.Link)
	require.Equal(t, `||Incident|INC-261123-ABCDEF|
||Service|checkout, production|
||Severity|SEV2|
||Status|resolved|
||Opened|2026-11-23 12:00:00 UTC|
||Acknowledged|12:01:00 UTC by sre-1, after 1 min|
||Resolved|2026-11-23 12:11:00 UTC, after 11 min|
||Release in service|r2, build 7, by sre-1|
||Rollback|Rolled back to r2 by build 7: restored|

h3. Alerts
* 12 % of requests fail: resolved, fired from 12:00:00 to 12:11:00 UTC

[Workflow history|https://temporal.example.com/run]
`, view.Description)
}

func TestTheTicketOfATriggeredIncidentListsTheChanges(t *testing.T) {
	description := incident.TicketOf(given(t, triggered).in, incident.Places{}).Description

	require.Contains(t, description, "||Release in service|r3, build 6, by dev-r3|\n")
	require.Contains(t, description, "* 12 % of requests fail: firing since 12:00:00 UTC\n")
	require.True(t, strings.HasSuffix(description, "\nh3. Changes since the last good release\n* Ada: Cache the prices\n"))
	require.NotContains(t, description, "Acknowledged")
	require.NotContains(t, description, "Workflow history")
}

func TestNothingFromOutsideIsMarkupOnATicket(t *testing.T) {
	s := given(t, triggered)
	a := ratio(noon)
	a.Fingerprint, a.Summary = "f2", hostile
	s.happens(fires(a), by(hostile, incident.WasAcknowledged), by("sre-1", incident.NoteAdded, comment(hostile)))
	s.in.Service.Environment = hostile
	s.in.Facts.Choice.Commits = []release.Commit{{Author: hostile, Subject: hostile}}
	suspect := release.Deployment{Release: hostile, By: hostile}
	s.in.Facts.Choice.Suspect = &suspect
	s.in.Rollback = incident.Rollback{State: incident.RollbackFailed, Release: hostile, Reason: hostile}

	description := incident.TicketOf(s.in, incident.Places{}).Description
	comment, _ := incident.CommentOf(s.in, 0)

	for _, text := range []string{description, comment.Body} {
		require.NotContains(t, text, "\r")
		require.NotContains(t, text, "\nh1.")
		require.Empty(t, live(text), "%s", text)
	}
}

// live gives the markup that is left in a text once all that is escaped, and the
// table of the description, is taken away.
func live(text string) string {
	text = strings.NewReplacer(`\{`, "", `\}`, "", `\[`, "", `\]`, "", `\|`, "", `\!`, "").Replace(text)
	var left strings.Builder
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "||"), "|"); ok && strings.HasPrefix(line, "||") {
			line = name + strings.TrimSuffix(value, "|\n")
		}
		left.WriteString(line)
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`{}[]|!\`, r) {
			return r
		}
		return -1
	}, left.String())
}

func TestATicketIsNeverLargerThanJiraTakes(t *testing.T) {
	s := given(t, triggered)
	worst := strings.Repeat(`\`, 1000)
	for i := range 60 {
		a := ratio(noon)
		a.Fingerprint, a.Summary = fmt.Sprint("x", i), worst
		s.happens(fires(a))
		s.in.Facts.Choice.Commits = append(s.in.Facts.Choice.Commits, release.Commit{Author: worst, Subject: worst})
	}
	s.in.Summary = worst

	view := incident.TicketOf(s.in, temporal)

	require.Less(t, utf8.RuneCountInString(view.Description), jira)
	require.LessOrEqual(t, utf8.RuneCountInString(view.Summary), 255)
	require.NotContains(t, view.Summary, "\n")
	require.Regexp(t, `\n\* and \d+ more\n\nh3`, view.Description)
	require.Regexp(t, `\n\* and \d+ more\n\n\[Workflow history`, view.Description)
}

func TestATicketListsTheFirstAlerts(t *testing.T) {
	s := given(t, triggered)
	for i := range 30 {
		a := ratio(noon)
		a.Fingerprint = fmt.Sprint("x", i)
		s.happens(fires(a))
	}
	description := incident.TicketOf(s.in, incident.Places{}).Description
	require.Equal(t, 20, strings.Count(description, ": firing since"))
	require.Contains(t, description, "\n* and 11 more\n")
}

func TestACommentIsABatchOfTheTimelineWithItsMarker(t *testing.T) {
	s := given(t, building)

	comment, next := incident.CommentOf(s.in, 5)

	require.Equal(t, len(s.in.Timeline), next)
	require.Equal(t, "INC-261123-ABCDEF timeline 6-8", comment.Marker)
	require.Equal(t, `12:01:00  Rollback from r3 to r2 decided by sre-1
12:01:00  Jenkins has queued the rollback to r2
12:01:00  Build 7 deploys r2 (https://jenkins.example.com/job/deploy/7/)

INC-261123-ABCDEF timeline 6-8`, comment.Body)
}

func TestALongTimelineTakesSeveralCommentsThatHoldEachEntryOnce(t *testing.T) {
	s := given(t, triggered)
	for i := range 200 {
		s.happens(by("sre-1", incident.NoteAdded, comment(fmt.Sprintf("<%d>%s", i, strings.Repeat(`\ä`, 2000)))))
	}
	s.happens(incident.Event{Kind: incident.Enriched, Facts: incident.Facts{Obstacle: strings.Repeat(`|`, 100000)}})

	var all strings.Builder
	for from := 0; from < len(s.in.Timeline); {
		comment, next := incident.CommentOf(s.in, from)
		require.Greater(t, next, from, "each comment gets on")
		require.Less(t, utf8.RuneCountInString(comment.Body), jira)
		require.True(t, strings.HasSuffix(comment.Body, "\n"+comment.Marker))
		require.Equal(t, fmt.Sprintf("INC-261123-ABCDEF timeline %d-%d", from+1, next), comment.Marker)
		all.WriteString(comment.Body)
		from = next
	}
	for i := range 200 {
		require.Equal(t, 1, strings.Count(all.String(), fmt.Sprintf("<%d>", i)))
	}
}
