package jira_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/jira"
	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/integrations/rest/resttest"
)

const (
	user  = "lastgood@example.com"
	token = "ATATT3xFfGF0deadbeef"

	issues      = "POST /rest/api/2/issue"
	issue       = "GET /rest/api/2/issue/OPS-7"
	edit        = "PUT /rest/api/2/issue/OPS-7"
	link        = "POST /rest/api/2/issue/OPS-7/remotelink"
	comments    = "GET /rest/api/2/issue/OPS-7/comment"
	comment     = "POST /rest/api/2/issue/OPS-7/comment"
	transitions = "GET /rest/api/2/issue/OPS-7/transitions"
	transition  = "POST /rest/api/2/issue/OPS-7/transitions"
	cloudSearch = "GET /rest/api/2/search/jql"
	oldSearch   = "GET /rest/api/2/search"
)

var view = incident.TicketView{
	Plan:        incident.TicketPlan{Project: "OPS", Type: "Incident", Done: "Done"},
	Label:       "INC-261122-ABCDEF",
	Summary:     "SEV1 checkout: 5xx > 5%",
	Description: "h2. What happened",
	Link:        incident.Link{Text: "Temporal run", URL: "http://127.0.0.1:8233/run"},
}

// call is one request as it arrived.
type call struct {
	name  string
	query map[string][]string
	auth  string
	body  map[string]any
}

// server answers each call by its method and path, with Jira's own 404 when nothing
// is set for it.
type server struct {
	t      *testing.T
	url    string
	routes map[string]http.HandlerFunc

	mutex sync.Mutex
	calls []call
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
	made := call{name: r.Method + " " + r.URL.EscapedPath(), query: r.URL.Query(), auth: r.Header.Get("Authorization")}
	sent, _ := io.ReadAll(r.Body)
	if len(sent) > 0 && json.Unmarshal(sent, &made.body) != nil {
		says(http.StatusBadRequest, `{"errorMessages":["Invalid request payload. Refer to the REST API documentation and try again."]}`)(w, r)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	s.mutex.Lock()
	s.calls = append(s.calls, made)
	s.mutex.Unlock()
	if answer, found := s.routes[made.name]; found {
		answer(w, r)
		return
	}
	says(http.StatusNotFound, `{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}`)(w, r)
}

func (s *server) made() []call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.calls)
}

// names are the calls that were made, in order.
func (s *server) names() []string {
	var names []string
	for _, c := range s.made() {
		names = append(names, c.name)
	}
	return names
}

// last is the latest call of the name.
func (s *server) last(name string) call {
	s.t.Helper()
	var found call
	for _, c := range s.made() {
		if c.name == name {
			found = c
		}
	}
	require.Equal(s.t, name, found.name, "never called")
	return found
}

func (s *server) client() *jira.Client { return newClient(s.t, s.url, false) }

func newClient(t *testing.T, url string, dataCenter bool) *jira.Client {
	t.Helper()
	c, err := jira.New(jira.Config{URL: url, User: user, Token: token, DataCenter: dataCenter, HTTP: rest.NewClient(500 * time.Millisecond)})
	require.NoError(t, err)
	return c
}

// says is an answer in JSON.
func says(status int, format string, values ...any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, format, values...)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func page(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(code)
		_, _ = w.Write([]byte("<!DOCTYPE html><html><body>Jira</body></html>"))
	}
}

func refusal(t *testing.T, err error) *rest.Error {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "jira", e.Vendor)
	return e
}

func TestEveryCallConforms(t *testing.T) {
	calls := map[string]func(ctx context.Context, c *jira.Client) error{
		"find": func(ctx context.Context, c *jira.Client) error {
			_, _, err := c.Find(ctx, view)
			return err
		},
		"create": func(ctx context.Context, c *jira.Client) error {
			_, err := c.Create(ctx, view)
			return err
		},
		"update": func(ctx context.Context, c *jira.Client) error {
			return c.Update(ctx, "OPS-7", view)
		},
		"comment": func(ctx context.Context, c *jira.Client) error {
			return c.Comment(ctx, "OPS-7", incident.Comment{Marker: "m", Body: "m"}, false)
		},
		"comment once": func(ctx context.Context, c *jira.Client) error {
			return c.Comment(ctx, "OPS-7", incident.Comment{Marker: "m", Body: "m"}, true)
		},
		"close": func(ctx context.Context, c *jira.Client) error {
			return c.Close(ctx, "OPS-7", view.Plan)
		},
	}
	for name, call := range calls {
		for _, dataCenter := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, data center %t", name, dataCenter), func(t *testing.T) {
				resttest.Conformance(t, "jira", func(ctx context.Context, baseURL string) error {
					return call(ctx, newClient(t, baseURL, dataCenter))
				}, token)
			})
		}
	}
}

func TestACloudUserSignsWithATokenAndADataCenterWithABearer(t *testing.T) {
	for dataCenter, want := range map[bool]string{
		false: "Basic bGFzdGdvb2RAZXhhbXBsZS5jb206QVRBVFQzeEZmR0YwZGVhZGJlZWY=",
		true:  "Bearer " + token,
	} {
		s := newServer(t, map[string]http.HandlerFunc{edit: status(http.StatusNoContent)})
		v := view
		v.Link = incident.Link{}
		require.NoError(t, newClient(t, s.url, dataCenter).Update(t.Context(), "OPS-7", v))
		require.Equal(t, want, s.last(edit).auth)
	}
}

func TestARedirectIsNotFollowedWithTheToken(t *testing.T) {
	elsewhere := newServer(t, nil)
	s := newServer(t, map[string]http.HandlerFunc{edit: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.url+"/login?os_destination=x", http.StatusFound)
	}})
	err := s.client().Update(t.Context(), "OPS-7", view)
	require.Equal(t, http.StatusFound, refusal(t, err).Status)
	require.Empty(t, elsewhere.made())
}

func TestAnAddressMayHaveAPathAndATrailingSlash(t *testing.T) {
	for _, suffix := range []string{"", "/", "/ex/jira/11223344-a1b2/", "/jira"} {
		path := suffix
		if path == "/" {
			path = ""
		}
		prefix := path
		if prefix != "" && prefix[len(prefix)-1] == '/' {
			prefix = prefix[:len(prefix)-1]
		}
		s := newServer(t, map[string]http.HandlerFunc{"POST " + prefix + "/rest/api/2/issue": says(http.StatusCreated, `{"id":"10000","key":"OPS-7"}`)})
		ref, err := newClient(t, s.url+suffix, false).Create(t.Context(), view)
		require.NoError(t, err)
		require.Equal(t, incident.TicketRef{Key: "OPS-7", URL: s.url + prefix + "/browse/OPS-7"}, ref)
	}
}

func TestASettingThatCannotBeUsedIsRefusedWithoutShowingIt(t *testing.T) {
	tests := map[string]jira.Config{
		"no address":            {User: user, Token: token},
		"no scheme":             {URL: "acme.atlassian.net", User: user, Token: token},
		"a secret in it":        {URL: "https://u:" + token + "@acme.atlassian.net", User: user, Token: token},
		"an unreadable address": {URL: "https://u:" + token + "@h:port/", User: user, Token: token},
		"no token":              {URL: "https://acme.atlassian.net", User: user},
		"no user on Cloud":      {URL: "https://acme.atlassian.net", Token: token},
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := jira.New(config)
			require.ErrorContains(t, err, "jira: ")
			resttest.KeepsSecrets(t, err, token)
		})
	}
	_, err := jira.New(jira.Config{URL: "https://jira.example.com", Token: token, DataCenter: true})
	require.NoError(t, err)
}

func TestAnErrorSaysEverythingThatJiraSays(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a required field": {
			says(400, `{"errorMessages":["Field 'priority' is required"],"errors":{"customfield_10010":"Team is required.","assignee":"Unknown."}}`),
			"jira: update ticket OPS-7: 400 Bad Request: Field 'priority' is required; assignee: Unknown.; customfield_10010: Team is required.",
		},
		"a value that is no text": {
			says(400, `{"errorMessages":[],"errors":{"labels":{"a":1}}}`),
			"jira: update ticket OPS-7: 400 Bad Request: labels: map[a:1]",
		},
		"no reason": {says(400, `{}`), "jira: update ticket OPS-7: 400 Bad Request: {}"},
		"HTML":      {page(503), "jira: update ticket OPS-7: 503 Service Unavailable"},
		"nothing":   {status(401), "jira: update ticket OPS-7: 401 Unauthorized"},
		"text": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Basic auth with password is not allowed", http.StatusForbidden)
		}, "jira: update ticket OPS-7: 403 Forbidden: Basic auth with password is not allowed"},
		"a page with 200": {page(200), "jira: update ticket OPS-7: 200 OK: the answer is not JSON: does the URL lead to Jira itself?"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{edit: tt.answer})
			err := s.client().Update(t.Context(), "OPS-7", view)
			require.NotNil(t, refusal(t, err))
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestALimitSaysWhichAndForHowLong(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{comment: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		w.Header().Set("RateLimit-Reason", "jira-per-issue-on-write")
		http.Error(w, "Rate limit exceeded", http.StatusTooManyRequests)
	}})
	err := s.client().Comment(t.Context(), "OPS-7", incident.Comment{Body: "x"}, false)
	e := refusal(t, err)
	require.Equal(t, 5*time.Second, e.RetryAfter)
	require.Equal(t, "jira-per-issue-on-write", e.Code)
	require.False(t, e.Refused())
}
