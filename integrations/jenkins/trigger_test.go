package jenkins_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/jenkins"
	"github.com/seed-44180607/lastgood/release"
)

const build = "POST " + checkout + "/buildWithParameters"

func TestAnOrderCarriesEveryParameterAndNeedsNoCrumb(t *testing.T) {
	var form, query url.Values
	s := newServer(t, map[string]http.HandlerFunc{
		build: func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			form, query = r.PostForm, r.URL.Query()
			located(http.StatusCreated, root+"/queue/item/14/")(w, r)
		},
	})
	o := order
	o.Release = "1.4.1 & more=é"
	run, err := s.client().Trigger(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, release.Run{Queue: 14}, run)
	require.Equal(t, url.Values{"VERSION": {"1.4.1 & more=é"}, "ENVIRONMENT": {"production"}, "INCIDENT_ID": {order.Key}}, form)
	require.Equal(t, url.Values{"delay": {"0sec"}}, query)
	require.Equal(t, []string{build}, s.made())
}

// takes answers after a time.
type takes time.Duration

func (d takes) RoundTrip(r *http.Request) (*http.Response, error) {
	answered := time.NewTimer(time.Duration(d))
	defer answered.Stop()
	select {
	case <-answered.C:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	answer := httptest.NewRecorder()
	located(http.StatusCreated, root+"/queue/item/14/")(answer, r)
	return answer.Result(), nil
}

func TestAnOrderIsGivenMoreTimeThanWhatMayBeAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &http.Client{Timeout: 10 * time.Second, Transport: takes(14 * time.Second)}
		client, err := jenkins.New(jenkins.Config{URL: "http://jenkins.invalid", User: user, Token: token, HTTP: slow})
		require.NoError(t, err)
		run, err := client.Trigger(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, release.Run{Queue: 14}, run)
		_, _, err = client.Find(t.Context(), order)
		require.True(t, refusal(t, err).Maybe, "a read is given up after 10 s")
	})
}

func TestTheQueueItemIsReadFromTheLocationOnly(t *testing.T) {
	tests := map[string]struct {
		answer http.HandlerFunc
		queue  int64
		status int
		code   string
		maybe  bool
	}{
		"created":                     {answer: located(http.StatusCreated, root+"/queue/item/14/"), queue: 14},
		"created, relative":           {answer: located(http.StatusCreated, "/queue/item/14"), queue: 14},
		"the same order waits":        {answer: located(http.StatusSeeOther, root+"/queue/item/14/"), queue: 14},
		"vetoed, back to where it is": {answer: located(http.StatusFound, "."), status: 302, code: "vetoed"},
		"vetoed, to the job":          {answer: located(http.StatusFound, root+checkout+"/15/"), status: 302, code: "vetoed"},
		"303 to somewhere else":       {answer: located(http.StatusSeeOther, root+"/login?from=7"), status: 303, code: "vetoed"},
		"303 without an item":         {answer: status(http.StatusSeeOther), status: 303, code: "vetoed"},
		"302 to an item":              {answer: located(http.StatusFound, root+"/queue/item/14/"), status: 302, code: "vetoed"},
		"accepted without an item":    {answer: status(http.StatusCreated), status: 201, maybe: true},
		"a page with 200":             {answer: page(http.StatusOK), status: 200, maybe: true},
		"no number":                   {answer: located(http.StatusCreated, root+"/queue/item/many/"), status: 201, maybe: true},
		"a number of 30 digits":       {answer: located(http.StatusCreated, root+"/queue/item/123456789012345678901234567890/"), status: 201, maybe: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{build: tt.answer})
			run, err := s.client().Trigger(t.Context(), order)
			require.Len(t, s.made(), 1)
			require.Equal(t, release.Run{Queue: tt.queue}, run)
			if tt.queue > 0 {
				require.NoError(t, err)
				return
			}
			e := refusal(t, err)
			require.Equal(t, tt.status, e.Status)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.code == "vetoed", e.Refused())
			require.Equal(t, tt.maybe, e.Maybe)
		})
	}
}

func TestARefusedOrderSaysWhatToDo(t *testing.T) {
	tests := map[string]struct {
		answer  int
		status  int
		refused bool
		says    string
	}{
		"no parameters declared": {http.StatusBadRequest, http.StatusBadRequest, true, "job deploy/checkout takes no parameters"},
		"wrong token":            {http.StatusUnauthorized, http.StatusUnauthorized, true, "are not known to Jenkins"},
		"may not build":          {http.StatusForbidden, http.StatusForbidden, true, "grant Job/Build"},
		"no such job":            {http.StatusNotFound, http.StatusNotFound, true, "job deploy/checkout does not exist"},
		"disabled":               {http.StatusConflict, http.StatusConflict, true, "409 Conflict (not-buildable): job deploy/checkout is disabled"},
		"broken":                 {http.StatusInternalServerError, http.StatusInternalServerError, false, "order 1.4.1 from deploy/checkout"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{build: page(tt.answer)})
			_, err := s.client().Trigger(t.Context(), order)
			e := refusal(t, err)
			require.Equal(t, tt.status, e.Status)
			require.Equal(t, tt.refused, e.Refused())
			require.Equal(t, !tt.refused, e.Maybe)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestAJenkinsThatStartsIsWaitedFor(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{
		build: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "11")
			page(http.StatusServiceUnavailable)(w, r)
		},
	})
	_, err := s.client().Trigger(t.Context(), order)
	require.Equal(t, 11*time.Second, refusal(t, err).RetryAfter)
	require.False(t, refusal(t, err).Refused())
}

// guarded asks for a crumb, bound to the session, as for a password.
func guarded(w http.ResponseWriter, r *http.Request) {
	session, err := r.Cookie("JSESSIONID.1a2b")
	if err != nil || session.Value != "node0abc" || r.Header.Get("Jenkins-Crumb") != "c0ffee" {
		w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<html><body><h2>HTTP ERROR 403 No valid crumb was included in the request</h2></body></html>"))
		return
	}
	located(http.StatusCreated, root+"/queue/item/14/")(w, r)
}

func TestACrumbIsFetchedOnlyWhenJenkinsAsksForOne(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{
		build: guarded,
		"GET /crumbIssuer/api/json": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "JSESSIONID.1a2b", Value: "node0abc", Path: "/", HttpOnly: true})
			sends(`{"_class":"hudson.security.csrf.DefaultCrumbIssuer","crumb":"c0ffee","crumbRequestField":"Jenkins-Crumb"}`)(w, r)
		},
	})
	run, err := s.client().Trigger(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, int64(14), run.Queue)
	require.Equal(t, []string{build, "GET /crumbIssuer/api/json", build}, s.made())
}

func TestACrumbThatCannotBeFetchedIsAnError(t *testing.T) {
	tests := map[string]struct {
		issuer http.HandlerFunc
		status int
		says   string
	}{
		"not there":       {page(http.StatusNotFound), http.StatusNotFound, "fetch a crumb for it: 404 Not Found (crumb-refused): a crumb is wanted and none is given: use an API token"},
		"forbidden":       {page(http.StatusForbidden), http.StatusForbidden, "fetch a crumb for it: 403 Forbidden (crumb-refused): a crumb is wanted and none is given: use an API token"},
		"broken":          {page(http.StatusServiceUnavailable), http.StatusServiceUnavailable, "fetch a crumb for it: 503 Service Unavailable"},
		"empty":           {sends(`{}`), 0, "the crumb issuer names no header"},
		"of no use twice": {sends(`{"crumb":"old","crumbRequestField":"Jenkins-Crumb"}`), http.StatusForbidden, "403 Forbidden (no-crumb): a crumb is wanted and none was taken"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{build: guarded, "GET /crumbIssuer/api/json": tt.issuer})
			_, err := s.client().Trigger(t.Context(), order)
			require.Equal(t, tt.status, refusal(t, err).Status)
			require.ErrorContains(t, err, tt.says)
			require.NotContains(t, err.Error(), "grant Job")
		})
	}
}

func TestAnOrderThatIsLedElsewhereSaysWhere(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{build: located(http.StatusFound, "https://login.invalid/in?ticket=secret")})
	_, err := s.client().Trigger(t.Context(), order)
	require.EqualError(t, err, "jenkins: order 1.4.1 from deploy/checkout: 302 Found (vetoed): job deploy/checkout was not queued: "+
		"a plugin of Jenkins vetoed the order, or a proxy before it asks for a login (redirected to https://login.invalid/in)")
}
