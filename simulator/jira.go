package simulator

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	jiraDataCenter = "datacenter"
	jiraWriteBurst = 10
	invalidPayload = "Invalid request payload. Refer to the REST API documentation and try again."
	jiraTime       = "2006-01-02T15:04:05.000-0700"
)

// jira is a site with one user, in the cloud or on somebody's own machines.
type jira struct {
	cfg     Config
	ledger  *ledger
	issues  []*issue // in order of creation
	numbers map[string]int
	nextID  int
}

// issue is a ticket. Its versions are what a search may see of it.
type issue struct {
	id         int
	key        string
	project    string
	fields     map[string]any // as set by clients, and status
	created    time.Time
	updated    time.Time
	comments   []object
	links      []object
	properties map[string]json.RawMessage
	versions   []issueVersion // oldest first
	writes     bucket
}

// issueVersion is an issue as the index sees it from a moment on.
type issueVersion struct {
	from   time.Time
	fields map[string]any
}

func newJira(cfg Config, ledger *ledger) *jira {
	return &jira{cfg: cfg, ledger: ledger, numbers: map[string]int{}, nextID: 10000}
}

func (j *jira) cloud() bool {
	return j.cfg.JiraMode != jiraDataCenter
}

// jiraErrors is Jira's one shape for what is wrong with a request.
func jiraErrors(status int, fields map[string]string, messages ...string) reply {
	if fields == nil {
		fields = map[string]string{}
	}
	return jsonReply(status, object{"errorMessages": append([]string{}, messages...), "errors": fields})
}

func (j *jira) serve(c call) reply {
	if refused, ok := j.authorize(c); !ok {
		return refused
	}
	if len(c.segments) < 4 || c.segments[0] != "rest" || c.segments[1] != "api" {
		return htmlReply(http.StatusNotFound, "dead link")
	}
	switch version := c.segments[2]; {
	case version == "2":
		return j.serveVersion2(c)
	case version == "3" && j.cloud():
		return j.serveVersion3(c)
	}
	return htmlReply(http.StatusNotFound, "null for uri: "+c.URL.Path)
}

func (j *jira) serveVersion2(c call) reply {
	rest := c.segments[3:]
	switch path := strings.Join(rest, "/"); {
	case path == "search/jql" || path == "search":
		return j.serveSearch(c, path)
	case path == "serverInfo" && c.Method == http.MethodGet:
		return jsonReply(http.StatusOK, j.serverInfo(c.now))
	case path == "myself" && c.Method == http.MethodGet:
		return jsonReply(http.StatusOK, j.user())
	case path == "issue" && c.Method == http.MethodPost:
		return j.createIssue(c)
	case rest[0] == "issue" && len(rest) >= 2:
		return j.serveIssue(c, rest[1], rest[2:])
	}
	return htmlReply(http.StatusNotFound, "null for uri: "+c.URL.Path)
}

func (j *jira) authorize(c call) (reply, bool) {
	user, token, basic := c.BasicAuth()
	ok := basic && user == j.cfg.JiraUser && same(token, j.cfg.JiraToken)
	if !j.cloud() {
		bearer, given := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
		ok = given && same(bearer, j.cfg.JiraToken)
	}
	if ok {
		return reply{}, true
	}
	if j.cloud() {
		return textReply(http.StatusUnauthorized, "Client must be authenticated to access this resource.").
			with("WWW-Authenticate", `OAuth realm="`+j.cfg.PublicURL+`"`).with("X-Seraph-LoginReason", "AUTHENTICATED_FAILED"), false
	}
	return htmlReply(http.StatusUnauthorized, "Unauthorized").with("X-Seraph-LoginReason", "AUTHENTICATED_FAILED"), false
}

func (j *jira) serveIssue(c call, key string, rest []string) reply {
	of := j.issue(key)
	if of == nil {
		return jiraErrors(http.StatusNotFound, nil, "Issue does not exist or you do not have permission to see it.")
	}
	if c.Method != http.MethodGet {
		if refused, ok := j.admit(of, c.now); !ok {
			return refused
		}
	}
	switch what := c.Method + " " + or(strings.Join(rest[:min(1, len(rest))], ""), "issue"); what {
	case "GET issue":
		return jsonReply(http.StatusOK, j.show(of, of.fields, c.values().Get("fields"), false))
	case "PUT issue":
		return j.editIssue(of, c)
	case "GET comment":
		return j.serveComments(of, c, rest[1:])
	case "POST comment":
		return j.addComment(of, c)
	case "GET transitions":
		return jsonReply(http.StatusOK, object{
			"expand": "transitions", "transitions": of.transitions(j.cfg.PublicURL, strings.Contains(c.values().Get("expand"), "transitions.fields")),
		})
	case "POST transitions":
		return j.transition(of, c)
	case "GET remotelink":
		return jsonReply(http.StatusOK, append([]object{}, of.links...))
	case "POST remotelink":
		return j.linkIssue(of, c)
	case "GET properties", "PUT properties":
		return j.serveProperty(of, c, strings.Join(rest[1:], "/"))
	}
	return htmlReply(http.StatusMethodNotAllowed, "Method Not Allowed")
}

// admit enforces the limit of writes to one issue.
func (j *jira) admit(of *issue, now time.Time) (reply, bool) {
	wait, ok := of.writes.take(now, j.cfg.JiraWritesPerIssue, jiraWriteBurst)
	if ok {
		return reply{}, true
	}
	seconds := strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
	reset := now.Add(wait).UTC().Format(time.RFC3339)
	return jiraLimited("jira-per-issue-on-write").with("Retry-After", seconds).with("X-RateLimit-Reset", reset), false
}

func jiraLimited(reason string) reply {
	return textReply(http.StatusTooManyRequests, "Rate limit exceeded").with("RateLimit-Reason", reason).
		with("X-RateLimit-Limit", "100").with("X-RateLimit-Remaining", "0")
}

// jiraFault is a status as Jira dresses it: text, JSON or HTML.
func jiraFault(status int) reply {
	switch {
	case status == http.StatusTooManyRequests:
		return jiraLimited("jira-burst-based")
	case status >= http.StatusInternalServerError:
		return htmlReply(status, "simulated fault")
	}
	return jiraErrors(status, nil, "simulated fault")
}

// issue finds by key or by ID.
func (j *jira) issue(key string) *issue {
	i := slices.IndexFunc(j.issues, func(of *issue) bool {
		return strings.EqualFold(of.key, key) || strconv.Itoa(of.id) == key
	})
	if i < 0 {
		return nil
	}
	return j.issues[i]
}

func (j *jira) self(path string) string {
	return j.cfg.PublicURL + "/jira/rest/api/2/" + path
}

func (j *jira) user() object {
	shown := object{
		"self": j.self("user?accountId=5f0lastgood"), "displayName": "lastgood", "emailAddress": j.cfg.JiraUser,
		"active": true, "timeZone": "Etc/UTC", "avatarUrls": j.avatars(),
	}
	if j.cloud() {
		shown["accountId"], shown["accountType"] = "5f0lastgood", "app"
	} else {
		shown["key"], shown["name"] = "JIRAUSER10100", j.cfg.JiraUser
	}
	return shown
}

func (j *jira) serverInfo(now time.Time) object {
	kind, version, numbers := "Cloud", "1001.0.0-SNAPSHOT", []int{1001, 0, 0}
	if !j.cloud() {
		kind, version, numbers = "Server", "10.3.5", []int{10, 3, 5}
	}
	return object{
		"baseUrl": j.cfg.PublicURL + "/jira", "version": version, "versionNumbers": numbers, "deploymentType": kind,
		"buildNumber": 100287, "buildDate": "2026-09-01T00:00:00.000+0000", "serverTime": now.UTC().Format(jiraTime),
		"scmInfo": "0000000000000000000000000000000000000000", "serverTitle": "Simulator",
	}
}

// changed makes the present state of an issue known to the index, after its lag.
func (j *jira) changed(of *issue, now time.Time) {
	of.updated = now
	of.versions = append(of.versions, issueVersion{from: now.Add(j.cfg.JiraIndexLag), fields: maps.Clone(of.fields)})
	for len(of.versions) > 1 && !of.versions[1].from.After(now) {
		of.versions = of.versions[1:]
	}
}
