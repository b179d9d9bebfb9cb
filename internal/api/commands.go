package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// More results of a command, as they are counted.
const (
	answered = "answered" // Nothing was to be stored.
	refused  = "refused"  // It was understood or not; nothing was done, and the person was told why.
)

// takeCommand carries out what somebody typed after the slash command, and answers that person alone, in the answer to
// the call itself. What a change needs is stored by then.
func (a *API) takeCommand(w http.ResponseWriter, r *http.Request) {
	body, leave, err := a.strangers.read(w, r)
	if err != nil {
		result, status := unread(err)
		a.refuseCommand(w, r, result, status, err)
		return
	}
	defer leave()
	if err := a.VerifySlack(r.Header, body); err != nil {
		a.refuseCommand(w, r, unauthorized, http.StatusUnauthorized, err)
		return
	}
	c, err := a.DecodeCommand(body)
	if err != nil {
		a.refuseCommand(w, r, unreadable, http.StatusBadRequest, err)
		return
	}
	a.obey(w, r, c)
}

func (a *API) refuseCommand(w http.ResponseWriter, r *http.Request, result string, status int, why error) {
	a.counters.commands.WithLabelValues(result).Inc()
	reason := cut(why.Error(), maxReason)
	a.quiet.say("command "+result, func(unlogged int) {
		a.Log.WarnContext(r.Context(), "command refused", "result", result, "status", status, "reason", reason,
			"remote", r.RemoteAddr, "unlogged", unlogged)
	})
	refuse(w, status, reason)
}

// obey does what was asked and answers it.
func (a *API) obey(w http.ResponseWriter, r *http.Request, c incident.Command) {
	person, known := a.Person(c.User)
	if !known {
		a.answerCommand(w, r, c, unknownPerson, fmt.Sprintf(
			"Nothing was done: nobody in lastgood.yaml has your Slack user ID, %s. Ask whoever runs lastgood to add you.", c.User))
		return
	}
	if declares(c.Words) {
		a.askForm(w, r, c)
		return
	}
	ask, err := understand(c.Words)
	if err != nil {
		a.answerCommand(w, r, c, refused, nothing(err))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
	defer cancel()
	lines, err := a.carryOut(ctx, ask, person, signals.MintOverrideID(c.ID))
	var no refusal
	switch {
	case errors.As(err, &no):
		a.answerCommand(w, r, c, refused, nothing(no))
	case err != nil:
		a.counters.commands.WithLabelValues(notStored).Inc()
		a.Log.WarnContext(r.Context(), "command not stored", "by", person, "command", ask.what, "reason", err.Error())
		refuse(w, http.StatusServiceUnavailable, "nothing was stored; it is safe to try again")
	case ask.changes():
		a.answerCommand(w, r, c, accepted, lines...)
	default:
		a.answerCommand(w, r, c, answered, lines...)
	}
}

func (a *API) answerCommand(w http.ResponseWriter, r *http.Request, c incident.Command, result string, lines ...string) {
	a.counters.commands.WithLabelValues(result).Inc()
	a.Log.InfoContext(r.Context(), "command answered", "result", result, "slack_user", c.User, "id", signals.MintOverrideID(c.ID))
	answer(w, http.StatusOK, "application/json", a.AnswerCommand(lines))
}

// nothing says why nothing was done.
func nothing(why error) string {
	text := "Nothing was done: " + why.Error()
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// changes says whether something is stored for it.
func (k asked) changes() bool {
	return slices.Contains([]string{askMake, askRemove, askSwap, askMaintain, askEnd}, k.what)
}

// refusal is an error that the person can do something about.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }
