package oncall

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Page is one attempt to reach one person, or one channel, by one method.
type Page struct {
	Person  string    `json:"person,omitempty"` // ID; empty for a page to a channel.
	Name    string    `json:"name,omitempty"`
	Via     Method    `json:"via"`
	Address string    `json:"address"` // Slack user or channel ID, mail address, phone number.
	At      time.Time `json:"at"`
	From    string    `json:"from"` // The target that led here: "schedule checkout-primary", "person sre-1".
}

// Plan is what a position of the climb comes to at a given moment.
type Plan struct {
	Position Position  `json:"position"`
	Opens    time.Time `json:"opens,omitzero"`     // Zero: the step is open; otherwise it waits until then.
	Passed   string    `json:"passed,omitempty"`   // Not empty: the step is passed at once, and why.
	Pages    []Page    `json:"pages,omitempty"`    // By time, then in the order of the targets.
	Notes    []string  `json:"notes,omitempty"`    // What was found missing on the way.
	Warnings []string  `json:"warnings,omitempty"` // What was relied on and may be out of date.
}

// Resolve says whom a position of the climb pages when it is reached at the given moment, how, and when. A step that
// waits for its window is planned for the moment it opens, with those who are on call then. Each person is paged at
// most once by each method, and each channel once. Whatever no longer exists or cannot be read is nobody, and noted;
// a window that cannot be read holds back nothing.
func Resolve(p Policy, pos Position, at time.Time, r Roster) Plan {
	plan := Plan{Position: pos}
	step, exists := p.step(pos)
	if !exists {
		plan.Passed = fmt.Sprintf("policy %s has no step %d", p.ID, pos.Step)
		return plan
	}
	plan.enter(step, at)
	if plan.Passed != "" {
		return plan
	}
	if !plan.Opens.IsZero() {
		at = plan.Opens
	}
	plan.page(step, at, r)
	return plan
}

// enter judges the step's windows. A step that waits must also be wanted at the moment it opens.
func (plan *Plan) enter(step Step, at time.Time) {
	wait, waits := plan.window("wait_until", step.WaitUntil)
	only, conditional := plan.window("only_if", step.OnlyIf)
	reached := at
	if waits {
		at = wait.opens(at)
	}
	if conditional && (!only.covers(reached) || !only.covers(at)) {
		plan.Passed = "only paged " + step.OnlyIf.String()
		return
	}
	if at.After(reached) {
		plan.Opens = at
	}
}

func (plan *Plan) window(field string, w *Window) (opening, bool) {
	if w == nil {
		return opening{}, false
	}
	o, err := w.read(nil)
	if err != nil {
		plan.note("%s: %v", field, err)
		return opening{}, false
	}
	return o, true
}

// page fills in the pages of a step that pages at the given moment.
func (plan *Plan) page(step Step, at time.Time, r Roster) {
	plan.Warnings = r.outdated(step.Page)
	found, notes := r.find(step.Page, at)
	plan.Notes = append(plan.Notes, notes...)
	var reachable [][]Page
	for _, a := range found {
		if pages := plan.reach(a, at); len(pages) > 0 {
			reachable = append(reachable, pages)
		}
	}
	if len(reachable) == 0 {
		plan.Opens = time.Time{}
		plan.Passed = "nobody on call: " + strings.Join(plan.Notes, "; ")
		return
	}
	if step.RoundRobin {
		turn := max(plan.Position.Round-1+plan.Position.Again+plan.Position.Turn, 0) % len(reachable)
		reachable = reachable[turn : turn+1]
	}
	plan.Pages = slices.Concat(reachable...)
	slices.SortStableFunc(plan.Pages, func(a, b Page) int { return a.At.Compare(b.At) })
}

// reach gives the pages that the contact rules of one addressee ask for, the earliest of each method.
func (plan *Plan) reach(a addressee, at time.Time) []Page {
	if a.channel != "" {
		return []Page{{Via: SlackChannel, Address: a.channel, At: at, From: a.from}}
	}
	rules := slices.Clone(a.person.Rules())
	slices.SortStableFunc(rules, func(x, y ContactRule) int { return cmp.Compare(x.After, y.After) })
	var pages []Page
	for _, rule := range rules {
		address := a.person.Address(rule.Via)
		if address == "" {
			plan.note("%s cannot be paged by %s: no address", a.person.ID, rule.Via)
			continue
		}
		if slices.ContainsFunc(pages, func(p Page) bool { return p.Via == rule.Via }) {
			continue
		}
		due := at.Add(rule.After)
		pages = append(pages, Page{Person: a.person.ID, Name: a.person.Name, Via: rule.Via, Address: address, At: due, From: a.from})
	}
	if len(pages) == 0 {
		plan.note("%s cannot be paged by any method", a.person.ID)
	}
	return pages
}

func (plan *Plan) note(format string, args ...any) {
	plan.Notes = append(plan.Notes, fmt.Sprintf(format, args...))
}
