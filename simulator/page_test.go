package simulator

import (
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePageNeedsNothingFromOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := w.send(http.MethodGet, "/", "", "", nil)
	require.Equal(t, http.StatusOK, page.status)
	require.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	require.Equal(t, pagePolicy, page.header.Get("Content-Security-Policy"))
	require.Contains(t, pagePolicy, "default-src 'none'; script-src 'self'")

	named := regexp.MustCompile(`(?:href|src)="(/[^"]+)"`).FindAllStringSubmatch(page.text, -1)
	require.Len(t, named, 4, "three style sheets and a script")
	for _, file := range named {
		require.Equal(t, http.StatusOK, w.send(http.MethodGet, file[1], "", "", nil).status, file[1])
	}
	require.NoError(t, fs.WalkDir(pageFiles, "page", func(name string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() {
			return nil
		}
		served := w.send(http.MethodGet, "/"+name, "", "", nil)
		require.Equal(t, http.StatusOK, served.status, name)
		require.Equal(t, pageTypes[path.Ext(name)], served.header.Get("Content-Type"), name)
		require.NotEmpty(t, served.header.Get("Content-Security-Policy"), name)
		text := strings.ReplaceAll(served.text, "http://www.w3.org/2000/svg", "") // A name, not an address.
		require.NotRegexp(t, `https?://[a-z]`, text, name)
		require.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write`, text, "text of the world must not become markup")
		return nil
	}))
}

func TestOnlyThePageIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, wanted := range []string{"/page", "/page/", "/page/none.js", "/page/../page.go", "/page/%2e%2e/page.go", "/nowhere"} {
		require.Equal(t, http.StatusNotFound, w.send(http.MethodGet, wanted, "", "", nil).status, wanted)
	}
}

func TestANamedFaultIsReplacedAndTakenBackByItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := func() string { return w.send(http.MethodGet, "/control/faults", "", "", nil).text }
	for _, fault := range []string{
		`{"name":"jira-down","vendor":"jira","status":503}`, `{"name":"jira-down","vendor":"jira","status":500}`,
		`{"vendor":"slack","status":503}`,
	} {
		require.Equal(t, http.StatusNoContent, w.send(http.MethodPost, "/control/faults", "application/json", fault, nil).status)
	}
	require.Equal(t, 1, strings.Count(set(), "jira-down"))
	require.Contains(t, set(), `"status":500`)
	w.send(http.MethodDelete, "/control/faults?name=jira-down", "", "", nil)
	require.NotContains(t, set(), "jira-down")
	require.Contains(t, set(), "slack")
	w.send(http.MethodDelete, "/control/faults", "", "", nil)
	require.JSONEq(t, "[]", set())
}
