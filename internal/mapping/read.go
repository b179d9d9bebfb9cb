package mapping

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
)

// maxAlerts is how many alerts one body may hold.
const maxAlerts = 5000

// reading is one body being read.
type reading struct {
	mapping *Mapping
	terms   payload.Terms
	meter   *meter
	env     metered
	where   string // Which alert is being read.
}

// Read gives the alerts of a body, one delivery for each of its groups. There are none
// when nothing in the body is to be taken. Every error is a *payload.Error that names
// the field, the expression and the alert: nothing of a body is taken unless all of it
// can be. It gives up when the context is over.
func (m *Mapping) Read(ctx context.Context, body []byte, terms payload.Terms) ([]incident.Delivery, error) {
	value, err := payload.Value(body)
	if err != nil {
		return nil, err
	}
	r := &reading{mapping: m, terms: terms, meter: &meter{ctx: ctx}, where: "the body"}
	r.env = metered{Body: value, Alert: value, Meter: r.meter.take, Plain: plain}
	list, err := r.alerts()
	if err != nil {
		return nil, err
	}
	var groups groups
	for i, one := range list {
		if r.env.Alert = one; m.source.Alerts != "" {
			r.where = fmt.Sprintf("alerts[%d]", i)
		}
		if err := r.take(&groups); err != nil {
			return nil, err
		}
	}
	return groups.all, nil
}

// alerts are the elements that an alert is made of each: the body alone, or those of a list in it.
func (r *reading) alerts() ([]any, *payload.Error) {
	if r.mapping.source.Alerts == "" {
		return []any{r.env.Alert}, nil
	}
	value, err := r.value("alerts")
	if err != nil {
		return nil, err
	}
	list, ok := value.([]any)
	switch {
	case !ok:
		return nil, r.fault("alerts", "it comes to %s, not to a list", kind(value))
	case len(list) > maxAlerts:
		return nil, r.fault("alerts", "it comes to %d alerts, more than %d", len(list), maxAlerts)
	default:
		return list, nil
	}
}

// take reads one alert and puts it into its group, unless it is to be left out.
func (r *reading) take(into *groups) *payload.Error {
	wanted, err := r.truth("when", true)
	if err != nil || !wanted {
		return err
	}
	group, err := r.text("group")
	if err == nil && group == "" {
		err = r.fault("group", "it comes to nothing")
	}
	if err != nil {
		return err
	}
	alert, err := r.alert(group)
	if err != nil {
		return err
	}
	into.add(payload.Group(r.mapping.source.ID+"/"+group), alert, r.mapping.source)
	return nil
}

// alert reads the alert itself. What cannot be told of it stops at the first field.
func (r *reading) alert(group string) (incident.Alert, *payload.Error) {
	var first *payload.Error
	text := func(field string) string {
		value, err := r.text(field)
		if first == nil {
			first = err
		}
		return value
	}
	a := incident.Alert{
		Fingerprint: text("fingerprint"), Severity: r.severity(text("severity")),
		Name: payload.Clean(text("name"), payload.MaxName), Summary: payload.Clean(text("summary"), payload.MaxSummary),
		URL: payload.WebAddress(text("url")), Runbook: payload.WebAddress(text("runbook")),
	}
	labels := map[string]string{}
	for _, name := range r.mapping.labels {
		if value := text("labels." + name); value != "" {
			labels[name] = value
		}
	}
	if first != nil {
		return a, first
	}
	a.Labels = payload.Labels(labels, r.terms.Foremost)
	if a.Fingerprint == "" {
		a.Fingerprint = group
	}
	a.Fingerprint = payload.Identity(a.Fingerprint)
	if a.Name == "" {
		a.Name = r.mapping.source.ID
	}
	var err *payload.Error
	if a.Firing, err = r.truth("firing", true); err != nil {
		return a, err
	}
	a.StartsAt, err = r.moment("starts_at")
	return a, err
}

// severity is one of the four by its name, or the one that a word is mapped to.
func (r *reading) severity(word string) incident.Severity {
	if s := incident.Severity(strings.ToUpper(word)); s.Valid() {
		return s
	}
	return r.terms.Severity(word)
}

// value is what a field's expression comes to; nil without an expression.
func (r *reading) value(field string) (any, *payload.Error) {
	p, ok := r.mapping.programs[field]
	if !ok {
		return nil, nil
	}
	if err := r.meter.over(); err != nil {
		return nil, r.fault(field, "%v", err)
	}
	machine := vm.VM{MemoryBudget: maxElements}
	value, err := machine.Run(p.compiled, r.env)
	if err == nil {
		return value, nil
	}
	if found, ok := errors.AsType[*file.Error](err); ok {
		return nil, r.fault(field, "%s", placed(p.text, found.Line, found.Column, found.Message))
	}
	return nil, r.fault(field, "%v", err)
}

// fault says what cannot be told of which alert, and by which expression.
func (r *reading) fault(field, why string, args ...any) *payload.Error {
	return payload.Fault(r.where, "has no %s by %q: %s", field, r.mapping.programs[field].text, fmt.Sprintf(why, args...))
}

// groups are the deliveries that a body comes to, in the order in which they come up.
type groups struct {
	all   []incident.Delivery
	place map[string]int
	// seen is where an alert of a group stands in it, by both.
	seen map[[2]string]int
}

// add puts an alert into its group. Of two that are the same one, the one that fires
// counts: nothing that fires is lost to another element of the list.
func (g *groups) add(group string, a incident.Alert, s Source) {
	if g.place == nil {
		g.place, g.seen = map[string]int{}, map[[2]string]int{}
	}
	i, known := g.place[group]
	if !known {
		i = len(g.all)
		g.place[group] = i
		g.all = append(g.all, incident.Delivery{Source: s.ID, Group: group, NeverResolves: !s.Resolves})
	}
	d := &g.all[i]
	j, twice := g.seen[[2]string{group, a.Fingerprint}]
	switch {
	case !twice:
		g.seen[[2]string{group, a.Fingerprint}] = len(d.Alerts)
		d.Alerts = append(d.Alerts, a)
	case a.Firing && (!d.Alerts[j].Firing || a.Severity.Worse(d.Alerts[j].Severity)):
		d.Alerts[j] = a
	}
}
