package oncall

import "time"

// Assumption is what a preview takes for granted besides that every page is delivered at once.
type Assumption struct {
	AckAt time.Time // Somebody acknowledges at that moment; zero: nobody ever answers.
	From  Position  // Where the climb begins; zero: with step 1 of round 1.
	Again int       // How often the last step of an exhausted policy is looked at. Up to AckAt it is, in any case.
}

// Outlook is what a climb comes to, position by position.
type Outlook struct {
	Visits []Visit
	// Exhausted is when the last round went unanswered; zero when the climb does not come to that.
	Exhausted time.Time
	// Stopped are the pages of the current step that an acknowledgement keeps from being sent.
	Stopped []Page
	// AckDue is when that acknowledgement runs out unless somebody decides something, and Restart where the climb
	// begins again then. Both are zero when it never does.
	AckDue  time.Time
	Restart Position
	// GaveUp says why the preview ends although the climb would go on; empty when it does not.
	GaveUp string
}

// Visit is one position of the climb. Of its plan only the pages that are made are left.
type Visit struct {
	Plan
	At    time.Time // When the climb comes there.
	Cut   []Page    // What contact rules ask for after the step has ended.
	Ended time.Time // When the climb goes on from there.
}

// Row is one page of a preview.
type Row struct {
	After time.Duration // Since the climb began.
	Position
	Page
}

// Rows gives the pages that are made, in order of time. The moment is that at which the climb began.
func (o Outlook) Rows(began time.Time) []Row {
	var rows []Row
	for _, v := range o.Visits {
		for _, p := range v.Pages {
			rows = append(rows, Row{After: p.At.Sub(began), Position: v.Position, Page: p})
		}
	}
	return rows
}

const (
	// farthest is how long a preview waits for somebody to be on call.
	farthest = 24 * time.Hour
	// mostVisits bounds a preview.
	mostVisits = 10_000
)

// Preview says who would be paged, how and when, if the policy were climbed from a moment on. It goes the way of a
// running incident, by Next and Resolve: a step's time runs from its first page, a step that is passed takes none, and
// a round that reaches nobody is climbed again after UnreachedPause and does not count. A page that would be due in the
// moment in which its step ends, or in which somebody acknowledges, is not made.
func Preview(p Policy, at time.Time, r Roster, as Assumption) Outlook {
	c := climber{policy: p, roster: r, as: as, now: at, at: as.From}
	if c.at == (Position{}) {
		c.at, _ = Next(p, c.at)
	}
	for c.goesOn() {
		c.visit()
	}
	return c.out
}

// climber climbs a policy in thought.
type climber struct {
	policy Policy
	roster Roster
	as     Assumption

	at  Position
	now time.Time
	// reached is true when anybody was in this round; since is when the rounds that reached nobody began.
	reached  bool
	since    time.Time
	answered bool
	out      Outlook
}

func (c *climber) goesOn() bool {
	switch {
	case c.answered:
		return false
	case c.stops(c.now):
		c.acknowledge(nil)
		return false
	case c.as.AckAt.IsZero() && c.at.Again > c.as.Again:
		return false
	case !c.since.IsZero() && c.now.Sub(c.since) > farthest:
		c.out.GaveUp = "nobody can be reached for 24 h, and the round is climbed again every " + UnreachedPause.String()
		return false
	case len(c.out.Visits) >= mostVisits:
		c.out.GaveUp = "the climb goes on for too long to be shown"
		return false
	default:
		return true
	}
}

// stops reports whether somebody has acknowledged at a moment.
func (c *climber) stops(at time.Time) bool { return !c.as.AckAt.IsZero() && !at.Before(c.as.AckAt) }

// visit is what the climb does at its position.
func (c *climber) visit() {
	v := Visit{Plan: Resolve(c.policy, c.at, c.now, c.roster), At: c.now}
	if opens := v.Opens; !opens.IsZero() {
		if c.stops(opens) {
			stopped := v.Pages
			v.Pages, v.Ended = nil, c.as.AckAt
			c.keep(v)
			c.acknowledge(stopped)
			return
		}
		c.now = opens
		v.Plan = Resolve(c.policy, c.at, c.now, c.roster) // Who is on call is looked up anew.
		v.Opens = opens
	}
	c.work(&v)
	c.keep(v)
	if !c.answered {
		c.climb(v.Ended)
	}
}

// work sends the pages that are due before the step ends, or before somebody acknowledges.
func (c *climber) work(v *Visit) {
	v.Ended = c.now
	if v.Passed != "" {
		return
	}
	v.Ended = c.policy.ends(v.Plan)
	v.Pages, v.Cut = due(v.Pages, v.Ended, c.at.Exhausted())
	c.reached, c.since = true, time.Time{}
	if c.stops(v.Ended) {
		v.Ended = c.as.AckAt
		made, stopped := due(v.Pages, v.Ended, false)
		v.Pages = made
		c.acknowledge(stopped)
	}
}

// ends is when a step that pages ends without an answer. A repetition of an exhausted policy waits for nobody, but
// sends every page that the contact rules ask for.
func (p Policy) ends(plan Plan) time.Time {
	if plan.Position.Exhausted() {
		return plan.Pages[len(plan.Pages)-1].At
	}
	return plan.Pages[0].At.Add(p.Within(plan.Position))
}

// due parts the pages that are due before a moment from the others.
func due(pages []Page, end time.Time, all bool) (before, after []Page) {
	n := 0
	for n < len(pages) && (all || pages[n].At.Before(end)) {
		n++
	}
	return pages[:n:n], pages[n:]
}

// climb goes on from a position that went unanswered.
func (c *climber) climb(ended time.Time) {
	next, rest := Next(c.policy, c.at)
	if RoundEnds(c.at, next) {
		switch {
		case !c.reached:
			next, rest = Anew(c.policy, c.at)
			if c.since.IsZero() {
				c.since = ended
			}
		case next.Again == 1:
			c.out.Exhausted = ended
		}
		c.reached = false
	}
	c.at, c.now = next, ended.Add(rest)
}

// keep notes a visit. What is passed again and again while nobody can be reached is noted once.
func (c *climber) keep(v Visit) {
	if c.since.IsZero() || v.Passed == "" {
		c.out.Visits = append(c.out.Visits, v)
	}
}

func (c *climber) acknowledge(stopped []Page) {
	c.answered, c.out.Stopped = true, stopped
	if timeout := c.policy.AckTimeout; timeout > 0 {
		c.out.AckDue = c.as.AckAt.Add(timeout)
		c.out.Restart = Position{Step: c.policy.Again(), Round: 1}
	}
}
