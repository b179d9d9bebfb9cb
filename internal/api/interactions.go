package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/seed-44180607/lastgood/incident"
)

// More results of an interaction, as they are counted.
const (
	ignored       = "ignored"
	closed        = "closed"
	unknownPerson = "unknown_person"
)

// takeInteraction stores what a click decided. It answers 200 only then, or when nothing can be made of it and the
// clicker is told so; Slack shows the clicker a warning for any other answer, and sends nothing twice.
func (a *API) takeInteraction(w http.ResponseWriter, r *http.Request) {
	body, leave, err := a.strangers.read(w, r)
	if err != nil {
		result, status := unread(err)
		a.refuseInteraction(w, r, result, status, err)
		return
	}
	defer leave()
	if err := a.VerifySlack(r.Header, body); err != nil {
		a.refuseInteraction(w, r, unauthorized, http.StatusUnauthorized, err)
		return
	}
	click, ok, err := a.DecodeClick(body)
	switch {
	case err != nil:
		a.refuseInteraction(w, r, unreadable, http.StatusBadRequest, err)
	case ok:
		a.decide(w, r, click)
	default:
		a.takeForm(w, r, body)
	}
}

// takeForm takes what is no click.
func (a *API) takeForm(w http.ResponseWriter, r *http.Request, body []byte) {
	switch d, ok, err := a.Declaring.Decode(body); {
	case err != nil:
		a.refuseInteraction(w, r, unreadable, http.StatusBadRequest, err)
	case ok:
		a.declare(w, r, d)
	default:
		a.counters.interactions.WithLabelValues(ignored).Inc()
	}
}

func (a *API) refuseInteraction(w http.ResponseWriter, r *http.Request, result string, status int, why error) {
	a.counters.interactions.WithLabelValues(result).Inc()
	reason := cut(why.Error(), maxReason)
	a.quiet.say("interaction "+result, func(unlogged int) {
		a.Log.WarnContext(r.Context(), "interaction refused", "result", result, "status", status, "reason", reason,
			"remote", r.RemoteAddr, "unlogged", unlogged)
	})
	refuse(w, status, reason)
}

func (a *API) decide(w http.ResponseWriter, r *http.Request, c incident.Click) {
	person, known := a.Person(c.User)
	if !known {
		a.tell(r, c, unknownPerson, fmt.Sprintf(
			"Nothing was done: nobody in lastgood.yaml has your Slack user ID, %s. Ask whoever runs lastgood to add you.", c.User))
		return
	}
	c.Decision.By = person
	ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
	defer cancel()
	err := a.Decisions.Decide(ctx, c)
	switch {
	case err == nil:
		a.counters.interactions.WithLabelValues(accepted).Inc()
		a.Log.InfoContext(r.Context(), "decision accepted", "incident", c.Decision.Incident, "workflow_id", c.Workflow,
			"signal", c.Signal, "by", person)
	case a.IsClosed(err):
		a.tell(r, c, closed, fmt.Sprintf("Nothing was done: %s is closed.", name(c)))
	default:
		a.counters.interactions.WithLabelValues(notStored).Inc()
		a.Log.WarnContext(r.Context(), "decision not stored", "incident", c.Decision.Incident, "workflow_id", c.Workflow,
			"signal", c.Signal, "by", person, "reason", err.Error())
		refuse(w, http.StatusServiceUnavailable, "the decision was not stored; it is safe to click again")
	}
}

// tell answers the clicker privately while the click itself is answered with 200 at once.
func (a *API) tell(r *http.Request, c incident.Click, result, text string) {
	a.counters.interactions.WithLabelValues(result).Inc()
	a.Log.WarnContext(r.Context(), "decision refused", "result", result, "incident", c.Decision.Incident,
		"workflow_id", c.Workflow, "signal", c.Signal, "slack_user", c.User)
	to := incident.Reply{User: c.User}
	if c.Decision.Reply != nil {
		to = *c.Decision.Reply
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), whisperWithin)
	a.whispers.Go(func() {
		defer cancel()
		if err := a.Whisperer.Whisper(ctx, to, text); err != nil {
			a.Log.WarnContext(ctx, "private answer not given", "slack_user", to.User, "reason", err.Error())
		}
	})
}

func name(c incident.Click) string {
	if c.Decision.Incident == "" {
		return "the incident"
	}
	return c.Decision.Incident
}
