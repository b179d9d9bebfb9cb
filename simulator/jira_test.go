package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ticket creates an issue with a label and returns its key.
func (w *world) ticket(label string) string {
	w.t.Helper()
	got := w.jira(http.MethodPost, "issue", fmt.Sprintf(
		`{"fields":{"project":{"key":"OPS"},"issuetype":{"name":"Incident"},"summary":"checkout fails","labels":[%q]}}`, label))
	require.Equal(w.t, http.StatusCreated, got.status, got.text)
	return got.json["key"].(string)
}

func (w *world) search(jql, more string) result {
	w.t.Helper()
	return w.jira(http.MethodGet, "search/jql?jql="+url.QueryEscape(jql)+more, "")
}

func TestAnIssueIsCreatedReadAndEdited(t *testing.T) {
	w := newWorld(t)
	key := w.ticket("INC-1")
	require.Equal(t, "OPS-1", key)
	require.Equal(t, "OPS-2", w.ticket("INC-2"))
	edited := w.jira(http.MethodPut, "issue/OPS-1", `{"fields":{"description":"h2. Timeline"},"update":{"labels":[{"add":"sev1"}]}}`)
	require.Equal(t, http.StatusNoContent, edited.status)
	got := w.jira(http.MethodGet, "issue/OPS-1?fields=status,labels,description", "").json
	require.Equal(t, "10000", got["id"])
	require.Equal(t, "To Do", at(got, "fields", "status", "name"))
	require.Equal(t, "new", at(got, "fields", "status", "statusCategory", "key"))
	require.Equal(t, []any{"INC-1", "sev1"}, at(got, "fields", "labels"))
	require.Nil(t, at(got, "fields", "summary"))
	missing := w.jira(http.MethodGet, "issue/OPS-9", "")
	require.Equal(t, http.StatusNotFound, missing.status)
	require.NotEmpty(t, missing.json["errorMessages"])
	require.Len(t, w.ledger("jira", "issue"), 2)
}

func TestAnIssueThatLacksSomethingIsRefusedByField(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.JiraRequired = map[string]string{"customfield_10010": "Team is required."} })
	cases := map[string]struct{ fields, wrong string }{
		"project":           {`"project":{"key":"NOPE"},"issuetype":{"name":"Incident"},"summary":"s","customfield_10010":"a"`, "project"},
		"type":              {`"project":{"key":"OPS"},"issuetype":{"name":"Epic"},"summary":"s","customfield_10010":"a"`, "issuetype"},
		"summary":           {`"project":{"key":"OPS"},"issuetype":{"name":"Task"},"customfield_10010":"a"`, "summary"},
		"long summary":      {`"project":{"key":"OPS"},"issuetype":{"name":"Task"},"summary":"` + strings.Repeat("x", 256) + `","customfield_10010":"a"`, "summary"},
		"two-line summary":  {`"project":{"key":"OPS"},"issuetype":{"name":"Task"},"summary":"a\nb","customfield_10010":"a"`, "summary"},
		"required field":    {`"project":{"key":"OPS"},"issuetype":{"name":"Task"},"summary":"s"`, "customfield_10010"},
		"unknown field":     {`"project":{"key":"OPS"},"issuetype":{"name":"Task"},"summary":"s","customfield_10010":"a","sevrity":"1"`, "sevrity"},
		"label with spaces": {`"project":{"key":"OPS"},"issuetype":{"name":"Task"},"summary":"s","customfield_10010":"a","labels":["a b"]`, "labels"},
		"ADF in version 2":  {`"project":{"key":"OPS"},"issuetype":{"name":"Task"},"summary":"s","customfield_10010":"a","description":{"type":"doc"}`, "description"},
		"unknown priority":  {`"project":{"key":"OPS"},"issuetype":{"name":"Task"},"summary":"s","customfield_10010":"a","priority":{"name":"Urgent"}`, "priority"},
	}
	for name, c := range cases {
		got := w.jira(http.MethodPost, "issue", `{"fields":{`+c.fields+`}}`)
		require.Equal(t, http.StatusBadRequest, got.status, name)
		require.Len(t, got.json["errors"], 1, name)
		require.Contains(t, got.json["errors"], c.wrong, name)
		require.Equal(t, []any{}, got.json["errorMessages"], name)
	}
}

func TestTheCloudRefusesCommentsWithAnAuthor(t *testing.T) {
	w := newWorld(t)
	key := w.ticket("INC-1")
	for _, body := range []string{
		`{"body":"hi","author":{}}`, `{"body":"hi","updateAuthor":{}}`, `{"body":"hi","visibility":{}}`, `{"body":"  "}`, `{`,
	} {
		require.Equal(t, http.StatusBadRequest, w.jira(http.MethodPost, "issue/"+key+"/comment", body).status, body)
	}
	for i := range 3 {
		got := w.jira(http.MethodPost, "issue/"+key+"/comment", fmt.Sprintf(`{"body":"note %d"}`, i))
		require.Equal(t, http.StatusCreated, got.status)
	}
	page := w.jira(http.MethodGet, "issue/"+key+"/comment?startAt=1&maxResults=1", "").json
	require.EqualValues(t, 3, page["total"])
	require.Len(t, page["comments"], 1)
	require.Equal(t, "note 1", at(page, "comments", 0, "body"))
	require.Len(t, w.ledger("jira", "comment"), 3)
}

func TestATransitionWorksOnceAndOnlyFromItsStatus(t *testing.T) {
	w := newWorld(t)
	path := "issue/" + w.ticket("INC-1") + "/transitions"
	move := func(id string) int {
		return w.jira(http.MethodPost, path, `{"transition":{"id":"`+id+`"},"update":{},"fields":{}}`).status
	}
	listed := w.jira(http.MethodGet, path, "").json
	require.Len(t, listed["transitions"], 1)
	require.Equal(t, "indeterminate", at(listed, "transitions", 0, "to", "statusCategory", "key"))
	require.Equal(t, http.StatusBadRequest, move("31"), "not from To Do")
	require.Equal(t, http.StatusNoContent, move("21"))
	require.Equal(t, http.StatusNoContent, move("31"))
	require.Equal(t, http.StatusBadRequest, move("31"), "not again")
	moves := w.ledger("jira", "transition")
	require.Equal(t, "Done", moves[1]["to"])
}

func TestARemoteLinkIsReplacedByItsGlobalID(t *testing.T) {
	w := newWorld(t)
	path := "issue/" + w.ticket("INC-1") + "/remotelink"
	first := w.jira(http.MethodPost, path, `{"globalId":"incident=1","relationship":"run","object":{"url":"http://t","title":"run"}}`)
	require.Equal(t, http.StatusCreated, first.status)
	second := w.jira(http.MethodPost, path, `{"globalId":"incident=1","object":{"url":"http://u","title":"run"}}`)
	require.Equal(t, http.StatusOK, second.status)
	require.Equal(t, first.json["id"], second.json["id"])
	listed := w.jira(http.MethodGet, path, "").text
	require.Contains(t, listed, "http://u")
	require.NotContains(t, listed, "relationship")
	require.Equal(t, http.StatusBadRequest, w.jira(http.MethodPost, path, `{"object":{}}`).status)
}

func TestTheCloudSearchesItsIndexWhichLags(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.JiraIndexLag = 30 * time.Second })
	w.ticket("INC-1")
	jql := `labels = "INC-1" AND project = OPS ORDER BY created ASC`
	require.Empty(t, w.search(jql, "").json["issues"])
	require.Len(t, w.search(jql, "&reconcileIssues=10000").json["issues"], 1)
	w.clock.pass(30 * time.Second)
	got := w.search(jql, "").json
	require.Equal(t, []any{map[string]any{"id": "10000"}}, got["issues"], "nothing but the ID, unless asked for")
	require.Equal(t, true, got["isLast"])
	require.Equal(t, "OPS-1", at(w.search(jql, "&fields=summary").json, "issues", 0, "key"))

	w.jira(http.MethodPut, "issue/OPS-1", `{"fields":{"labels":["INC-2"]}}`)
	require.Len(t, w.search(jql, "").json["issues"], 1, "the index does not know of the edit yet")
	w.clock.pass(30 * time.Second)
	require.Empty(t, w.search(jql, "").json["issues"])
}

func TestTheCloudSearchIsOrderedAndPaged(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.ticket("INC-1")
		w.clock.pass(time.Second)
	}
	first := w.search(`labels in ("INC-1", other) ORDER BY created DESC`, "&fields=summary&maxResults=2").json
	require.Equal(t, "OPS-3", at(first, "issues", 0, "key"))
	require.Equal(t, false, first["isLast"])
	rest := w.search(`labels in ("INC-1", other) ORDER BY created DESC`, "&fields=summary&maxResults=2&nextPageToken="+first["nextPageToken"].(string)).json
	require.Equal(t, "OPS-1", at(rest, "issues", 0, "key"))
	require.Equal(t, true, rest["isLast"])
}

func TestTheCloudRefusesSearches(t *testing.T) {
	w := newWorld(t)
	for _, jql := range []string{"", "ORDER BY created", "colour = red", "project = NOPE", "labels"} {
		require.Equal(t, http.StatusBadRequest, w.search(jql, "").status, jql)
	}
	gone := w.jira(http.MethodGet, "search?jql=project%20%3D%20OPS", "")
	require.Equal(t, http.StatusGone, gone.status)
	require.Contains(t, gone.text, "search/jql")
}

func TestADataCenterHasTheOldSearchAndBearerTokens(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.JiraMode = jiraDataCenter })
	w.ticket("INC-1")
	got := w.jira(http.MethodPost, "search", `{"jql":"labels = \"INC-1\"","maxResults":10}`)
	require.EqualValues(t, 1, got.json["total"])
	require.Equal(t, "checkout fails", at(got.json, "issues", 0, "fields", "summary"))
	require.Equal(t, http.StatusNotFound, w.search("project = OPS", "").status)
	require.Equal(t, "Server", w.jira(http.MethodGet, "serverInfo", "").json["deploymentType"])
	require.Equal(t, http.StatusCreated, w.jira(http.MethodPost, "issue/OPS-1/comment", `{"body":"hi","author":{},"visibility":{}}`).status)
	basic := w.send(http.MethodGet, "/jira/rest/api/2/myself", "", "", func(r *http.Request) { r.SetBasicAuth("a", w.cfg.JiraToken) })
	require.Equal(t, http.StatusUnauthorized, basic.status)
}

func TestJiraKnowsItsUserAndItsProperties(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, "lastgood", w.jira(http.MethodGet, "myself", "").json["displayName"])
	require.Equal(t, http.StatusUnauthorized, w.send(http.MethodGet, "/jira/rest/api/2/myself", "", "", nil).status)
	path := "issue/" + w.ticket("INC-1") + "/properties/incident"
	require.Equal(t, http.StatusNotFound, w.jira(http.MethodGet, path, "").status)
	require.Equal(t, http.StatusCreated, w.jira(http.MethodPut, path, `{"id":"INC-1"}`).status)
	require.Equal(t, http.StatusOK, w.jira(http.MethodPut, path, `{"id":"INC-2"}`).status)
	require.Equal(t, "INC-2", at(w.jira(http.MethodGet, path, "").json, "value", "id"))
}

func TestWritesToOneIssueAreLimited(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.JiraWritesPerIssue = 0.5 })
	path := "issue/" + w.ticket("INC-1") + "/comment"
	for range jiraWriteBurst {
		require.Equal(t, http.StatusCreated, w.jira(http.MethodPost, path, `{"body":"hi"}`).status)
	}
	limited := w.jira(http.MethodPost, path, `{"body":"hi"}`)
	require.Equal(t, http.StatusTooManyRequests, limited.status)
	require.Equal(t, "2", limited.header.Get("Retry-After"))
	require.Equal(t, "jira-per-issue-on-write", limited.header.Get("RateLimit-Reason"))
	require.Equal(t, http.StatusOK, w.jira(http.MethodGet, path, "").status)
}
