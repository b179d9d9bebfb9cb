package activities_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/release"
)

// Failures as vendors give them.
var (
	errRefused = &rest.Error{Vendor: "vendor", Attempted: "call", Status: http.StatusForbidden, Code: "no"}
	errGone    = &rest.Error{Vendor: "vendor", Attempted: "call", Status: http.StatusNotFound, Code: "gone"}
	errAway    = &rest.Error{Vendor: "vendor", Attempted: "call", Status: http.StatusServiceUnavailable, Maybe: true}
	errLost    = &rest.Error{Vendor: "vendor", Attempted: "call", Maybe: true, Err: errors.New("connection reset")}
	errFull    = &rest.Error{Vendor: "vendor", Attempted: "call", Status: http.StatusTooManyRequests, RetryAfter: 5 * time.Second}
	errUnsent  = &rest.Error{Vendor: "vendor", Attempted: "call", Err: errors.New("connection refused")}
)

// stage is an environment in which activities run as the given attempt.
func stage(t *testing.T, attempt int32, does any) *testsuite.TestActivityEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&attempts{number: attempt}}})
	env.SetTestTimeout(time.Minute)
	env.RegisterActivity(does)
	return env
}

// attemptsWithin are the options of a worker whose activities end with a context.
func attemptsWithin(ctx context.Context) worker.Options {
	return worker.Options{BackgroundActivityContext: ctx, Interceptors: []interceptor.WorkerInterceptor{&attempts{number: 1}}}
}

// attempts lets an activity believe that it is tried for the given time. It hears
// every heartbeat, also those that the SDK holds back.
type attempts struct {
	interceptor.WorkerInterceptorBase
	number int32
	beat   func()
}

func (a *attempts) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &inbound{interceptor.ActivityInboundInterceptorBase{Next: next}, a}
}

type inbound struct {
	interceptor.ActivityInboundInterceptorBase
	attempts *attempts
}

func (i *inbound) Init(next interceptor.ActivityOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.ActivityOutboundInterceptorBase{Next: next}, i.attempts})
}

type outbound struct {
	interceptor.ActivityOutboundInterceptorBase
	attempts *attempts
}

func (o *outbound) GetInfo(ctx context.Context) activity.Info {
	info := o.Next.GetInfo(ctx)
	info.Attempt = o.attempts.number
	return info
}

func (o *outbound) RecordHeartbeat(ctx context.Context, details ...any) {
	o.Next.RecordHeartbeat(ctx, details...)
	if o.attempts.beat != nil {
		o.attempts.beat()
	}
}

// quiet is a logger for nobody.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

// got reads what an activity gave.
func got[T any](t *testing.T, value converter.EncodedValue, err error) T {
	t.Helper()
	var out T
	require.NoError(t, err)
	require.NoError(t, value.Get(&out))
	return out
}

// failed reads how an activity failed.
func failed(t *testing.T, err error) *temporal.ApplicationError {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return app
}

// chat is a chat that answers as it is told, and remembers what it was asked.
type chat struct {
	asked                  []string
	found, hangs           bool
	with                   int
	find, edit, post, send error
}

var (
	there = incident.Receipt{Channel: "D1", TS: "1"}
	anew  = incident.Receipt{Channel: "D1", TS: "2"}
)

func (c *chat) Post(context.Context, string, incident.Message) (incident.Receipt, error) {
	c.asked = append(c.asked, "post")
	if c.post != nil {
		return incident.Receipt{}, c.post
	}
	return anew, nil
}

func (c *chat) Edit(context.Context, incident.Receipt, incident.Message) error {
	c.asked = append(c.asked, "edit")
	return c.edit
}

func (c *chat) Find(ctx context.Context, _ string, _ incident.Message) (incident.Receipt, bool, error) {
	c.asked = append(c.asked, "find")
	if c.hangs {
		<-ctx.Done()
		return incident.Receipt{}, false, &rest.Error{Vendor: "vendor", Attempted: "call", Err: ctx.Err()}
	}
	if c.find != nil || !c.found {
		return incident.Receipt{}, false, c.find
	}
	at := there
	at.With = c.with
	return at, true, nil
}

func (c *chat) Whisper(context.Context, incident.Reply, string) error {
	c.asked = append(c.asked, "whisper")
	return c.send
}

// phones is a network of phones, or a mail server, that answers as it is told.
type phones struct {
	asked      []string
	found      bool
	find, send error
	// waits is closed when a call is to come back; nil for at once.
	waits func(context.Context)
}

var (
	lies = incident.Receipt{Said: "accepted as SM1"}
	went = incident.Receipt{Said: "accepted as SM2"}
)

func (p *phones) Send(ctx context.Context, _ string, _ incident.Message) (incident.Receipt, error) {
	p.asked = append(p.asked, "send")
	if p.waits != nil {
		p.waits(ctx)
	}
	if p.send != nil {
		return incident.Receipt{}, p.send
	}
	return went, nil
}

func (p *phones) Find(context.Context, string, incident.Message) (incident.Receipt, bool, error) {
	p.asked = append(p.asked, "find")
	if p.find != nil || !p.found {
		return incident.Receipt{}, false, p.find
	}
	return lies, true, nil
}

// tracker is a Jira that answers as it is told.
type tracker struct {
	asked                                []string
	found                                bool
	find, create, update, comment, close error
	checked                              bool
}

var ops = incident.TicketRef{Key: "OPS-1"}

func (j *tracker) Find(context.Context, incident.TicketView) (incident.TicketRef, bool, error) {
	j.asked = append(j.asked, "find")
	if j.find != nil || !j.found {
		return incident.TicketRef{}, false, j.find
	}
	return ops, true, nil
}

func (j *tracker) Create(context.Context, incident.TicketView) (incident.TicketRef, error) {
	j.asked = append(j.asked, "create")
	if j.create != nil {
		return incident.TicketRef{}, j.create
	}
	return ops, nil
}

func (j *tracker) Update(context.Context, string, incident.TicketView) error {
	j.asked = append(j.asked, "update")
	return j.update
}

func (j *tracker) Comment(_ context.Context, _ string, _ incident.Comment, check bool) error {
	j.asked = append(j.asked, "comment")
	j.checked = check
	return j.comment
}

func (j *tracker) Close(context.Context, string, incident.TicketPlan) error {
	j.asked = append(j.asked, "close")
	return j.close
}

// line is a Jenkins that answers as it is told.
type line struct {
	asked         []string
	found         bool
	find, trigger error
	// late is how many looks find nothing yet, away how many orders fail with trigger.
	late, away int
	look       func(context.Context, release.Run) (release.Run, error)
}

var (
	queued   = release.Run{Queue: 7}
	ordered  = release.Run{Queue: 8}
	building = release.Run{Queue: 7, Build: 113, Building: true}
	ended    = release.Run{Queue: 7, Build: 113, Result: release.Success}
)

func (l *line) Find(context.Context, release.Order) (release.Run, bool, error) {
	l.asked = append(l.asked, "find")
	l.late--
	if l.find != nil || !l.found || l.late >= 0 {
		return release.Run{}, false, l.find
	}
	return queued, true, nil
}

func (l *line) Trigger(context.Context, release.Order) (release.Run, error) {
	l.asked = append(l.asked, "trigger")
	l.away--
	if l.away >= 0 {
		return release.Run{}, l.trigger
	}
	return ordered, nil
}

func (l *line) Look(ctx context.Context, _ release.Order, run release.Run) (release.Run, error) {
	l.asked = append(l.asked, "look")
	return l.look(ctx, run)
}

func (l *line) Stop(context.Context, release.Order, release.Run) error {
	l.asked = append(l.asked, "stop")
	return nil
}
