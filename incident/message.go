package incident

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-44180607/lastgood/release"
)

// Message is one thing to say in the chat. Exactly one of Card, Merged, Entries
// and Notice has something to say.
type Message struct {
	// Card draws the whole incident, with its buttons.
	Card *Card `json:"card,omitempty"`
	// Page is true when the card goes to one person, to be answered.
	Page bool `json:"page,omitempty"`
	// Merged are pages of several incidents that one message carries: it belongs to
	// none of them, so that none may edit it.
	Merged []Message `json:"merged,omitempty"`
	// Entries are written into the thread as one batch.
	Entries []Entry `json:"entries,omitempty"`
	// Notice is a sentence; Loud calls everyone in the channel.
	Notice string `json:"notice,omitempty"`
	Loud   bool   `json:"loud,omitempty"`
	// Marker is unique to this message and travels in its metadata.
	Marker string `json:"marker,omitempty"`
	// Thread is the message to answer to.
	Thread string `json:"thread,omitempty"`
	// Since bounds the search for the marker.
	Since time.Time `json:"since,omitzero"`
}

const (
	// MergeAtMost is how many pages one message carries: more would not be read, and
	// Slack bounds texts and metadata.
	MergeAtMost = 200
	// TextAtMost is how many one text to a phone carries: networks take long texts badly,
	// and Twilio none of more than 1600 characters.
	TextAtMost = 50
)

// Merge makes one message of several pages to the same address, the most severe
// and then the oldest first. One page stays as it is.
func Merge(pages []Message) Message {
	if len(pages) == 1 {
		return pages[0]
	}
	sorted := slices.SortedStableFunc(slices.Values(pages), func(a, b Message) int {
		return cmp.Or(cmp.Compare(a.Card.Severity, b.Card.Severity), a.Card.OpenedAt.Compare(b.Card.OpenedAt))
	})
	return Message{Merged: sorted, Page: true}
}

// Card is the face of an incident: all that one Slack message shows.
type Card struct {
	Incident    string    `json:"incident"`
	Workflow    string    `json:"workflow"`
	Service     string    `json:"service"`
	Environment string    `json:"environment,omitempty"`
	Severity    Severity  `json:"severity"`
	Status      Status    `json:"status"`
	Summary     string    `json:"summary"`
	OpenedAt    time.Time `json:"opened_at"`
	// FiresSince is when the earliest of the alerts that fire began, where that was before
	// the opening; else zero.
	FiresSince time.Time `json:"fires_since,omitzero"`
	// Why says why somebody is paged beside the policy: who asks, and for what.
	Why string `json:"why,omitempty"`
	// State is one line: who has acknowledged it, or since when it is resolved.
	State string `json:"state,omitempty"`
	// StateAt is the moment that State names in UTC; zero when it names none.
	StateAt time.Time `json:"state_at,omitzero"`
	// Alerts are the names of the alerts that fire, the first few; More counts the rest.
	Alerts []string `json:"alerts,omitempty"`
	More   int      `json:"more,omitempty"`
	// Affected names the services of an incident that several share.
	Affected string `json:"affected,omitempty"`
	// InService is the release in service; Target the one to go back to.
	InService *release.Deployment `json:"in_service,omitempty"`
	Target    *release.Deployment `json:"target,omitempty"`
	Commits   []release.Commit    `json:"commits,omitempty"`
	// MoreCommits counts the commits that are not listed.
	MoreCommits int `json:"more_commits,omitempty"`
	// Next says who is paged next; NextAt when, zero when it is not known yet.
	Next   string    `json:"next,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
	// NextChannels are the IDs of channels that Next names.
	NextChannels []string `json:"next_channels,omitempty"`
	// Rollback is one line on the rollback; RollbackURL its build.
	Rollback    string `json:"rollback,omitempty"`
	RollbackURL string `json:"rollback_url,omitempty"`
	// Failure says what failed, and why.
	Failure string `json:"failure,omitempty"`
	// Notes are the reasons for what is missing.
	Notes   []string `json:"notes,omitempty"`
	Links   []Link   `json:"links,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
}

// Since is since when something is wrong: what was deployed later is not to blame.
func (c Card) Since() time.Time {
	if c.FiresSince.IsZero() {
		return c.OpenedAt
	}
	return c.FiresSince
}

// Answer is the button that answers a page: nil when nothing is asked.
func (c Card) Answer() *Button {
	for _, action := range []string{"approve-rollback", "acknowledge"} {
		if i := slices.IndexFunc(c.Buttons, func(b Button) bool { return b.Action == action }); i >= 0 {
			return &c.Buttons[i]
		}
	}
	return nil
}

// History is the address of the incident's history, or of the first other place
// to read on; "" when there is none.
func (c Card) History() string {
	if len(c.Links) == 0 {
		return ""
	}
	if i := slices.IndexFunc(c.Links, func(l Link) bool { return l.Text == historyLink }); i >= 0 {
		return c.Links[i].URL
	}
	return c.Links[0].URL
}

// historyLink is the text of the link to the history.
const historyLink = "History"

// Link is a place to read on.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Button is one decision that makes sense now. Action is the signal's name.
type Button struct {
	Action  string `json:"action"`
	Text    string `json:"text"`
	Release string `json:"release,omitempty"`
	// Style is "primary", "danger" or empty, Slack's words.
	Style string `json:"style,omitempty"`
	// Confirm asks before it acts; empty for at once.
	Confirm string `json:"confirm,omitempty"`
}

// TicketView is what the Jira issue shows.
type TicketView struct {
	Plan TicketPlan `json:"plan"`
	// Label is the IncidentId: it finds the issue again.
	Label       string   `json:"label"`
	Summary     string   `json:"summary"`
	Description string   `json:"description"`
	Severity    Severity `json:"severity"`
	Link        Link     `json:"link"`
}

// Comment is a batch of timeline entries on the ticket. Marker stands in its text.
type Comment struct {
	Marker string `json:"marker"`
	Body   string `json:"body"`
}
