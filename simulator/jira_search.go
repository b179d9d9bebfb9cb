package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const removedSearch = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. " +
	"A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"

// searchRequest is what both searches may be given, in a query or a body.
type searchRequest struct {
	JQL             string   `json:"jql"`
	Fields          []string `json:"fields"`
	MaxResults      int      `json:"maxResults"`
	StartAt         int      `json:"startAt"`
	NextPageToken   string   `json:"nextPageToken"`
	ReconcileIssues []int    `json:"reconcileIssues"`
}

// serveSearch has the search that the site's kind has: the other one is gone,
// or never came.
func (j *jira) serveSearch(c call, path string) reply {
	old := path == "search"
	switch {
	case old && j.cloud():
		return jiraErrors(http.StatusGone, nil, removedSearch)
	case !old && !j.cloud():
		return htmlReply(http.StatusNotFound, "null for uri: "+c.URL.Path)
	}
	asked, problem := readSearch(c)
	if problem != "" {
		return jiraErrors(http.StatusBadRequest, nil, problem)
	}
	wanted, problem := j.parseJQL(asked.JQL)
	if problem != "" {
		return jiraErrors(http.StatusBadRequest, nil, problem)
	}
	found := j.search(wanted, asked.ReconcileIssues, c.now)
	if old {
		return j.oldPage(found, asked)
	}
	return j.page(found, asked)
}

// readSearch returns the request, or what Jira says is wrong with it.
func readSearch(c call) (asked searchRequest, problem string) {
	asked = searchRequest{MaxResults: 50}
	if c.Method == http.MethodPost {
		if err := json.Unmarshal(c.body, &asked); err != nil {
			return asked, invalidPayload
		}
	} else {
		asked.readQuery(c.URL.Query())
	}
	if len(asked.ReconcileIssues) > 50 {
		return asked, "No more than 50 issues can be reconciled."
	}
	return asked, ""
}

func (asked *searchRequest) readQuery(query url.Values) {
	asked.JQL, asked.NextPageToken = query.Get("jql"), query.Get("nextPageToken")
	asked.MaxResults, asked.StartAt = intOr(query.Get("maxResults"), 50), intOr(query.Get("startAt"), 0)
	for _, list := range query["fields"] {
		asked.Fields = append(asked.Fields, strings.Split(list, ",")...)
	}
	for _, list := range query["reconcileIssues"] {
		for id := range strings.SplitSeq(list, ",") {
			asked.ReconcileIssues = append(asked.ReconcileIssues, intOr(id, 0))
		}
	}
}

// hit is an issue and what the index knows of it.
type hit struct {
	issue  *issue
	fields map[string]any
}

// search looks at the index; issues to reconcile are seen as they are.
func (j *jira) search(wanted jql, reconcile []int, now time.Time) []hit {
	var found []hit
	for _, of := range j.issues {
		fields := of.indexed(now)
		if slices.Contains(reconcile, of.id) {
			fields = of.fields
		}
		if fields != nil && wanted.matches(of, fields) {
			found = append(found, hit{of, fields})
		}
	}
	slices.SortStableFunc(found, func(a, b hit) int {
		if wanted.descending {
			a, b = b, a
		}
		return or(a.issue.created.Compare(b.issue.created), a.issue.id-b.issue.id)
	})
	return found
}

// indexed returns the newest fields that the index has taken in, or nil.
func (i *issue) indexed(now time.Time) map[string]any {
	for _, version := range slices.Backward(i.versions) {
		if !version.from.After(now) {
			return version.fields
		}
	}
	return nil
}

// page is an answer of the new search: IDs only, unless fields are asked for.
func (j *jira) page(found []hit, asked searchRequest) reply {
	start := min(max(intOr(asked.NextPageToken, 0), 0), len(found))
	end := min(start+max(asked.MaxResults, 1), len(found))
	issues := []object{}
	for _, h := range found[start:end] {
		issues = append(issues, j.show(h.issue, h.fields, strings.Join(asked.Fields, ","), true))
	}
	body := object{"issues": issues, "isLast": end == len(found)}
	if end < len(found) {
		body["nextPageToken"] = strconv.Itoa(end)
	}
	return jsonReply(http.StatusOK, body)
}

func (j *jira) oldPage(found []hit, asked searchRequest) reply {
	start := min(max(asked.StartAt, 0), len(found))
	end := min(start+max(asked.MaxResults, 0), len(found))
	issues := []object{}
	for _, h := range found[start:end] {
		issues = append(issues, j.show(h.issue, h.fields, strings.Join(asked.Fields, ","), false))
	}
	return jsonReply(http.StatusOK, object{
		"expand": "schema,names", "startAt": start, "maxResults": asked.MaxResults, "total": len(found), "issues": issues,
	})
}

// jql is the part of the query language that is understood: conditions joined
// by AND, then an order by creation or key.
type jql struct {
	conditions []condition
	descending bool
}

type condition struct {
	field  string
	negate bool
	values []string
}

var (
	orderClause     = regexp.MustCompile(`(?i)(?:^|\s+)order\s+by\s+(created|key)(?:\s+(asc|desc))?\s*$`)
	conjunction     = regexp.MustCompile(`(?i)\s+and\s+`)
	conditionClause = regexp.MustCompile(`(?i)^\s*(\w+)\s*(=|!=|not\s+in|in)\s*(.+?)\s*$`)
	valueToken      = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,()"']+)`)
)

func (j *jira) parseJQL(text string) (parsed jql, problem string) {
	if order := orderClause.FindStringSubmatch(text); order != nil {
		parsed.descending = !strings.EqualFold(order[2], "asc") && (order[2] != "" || strings.EqualFold(order[1], "created"))
		text = strings.TrimSuffix(text, order[0])
	}
	if strings.TrimSpace(text) == "" {
		if j.cloud() {
			return jql{}, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
		}
		return parsed, ""
	}
	for _, clause := range conjunction.Split(text, -1) {
		read, problem := j.parseCondition(clause)
		if problem != "" {
			return jql{}, problem
		}
		parsed.conditions = append(parsed.conditions, read)
	}
	return parsed, ""
}

func (j *jira) parseCondition(clause string) (read condition, problem string) {
	parts := conditionClause.FindStringSubmatch(clause)
	if parts == nil {
		return condition{}, fmt.Sprintf("Error in the JQL Query near '%s'.", clause)
	}
	read = condition{field: strings.ToLower(parts[1]), negate: parts[2] != "=" && !strings.EqualFold(parts[2], "in")}
	for _, value := range valueToken.FindAllStringSubmatch(parts[3], -1) {
		read.values = append(read.values, value[1]+value[2]+value[3])
	}
	switch {
	case !slices.Contains([]string{"labels", "project", "status", "statuscategory", "issuetype", "key", "id"}, read.field):
		return condition{}, fmt.Sprintf("Field '%s' does not exist or you do not have permission to view it.", parts[1])
	case len(read.values) == 0:
		return condition{}, fmt.Sprintf("Error in the JQL Query: expecting a value near '%s'.", clause)
	case read.field == "project" && !slices.ContainsFunc(j.cfg.JiraProjects, read.holds):
		return condition{}, fmt.Sprintf("The value '%s' does not exist for the field 'project'.", read.values[0])
	}
	return read, ""
}

func (c condition) holds(value string) bool {
	return slices.ContainsFunc(c.values, func(wanted string) bool { return strings.EqualFold(wanted, value) })
}

func (q jql) matches(of *issue, fields map[string]any) bool {
	for _, c := range q.conditions {
		if slices.ContainsFunc(valuesOf(c.field, of, fields), c.holds) == c.negate {
			return false
		}
	}
	return true
}

// valuesOf returns what a condition on a field is compared with.
func valuesOf(field string, of *issue, fields map[string]any) []string {
	status, _ := fields["status"].(string)
	switch field {
	case "labels":
		var labels []string
		list, _ := fields["labels"].([]any)
		for _, label := range list {
			labels = append(labels, fmt.Sprint(label))
		}
		return labels
	case "project":
		return []string{of.project}
	case "status":
		return []string{status}
	case "statuscategory":
		category, _ := statusOf(status, "")["statusCategory"].(object)
		return []string{fmt.Sprint(category["name"]), fmt.Sprint(category["key"])}
	case "issuetype":
		return []string{nested(fields, "issuetype", "name")}
	}
	return []string{of.key, strconv.Itoa(of.id)}
}
