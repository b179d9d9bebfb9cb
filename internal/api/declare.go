package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
)

// Declaring is how people declare incidents: by a form, in the chat. All of it is needed.
type Declaring struct {
	Forms Forms
	// Channel is where the card of a service appears; "" when it appears nowhere.
	Channel func(service string) string
	// Decode reads a filled in form; ok is false when the body is none.
	Decode func(body []byte) (d incident.Declaration, ok bool, err error)
	// Rejected makes the answer that shows what is wrong with a form, by field; Declared the one to a form that is stored.
	Rejected func(faults map[string]string) any
	Declared func(d incident.Declaration, channel string) any
}

// Forms asks people in a chat for more than fits into a line.
type Forms interface {
	// Ask shows the form to whoever caused its trigger.
	Ask(ctx context.Context, f incident.Form) error
}

// filledIn takes what was typed behind the command for the service, when it is one, and for what is wrong.
func (a *API) filledIn(c incident.Command) incident.Form {
	f := incident.Form{Trigger: c.ID, Services: slices.Sorted(slices.Values(a.Services)), At: time.Now()}
	words := c.Words[1:]
	if len(words) > 0 && slices.Contains(f.Services, words[0]) {
		f.Service, words = words[0], words[1:]
	}
	f.Summary = cut(strings.Join(words, " "), incident.MaxDeclaredSummary)
	return f
}

// askForm shows the form, and answers the command with nothing: the form is the answer.
func (a *API) askForm(w http.ResponseWriter, r *http.Request, c incident.Command) {
	ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
	defer cancel()
	if err := a.Declaring.Forms.Ask(ctx, a.filledIn(c)); err != nil {
		a.Log.WarnContext(r.Context(), "form not shown", "slack_user", c.User, "reason", err.Error())
		a.answerCommand(w, r, c, formNotShown, "Nothing was done: Slack did not show the form in time. Type the command again.")
		return
	}
	a.counters.commands.WithLabelValues(answered).Inc()
	a.Log.InfoContext(r.Context(), "form shown", "slack_user", c.User)
}

// formNotShown is another result of a command, as it is counted.
const formNotShown = "form_not_shown"

// declare opens the incident of a form. What is wrong with it is shown in the form, which then stays; Slack keeps it as
// well, with a warning, for any other answer than 200 (github.com/slackapi/bolt-js, issue 1208). The same form opens no
// second incident, so that it is safe to send again.
func (a *API) declare(w http.ResponseWriter, r *http.Request, d incident.Declaration) {
	person, known := a.Person(d.User)
	if !known {
		a.reject(w, r, d, unknownPerson, map[string]string{
			"summary": fmt.Sprintf("Nobody in lastgood.yaml has your Slack user ID, %s. Ask whoever runs lastgood to add you.", d.User),
		})
		return
	}
	if faults := d.Faults(a.Services); len(faults) > 0 {
		a.reject(w, r, d, refused, faults)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
	defer cancel()
	id, err := a.Alerts.Alert(ctx, d.Service, d.Delivery(person))
	if err != nil {
		a.counters.interactions.WithLabelValues(notStored).Inc()
		a.Log.WarnContext(r.Context(), "declaration not stored", "service", d.Service, "by", person, "reason", err.Error())
		refuse(w, http.StatusServiceUnavailable, "the incident was not stored; it is safe to declare it again")
		return
	}
	a.counters.interactions.WithLabelValues(accepted).Inc()
	a.Log.InfoContext(r.Context(), "incident declared", "service", d.Service, "severity", d.Severity, "by", person, "workflow_id", id)
	answer(w, http.StatusOK, "application/json", a.Declaring.Declared(d, a.Declaring.Channel(d.Service)))
}

func (a *API) reject(w http.ResponseWriter, r *http.Request, d incident.Declaration, result string, faults map[string]string) {
	a.counters.interactions.WithLabelValues(result).Inc()
	a.Log.WarnContext(r.Context(), "declaration refused", "result", result, "slack_user", d.User,
		"fields", slices.Sorted(maps.Keys(faults)))
	answer(w, http.StatusOK, "application/json", a.Declaring.Rejected(faults))
}
