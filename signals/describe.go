package signals

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

var described = map[string]string{
	Acknowledge:     "Take the incident: nobody else is paged.",
	Escalate:        "Page the next step of the policy now.",
	RollBack:        "Roll back; \"release\" names the target, the one offered when left out.",
	ApproveRollback: "Agree to the rollback that was asked for.",
	RejectRollback:  "Turn down the rollback that was asked for.",
	AbortRollback:   "Stop the rollback.",
	Snooze:          "Let the climb wait; \"for\" says how long, such as 30m.",
	Assign:          "Give the incident to \"person\".",
	AddResponder:    "Page \"person\" as well.",
	AddNote:         "Write \"comment\" on the timeline.",
	SetSeverity:     "Change the \"severity\": SEV1 to SEV4.",
	PostUpdate:      "Tell everyone \"comment\".",
	Resolve:         "End the responding.",
	Reopen:          "Respond again.",
}

// Describe says in a sentence what a decision does, for the Temporal UI.
func Describe(name string) string {
	return described[name] + ` {"by":"your ID"} is enough.`
}

// EscalationOf says who is paged next, and when.
func EscalationOf(in incident.Incident) Escalation {
	e := Escalation{Status: in.Status, Step: in.Climb.At.Step, Round: in.Climb.At.Round}
	if !in.Open() {
		return e
	}
	for _, p := range in.Climb.Pages {
		if in.Paging() {
			e.Paging = append(e.Paging, addressee(p.Page))
		}
	}
	f := in.Climb.Following
	if f != nil {
		e.Next = f.Names
	}
	switch {
	case !in.SnoozedUntil.IsZero():
		e.At = in.SnoozedUntil
	case !in.AckDue.IsZero():
		e.At = in.AckDue
	case !in.WithheldUntil().IsZero():
		e.At = in.WithheldUntil()
	case in.Climb.Pending:
		e.At = in.Climb.PageAt
	case f != nil && !in.Climb.Until.IsZero():
		e.At = in.Climb.Until.Add(f.After)
	}
	return e
}

func addressee(p oncall.Page) string {
	if p.Person != "" {
		return p.Person
	}
	return p.Address
}

// Details are the current details that the Temporal UI shows, in Markdown: what
// is going on, and the whole timeline.
func Details(in incident.Incident) string {
	card := incident.CardOf(in, incident.Places{})
	var b strings.Builder
	fmt.Fprintf(&b, "**%s · %s · %s** %s\n\n%s\n", in.ID, in.Severity, in.Status, markdown(in.Summary), markdown(card.State))
	for _, line := range []string{card.Rollback, card.Failure} {
		if line != "" {
			fmt.Fprintf(&b, "\n%s\n", markdown(line))
		}
	}
	if card.Affected != "" {
		fmt.Fprintf(&b, "\nAffected services: %s\n", markdown(card.Affected))
	}
	if card.Next != "" {
		fmt.Fprintf(&b, "\nNext: %s", markdown(card.Next))
		if !card.NextAt.IsZero() {
			fmt.Fprintf(&b, " at %s", card.NextAt.UTC().Format(time.TimeOnly))
		}
		b.WriteString("\n")
	}
	if in.Service.Runbook != "" {
		fmt.Fprintf(&b, "\n[Runbook](%s)\n", in.Service.Runbook)
	}
	if t := in.Cursors.Ticket; t.Key != "" {
		fmt.Fprintf(&b, "\nTicket: [%s](%s)\n", t.Key, t.URL)
	}
	b.WriteString("\n| time (UTC) | what happened |\n|---|---|\n")
	shown := in.Timeline
	if len(shown) > shownEntries {
		shown = shown[len(shown)-shownEntries:]
	}
	for _, e := range shown {
		fmt.Fprintf(&b, "| %s | %s |\n", e.At.UTC().Format(time.TimeOnly), markdown(e.Text))
	}
	return b.String()
}

// shownEntries keeps the details below Temporal's 20,000 bytes.
const shownEntries = 40

func markdown(text string) string {
	return Shorten(unmarked(text), 350)
}

// unmarked is one line of a text in which nothing is Markdown, steers a terminal or turns the direction of writing.
func unmarked(text string) string {
	return meaning.Replace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, text))
}

// meaning is what Markdown would take for more than text, within a table.
var meaning = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "[", `\[`, "]", `\]`)
