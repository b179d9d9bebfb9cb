// Package oncall says who is paged, how and when: escalation policies and the climb through them, schedules with
// their rotations and overrides, and the contact rules of people. It is pure: the moment is always an argument, and
// equal arguments give equal answers. It delivers no page, keeps no state and reads no file of its own; the only
// thing it takes from outside is the time zone database.
package oncall

import (
	"slices"
	"time"
)

// AgainEvery is how long an exhausted climb rests before it pages the policy's last step again.
const AgainEvery = 30 * time.Minute

// UnreachedPause is how long a climb rests after a round that reached nobody. Such a round does not count.
const UnreachedPause = 30 * time.Second

// Policy is an escalation policy: steps that are paged one after the other until somebody answers.
type Policy struct {
	ID         string        `json:"id"`
	Steps      []Step        `json:"steps"`
	Repeat     Repeat        `json:"repeat,omitzero"`
	AckTimeout time.Duration `json:"ack_timeout,omitempty"` // An acknowledgement lasts this long; 0: for ever.
}

// Step pages its targets and waits AckWithin for an answer.
type Step struct {
	Page       []Target      `json:"page"`
	AckWithin  time.Duration `json:"ack_within"`
	OnlyIf     *Window       `json:"only_if,omitempty"`     // Closed: the step is passed at once.
	WaitUntil  *Window       `json:"wait_until,omitempty"`  // Closed: the step pages when the window opens.
	RoundRobin bool          `json:"round_robin,omitempty"` // Each round pages one of those the step names, in turn.
}

// Target is whom a step pages, or who may decide something. Exactly one field is set.
type Target struct {
	Schedule     string `json:"schedule,omitempty"`      // ID of a schedule: whoever is on call in it.
	Person       string `json:"person,omitempty"`        // ID of a person.
	SlackChannel string `json:"slack_channel,omitempty"` // ID of a Slack channel.
	SlackGroup   string `json:"slack_group,omitempty"`   // ID of a Slack user group: all its members.
}

// Repeat says how often the steps are climbed again after the first round, and from which step on.
type Repeat struct {
	Times    int `json:"times,omitempty"`     // 2 makes three rounds in all.
	FromStep int `json:"from_step,omitempty"` // Counts from 1; 0 means 1.
}

// Position is where a climb stands. Steps and rounds count from 1; the zero Position has not begun. Again counts the
// repetitions of the last step after the policy is exhausted.
type Position struct {
	Step  int `json:"step"`
	Round int `json:"round"`
	Again int `json:"again,omitempty"`
	// Turn counts the rounds of round-robin steps that reached nobody: it is then somebody else's turn.
	Turn int `json:"turn,omitempty"`
}

// Exhausted reports whether every round of the policy went unanswered and only its last step is repeated.
func (p Position) Exhausted() bool { return p.Again > 0 }

// Next says where the climb goes after the position at went unanswered, and how long after at ran out the new position
// is paged: at once, or AgainEvery once the policy is exhausted. It is arithmetic on its arguments alone, with no map,
// zone or clock, so that a workflow may call it and replay it. A step beyond the policy's end counts as its last: a
// climb keeps its place when a shorter policy takes over.
func Next(p Policy, at Position) (Position, time.Duration) {
	last := max(len(p.Steps), 1)
	switch {
	case at == Position{}:
		return Position{Step: 1, Round: 1}, 0
	case at.Exhausted():
		return Position{Step: last, Round: at.Round, Again: at.Again + 1, Turn: at.Turn}, AgainEvery
	case at.Step < last:
		return Position{Step: at.Step + 1, Round: at.Round, Turn: at.Turn}, 0
	case at.Round <= p.Repeat.Times:
		return Position{Step: p.Again(), Round: at.Round + 1, Turn: at.Turn}, 0
	default:
		return Position{Step: last, Round: at.Round, Again: 1, Turn: at.Turn}, AgainEvery
	}
}

// RoundEnds reports whether the way from one position to the next ends a round. Each repetition of an exhausted
// policy's last step is one of its own.
func RoundEnds(from, next Position) bool { return next.Round != from.Round || next.Exhausted() }

// Anew says where the climb goes after the position at has ended a round that reached nobody, and how long after: the
// same round is climbed once more. Round-robin steps then page the next one: the one whose turn it was may never be
// reached.
func Anew(p Policy, at Position) (Position, time.Duration) {
	switch {
	case at.Exhausted():
	case at.Round > 1:
		at.Step = p.Again()
	default:
		at.Step = 1
	}
	if slices.ContainsFunc(p.Steps, func(s Step) bool { return s.RoundRobin }) {
		at.Turn++
	}
	return at, UnreachedPause
}

// Again is the step with which every further round begins, and the climb after an acknowledgement that ran out.
func (p Policy) Again() int { return min(max(p.Repeat.FromStep, 1), max(len(p.Steps), 1)) }

// Within is how long a position waits for an answer once it was paged. It is 0 for repetitions of an exhausted policy,
// whose rest is AgainEvery, and for a position the policy does not have.
func (p Policy) Within(at Position) time.Duration {
	step, exists := p.step(at)
	if !exists || at.Exhausted() {
		return 0
	}
	return step.AckWithin
}

func (p Policy) step(at Position) (Step, bool) {
	if at.Step < 1 || at.Step > len(p.Steps) {
		return Step{}, false
	}
	return p.Steps[at.Step-1], true
}
