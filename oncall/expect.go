package oncall

import (
	"fmt"
	"strings"
	"time"
)

// Expected is what somebody expects of one page of a preview. What is not given is not compared.
type Expected struct {
	After   *time.Duration `json:"after,omitempty"`
	Step    int            `json:"step,omitempty"`
	Round   int            `json:"round,omitempty"`
	Person  string         `json:"person,omitempty"`  // ID.
	Channel string         `json:"channel,omitempty"` // Slack ID.
	Via     Method         `json:"via,omitempty"`
}

// Expectation is what somebody expects of a climb: its first pages, in order.
type Expectation struct {
	Pages   []Expected
	Exactly bool // No page comes after them.
}

// Line sets one expected page beside the one that would be made. Either is nil where the other list is longer.
type Line struct {
	Expected *Expected
	Actual   *Row
	Differs  []string // The fields that are not as expected; empty when all is well.
}

// Compare sets the pages of a preview beside those that are expected. Each line without differences is as it should be.
func (e Expectation) Compare(rows []Row) []Line {
	n := len(e.Pages)
	if e.Exactly {
		n = max(n, len(rows))
	}
	lines := make([]Line, n)
	for i := range lines {
		if i < len(e.Pages) {
			lines[i].Expected = &e.Pages[i]
		}
		if i < len(rows) {
			lines[i].Actual = &rows[i]
		}
		lines[i].Differs = lines[i].differs()
	}
	return lines
}

func (l Line) differs() []string {
	switch {
	case l.Actual == nil:
		return []string{"no page"}
	case l.Expected == nil:
		return []string{"one page more"}
	}
	e, r := l.Expected, l.Actual
	var fields []string
	note := func(field string, differs bool) {
		if differs {
			fields = append(fields, field)
		}
	}
	note("after", e.After != nil && *e.After != r.After)
	note("step", e.Step != 0 && e.Step != r.Step)
	note("round", e.Round != 0 && e.Round != r.Round)
	note("person", e.Person != "" && e.Person != r.Person)
	note("channel", e.Channel != "" && e.Channel != r.Channel())
	note("via", e.Via != "" && e.Via != r.Via)
	return fields
}

// Channel is the Slack ID of the channel that the page goes to; empty when it goes to a person.
func (p Page) Channel() string {
	if p.Via != SlackChannel {
		return ""
	}
	return p.Address
}

// String is the page as it is expected, as in "5m0s sre-2 by slack, step 2, round 1".
func (e Expected) String() string {
	var words []string
	say := func(given bool, format string, value any) {
		if given {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	if e.After != nil {
		say(true, "%s", *e.After)
	}
	say(e.Person != "", "%s", e.Person)
	say(e.Channel != "", "%s", e.Channel)
	say(e.Person+e.Channel == "", "%s", "anybody")
	say(e.Via != "", "by %s", e.Via)
	say(e.Step != 0, "step %d", e.Step)
	say(e.Round != 0, "round %d", e.Round)
	return strings.Join(words, " ")
}

// Told is the page that is made, written as an expected one is.
func (r Row) Told() Expected {
	return Expected{After: &r.After, Step: r.Step, Round: r.Round, Person: r.Person, Channel: r.Channel(), Via: r.Via}
}
