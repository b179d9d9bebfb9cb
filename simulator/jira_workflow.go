package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

const (
	statusToDo       = "To Do"
	statusInProgress = "In Progress"
	statusDone       = "Done"
)

// jiraTransition is a step of the workflow. There is none from To Do to Done.
type jiraTransition struct {
	id, name, from, to string
}

var jiraTransitions = []jiraTransition{
	{"21", "In Progress", statusToDo, statusInProgress},
	{"11", "To Do", statusInProgress, statusToDo},
	{"31", "Done", statusInProgress, statusDone},
	{"41", "Reopen", statusDone, statusToDo},
}

func (j *jira) status(name string) object {
	return statusOf(name, j.cfg.PublicURL)
}

func statusOf(name, publicURL string) object {
	id := map[string]string{statusToDo: "10000", statusInProgress: "3", statusDone: "10001"}[name]
	category := map[string]object{
		statusToDo:       {"id": 2, "key": "new", "name": "To Do", "colorName": "blue-gray"},
		statusInProgress: {"id": 4, "key": "indeterminate", "name": "In Progress", "colorName": "yellow"},
		statusDone:       {"id": 3, "key": "done", "name": "Done", "colorName": "green"},
	}[name]
	category["self"] = fmt.Sprintf("%s/jira/rest/api/2/statuscategory/%v", publicURL, category["id"])
	return object{
		"self": publicURL + "/jira/rest/api/2/status/" + id, "id": id, "name": name, "description": "",
		"iconUrl": publicURL + "/jira/", "statusCategory": category,
	}
}

// transitions lists the steps from where an issue is, with the fields that
// their screens have only when asked for.
func (i *issue) transitions(publicURL string, fields bool) []object {
	listed := []object{}
	for _, step := range jiraTransitions {
		if step.from != i.fields["status"] {
			continue
		}
		shown := object{
			"id": step.id, "name": step.name, "to": statusOf(step.to, publicURL), "hasScreen": false, "isGlobal": false,
			"isInitial": false, "isAvailable": true, "isConditional": false, "looped": false,
		}
		if fields {
			shown["fields"] = object{}
		}
		listed = append(listed, shown)
	}
	return listed
}

// transition moves an issue on. Repeating it is refused: from where the issue
// then is, the step does not exist.
func (j *jira) transition(of *issue, c call) reply {
	var body struct {
		Transition struct {
			ID json.RawMessage `json:"id"`
		} `json:"transition"`
	}
	if json.Unmarshal(c.body, &body) != nil || len(body.Transition.ID) == 0 {
		return jiraErrors(http.StatusBadRequest, nil, "Missing 'transition' identifier")
	}
	var id any
	_ = json.Unmarshal(body.Transition.ID, &id)
	at := slices.IndexFunc(jiraTransitions, func(step jiraTransition) bool {
		return step.id == fmt.Sprint(id) && step.from == of.fields["status"]
	})
	if at < 0 {
		return jiraErrors(http.StatusBadRequest, nil, fmt.Sprintf("Transition id '%v' is not valid for this issue.", id))
	}
	from := of.fields["status"]
	of.fields["status"] = jiraTransitions[at].to
	j.changed(of, c.now)
	j.ledger.record(c.now, "jira", "transition", object{"key": of.key, "id": jiraTransitions[at].id, "from": from, "to": jiraTransitions[at].to})
	return reply{status: http.StatusNoContent}
}

// linkIssue makes a remote link, or replaces the one with the same global ID
// together with every field that is not given.
func (j *jira) linkIssue(of *issue, c call) reply {
	var link object
	if json.Unmarshal(c.body, &link) != nil {
		return jiraErrors(http.StatusBadRequest, nil, invalidPayload)
	}
	wrong := map[string]string{}
	for _, name := range []string{"url", "title"} {
		if nested(link, "object", name) == "" {
			wrong[name] = fmt.Sprintf("'%s' is required.", name)
		}
	}
	if len(wrong) > 0 {
		return jiraErrors(http.StatusBadRequest, wrong)
	}
	status, id := http.StatusCreated, j.nextID
	at := slices.IndexFunc(of.links, func(known object) bool {
		return link["globalId"] != nil && known["globalId"] == link["globalId"]
	})
	if at >= 0 {
		status, id = http.StatusOK, of.links[at]["id"].(int)
	} else {
		j.nextID++
		of.links = append(of.links, nil)
		at = len(of.links) - 1
	}
	link["id"] = id
	link["self"] = fmt.Sprintf("%s/remotelink/%d", j.self("issue/"+of.key), id)
	of.links[at] = link
	j.ledger.record(c.now, "jira", "remotelink", object{"key": of.key, "global_id": link["globalId"], "object": link["object"], "created": status == http.StatusCreated})
	return jsonReply(status, object{"id": id, "self": link["self"]})
}
