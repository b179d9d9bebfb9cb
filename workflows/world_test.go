package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/oncall"
)

// world is everything outside of lastgood, in memory: it remembers what was done
// to it, and fails as it is told.
type world struct {
	mu  sync.Mutex
	now func() time.Time

	Slack, Mail, Phones, Jenkins, Jira, People, Past *vendor
	// Ended is the incident that Temporal has of the same workflow.
	Ended incident.Before
	// Staff is who there is, as it is now.
	Staff oncall.Roster

	messages []*message
	whispers []string
	deaf     map[string]bool
	tickets  []*ticket
	// noSlack, noMail and noJira are vendors that are not configured.
	noSlack, noMail, noJira bool
	line                    *line
}

func newWorld() *world {
	w := &world{deaf: map[string]bool{}, line: newLine()}
	for name, v := range map[string]**vendor{
		"slack": &w.Slack, "smtp": &w.Mail, "twilio": &w.Phones, "jenkins": &w.Jenkins, "jira": &w.Jira, "people": &w.People,
		"past": &w.Past,
	} {
		*v = &vendor{name: name, world: w}
	}
	w.Staff = oncall.Roster{
		People: []oncall.Person{
			{ID: "sre-1", Slack: "U0SRE1", Email: "sre-1@example.com", Phone: "+441"},
			{ID: "sre-2", Slack: "U0SRE2"},
			{ID: "sre-3", Slack: "U0SRE3"},
		},
		Schedules: []oncall.Schedule{{ID: "checkout-primary", TimeZone: "Europe/London", Layers: []oncall.Layer{
			{People: []string{"sre-1"}, Every: oncall.Period{Count: 1, Unit: oncall.Weeks}, Handoff: "2026-01-05T09:00"},
		}}},
	}
	return w
}

// since is the time of the story.
func (w *world) since() time.Duration { return w.now().Sub(noon) }

// people is the world as the roster.
type people world

func (p *people) Roster(context.Context) (roster oncall.Roster, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.People.call("read the roster", func() { roster = p.Staff })
	return roster, err
}

// past is the world as the memory of what has ended.
type past world

func (p *past) Before(context.Context, string) (before incident.Before, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.Past.call("look back", func() { before = p.Ended })
	return before, err
}

// vendor is one of those whom lastgood calls.
type vendor struct {
	name    string
	world   *world
	outages []outage
}

// outage is a time in which a vendor's calls go wrong.
type outage struct {
	from, to time.Duration
	how      fault
	slow     time.Duration
	// only, when set, is how what goes wrong begins: other calls go well.
	only string
}

type fault int

const (
	fails   fault = iota // Answers 503.
	hangs                // Never answers.
	refuses              // Answers 401.
	loses                // Does it, and its answer is lost.
	slow                 // Takes its time.
	limits               // Answers 429 and says until when.
)

// patience is after how long a caller gives an unanswered call up.
const patience = 5 * second

// Down lets the vendor's calls fail from a moment of the story to another.
func (v *vendor) Down(how fault, from, to time.Duration) {
	v.outages = append(v.outages, outage{from: from, to: to, how: how})
}

// DownFor lets only those calls fail whose purpose begins with a text.
func (v *vendor) DownFor(only string, how fault, from, to time.Duration) {
	v.outages = append(v.outages, outage{from: from, to: to, how: how, only: only})
}

// Slow lets the vendor take a while for each call.
func (v *vendor) Slow(takes, from, to time.Duration) {
	v.outages = append(v.outages, outage{from: from, to: to, how: slow, slow: takes})
}

func (v *vendor) outage(attempted string) (outage, bool) {
	at := v.world.since()
	for _, o := range v.outages {
		if o.from <= at && at < o.to && strings.HasPrefix(attempted, o.only) {
			return o, true
		}
	}
	return outage{}, false
}

func (v *vendor) latency() time.Duration {
	switch o, out := v.outage(""); {
	case out && o.how == hangs:
		return min(patience, o.to-v.world.since())
	case out && o.how == slow:
		return o.slow
	}
	return 0
}

// call is one call of the vendor; do is what it does.
func (v *vendor) call(attempted string, do func()) error {
	o, out := v.outage(attempted)
	failure := &rest.Error{Vendor: v.name, Attempted: attempted}
	switch {
	case !out || o.how == slow:
		do()
		return nil
	case o.how == loses:
		do()
		failure.Maybe, failure.Err = true, errors.New("connection reset")
	case o.how == hangs:
		failure.Maybe, failure.Err = true, context.DeadlineExceeded
	case o.how == limits:
		failure.Status, failure.RetryAfter = http.StatusTooManyRequests, o.to-v.world.since()
	case o.how == refuses:
		failure.Status = http.StatusUnauthorized
	default:
		failure.Status, failure.Maybe = http.StatusServiceUnavailable, true
	}
	return failure
}

// message is one message in Slack, a mail or a text.
type message struct {
	at, edited time.Duration
	to, via    string
	receipt    incident.Receipt
	said       incident.Message
}

// slack is the world as the chat.
type slack world

func (s *slack) Post(_ context.Context, to string, m incident.Message) (incident.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := (*world)(s)
	if w.deaf[to] {
		return incident.Receipt{}, &rest.Error{Vendor: "slack", Attempted: "post to " + to, Status: http.StatusNotFound, Code: "channel_not_found"}
	}
	var at incident.Receipt
	err := w.Slack.call("post to "+to, func() { at = w.post(to, "slack", m) })
	if err != nil {
		return incident.Receipt{}, err
	}
	return at, nil
}

func (w *world) post(to, via string, m incident.Message) incident.Receipt {
	at := incident.Receipt{Channel: to, TS: fmt.Sprintf("%d", len(w.messages)+1)}
	w.messages = append(w.messages, &message{at: w.since(), to: to, via: via, receipt: at, said: m})
	return at
}

func (s *slack) Edit(_ context.Context, at incident.Receipt, m incident.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Slack.call("edit "+at.TS, func() {
		for _, there := range s.messages {
			if there.receipt == at {
				there.said.Card, there.edited = m.Card, s.Slack.world.since()
			}
		}
	})
}

func (s *slack) Find(_ context.Context, to string, m incident.Message) (at incident.Receipt, found bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.Slack.call("read "+to, func() {
		for _, there := range s.messages {
			if there.to == to && there.said.Marker == m.Marker {
				at, found = there.receipt, true
			}
		}
	})
	return at, found, err
}

func (s *slack) Whisper(_ context.Context, to incident.Reply, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Slack.call("whisper to "+to.User, func() {
		s.whispers = append(s.whispers, fmt.Sprintf("%s %s: %s", s.Slack.world.since(), to.User, text))
	})
}

// mailbox is the world as the server that takes mails.
type mailbox world

func (m *mailbox) Send(_ context.Context, to string, said incident.Message) (incident.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.Mail.call("mail "+to, func() { (*world)(m).post(to, "email", said) })
	if err != nil {
		return incident.Receipt{}, err
	}
	return incident.Receipt{Said: "250 queued"}, nil
}

// phones is the world as the phone network.
type phones world

func (p *phones) Send(_ context.Context, to string, said incident.Message) (incident.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.Phones.call("text "+to, func() { (*world)(p).post(to, "sms", said) }); err != nil {
		return incident.Receipt{}, err
	}
	return p.accepted(len(p.messages)), nil
}

// accepted numbers the texts among the first n messages.
func (p *phones) accepted(n int) incident.Receipt {
	texts := 0
	for _, m := range p.messages[:n] {
		if m.via == "sms" {
			texts++
		}
	}
	return incident.Receipt{Said: fmt.Sprintf("accepted as SM%d", texts)}
}

func (p *phones) Find(_ context.Context, to string, said incident.Message) (at incident.Receipt, found bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.Phones.call("look for "+to, func() {
		for i, there := range p.messages {
			if there.to == to && there.said.Marker == said.Marker {
				at, found = p.accepted(i+1), true
			}
		}
	})
	return at, found, err
}

// ticket is one issue in Jira.
type ticket struct {
	opened      time.Duration
	closed      time.Duration
	key, label  string
	description string
	comments    []incident.Comment
}

// jira is the world as the place of the record.
type jira world

func (j *jira) Find(_ context.Context, view incident.TicketView) (ref incident.TicketRef, found bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	err = j.Jira.call("search "+view.Label, func() {
		for _, t := range j.tickets {
			if t.label == view.Label {
				ref, found = incident.TicketRef{Key: t.key}, true
			}
		}
	})
	return ref, found, err
}

func (j *jira) Create(_ context.Context, view incident.TicketView) (incident.TicketRef, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	key := fmt.Sprintf("OPS-%d", len(j.tickets)+1)
	err := j.Jira.call("create", func() {
		j.tickets = append(j.tickets, &ticket{opened: j.Jira.world.since(), key: key, label: view.Label, description: view.Description})
	})
	return incident.TicketRef{Key: key}, err
}

func (j *jira) on(key, attempted string, do func(*ticket)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Jira.call(attempted+" "+key, func() {
		for _, t := range j.tickets {
			if t.key == key {
				do(t)
			}
		}
	})
}

func (j *jira) Update(_ context.Context, key string, view incident.TicketView) error {
	return j.on(key, "update", func(t *ticket) { t.description = view.Description })
}

func (j *jira) Comment(_ context.Context, key string, c incident.Comment, check bool) error {
	return j.on(key, "comment on", func(t *ticket) {
		for _, there := range t.comments {
			if check && there.Marker == c.Marker {
				return
			}
		}
		t.comments = append(t.comments, c)
	})
}

func (j *jira) Close(_ context.Context, key string, _ incident.TicketPlan) error {
	return j.on(key, "close", func(t *ticket) { t.closed = j.Jira.world.since() })
}
