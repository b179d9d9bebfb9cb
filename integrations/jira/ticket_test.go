package jira_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/jira"
)

// removed is what Cloud says to the search that it no longer has (CHANGE-2046).
var removed = says(http.StatusGone, `{"errorMessages":["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."],"errors":{}}`)

func TestCloudAndDataCenterEachHaveASearchOfTheirOwn(t *testing.T) {
	const jql = `labels = "INC-261122-ABCDEF" AND project = "OPS" ORDER BY created ASC`
	tests := map[string]struct {
		dataCenter bool
		routes     map[string]http.HandlerFunc
		called     string
	}{
		"cloud": {false, map[string]http.HandlerFunc{
			cloudSearch: says(200, `{"issues":[{"id":"10000","key":"OPS-7","fields":{"created":"2026-11-22T10:00:00.000+0000"}}],"isLast":true}`),
			oldSearch:   removed,
		}, cloudSearch},
		"data center": {true, map[string]http.HandlerFunc{
			oldSearch: says(200, `{"startAt":0,"maxResults":1,"total":2,"issues":[{"id":"10000","key":"OPS-7","fields":{}}]}`),
		}, oldSearch},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, tt.routes)
			ref, found, err := newClient(t, s.url, tt.dataCenter).Find(t.Context(), view)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, incident.TicketRef{Key: "OPS-7", URL: s.url + "/browse/OPS-7"}, ref)
			require.Equal(t, []string{tt.called}, s.names())
			query := s.last(tt.called).query
			require.Equal(t, []string{jql}, query["jql"])
			require.Equal(t, []string{"key,created"}, query["fields"])
			require.Equal(t, []string{"1"}, query["maxResults"])
		})
	}
}

func TestNothingFoundIsNoError(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{cloudSearch: says(200, `{"issues":[],"isLast":true}`)})
	_, found, err := s.client().Find(t.Context(), view)
	require.NoError(t, err)
	require.False(t, found)
}

func TestAValueCannotLeaveItsQuotes(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{cloudSearch: says(200, `{"issues":[]}`)})
	odd := incident.TicketView{Label: `x" OR project = SECRET OR labels = "\`, Plan: incident.TicketPlan{Project: "AND"}}
	_, _, err := s.client().Find(t.Context(), odd)
	require.NoError(t, err)
	require.Equal(t, []string{`labels = "x\" OR project = SECRET OR labels = \"\\" AND project = "AND" ORDER BY created ASC`},
		s.last(cloudSearch).query["jql"])
}

func TestACloudThatIsTakenForADataCenterSaysWhatIsGone(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{oldSearch: removed})
	_, _, err := newClient(t, s.url, true).Find(t.Context(), view)
	require.True(t, refusal(t, err).Refused())
	require.ErrorContains(t, err, "The requested API has been removed")
}

func TestATicketIsOpenedWithItsLabelAndTheFieldsOfThePlan(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{issues: says(http.StatusCreated, `{"id":"10000","key":"OPS-7","self":"https://x/rest/api/2/issue/10000"}`)})
	v := view
	v.Plan.Fields = fields(t, `{
		"customfield_10010": {"value":"Payments","child":{"value":"Cards"}}, "customfield_10011": [1.5, null, true],
		"priority": {"name":"High"}, "labels": ["payments"],
		"summary": "not this one", "project": {"key":"OTHER"}}`)
	ref, err := s.client().Create(t.Context(), v)
	require.NoError(t, err)
	require.Equal(t, "OPS-7", ref.Key)
	require.Equal(t, fields(t, `{"fields": {
		"project": {"key":"OPS"}, "issuetype": {"name":"Incident"},
		"summary": "SEV1 checkout: 5xx > 5%", "description": "h2. What happened",
		"labels": ["INC-261122-ABCDEF", "lastgood", "payments"],
		"priority": {"name":"High"},
		"customfield_10010": {"value":"Payments","child":{"value":"Cards"}}, "customfield_10011": [1.5, null, true]}}`),
		s.last(issues).body)
	require.Equal(t, []any{"payments"}, v.Plan.Fields["labels"], "the plan is not touched")
}

// canned answers each call itself, whatever the host.
type canned string

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c)))}, nil
}

func TestTheGatewayOfScopedTokensHasNoPageForPeople(t *testing.T) {
	c, err := jira.New(jira.Config{
		URL: "https://api.atlassian.com/ex/jira/11223344-a1b2", User: user, Token: token,
		HTTP: &http.Client{Transport: canned(`{"key":"OPS-7"}`)},
	})
	require.NoError(t, err)
	ref, err := c.Create(t.Context(), view)
	require.NoError(t, err)
	require.Equal(t, incident.TicketRef{Key: "OPS-7"}, ref)
}

func TestATicketWithoutFieldsHasNoPriority(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{issues: says(http.StatusCreated, `{"key":"OPS-7"}`)})
	_, err := s.client().Create(t.Context(), view)
	require.NoError(t, err)
	require.NotContains(t, s.last(issues).body["fields"], "priority")
}

func TestACreateWhoseAnswerIsLostMayHaveHappened(t *testing.T) {
	tests := map[string]struct {
		answer  http.HandlerFunc
		maybe   bool
		refused bool
	}{
		"answer lost": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, false},
		"broken off": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "99")
			says(201, `{"key"`)(w, r)
		}, true, false},
		"bad gateway":       {page(http.StatusBadGateway), true, false},
		"created, no key":   {says(http.StatusCreated, `{}`), true, false},
		"created, no body":  {status(http.StatusCreated), true, false},
		"created, no JSON":  {page(http.StatusCreated), true, false},
		"a limit":           {status(http.StatusTooManyRequests), false, false},
		"a field is needed": {says(400, `{"errorMessages":[],"errors":{"customfield_10010":"Team is required."}}`), false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{issues: tt.answer})
			_, err := s.client().Create(t.Context(), view)
			e := refusal(t, err)
			require.Equal(t, tt.maybe, e.Maybe)
			require.Equal(t, tt.refused, e.Refused())
		})
	}
}

func TestTextsAreMadeToFit(t *testing.T) {
	const note = "\n\n(The rest does not fit into Jira. Temporal has the whole history.)"
	tests := map[string]struct {
		summary, description         string
		wantSummary, wantDescription string
	}{
		"as they are":        {"Short", "One\n\ttwo", "Short", "One\n\ttwo"},
		"line breaks":        {" a\r\nb\n\n c ", "a\r\nb", "a b c", "a\nb"},
		"control characters": {"a\x00b\x1b[31m", "a\x00b\u0085c", "ab[31m", "abc"},
		"no UTF-8":           {"a\xffb", "a\xffb", "a\uFFFDb", "a\uFFFDb"},
		"no summary":         {"\n", "", "INC-261122-ABCDEF", ""},
		"the longest":        {strings.Repeat("é", 255), strings.Repeat("é", 32767), strings.Repeat("é", 255), strings.Repeat("é", 32767)},
		"too long":           {strings.Repeat("é", 256), strings.Repeat("é", 32768), strings.Repeat("é", 254) + "…", strings.Repeat("é", 32767-len(note)) + note},
		"emoji are two each": {strings.Repeat("🔥", 128), strings.Repeat("🔥", 16384), strings.Repeat("🔥", 127) + "…", strings.Repeat("🔥", (32767-len(note))/2) + note},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{issues: says(http.StatusCreated, `{"key":"OPS-7"}`)})
			v := view
			v.Summary, v.Description = tt.summary, tt.description
			_, err := s.client().Create(t.Context(), v)
			require.NoError(t, err)
			sent, _ := s.last(issues).body["fields"].(map[string]any)
			require.Equal(t, tt.wantSummary, sent["summary"])
			require.Equal(t, tt.wantDescription, sent["description"])
		})
	}
}

func fields(t *testing.T, object string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(object), &m))
	return m
}
