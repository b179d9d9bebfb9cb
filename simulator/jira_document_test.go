package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// v3 makes a request to version 3.
func (w *world) v3(method, path, body string) result {
	w.t.Helper()
	return w.send(method, "/jira/rest/api/3/"+path, "application/json", body, func(r *http.Request) {
		r.SetBasicAuth(w.cfg.JiraUser, w.cfg.JiraToken)
	})
}

const aDocument = `{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"first"},{"type":"hardBreak"},{"type":"text","text":"line"}]},{"type":"paragraph","content":[{"type":"text","text":"second"}]}]}`

func TestVersionThreeWantsAndShowsDocuments(t *testing.T) {
	w := newWorld(t)
	create := func(description string) result {
		return w.v3(http.MethodPost, "issue", `{"fields":{"project":{"key":"OPS"},"issuetype":{"name":"Incident"},"summary":"s","description":`+description+`}}`)
	}
	for _, wrong := range []string{`"plain"`, `{"type":"paragraph"}`, `{"type":"doc","content":[]}`} {
		refused := create(wrong)
		require.Equal(t, http.StatusBadRequest, refused.status, wrong)
		require.Equal(t, notADocument, at(refused.json, "errors", "description"), wrong)
	}
	created := create(aDocument)
	require.Equal(t, http.StatusCreated, created.status, created.text)
	require.Contains(t, created.json["self"], "/rest/api/3/issue/10000")

	shown := w.v3(http.MethodGet, "issue/OPS-1?fields=description", "").json
	require.Equal(t, "paragraph", at(shown, "fields", "description", "content", 0, "type"))
	require.Equal(t, "hardBreak", at(shown, "fields", "description", "content", 0, "content", 1, "type"))
	require.Equal(t, "second", at(shown, "fields", "description", "content", 1, "content", 0, "text"))
	require.Equal(t, "first\nline\n\nsecond", at(w.jira(http.MethodGet, "issue/OPS-1", "").json, "fields", "description"), "version 2 shows the text")
	found := w.v3(http.MethodPost, "search/jql", `{"jql":"project = OPS","fields":["description"]}`).json
	require.Equal(t, "doc", at(found, "issues", 0, "fields", "description", "type"))
	require.Equal(t, http.StatusNoContent, w.v3(http.MethodPut, "issue/OPS-1", `{"fields":{"description":`+aDocument+`}}`).status)
}

func TestACommentInVersionThreeIsADocument(t *testing.T) {
	w := newWorld(t)
	key := w.ticket("INC-1")
	require.Equal(t, badCommentADF, at(w.v3(http.MethodPost, "issue/"+key+"/comment", `{"body":"plain"}`).json, "errors", "comment"))
	require.Equal(t, http.StatusBadRequest, w.v3(http.MethodPost, "issue/"+key+"/comment", `{"author":{},"body":`+aDocument+`}`).status)
	added := w.v3(http.MethodPost, "issue/"+key+"/comment", `{"body":`+aDocument+`}`)
	require.Equal(t, http.StatusCreated, added.status, added.text)
	require.Equal(t, "doc", at(added.json, "body", "type"))
	id := added.json["id"].(string)
	require.Equal(t, "first\nline\n\nsecond", w.jira(http.MethodGet, "issue/"+key+"/comment/"+id, "").json["body"])
	require.Equal(t, "doc", at(w.v3(http.MethodGet, "issue/"+key+"/comment", "").json, "comments", 0, "body", "type"))
	require.Equal(t, "doc", at(w.v3(http.MethodGet, "issue/"+key, "").json, "fields", "comment", "comments", 0, "body", "type"))
	require.Equal(t, http.StatusNotFound, w.v3(http.MethodGet, "issue/"+key+"/comment/1", "").status)
}

func TestADataCenterHasNoVersionThree(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.JiraMode = jiraDataCenter })
	got := w.send(http.MethodGet, "/jira/rest/api/3/serverInfo", "", "", func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+w.cfg.JiraToken)
	})
	require.Equal(t, http.StatusNotFound, got.status)
	require.Contains(t, got.text, "<html>")
}

// A create whose answer is lost has still made an issue, and a search cannot
// tell so before the index knows.
func TestAnIssueWhoseAnswerWasLostIsFoundOnceTheIndexKnows(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.JiraIndexLag = 30 * time.Second })
	w.control("faults", `{"vendor":"jira","match":"POST /jira/rest/api/2/issue","drop_response":true,"times":1}`)
	_, err := w.try(http.MethodPost, "/jira/rest/api/2/issue", "application/json",
		`{"fields":{"project":{"key":"OPS"},"issuetype":{"name":"Incident"},"summary":"s","labels":["INC-1"]}}`,
		func(r *http.Request) { r.SetBasicAuth(w.cfg.JiraUser, w.cfg.JiraToken) })
	require.Error(t, err)
	require.Len(t, w.ledger("jira", "issue"), 1)
	require.Empty(t, w.search(`labels = "INC-1"`, "").json["issues"])
	w.clock.pass(30 * time.Second)
	require.Len(t, w.search(`labels = "INC-1"`, "").json["issues"], 1)
}

func TestASearchReconcilesFiftyIssuesAtMost(t *testing.T) {
	w := newWorld(t)
	ids := func(n int) string { return strings.TrimSuffix(strings.Repeat("10000,", n), ",") }
	require.Equal(t, http.StatusOK, w.search("project = OPS", "&reconcileIssues="+ids(50)).status)
	require.Equal(t, http.StatusBadRequest, w.search("project = OPS", "&reconcileIssues="+ids(51)).status)
	posted := w.jira(http.MethodPost, "search/jql", fmt.Sprintf(`{"jql":"project = OPS","reconcileIssues":[%s]}`, ids(51)))
	require.Equal(t, http.StatusBadRequest, posted.status)
}

func TestATransitionShowsItsFieldsOnlyWhenAsked(t *testing.T) {
	w := newWorld(t)
	path := "issue/" + w.ticket("INC-1") + "/transitions"
	require.NotContains(t, w.jira(http.MethodGet, path, "").text, `"fields"`)
	require.Contains(t, w.jira(http.MethodGet, path+"?expand=transitions.fields", "").text, `"fields":{}`)
}
