package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
)

// A projection shows the state to one vendor. It holds what it last sent; when
// that is behind, it sends what is true now. One send is under way at a time, so
// a dead vendor delays only its own projection and no stale edit overtakes a new one.
type projection struct {
	name, vendor string
	// gather is how long changes are collected before the next send; calm is how long
	// those are, in a storm, of which none presses.
	gather, calm time.Duration
	behind       func() bool
	send         func(workflow.Context) error
}

const (
	slack = "Slack"
	jira  = "Jira"
)

// gatherTicket keeps the writes to one issue rare: Jira limits them by issue.
const gatherTicket = 5 * time.Second

// gatherThread makes one message of what happens at once, gatherCard one edit.
const (
	gatherThread = time.Second
	gatherCard   = 500 * time.Millisecond
)

// A storm is when more than storming sends in a row told of nothing but alerts that
// come and go. Each send costs six events and more: the next is then gatherStorm after
// the last, unless something presses.
const (
	storming    = 20
	gatherStorm = 30 * time.Second
)

func (r *run) projections() []projection {
	return []projection{
		{name: "card", vendor: slack, gather: gatherCard, calm: gatherStorm, behind: r.cardBehind, send: r.sendCard},
		{name: "thread", vendor: slack, gather: gatherThread, calm: gatherStorm, behind: r.threadBehind, send: r.sendThread},
		{name: "pages", vendor: slack, calm: gatherStorm, behind: r.pagesBehind, send: r.sendPages},
		{name: "notices", vendor: slack, behind: r.noticesBehind, send: r.sendNotice},
		{name: "ticket", vendor: jira, gather: gatherTicket, calm: gatherStorm, behind: r.ticketBehind, send: r.sendTicket},
	}
}

// keepShowing starts everything that shows the incident outside.
func (r *run) keepShowing(ctx workflow.Context) {
	for _, p := range r.projections() {
		workflow.Go(ctx, func(ctx workflow.Context) { r.keep(ctx, p) })
	}
	if !r.recording {
		r.keepCalling(ctx)
		r.keepAnswering(ctx)
	}
}

// keep runs one projection for as long as the workflow runs.
func (r *run) keep(ctx workflow.Context, p projection) {
	pause := firstPause
	last := time.Time{} // The first send waits for nothing.
	told, lulls := 0, 0
	for {
		await(ctx, noDeadline, "", func() bool { return r.wanted(p) && !r.quiet(ctx) })
		urgent := func() bool { return r.in.Closed || r.quiet(ctx) }
		if due := last.Add(p.gather); !last.IsZero() && due.After(workflow.Now(ctx)) {
			await(ctx, due, "gather what is told to "+p.vendor, urgent)
		}
		if lulls > storming {
			await(ctx, last.Add(p.calm), "gather what a storm tells to "+p.vendor, func() bool { return urgent() || r.presses(told) })
		}
		if r.quiet(ctx) {
			continue
		}
		if lulls++; r.presses(told) {
			lulls = 0
		}
		told = r.in.Written()
		sent := r.tally(p)
		*sent++
		err := p.send(ctx)
		*sent--
		last = workflow.Now(ctx)
		switch {
		case err == nil:
			pause = firstPause
			r.failing[p.name] = false
			if !r.fails(p.vendor) {
				r.note(incident.Event{Kind: incident.CaughtUp, Vendor: p.vendor})
			}
		case failedAs(err, activities.Off):
			r.note(incident.Event{Kind: incident.SwitchedOff, Vendor: p.vendor})
		default:
			r.failing[p.name] = true
			r.note(incident.Event{Kind: incident.FellBehind, Vendor: p.vendor, Reason: reason(err)})
			await(ctx, after(ctx, pause), "try "+p.vendor+" again", func() bool { return r.quiet(ctx) })
			pause = min(2*pause, r.longestPause())
		}
	}
}

// tally is where a send counts as under way. A ticket whose opening were left to itself
// might be opened twice; everything else is found where it was shown.
func (r *run) tally(p projection) *int {
	if p.vendor == jira && r.in.Cursors.Ticket.Key == "" {
		return &r.sending
	}
	return &r.showing
}

// presses says whether the timeline tells more, behind an entry, than that alerts came
// and went.
func (r *run) presses(told int) bool {
	return slices.ContainsFunc(r.in.Since(told), func(e incident.Entry) bool {
		return e.Kind != incident.AlertFired && e.Kind != incident.AlertResolved
	})
}

// longestPause is longer when only the record is left to be delivered: its seven
// days must fit into one history.
func (r *run) longestPause() time.Duration {
	if r.recording {
		return recordPause
	}
	return longestPause
}

// fails says whether any projection of a vendor has failed and not got through since.
func (r *run) fails(vendor string) bool {
	return slices.ContainsFunc(r.projections(), func(p projection) bool { return p.vendor == vendor && r.failing[p.name] })
}

// wanted says whether the projection has something to send to somebody.
func (r *run) wanted(p projection) bool {
	return r.begun && !slices.Contains(r.in.Cursors.Off, p.vendor) && p.behind()
}

// behindhand says whether anything that should be shown is not, or is under way.
func (r *run) behindhand() bool {
	return r.underWay() || slices.ContainsFunc(r.projections(), r.wanted)
}

func (r *run) cardBehind() bool {
	return r.in.Service.SlackChannel != "" && r.in.Cursors.CardRevision < r.in.Revision
}

func (r *run) sendCard(ctx workflow.Context) error {
	card, revision := r.card(), r.in.Revision
	order := activities.CardOrder{
		Channel: r.in.Service.SlackChannel, At: r.in.Cursors.Card, Again: r.in.Cursors.Tried.Card,
		Message: incident.Message{Card: &card, Marker: r.in.ID + "/card", Since: r.in.OpenedAt},
	}
	r.note(incident.Event{Kind: incident.Attempted, Tried: incident.Tried{Card: true}})
	var at incident.Receipt
	err := workflow.ExecuteActivity(showOptions(ctx, "Show the card"), activities.ShowCardName, order).Get(ctx, &at)
	if err == nil {
		r.note(incident.Event{Kind: incident.CardShown, Receipt: at, Revision: revision})
	}
	return err
}

func (r *run) threadBehind() bool {
	return r.in.Cursors.Card.TS != "" && r.in.Cursors.Thread < r.in.Written()
}

func (r *run) sendThread(ctx workflow.Context) error {
	from, upTo := r.in.Cursors.Thread, r.in.Cursors.Tried.Thread
	again := upTo > from
	entries := r.in.Since(from)
	if again {
		entries = entries[:len(entries)-len(r.in.Since(upTo))]
	} else {
		entries = entries[:min(len(entries), maxBatch)]
		upTo = entries[len(entries)-1].N
	}
	order := activities.SayOrder{
		Channel: r.in.Cursors.Card.Channel, Again: again,
		Message: incident.Message{
			Entries: entries, Marker: fmt.Sprintf("%s/thread/%d", r.in.ID, upTo),
			Thread: r.in.Cursors.Card.TS, Since: entries[0].At,
		},
	}
	r.note(incident.Event{Kind: incident.Attempted, Tried: incident.Tried{Thread: upTo}})
	err := workflow.ExecuteActivity(showOptions(ctx, "Write the thread"), activities.SayName, order).Get(ctx, nil)
	if err == nil {
		r.note(incident.Event{Kind: incident.ThreadShown, Index: upTo})
	}
	return err
}

// stale is the first delivered page that does not show how things are, -1 if none.
func (r *run) stale() int {
	if len(r.in.Cursors.Pages) == 0 {
		return -1
	}
	face := r.currentFace()
	return slices.IndexFunc(r.in.Cursors.Pages, func(p incident.Sent) bool { return p.Shown != face })
}

func (r *run) pagesBehind() bool { return r.stale() >= 0 }

func (r *run) sendPages(ctx workflow.Context) error {
	page, card := r.in.Cursors.Pages[r.stale()], r.card()
	card.Why = page.Why
	order := activities.RefreshOrder{
		At: page.Receipt, Message: incident.Message{Card: &card, Page: true},
	}
	err := workflow.ExecuteActivity(showOptions(ctx, "Bring a page up to date"), activities.RefreshPageName, order).Get(ctx, nil)
	if err == nil {
		r.note(incident.Event{Kind: incident.PageShown, Receipt: page.Receipt, Shown: card.Face()})
	}
	return err
}

func (r *run) noticesBehind() bool {
	return r.in.Service.SlackChannel != "" && r.in.Cursors.Notices < len(r.in.Notices)
}

func (r *run) sendNotice(ctx workflow.Context) error {
	n := r.in.Cursors.Notices
	notice := r.in.Notices[n]
	order := activities.SayOrder{
		Channel: r.in.Service.SlackChannel, Again: r.in.Cursors.Tried.Notice > n,
		Message: incident.Message{
			Notice: notice.Text, Loud: notice.Loud, Since: r.in.OpenedAt,
			Marker: fmt.Sprintf("%s/notice/%d", r.in.ID, n+1),
		},
	}
	r.note(incident.Event{Kind: incident.Attempted, Tried: incident.Tried{Notice: n + 1}})
	err := workflow.ExecuteActivity(showOptions(ctx, "Call the channel"), activities.SayName, order).Get(ctx, nil)
	if err == nil || failedAs(err, activities.Refused) {
		r.note(incident.Event{Kind: incident.NoticeSent, Index: n + 1}) // A refused one must not hold up the next.
	}
	return err
}

func (r *run) ticketBehind() bool {
	c := r.in.Cursors
	if r.in.Service.Ticket == nil {
		return false
	}
	return c.Ticket.Key == "" || c.TicketRevision < r.in.Revision || c.TicketEntry < r.in.Written() ||
		(r.in.Closed && !c.TicketClosed)
}

// sendTicket takes the next step that the ticket needs: open it, bring it up to
// date, or close it.
func (r *run) sendTicket(ctx workflow.Context) error {
	view := incident.TicketOf(r.in, r.places())
	cursors := r.in.Cursors
	switch {
	case cursors.Ticket.Key == "":
		order := activities.TicketOrder{View: view, Tried: cursors.TicketTried}
		var ref incident.TicketRef
		err := workflow.ExecuteActivity(ticketOptions(ctx, "Open the ticket"), activities.OpenTicketName, order).Get(ctx, &ref)
		if err != nil {
			r.note(incident.Event{Kind: incident.TicketTried})
			return err
		}
		r.note(incident.Event{Kind: incident.TicketOpened, Ticket: ref})
		return nil
	case cursors.TicketRevision < r.in.Revision || cursors.TicketEntry < r.in.Written():
		return r.writeTicket(ctx, view)
	default:
		order := activities.WriteOrder{Ticket: cursors.Ticket, View: view}
		err := workflow.ExecuteActivity(ticketOptions(ctx, "Close the ticket"), activities.CloseTicketName, order).Get(ctx, nil)
		if err == nil {
			r.note(incident.Event{Kind: incident.TicketClosed})
		}
		return err
	}
}

func (r *run) writeTicket(ctx workflow.Context, view incident.TicketView) error {
	revision, upTo := r.in.Revision, r.in.Cursors.TicketEntry
	if upTo > 0 {
		view.Link = incident.Link{} // It was written with the first comment.
	}
	order := activities.WriteOrder{Ticket: r.in.Cursors.Ticket, View: view}
	if upTo < r.in.Written() {
		told := r.in
		if order.Again = r.in.Cursors.Tried.Entry > upTo; order.Again {
			told.Timeline = told.UpTo(r.in.Cursors.Tried.Entry)
		}
		var comment incident.Comment
		comment, upTo = incident.CommentOf(told, upTo)
		order.Comment = &comment
		r.note(incident.Event{Kind: incident.Attempted, Tried: incident.Tried{Entry: upTo}})
	}
	err := workflow.ExecuteActivity(ticketOptions(ctx, "Bring the ticket up to date"), activities.WriteTicketName, order).Get(ctx, nil)
	if err == nil {
		r.note(incident.Event{Kind: incident.TicketWritten, Revision: revision, Index: upTo})
	}
	return err
}

// answer is a private word to somebody who decided something.
type answer struct {
	to   incident.Reply
	text string
}

func (r *run) reply(d incident.Decision, text string) {
	if d.Reply != nil && !slices.Contains(r.in.Cursors.Off, slack) {
		r.answers = append(r.answers, answer{*d.Reply, text})
	}
}

// keepAnswering tells people what became of their decisions, in order. An answer
// that cannot be given soon is not worth giving.
func (r *run) keepAnswering(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			await(ctx, noDeadline, "", func() bool { return len(r.answers) > 0 })
			next := r.answers[0]
			order := activities.WhisperOrder{To: next.to, Text: next.text}
			err := workflow.ExecuteActivity(answerOptions(ctx), activities.WhisperName, order).Get(ctx, nil)
			if err != nil {
				r.log.Warn("a decision could not be answered", "user", next.to.User, "error", err)
			}
			r.answers = r.answers[1:]
		}
	})
}
