package jenkins_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/jenkins"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
	"github.com/seed-44180607/lastgood/release"
)

const (
	user  = "lastgood"
	token = "11deadbeefdeadbeefdeadbeefdeadbeef"
	// root is the URL that Jenkins believes to have. Nothing answers there.
	root = "http://jenkins.invalid:8080/ci"
	// checkout is where the job deploy/checkout lies.
	checkout = "/job/deploy/job/checkout"
)

var (
	deployments = incident.Deployments{
		Job: "deploy/checkout", ReleaseParameter: "VERSION",
		Where: map[string]string{"ENVIRONMENT": "production"},
	}
	plan = &incident.RollbackPlan{
		Job: "deploy/checkout", ReleaseParameter: "VERSION", IncidentParameter: "INCIDENT_ID",
		Parameters: map[string]string{"ENVIRONMENT": "production"},
	}
	order = release.Order{
		Job: "deploy/checkout", Release: "1.4.1", ReleaseParameter: "VERSION",
		Key: "INC-261122-ABCDEF/1", IncidentParameter: "INCIDENT_ID",
		Parameters: map[string]string{"ENVIRONMENT": "production"},
	}
)

// server answers each call by its method and escaped path, with 404 in HTML when
// nothing is set for it, as Jenkins does, and with 401 without the right token.
type server struct {
	t      *testing.T
	url    string
	routes map[string]http.HandlerFunc

	mutex sync.Mutex
	calls []string
}

func newServer(t *testing.T, routes map[string]http.HandlerFunc) *server {
	t.Helper()
	s := &server{t: t, routes: routes}
	vendor := httptest.NewServer(s)
	t.Cleanup(vendor.Close)
	s.url = vendor.URL
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.Method + " " + r.URL.EscapedPath()
	s.mutex.Lock()
	s.calls = append(s.calls, call)
	s.mutex.Unlock()
	w.Header().Set("X-Jenkins", "2.528.1")
	if u, p, ok := r.BasicAuth(); !ok || u != user || p != token {
		page(http.StatusUnauthorized)(w, r)
		return
	}
	if answer, found := s.routes[call]; found {
		answer(w, r)
		return
	}
	page(http.StatusNotFound)(w, r)
}

func (s *server) made() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.calls)
}

func (s *server) client() *jenkins.Client {
	return newClient(s.t, s.url)
}

func newClient(t *testing.T, url string) *jenkins.Client {
	t.Helper()
	c, err := jenkins.New(jenkins.Config{URL: url, User: user, Token: token, HTTP: rest.NewClient(500 * time.Millisecond)})
	require.NoError(t, err)
	return c
}

// sends is an answer of the API.
func sends(format string, values ...any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		_, _ = fmt.Fprintf(w, format, values...)
	}
}

// page is how Jenkins says no.
func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html;charset=utf-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<!DOCTYPE html><html><body><h2>HTTP ERROR %d</h2></body></html>", status)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func located(code int, location string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(code)
	}
}

// oneAfterAnother gives each answer once and the last one from then on.
func oneAfterAnother(answers ...http.HandlerFunc) http.HandlerFunc {
	var mutex sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		answer := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		mutex.Unlock()
		answer(w, r)
	}
}

// parameters is the action that holds them, between others as in a real answer.
func parameters(pairs ...string) string {
	var list []string
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, fmt.Sprintf(`{"_class":"hudson.model.StringParameterValue","name":%q,"value":%q}`, pairs[i], pairs[i+1]))
	}
	return `"actions":[{},{"_class":"hudson.model.ParametersAction","parameters":[` + strings.Join(list, ",") + `]},{"_class":"hudson.model.CauseAction"}]`
}

func ordered() string {
	return parameters("VERSION", "1.4.1", "ENVIRONMENT", "production", "INCIDENT_ID", order.Key)
}

func refusal(t *testing.T, err error) *rest.Error {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "jenkins", e.Vendor)
	return e
}

func TestEveryCallConforms(t *testing.T) {
	calls := map[string]func(ctx context.Context, c *jenkins.Client) error{
		"survey": func(ctx context.Context, c *jenkins.Client) error {
			_, err := c.Survey(ctx, deployments, plan)
			return err
		},
		"find": func(ctx context.Context, c *jenkins.Client) error {
			_, _, err := c.Find(ctx, order)
			return err
		},
		"trigger": func(ctx context.Context, c *jenkins.Client) error {
			_, err := c.Trigger(ctx, order)
			return err
		},
		"look at an item": func(ctx context.Context, c *jenkins.Client) error {
			_, err := c.Look(ctx, order, release.Run{Queue: 14})
			return err
		},
		"look at a build": func(ctx context.Context, c *jenkins.Client) error {
			_, err := c.Look(ctx, order, release.Run{Build: 15})
			return err
		},
		"stop": func(ctx context.Context, c *jenkins.Client) error {
			return c.Stop(ctx, order, release.Run{Build: 15})
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			resttest.Conformance(t, "jenkins", func(ctx context.Context, baseURL string) error {
				return call(ctx, newClient(t, baseURL))
			}, token)
		})
	}
}

func TestAnAddressMayHaveAPathAndATrailingSlash(t *testing.T) {
	for _, suffix := range []string{"", "/", "/ci", "/ci/", "/team%2Fa/ci"} {
		s := newServer(t, map[string]http.HandlerFunc{
			"GET " + strings.TrimRight(suffix, "/") + "/job/deploy/job/checkout/api/json": sends(`{"builds":[]}`),
		})
		_, err := newClient(t, s.url+suffix).Survey(t.Context(), deployments, nil)
		require.NoError(t, err, suffix)
	}
}

func TestASettingThatCannotBeUsedIsRefusedWithoutShowingIt(t *testing.T) {
	tests := map[string]jenkins.Config{
		"no address":            {User: user, Token: token},
		"no scheme":             {URL: "jenkins.example.com", User: user, Token: token},
		"another scheme":        {URL: "ftp://jenkins.example.com", User: user, Token: token},
		"a secret in it":        {URL: "https://u:" + token + "@jenkins.example.com", User: user, Token: token},
		"a secret after it":     {URL: "https://jenkins.example.com/?t=" + token, User: user, Token: token},
		"an unreadable address": {URL: "https://u:" + token + "@h:port/", User: user, Token: token},
		"no user":               {URL: "https://jenkins.example.com", Token: token},
		"no token":              {URL: "https://jenkins.example.com", User: user},
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := jenkins.New(config)
			require.ErrorContains(t, err, "jenkins: ")
			resttest.KeepsSecrets(t, err, token)
		})
	}
	_, err := jenkins.New(jenkins.Config{URL: "https://jenkins.example.com", User: user, Token: token})
	require.NoError(t, err)
}

func TestAnAnswerThatIsNoAnswerIsAnErrorThatSaysSo(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		status int
		says   string
	}{
		"401 with no body":       {status(http.StatusUnauthorized), http.StatusUnauthorized, "401 Unauthorized"},
		"503 in HTML":            {page(http.StatusServiceUnavailable), http.StatusServiceUnavailable, "503 Service Unavailable"},
		"a login page with 200":  {page(http.StatusOK), http.StatusOK, "is not JSON"},
		"nothing with 200":       {status(http.StatusOK), http.StatusOK, "is not JSON"},
		"a redirect to a login":  {located(http.StatusFound, "/login?from=%2Fjob"), http.StatusFound, "redirected to /login"},
		"404 with a JSON number": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "404", http.StatusNotFound) }, http.StatusNotFound, "404"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{"GET " + checkout + "/15/api/json": tt.answer, "GET /queue/api/json": tt.answer})
			_, err := s.client().Look(t.Context(), order, release.Run{Build: 15})
			require.Equal(t, tt.status, refusal(t, err).Status)
			require.ErrorContains(t, err, tt.says)
			require.NotContains(t, err.Error(), "invalid character")
		})
	}
}
