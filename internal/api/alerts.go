package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
)

// Results of a monitor's call, as they are counted.
const (
	accepted      = "accepted"
	unauthorized  = "unauthorized"
	tooLarge      = "too_large"
	unreadable    = "unreadable"
	noService     = "no_service" // Some alerts of it, or all.
	notStored     = "not_stored"
	limited       = "limited" // The source calls too often.
	busy          = "busy"    // Too much of the source is under way.
	packedBody    = "packed"  // The body is compressed.
	wrongMethod   = "method"  // Not by POST.
	unknownSource = "unknown" // There is no such source; the source's name is then the same.
)

// storing is how many services of one call are stored at once.
const storing = 8

// stored is a row of the answer: the incident that took a service's alerts.
type stored struct {
	Service    string `json:"service"`
	WorkflowID string `json:"workflow_id"`
}

// unrouted is an alert that matches no service.
type unrouted struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

// takeAlerts stores a monitor's alerts, one delivery for each service, and answers 202 when all of them are stored.
func (a *API) takeAlerts(source Source) http.HandlerFunc {
	door := newDoor(source, a.Tokens[source.Name], a.Rate)
	return func(w http.ResponseWriter, r *http.Request) {
		body, leave, no := door.admit(w, r)
		if no != nil {
			a.refuseAlerts(w, r, source.Name, *no)
			return
		}
		defer leave()
		call, err := source.read(body)
		if err != nil {
			a.refuseAlerts(w, r, source.Name, misread(err))
			return
		}
		a.route(w, r, source.Name, call)
	}
}

// misread is why a body is turned away that came in whole.
func misread(err error) denial {
	if errors.Is(err, ErrLater) {
		return denial{busy, http.StatusServiceUnavailable, err, busyFor}
	}
	return denial{result: unreadable, status: http.StatusBadRequest, why: err}
}

// maxReason is how much is told of why a call is refused, in runes: a decoder may name what it stumbled over.
const maxReason = 300

func (a *API) refuseAlerts(w http.ResponseWriter, r *http.Request, source string, no denial) {
	reason := cut(no.why.Error(), maxReason)
	a.counters.alerts.WithLabelValues(source, no.result).Inc()
	a.quiet.say("alerts of "+source+" "+no.result, func(unlogged int) {
		a.Log.WarnContext(r.Context(), "alerts refused", "source", source, "result", no.result, "status", no.status,
			"reason", reason, "remote", r.RemoteAddr, "unlogged", unlogged)
	})
	no.tell(w.Header())
	refuse(w, no.status, reason)
}

// refuseUnknownSource answers whoever calls a source that does not exist. Its name is not counted by: anybody may make one up.
func (a *API) refuseUnknownSource(w http.ResponseWriter, r *http.Request) {
	a.refuseAlerts(w, r, unknownSource, denial{
		result: unknownSource, status: http.StatusNotFound, why: errors.New("there is no such source of alerts"),
	})
}

func (a *API) refuseMethod(source Source) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", http.MethodPost)
		a.refuseAlerts(w, r, source.Name, denial{
			result: wrongMethod, status: http.StatusMethodNotAllowed,
			why: fmt.Errorf("%.20s is not served at %s, only POST", r.Method, source.path()),
		})
	}
}

// route splits a call by service and stores what has one.
func (a *API) route(w http.ResponseWriter, r *http.Request, source string, call Call) {
	deliveries, lost := a.split(call)
	if len(lost) > 0 {
		a.counters.alerts.WithLabelValues(source, noService).Inc()
		a.quiet.say("alerts of "+source+" "+noService, func(unlogged int) {
			a.Log.WarnContext(r.Context(), "alerts match no service", "source", source, "groups", call.about(),
				"count", len(lost), "labels", cut(labels(lost[0].Labels), maxLabels), "unlogged", unlogged)
		})
	}
	if len(deliveries) == 0 && len(lost) > 0 {
		refuseWith(w, problem{Status: http.StatusUnprocessableEntity, Unrouted: lost[:min(len(lost), maxUnrouted)], Detail: homeless(lost)})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeWithin)
	defer cancel()
	rows, err := a.take(ctx, source, call, deliveries)
	if err != nil {
		a.counters.alerts.WithLabelValues(source, notStored).Inc()
		a.quiet.say("alerts of "+source+" "+notStored, func(unlogged int) {
			a.Log.WarnContext(r.Context(), "alerts not stored", "source", source, "groups", call.about(),
				"stored", services(rows), "reason", cut(err.Error(), maxLogged), "unlogged", unlogged)
		})
		refuse(w, http.StatusServiceUnavailable, "not every alert was stored; it is safe to send all of them again")
		return
	}
	if call.Anywhere {
		rows = nil // Which of them has an incident of the group, if any, is not known.
	}
	a.counters.alerts.WithLabelValues(source, accepted).Inc()
	a.Log.InfoContext(r.Context(), "alerts accepted", "source", source, "groups", call.about(), "alerts", call.alerts(),
		"firing", call.firing(), "incidents", len(rows), "services", services(rows), "workflow_ids", workflows(rows))
	if call.Answer == nil {
		call.Answer = struct {
			Incidents []stored   `json:"incidents"`
			Unrouted  []unrouted `json:"unrouted,omitempty"`
		}{rows, lost[:min(len(lost), maxUnrouted)]}
	}
	answer(w, http.StatusAccepted, "application/json", call.Answer)
}

// maxUnrouted is how many alerts without a service are told of one by one, maxNamed how many incidents are logged by
// name, and maxLogged how much of an error is logged, in runes: a call may hold thousands of each.
const (
	maxUnrouted = 20
	maxNamed    = 20
	maxLogged   = 1000
)

// homeless says of which alerts nobody takes care.
func homeless(lost []unrouted) string {
	detail := fmt.Sprintf("no service matches the labels %s, and there is no service \"default\"", cut(labels(lost[0].Labels), maxLabels))
	if more := len(lost) - 1; more > 0 {
		detail += fmt.Sprintf(" (nor those of %d more)", more)
	}
	return detail
}

// delivery is what is to be stored for one service. Affected are those that its alerts are of, when they join a shared
// incident of the service.
type delivery struct {
	service string
	incident.Delivery
	affected []string
}

// named are the services that a delivery is about.
func (d delivery) named() []string {
	if d.affected != nil {
		return d.affected
	}
	return []string{d.service}
}

// split makes one delivery for each group and service, in the order in which they come up.
func (a *API) split(call Call) (deliveries []delivery, lost []unrouted) {
	for _, d := range call.Deliveries {
		if call.Anywhere {
			deliveries = append(deliveries, a.everywhere(d)...)
			continue
		}
		parts, none := a.byService(d)
		deliveries, lost = append(deliveries, parts...), append(lost, none...)
	}
	return a.unite(deliveries), lost
}

// unite makes one delivery of those that go to the same shared incident: it would resolve between two alerts of one call
// otherwise.
func (a *API) unite(deliveries []delivery) (united []delivery) {
	for _, d := range deliveries {
		owner, shares := a.Owner(d.service)
		if !shares {
			united = append(united, d)
			continue
		}
		d.Delivery, d.affected, d.service = d.Joint(d.service), []string{d.service}, owner
		i := slices.IndexFunc(united, func(x delivery) bool { return x.service == owner && x.affected != nil })
		if i < 0 {
			united = append(united, d)
			continue
		}
		united[i].Alerts = append(united[i].Alerts, d.Alerts...)
		united[i].affected = append(united[i].affected, d.affected...)
	}
	return united
}

// everywhere makes one delivery for each service, and of those that share their incidents for one.
func (a *API) everywhere(d incident.Delivery) (out []delivery) {
	told := map[string]bool{}
	for _, service := range a.Services {
		if owner, shares := a.Owner(service); shares {
			if told[owner] {
				continue
			}
			told[owner] = true
		}
		out = append(out, delivery{service: service, Delivery: d})
	}
	return out
}

func (a *API) byService(d incident.Delivery) (deliveries []delivery, lost []unrouted) {
	for _, alert := range d.Alerts {
		service, ok := a.Route(alert.Labels)
		if !ok {
			lost = append(lost, unrouted{Name: alert.Name, Labels: alert.Labels})
			continue
		}
		i := slices.IndexFunc(deliveries, func(x delivery) bool { return x.service == service })
		if i < 0 {
			part := d
			part.Alerts = nil
			deliveries = append(deliveries, delivery{service: service, Delivery: part})
			i = len(deliveries) - 1
		}
		deliveries[i].Alerts = append(deliveries[i].Alerts, alert)
	}
	return deliveries, lost
}

// take stores what a call says of its alerts.
func (a *API) take(ctx context.Context, source string, call Call, deliveries []delivery) ([]stored, error) {
	if call.Acknowledged {
		return nil, a.acknowledge(ctx, source, call, deliveries)
	}
	return a.store(ctx, deliveries)
}

// store hands every delivery on and gives a row for each that was stored. One that fails keeps no other from being tried.
// It begins anywhere: of a call too large to be stored in its time another part is stored each time that it is sent again.
func (a *API) store(ctx context.Context, deliveries []delivery) ([]stored, error) {
	ids, errs := make([]string, len(deliveries)), make([]error, len(deliveries))
	var group errgroup.Group
	group.SetLimit(storing)
	for _, i := range rand.Perm(len(deliveries)) {
		group.Go(func() error {
			ids[i], errs[i] = a.Alerts.Alert(ctx, deliveries[i].service, deliveries[i].Delivery)
			return nil
		})
	}
	// Each error stands in errs.
	_ = group.Wait()
	rows := []stored{}
	for i, d := range deliveries {
		if errs[i] != nil {
			continue
		}
		for _, service := range d.named() {
			rows = append(rows, stored{service, ids[i]})
		}
	}
	return rows, errors.Join(errs...)
}

func services(rows []stored) (out []string) {
	for _, row := range rows {
		if len(out) < maxNamed && !slices.Contains(out, row.Service) {
			out = append(out, row.Service)
		}
	}
	return out
}

func workflows(rows []stored) []string {
	out := make([]string, min(len(rows), maxNamed))
	for i := range out {
		out[i] = rows[i].WorkflowID
	}
	return out
}

// maxLabels is how much of an alert's labels is told, in runes.
const maxLabels = 1000

// cut shortens a text to a number of runes.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// labels writes labels as Prometheus does: {alertname="HighErrors", service="cart"}.
func labels(all map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, fmt.Sprintf("%s=%q", name, all[name]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
