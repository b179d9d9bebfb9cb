package activities

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// OnCall says who is to be paged. It reads schedules, people and overrides as
// they are now, not as they were when the incident opened.
type OnCall struct {
	People People
	Groups Groups

	mutex  sync.Mutex
	groups map[string]members
}

// StepQuestion asks who a step of the climb comes to.
type StepQuestion struct {
	Policy oncall.Policy   `json:"policy"`
	At     oncall.Position `json:"at"`
	Now    time.Time       `json:"now"`
	// Service is the one that a maintenance would keep the page back for; empty when nothing may. Affected are the
	// services whose alerts fire, where several share the incident: the page is kept back while all of them are in one.
	Service  string   `json:"service,omitempty"`
	Affected []string `json:"affected,omitempty"`
}

// StepAnswer says who is paged now, and who follows if they do not answer.
type StepAnswer struct {
	Plan      oncall.Plan         `json:"plan"`
	Following *incident.Following `json:"following,omitempty"`
	// Maintenance is set, and nothing else, when the service is in one: nobody is paged.
	Maintenance *oncall.Maintenance `json:"maintenance,omitempty"`
}

// ResolveStep says who is paged in a step, and who would be in the one after it; or
// that the service is in maintenance.
func (o *OnCall) ResolveStep(ctx context.Context, q StepQuestion) (StepAnswer, error) {
	roster, err := o.People.Roster(ctx)
	if err != nil {
		return StepAnswer{}, err
	}
	if m, in := roster.Excused(q.Service, q.Affected, q.Now); in && q.Service != "" {
		return StepAnswer{Maintenance: &m}, nil
	}
	o.expand(ctx, &roster, stepTargets(q.Policy, q.At), policyTargets(q.Policy))
	plan := oncall.Resolve(q.Policy, q.At, q.Now, roster)
	return StepAnswer{Plan: plan, Following: following(q, plan, roster)}, nil
}

// following looks for the next step that reaches somebody. Steps that are passed
// take no time; a policy is looked through once.
func following(q StepQuestion, plan oncall.Plan, roster oncall.Roster) *incident.Following {
	from := q.Now
	if !plan.Opens.IsZero() {
		from = plan.Opens
	}
	at, from := q.At, from.Add(q.Policy.Within(q.At))
	var after time.Duration
	for range len(q.Policy.Steps) + 1 {
		next, rest := oncall.Next(q.Policy, at)
		at, after = next, after+rest
		plan := oncall.Resolve(q.Policy, at, from.Add(after), roster)
		if plan.Passed != "" {
			continue
		}
		return followed(plan.Pages, incident.Following{At: at, After: after})
	}
	return nil
}

// followed names those whom pages are for, each once.
func followed(pages []oncall.Page, f incident.Following) *incident.Following {
	for _, page := range pages {
		name := displayed(page)
		if slices.Contains(f.Names, name) {
			continue
		}
		f.Names = append(f.Names, name)
		if page.Via == oncall.SlackChannel {
			f.Channels = append(f.Channels, page.Address)
		}
	}
	return &f
}

func displayed(p oncall.Page) string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Person != "":
		return p.Person
	default:
		return "everyone in " + p.Address
	}
}

// ReachQuestion asks how to reach those that a call is for.
type ReachQuestion struct {
	Call incident.Call `json:"call"`
	Now  time.Time     `json:"now"`
}

// Reach says how to reach those that a call is for.
func (o *OnCall) Reach(ctx context.Context, q ReachQuestion) (oncall.Plan, error) {
	roster, err := o.roster(ctx, q.Call.Targets, nil)
	if err != nil {
		return oncall.Plan{}, err
	}
	step := oncall.Policy{Steps: []oncall.Step{{Page: q.Call.Targets}}}
	plan := oncall.Resolve(step, oncall.Position{Step: 1, Round: 1}, q.Now, roster)
	plan.Pages = slices.DeleteFunc(plan.Pages, func(p oncall.Page) bool { return p.Person != "" && p.Person == q.Call.Except })
	return plan, nil
}

// PermitQuestion asks whether a person may decide something.
type PermitQuestion struct {
	Allowed []oncall.Target `json:"allowed"`
	Person  string          `json:"person"`
	Now     time.Time       `json:"now"`
}

// Permit says whether the person is among those who may decide, at this moment:
// anybody who is known when nobody is named.
func (o *OnCall) Permit(ctx context.Context, q PermitQuestion) (bool, error) {
	roster, err := o.roster(ctx, q.Allowed, nil)
	if err != nil {
		return false, err
	}
	if len(q.Allowed) == 0 {
		return slices.ContainsFunc(roster.People, func(p oncall.Person) bool { return p.ID == q.Person }), nil
	}
	return oncall.Permitted(q.Allowed, q.Person, q.Now, roster), nil
}

func stepTargets(p oncall.Policy, at oncall.Position) []oncall.Target {
	if at.Step < 1 || at.Step > len(p.Steps) {
		return nil
	}
	return p.Steps[at.Step-1].Page
}

func policyTargets(p oncall.Policy) []oncall.Target {
	var targets []oncall.Target
	for _, step := range p.Steps {
		targets = append(targets, step.Page...)
	}
	return targets
}

// roster is the live roster with the members of the groups that the targets name, and of later ones when they are
// known soon.
func (o *OnCall) roster(ctx context.Context, targets, later []oncall.Target) (oncall.Roster, error) {
	roster, err := o.People.Roster(ctx)
	if err != nil {
		return roster, err
	}
	o.expand(ctx, &roster, targets, later)
	return roster, nil
}
