package incident

import (
	"fmt"
	"strings"
)

// maxComment bounds one comment, in characters; Jira takes 32,767.
const maxComment = 30000

// maxDescription is the length from which on a description takes no more lines;
// Jira takes 32,767 characters.
const maxDescription = 28000

// TicketOf draws the incident as a Jira issue, in Jira's wiki markup.
func TicketOf(in Incident, places Places) TicketView {
	return TicketView{
		Plan: *in.Service.Ticket, Label: in.ID, Severity: in.Severity,
		Summary:     firstLine(fmt.Sprintf("%s: %s (%s)", in.Service.ID, in.Summary, in.ID), 255),
		Description: in.description(places),
		Link:        Link{Text: "Workflow history of " + in.ID, URL: places.TemporalUI},
	}
}

func (in Incident) description(places Places) string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "||%s|%s|\n", name, fmt.Sprintf(format, args...))
	}
	row("Incident", "%s", in.ID)
	row("Service", "%s, %s", plain(in.Service.ID), plain(in.Service.Environment))
	if line := in.affectedLine(); line != "" {
		row("Affected services", "%s", plain(line))
	}
	row("Severity", "%s", in.Severity)
	row("Status", "%s", in.Status)
	row("Opened", "%s", in.OpenedAt.UTC().Format("2006-01-02 15:04:05 UTC"))
	if in.AcknowledgedBy != "" {
		row("Acknowledged", "%s by %s, after %s", in.AcknowledgedAt.UTC().Format("15:04:05 UTC"), plain(in.AcknowledgedBy), span(in.AcknowledgedAt.Sub(in.OpenedAt)))
	}
	if !in.Open() {
		row("Resolved", "%s, after %s", in.ResolvedAt.UTC().Format("2006-01-02 15:04:05 UTC"), span(in.ResolvedAt.Sub(in.OpenedAt)))
	}
	if line := in.lastTime(); line != "" {
		row("Relates to", "%s", plain(strings.TrimPrefix(line, "Last time: "))+in.Before.links())
	}
	if s := in.Facts.Choice.Suspect; s != nil {
		row("Release in service", "%s, build %d, by %s", plain(s.Release), s.Build, plain(s.By))
	}
	if line, failure := in.rollbackLines(); line+failure != "" {
		row("Rollback", "%s", plain(line+failure))
	}
	fmt.Fprintf(&b, "\nh3. Alerts\n")
	apart := labelsApart(in.Alerts)
	for i, a := range in.Alerts {
		if i == maxDetailed || b.Len() > maxDescription/2 {
			fmt.Fprintf(&b, "* and %d more\n", len(in.Alerts)-i)
			break
		}
		fmt.Fprintf(&b, "* %s: %s\n", plain(a.line(apart)), fired(a))
	}
	if len(in.Facts.Choice.Commits) > 0 {
		fmt.Fprintf(&b, "\nh3. Changes since the last good release\n")
		for i, c := range in.Facts.Choice.Commits {
			if b.Len() > maxDescription {
				fmt.Fprintf(&b, "* and %d more\n", len(in.Facts.Choice.Commits)-i)
				break
			}
			fmt.Fprintf(&b, "* %s: %s\n", plain(firstLine(c.Author, 80)), plain(firstLine(c.Subject, 120)))
		}
	}
	if places.TemporalUI != "" {
		fmt.Fprintf(&b, "\n[Workflow history|%s]\n", places.TemporalUI)
	}
	return b.String()
}

// links are those to the ticket and the history, in Jira's markup.
func (b Before) links() string {
	var links string
	if b.Ticket.Key != "" && b.Ticket.URL != "" {
		links += fmt.Sprintf(" [%s|%s]", b.Ticket.Key, b.Ticket.URL)
	}
	if b.URL != "" {
		links += fmt.Sprintf(" [history|%s]", b.URL)
	}
	return links
}

// fired says since when an alert fires, or from when to when it did.
func fired(a Alert) string {
	const clock = "15:04:05"
	switch from := a.FiresSince().UTC().Format(clock); {
	case a.Firing:
		return fmt.Sprintf("firing since %s UTC", from)
	case a.EndsAt.IsZero():
		return fmt.Sprintf("resolved, fired from %s UTC", from)
	default:
		return fmt.Sprintf("resolved, fired from %s to %s UTC", from, a.EndsAt.UTC().Format(clock))
	}
}

// CommentOf writes a batch of timeline entries as one comment. The marker in its
// last line finds the batch again. It takes as many entries as fit.
func CommentOf(in Incident, from int) (Comment, int) {
	var b strings.Builder
	n := from
	for _, e := range in.Since(from) {
		line := fmt.Sprintf("%s  %s", e.At.UTC().Format("15:04:05"), plain(e.Text))
		if e.URL != "" {
			line += " (" + e.URL + ")"
		}
		if b.Len()+len(line) > maxComment {
			break
		}
		b.WriteString(line + "\n")
		n = e.N
	}
	marker := fmt.Sprintf("%s timeline %d-%d", in.ID, from+1, n)
	b.WriteString("\n" + marker)
	return Comment{Marker: marker, Body: b.String()}, n
}

// plain takes the meaning out of Jira's wiki markup: what comes from outside is
// shown as it is, mentions nobody and includes nothing.
func plain(s string) string {
	return wiki.Replace(s)
}

var wiki = strings.NewReplacer(
	`\`, "&#92;", "{", `\{`, "}", `\}`, "[", `\[`, "]", `\]`, "|", `\|`, "!", `\!`, "\n", " ", "\r", " ",
)
