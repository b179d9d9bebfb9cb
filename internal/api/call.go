package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// Call is what one call of a source comes to.
type Call struct {
	// Deliveries are one for each group of alerts. None: there is nothing to store, as when a monitor tries whether it
	// gets through.
	Deliveries []incident.Delivery
	// Anywhere is true when the call does not lead to a service: what it says goes to the incident of its group
	// wherever there is one. Its alerts do not fire.
	Anywhere bool
	// Acknowledged is true when nothing else is said of the alerts than that somebody works on them; Comment goes along.
	Acknowledged bool
	Comment      string
	// Answer is what is answered once all of it is stored; nil means the rows of /v1/alerts.
	Answer any
}

// ErrLater is the error of a Read that could not be made in time, for want of nothing but time: the same body may be read
// when it is sent again.
var ErrLater = errors.New("the body could not be read in time; send it again")

// read gives what a body comes to.
func (s Source) read(body []byte) (Call, error) {
	if s.Read != nil {
		call, err := s.Read(body)
		for i := range call.Deliveries {
			call.Deliveries[i].Source = s.Name
		}
		return call, err
	}
	d, err := s.Decode(body)
	if err == nil && len(d.Alerts) == 0 {
		err = errors.New("alerts: is empty")
	}
	d.Source = s.Name
	return Call{Deliveries: []incident.Delivery{d}}, err
}

// about names the groups of a call for the log: the first few.
func (c Call) about() []string {
	const most = 3
	var groups []string
	for _, d := range c.Deliveries {
		groups = append(groups, d.Group)
	}
	return groups[:min(len(groups), most)]
}

func (c Call) alerts() (n int) {
	for _, d := range c.Deliveries {
		n += len(d.Alerts)
	}
	return n
}

func (c Call) firing() bool { return slices.ContainsFunc(c.Deliveries, incident.Delivery.Firing) }

// acknowledge tells the incidents of the deliveries that the source says somebody works on their alerts. That there is no
// incident is as it should be.
func (a *API) acknowledge(ctx context.Context, source string, call Call, deliveries []delivery) error {
	decision := incident.Decision{By: source, Via: source, At: time.Now().UTC(), Comment: call.Comment}
	var group errgroup.Group
	group.SetLimit(storing)
	for _, d := range deliveries {
		for _, alert := range d.Alerts {
			click := incident.Click{Workflow: signals.IncidentWorkflow(d.service, d.Group), Signal: signals.Acknowledge, Decision: decision}
			click.Decision.Alert = alert.Fingerprint
			group.Go(func() error {
				err := a.Decisions.Decide(ctx, click)
				if err != nil && !a.IsClosed(err) {
					return err
				}
				return nil
			})
		}
	}
	return group.Wait()
}

// speaking makes a source's refusals those of its own words.
func speaking(source Source, h http.HandlerFunc) http.HandlerFunc {
	if source.Refused == nil {
		return h
	}
	return func(w http.ResponseWriter, r *http.Request) { h(wordedWriter{w, source.Refused}, r) }
}

// wordedWriter refuses in the words of a source: see refuseWith.
type wordedWriter struct {
	http.ResponseWriter
	words func(status int, why string) any
}

// Unwrap lets net/http reach the writer below.
func (w wordedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
