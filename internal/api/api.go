// Package api is the starter's HTTP interface: it takes alerts from monitors, clicks and commands from Slack, checks who
// sends them, and answers only once they are stored. It says who is on call. It knows no vendor's format and no Temporal; decoders and the ways
// onwards are given to it.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// Limits of a request.
const (
	// MaxBody is the largest body that is read, in bytes.
	MaxBody = 1 << 20
	// storeWithin bounds the storing of alerts, so that a monitor has its answer within 5 s.
	storeWithin = 4 * time.Second
	// decideWithin bounds the storing of a click: Slack waits 3 s for the answer.
	decideWithin = 2500 * time.Millisecond
	// whisperWithin bounds a private answer, which nobody waits for.
	whisperWithin = 10 * time.Second
	// readyWithin bounds the question whether Temporal can be reached.
	readyWithin = 2 * time.Second
)

// Alerts takes what a monitor says about one service to its incident.
type Alerts interface {
	// Alert returns the ID of the incident's workflow, and nil only after the delivery is stored.
	Alert(ctx context.Context, service string, d incident.Delivery) (workflowID string, err error)
}

// Decisions takes what a person decided to the workflow it was made for.
type Decisions interface {
	// Decide returns nil only after the decision is stored.
	Decide(ctx context.Context, c incident.Click) error
}

// Whisperer answers one person privately.
type Whisperer interface {
	Whisper(ctx context.Context, to incident.Reply, text string) error
}

// Source is one kind of monitor that sends alerts.
type Source struct {
	// Name is what its counts, its logs and, unless Admit says otherwise, its tokens go by.
	Name string
	// Path is where it is served; "" means /v1/alerts/NAME.
	Path string
	// Admit says whether the body itself shows that it comes from one who may send; nil means that none does, and
	// that the header must show one of the tokens. KeyInBody is true where the header is not asked for one.
	Admit     func(h http.Header, body []byte, tokens []string) bool
	KeyInBody bool
	// Decode reads a body of one group. Its error says what is wrong with the body, and where.
	Decode func(body []byte) (incident.Delivery, error)
	// Read reads a body in the place of Decode, for a source that says more than that.
	Read func(body []byte) (Call, error)
	// Refused words a refusal, in JSON, as the monitor expects it; nil means application/problem+json.
	Refused func(status int, why string) any
}

func (s Source) path() string { return cmp.Or(s.Path, "/v1/alerts/"+s.Name) }

// Options is what an API stands on. All of it is needed.
type Options struct {
	Log *slog.Logger
	// Metrics is where the API's counters are registered.
	Metrics prometheus.Registerer
	// Ready says why work could not be taken now.
	Ready func(ctx context.Context) error

	Sources []Source
	// Tokens are those that a source may show, by its name.
	Tokens map[string][]string
	// Rate is how many calls a second each source may make over time; ten times as many at once.
	Rate int
	// Route finds the service of an alert by its labels.
	Route func(labels map[string]string) (service string, ok bool)
	// Owner finds the service whose incidents the alerts of a service join; false when it shares none with others.
	Owner func(service string) (owner string, shares bool)
	// Services are the IDs of all of them.
	Services []string
	Alerts   Alerts

	// VerifySlack checks Slack's signature over the raw body.
	VerifySlack func(h http.Header, body []byte) error
	// DecodeClick reads an interaction; ok is false when there is nothing to decide in it.
	DecodeClick func(body []byte) (click incident.Click, ok bool, err error)
	// Person finds the person with a Slack user ID.
	Person    func(user string) (id string, ok bool)
	Decisions Decisions
	// IsClosed says whether a decision failed because its incident is over.
	IsClosed  func(err error) bool
	Whisperer Whisperer
	Texting   Texting

	Heartbeats Heartbeats
	// SelfCheck is how lastgood was when a worker last looked.
	SelfCheck func(ctx context.Context) (signals.SelfCheck, error)

	// Roster answers who is on call, and takes overrides and maintenance.
	Roster Roster
	// DecodeCommand reads a slash command, AnswerCommand makes the JSON that shows lines of text to whoever typed it.
	DecodeCommand func(body []byte) (incident.Command, error)
	AnswerCommand func(lines []string) any
	Declaring     Declaring
}

// API serves the starter's HTTP interface.
type API struct {
	Options
	mux      *http.ServeMux
	counters counters
	quiet    quiet
	whispers sync.WaitGroup
	// strangers are those who call for people: in the chat, or by phone.
	strangers strangers
}

// New mounts everything. It panics when the metrics are registered already.
func New(o Options) *API {
	a := &API{Options: o, mux: http.NewServeMux(), counters: newCounters(o.Metrics), strangers: newStrangers()}
	for _, source := range o.Sources {
		path := source.path()
		a.mux.Handle("POST "+path, a.counters.timed(path, speaking(source, a.takeAlerts(source))))
		a.mux.Handle(path, a.counters.timed(path, speaking(source, a.refuseMethod(source))))
	}
	a.mux.Handle("/v1/alerts/", a.counters.timed("/v1/alerts/", a.refuseUnknownSource))
	a.mount(http.MethodPost, "/slack/interactions", a.takeInteraction)
	a.mount(http.MethodPost, "/twilio/sms", a.takeText)
	a.mount(http.MethodPost, "/twilio/status", a.takeReport)
	a.mount(http.MethodPost, "/slack/commands", a.takeCommand)
	a.mount(http.MethodGet, "/v1/oncall/{schedule}", a.tellOnCall)
	a.mount(http.MethodPost, "/v1/heartbeats/{name}", a.takeBeat)
	a.mount(http.MethodGet, "/deadman", a.tellAlive)
	a.mount(http.MethodGet, "/healthz", healthy)
	a.mount(http.MethodGet, "/readyz", readiness(o.Ready))
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "there is nothing at "+r.URL.Path)
	})
	return a
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// Wait returns when the last private answer is given or given up.
func (a *API) Wait() { a.whispers.Wait() }

// mount serves a path by one method and refuses the others.
func (a *API) mount(method, path string, h http.HandlerFunc) {
	a.mux.Handle(method+" "+path, a.counters.timed(path, h))
	a.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", method)
		refuse(w, http.StatusMethodNotAllowed, r.Method+" is not served at "+path+", only "+method)
	})
}

func healthy(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") }

func readiness(ready func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		if err := ready(ctx); err != nil {
			refuse(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	}
}

func say(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	// The one who asked has gone when this fails; there is nobody left to tell.
	_, _ = w.Write([]byte(word + "\n"))
}
