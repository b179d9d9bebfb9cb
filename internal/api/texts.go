package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/incident"
)

// Texting is how people's answers by SMS come in, and reports on what became of a text. Off says why they cannot be
// taken; all the rest is needed when it is empty.
type Texting struct {
	Off string
	// Verify checks the sender's signature over the path and query that were called and the raw body.
	Verify     func(h http.Header, uri string, body []byte) error
	DecodeText func(body []byte) (incident.Text, error)
	// DecodeReport gives one report for each page that the text carried. Those of a text with several name no workflow.
	DecodeReport func(query url.Values, body []byte) (pages []incident.PageReport, ends bool, err error)
	// Answer writes what is texted back.
	Answer func(text string) (mediaType string, body []byte)
	// Person finds the person with a phone number.
	Person func(number string) (id string, ok bool)
	// Alone says whether what a number was texted of late leaves an answer without a code only the incident to be meant
	// for.
	Alone     func(ctx context.Context, number, incidentID string) (bool, error)
	Incidents Incidents
	Reports   Reports
}

// Incidents lists those that run, a moment behind what is true.
type Incidents interface {
	Running(ctx context.Context) ([]incident.Named, error)
}

// Reports takes what became of a page to its incident.
type Reports interface {
	// Report returns nil only after the report is stored.
	Report(ctx context.Context, r incident.PageReport) error
}

// Kinds of what a phone network sends.
const (
	answers = "answer"
	reports = "report"
)

// More results of an answer by SMS and of a report, as they are counted.
const (
	switchedOff     = "off"
	unknownIncident = "unknown_incident"
	underWay        = "under_way"
)

// takeText stores what an answer to a page decides, and answers with 200 only then, or when nothing can be made of it
// and the sender is told so.
func (a *API) takeText(w http.ResponseWriter, r *http.Request) {
	body, ok := a.signed(w, r, answers)
	if !ok {
		return
	}
	text, err := a.Texting.DecodeText(body)
	if err != nil {
		a.refuseText(w, r, answers, unreadable, http.StatusBadRequest, err)
		return
	}
	person, known := a.Texting.Person(text.From)
	if !known {
		a.textBack(w, r, unknownPerson, "Nothing was done: nobody in lastgood.yaml has this phone number. Ask whoever runs lastgood to add it.")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeWithin)
	defer cancel()
	result, said, err := a.answerTo(ctx, text, person)
	if err != nil {
		a.refuseText(w, r, answers, notStored, http.StatusServiceUnavailable, err)
		return
	}
	a.textBack(w, r, result, said)
}

// textHelp is for a text that nothing can be made of.
const textHelp = "Reply OK and the code of the page to acknowledge, ESC and the code to escalate."

// answerTo carries a text out and says what became of it, as far as that is known.
func (a *API) answerTo(ctx context.Context, text incident.Text, person string) (result, said string, err error) {
	asked := incident.ReadText(text.Body)
	if asked.Action == "" {
		return ignored, textHelp, nil
	}
	running, err := a.Texting.Incidents.Running(ctx)
	if err != nil {
		return "", "", err
	}
	meant := asked.Meant(running)
	if len(meant) != 1 || (asked.Code == "" && !a.pagedForAlone(ctx, text.From, meant[0])) {
		return unknownIncident, ask(asked, meant, running), nil
	}
	one := meant[0]
	click := incident.Click{Workflow: one.Workflow, Signal: asked.Action, User: text.From, Decision: incident.Decision{
		ID: text.ID, Incident: one.ID, By: person, Via: "sms", At: time.Now().UTC(),
	}}
	switch err := a.Decisions.Decide(ctx, click); {
	case err == nil:
		a.Log.InfoContext(ctx, "decision accepted", "incident", one.ID, "workflow_id", one.Workflow, "signal", asked.Action, "by", person, "via", "sms")
		return accepted, outcome(asked.Action, one), nil
	case a.IsClosed(err):
		return closed, fmt.Sprintf("Nothing was done: %s (%s) is closed.", one.ID, one.Service), nil
	default:
		return "", "", err
	}
}

// pagedForAlone says whether an answer without a code can only be meant for the incident. That it is the only one that is
// open does not say so: its page may have gone to others, and the answer may be late, or meant for all that a text named.
// Where that cannot be found out, the code is asked for.
func (a *API) pagedForAlone(ctx context.Context, number string, one incident.Named) bool {
	alone, err := a.Texting.Alone(ctx, number, one.ID)
	if err != nil {
		a.Log.WarnContext(ctx, "the texts to a phone cannot be read; an answer without a code is not taken", "incident", one.ID, "reason", err.Error())
	}
	return alone && err == nil
}

func outcome(action string, one incident.Named) string {
	switch {
	case action == "escalate":
		return fmt.Sprintf("Escalation of %s (%s) sent.", one.ID, one.Service)
	case one.Status == incident.Acknowledged:
		return fmt.Sprintf("%s (%s) was acknowledged by %s already.", one.ID, one.Service, one.AcknowledgedBy)
	default:
		return fmt.Sprintf("Acknowledgement of %s (%s) sent.", one.ID, one.Service)
	}
}

// listed is how many codes a text names.
const listed = 5

// ask says why it is not clear which incident is meant, and names those that it may be.
func ask(asked incident.TextAnswer, meant, running []incident.Named) string {
	open := (incident.TextAnswer{Action: asked.Action}).Meant(running)
	why := "Which one?"
	switch {
	case len(open) == 0 && asked.Code == "":
		return "Nothing was done: no incident waits for an answer."
	case len(open) == 0:
		return fmt.Sprintf("Nothing was done: no incident that runs has the code %s.", asked.Code)
	case len(meant) == 0:
		why = fmt.Sprintf("No incident that runs has the code %s.", asked.Code)
	}
	var names []string
	for _, one := range open[:min(len(open), listed)] {
		names = append(names, fmt.Sprintf("%s (%s %s)", incident.Code(one.ID), one.Severity, one.Service))
	}
	if more := len(open) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return why + " Reply with a code: " + strings.Join(names, ", ") + "."
}

// takeReport tells incidents what became of a text that paged for them. What is still under way is of no use to them.
func (a *API) takeReport(w http.ResponseWriter, r *http.Request) {
	body, ok := a.signed(w, r, reports)
	if !ok {
		return
	}
	pages, ends, err := a.Texting.DecodeReport(r.URL.Query(), body)
	switch {
	case err != nil:
		a.refuseText(w, r, reports, unreadable, http.StatusBadRequest, err)
		return
	case !ends:
		a.counters.texts.WithLabelValues(reports, underWay).Inc()
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeWithin)
	defer cancel()
	if err := a.reportAll(ctx, pages); err != nil {
		a.refuseText(w, r, reports, notStored, http.StatusServiceUnavailable, err)
	}
}

// reportsAtOnce is how many incidents are told at the same time.
const reportsAtOnce = 8

// reportAll tells each incident. All are tried, and the error is nil when all is done that can be done.
func (a *API) reportAll(ctx context.Context, pages []incident.PageReport) error {
	workflows, err := a.workflowsOf(ctx, pages)
	if err != nil {
		return err
	}
	var tell errgroup.Group
	tell.SetLimit(reportsAtOnce)
	for _, page := range pages {
		if page.Workflow == "" {
			page.Workflow = workflows[page.Incident()]
		}
		page.Person, _ = a.Texting.Person(page.Address)
		tell.Go(func() error { return a.report(ctx, page) })
	}
	return tell.Wait()
}

// workflowsOf finds the workflows of those that run, by their IncidentIds, where a report does not name its own.
func (a *API) workflowsOf(ctx context.Context, pages []incident.PageReport) (map[string]string, error) {
	if !slices.ContainsFunc(pages, func(p incident.PageReport) bool { return p.Workflow == "" }) {
		return nil, nil
	}
	running, err := a.Texting.Incidents.Running(ctx)
	if err != nil {
		return nil, err
	}
	workflows := map[string]string{}
	for _, one := range running {
		workflows[one.ID] = one.Workflow
	}
	return workflows, nil
}

func (a *API) report(ctx context.Context, page incident.PageReport) error {
	if page.Workflow == "" {
		a.counters.texts.WithLabelValues(reports, unknownIncident).Inc()
		a.Log.WarnContext(ctx, "report on a page of an incident that does not run", "marker", page.Marker, "failed", page.Failed)
		return nil
	}
	switch err := a.Texting.Reports.Report(ctx, page); {
	case err == nil:
		a.counters.texts.WithLabelValues(reports, accepted).Inc()
	case a.IsClosed(err):
		a.counters.texts.WithLabelValues(reports, closed).Inc()
		a.Log.InfoContext(ctx, "report on a page of a closed incident", "workflow_id", page.Workflow, "marker", page.Marker, "failed", page.Failed)
	default:
		return err
	}
	return nil
}

// signed gives the body of a call whose signature is right, or refuses the call.
func (a *API) signed(w http.ResponseWriter, r *http.Request, kind string) (body []byte, ok bool) {
	if a.Texting.Off != "" {
		a.refuseText(w, r, kind, switchedOff, http.StatusServiceUnavailable, errors.New(a.Texting.Off))
		return nil, false
	}
	body, err := read(w, r)
	switch {
	case errors.Is(err, errTooLarge):
		a.refuseText(w, r, kind, tooLarge, http.StatusRequestEntityTooLarge, err)
		return nil, false
	case err != nil:
		a.refuseText(w, r, kind, unreadable, http.StatusBadRequest, err)
		return nil, false
	}
	if err := a.Texting.Verify(r.Header, r.URL.RequestURI(), body); err != nil {
		a.refuseText(w, r, kind, unauthorized, http.StatusUnauthorized, err)
		return nil, false
	}
	return body, true
}

func (a *API) refuseText(w http.ResponseWriter, r *http.Request, kind, result string, status int, why error) {
	a.counters.texts.WithLabelValues(kind, result).Inc()
	detail := cut(why.Error(), maxReason)
	a.quiet.say("text "+kind+" "+result, func(unlogged int) {
		a.Log.WarnContext(r.Context(), "call of the phone network refused", "kind", kind, "result", result, "status", status,
			"reason", why.Error(), "remote", r.RemoteAddr, "unlogged", unlogged)
	})
	if result == notStored {
		detail = "it was not stored; it is safe to send it again"
	}
	refuse(w, status, detail)
}

func (a *API) textBack(w http.ResponseWriter, r *http.Request, result, text string) {
	a.counters.texts.WithLabelValues(answers, result).Inc()
	if result != accepted {
		a.Log.WarnContext(r.Context(), "answer by sms decided nothing", "result", result, "said", text)
	}
	mediaType, body := a.Texting.Answer(text)
	w.Header().Set("Content-Type", mediaType)
	// The one who asked has gone when this fails; there is nobody left to tell.
	_, _ = w.Write(body)
}
