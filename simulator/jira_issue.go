package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Lengths in characters, from Jira's documentation.
const (
	longestSummary = 255
	longestText    = 32767
)

// plainFields are those that may be set besides custom fields.
var plainFields = []string{
	"project", "issuetype", "summary", "description", "labels", "priority", "components", "assignee", "duedate", "environment", "parent",
}

func (j *jira) createIssue(c call) reply {
	var body struct {
		Fields     map[string]any `json:"fields"`
		Properties []struct {
			Key   string          `json:"key"`
			Value json.RawMessage `json:"value"`
		} `json:"properties"`
	}
	if json.Unmarshal(c.body, &body) != nil || body.Fields == nil {
		return jiraErrors(http.StatusBadRequest, nil, invalidPayload)
	}
	if wrong := j.checkNew(body.Fields); len(wrong) > 0 {
		return jiraErrors(http.StatusBadRequest, wrong)
	}
	project := strings.ToUpper(nested(body.Fields, "project", "key"))
	j.numbers[project]++
	created := &issue{
		id: j.nextID, key: fmt.Sprintf("%s-%d", project, j.numbers[project]), project: project,
		fields: body.Fields, created: c.now, properties: map[string]json.RawMessage{},
	}
	j.nextID++
	for _, property := range body.Properties {
		created.properties[property.Key] = property.Value
	}
	j.ledger.record(c.now, "jira", "issue", object{
		"key": created.key, "summary": created.fields["summary"], "labels": created.fields["labels"], "fields": created.fields,
	})
	created.fields["status"] = statusToDo
	j.issues = append(j.issues, created)
	j.changed(created, c.now)
	return jsonReply(http.StatusCreated, object{
		"id": strconv.Itoa(created.id), "key": created.key, "self": j.self("issue/" + strconv.Itoa(created.id)),
	})
}

// nested returns a string two levels down, or nothing.
func nested(fields map[string]any, outer, inner string) string {
	below, _ := fields[outer].(map[string]any)
	text, _ := below[inner].(string)
	return text
}

// checkNew returns what is wrong with the fields of a new issue, by field.
func (j *jira) checkNew(fields map[string]any) map[string]string {
	wrong := j.checkFields(fields)
	if !slices.Contains(j.cfg.JiraProjects, strings.ToUpper(nested(fields, "project", "key"))) {
		wrong["project"] = "Specify a valid project ID or key"
	}
	if !slices.Contains(j.cfg.JiraIssueTypes, nested(fields, "issuetype", "name")) {
		wrong["issuetype"] = "Specify an issue type"
	}
	if summary, _ := fields["summary"].(string); summary == "" {
		wrong["summary"] = "You must specify a summary of the issue."
	}
	for name, message := range j.cfg.JiraRequired {
		if fields[name] == nil || fields[name] == "" {
			wrong[name] = message
		}
	}
	return wrong
}

// checkFields returns what is wrong with fields that are set, by field.
func (j *jira) checkFields(fields map[string]any) map[string]string {
	wrong := map[string]string{}
	for name := range fields {
		if !slices.Contains(plainFields, name) && !strings.HasPrefix(name, "customfield_") {
			wrong[name] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", name)
		}
	}
	summary, _ := fields["summary"].(string)
	if strings.ContainsAny(summary, "\r\n") {
		wrong["summary"] = "The summary is invalid because it contains newline characters."
	}
	if utf8.RuneCountInString(summary) > longestSummary {
		wrong["summary"] = "Summary can't exceed 255 characters."
	}
	if value, set := fields["description"]; set && value != nil {
		if text, ok := value.(string); !ok {
			wrong["description"] = "Operation value must be a string"
		} else if utf8.RuneCountInString(text) > longestText {
			wrong["description"] = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
		}
	}
	labels, _ := fields["labels"].([]any)
	for _, label := range labels {
		if text, ok := label.(string); !ok || strings.ContainsRune(text, ' ') {
			wrong["labels"] = fmt.Sprintf("The label '%v' contains spaces which is invalid.", label)
		}
	}
	if priority := nested(fields, "priority", "name"); priority != "" &&
		!slices.Contains(jiraPriorities, priority) {
		wrong["priority"] = "The priority selected is invalid."
	}
	return wrong
}

func (j *jira) editIssue(of *issue, c call) reply {
	var body struct {
		Fields map[string]any              `json:"fields"`
		Update map[string][]map[string]any `json:"update"`
	}
	if json.Unmarshal(c.body, &body) != nil || body.Fields == nil && body.Update == nil {
		return jiraErrors(http.StatusBadRequest, nil, "one of 'fields' or 'update' required")
	}
	wrong := j.checkFields(body.Fields)
	for name := range body.Update {
		if name != "labels" {
			wrong[name] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", name)
		}
	}
	if len(wrong) > 0 {
		return jiraErrors(http.StatusBadRequest, wrong)
	}
	maps.Copy(of.fields, body.Fields)
	for _, change := range body.Update["labels"] {
		of.relabel(change)
	}
	j.changed(of, c.now)
	j.ledger.record(c.now, "jira", "edit", object{"key": of.key, "fields": body.Fields, "update": body.Update})
	return reply{status: http.StatusNoContent}
}

// relabel carries out one add, remove or set. The list is made anew: the
// index holds on to the old one.
func (i *issue) relabel(change map[string]any) {
	old, _ := i.fields["labels"].([]any)
	labels := slices.Clone(old)
	if set, ok := change["set"].([]any); ok {
		labels = set
	}
	if added, ok := change["add"]; ok && !slices.Contains(labels, added) {
		labels = append(labels, added)
	}
	if removed, ok := change["remove"]; ok {
		labels = slices.DeleteFunc(labels, func(label any) bool { return label == removed })
	}
	i.fields["labels"] = labels
}

// show is an issue with the fields asked for: a list, *all or *navigable;
// without any, all of them or, for the new search, none.
func (j *jira) show(of *issue, fields map[string]any, asked string, idOnly bool) object {
	if asked == "" && idOnly {
		return object{"id": strconv.Itoa(of.id)}
	}
	shown := object{"expand": "names,schema", "id": strconv.Itoa(of.id), "key": of.key, "self": j.self("issue/" + strconv.Itoa(of.id))}
	all, wanted := j.allFields(of, fields), object{}
	for name, value := range all {
		listed := slices.ContainsFunc(strings.Split(asked, ","), func(field string) bool {
			return strings.TrimSpace(field) == name
		})
		if asked == "" || strings.HasPrefix(asked, "*") || listed {
			wanted[name] = value
		}
	}
	shown["fields"] = wanted
	return shown
}

func (j *jira) allFields(of *issue, set map[string]any) object {
	all := object{
		"labels": []any{}, "description": nil, "assignee": nil, "resolution": nil,
		"created": of.created.UTC().Format(jiraTime), "updated": of.updated.UTC().Format(jiraTime),
		"creator": j.user(), "reporter": j.user(),
		"comment": object{"comments": append([]object{}, of.comments...), "total": len(of.comments), "maxResults": len(of.comments), "startAt": 0},
	}
	maps.Copy(all, set)
	status, _ := set["status"].(string)
	all["status"] = j.status(status)
	if status == statusDone {
		all["resolution"] = object{"name": "Done", "id": "10000", "description": "", "self": j.self("resolution/10000")}
	}
	all["priority"] = j.priority(or(nested(set, "priority", "name"), "Medium"))
	all["project"] = j.project(of.project)
	all["issuetype"] = j.issueType(nested(set, "issuetype", "name"))
	return all
}

func (j *jira) serveProperty(of *issue, c call, key string) reply {
	if c.Method == http.MethodGet {
		value, ok := of.properties[key]
		if !ok {
			return jiraErrors(http.StatusNotFound, nil, fmt.Sprintf("The property %s does not exist.", key))
		}
		return jsonReply(http.StatusOK, object{"key": key, "value": value})
	}
	if key == "" || len(c.body) > longestText+1 || !json.Valid(c.body) {
		return jiraErrors(http.StatusBadRequest, nil, "The property value is not valid.")
	}
	_, known := of.properties[key]
	of.properties[key] = json.RawMessage(c.body)
	j.ledger.record(c.now, "jira", "property", object{"key": of.key, "property": key, "value": of.properties[key]})
	if known {
		return reply{status: http.StatusOK}
	}
	return reply{status: http.StatusCreated}
}

// serveComments answers with one comment, or with a page of them.
func (j *jira) serveComments(of *issue, c call, id []string) reply {
	if len(id) > 0 {
		at := slices.IndexFunc(of.comments, func(comment object) bool { return comment["id"] == id[0] })
		if at < 0 {
			return jiraErrors(http.StatusNotFound, nil, "Can not find a comment for the id: "+id[0]+".")
		}
		return jsonReply(http.StatusOK, of.comments[at])
	}
	query := c.values()
	start := min(max(intOr(query.Get("startAt"), 0), 0), len(of.comments))
	most := min(max(intOr(query.Get("maxResults"), 50), 0), 5000)
	listed := slices.Clone(of.comments)
	if strings.HasPrefix(query.Get("orderBy"), "-") {
		slices.Reverse(listed)
	}
	return jsonReply(http.StatusOK, object{
		"startAt": start, "maxResults": most, "total": len(listed),
		"comments": append([]object{}, listed[start:min(start+most, len(listed))]...),
	})
}

// addComment refuses, on Cloud, what clients send that encode an empty author
// or visibility along with the body.
func (j *jira) addComment(of *issue, c call) reply {
	var body map[string]any
	invalid := json.Unmarshal(c.body, &body) != nil
	text, _ := body["body"].(string)
	visibility, limited := body["visibility"].(map[string]any)
	if j.cloud() {
		_, author := body["author"]
		_, updater := body["updateAuthor"]
		invalid = invalid || author || updater || limited && (visibility["type"] == nil || visibility["value"] == nil && visibility["identifier"] == nil)
	}
	switch {
	case invalid:
		return jiraErrors(http.StatusBadRequest, nil, invalidPayload)
	case strings.TrimSpace(text) == "":
		return jiraErrors(http.StatusBadRequest, map[string]string{"comment": "Comment body can not be empty!"})
	case utf8.RuneCountInString(text) > longestText:
		return jiraErrors(http.StatusBadRequest, map[string]string{"comment": "The entered text is too long. It exceeds the allowed limit of 32,767 characters."})
	}
	id, at := strconv.Itoa(j.nextID), c.now.UTC().Format(jiraTime)
	j.nextID++
	comment := object{
		"self": j.self("issue/" + strconv.Itoa(of.id) + "/comment/" + id), "id": id, "body": text,
		"author": j.user(), "updateAuthor": j.user(), "created": at, "updated": at, "jsdPublic": true,
	}
	of.comments = append(of.comments, comment)
	j.changed(of, c.now)
	j.ledger.record(c.now, "jira", "comment", object{"key": of.key, "id": id, "body": text})
	return jsonReply(http.StatusCreated, comment)
}
