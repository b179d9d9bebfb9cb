package simulator

import (
	"slices"
	"strconv"
)

// jiraPriorities in the order of their IDs, from 1.
var jiraPriorities = []string{"Highest", "High", "Medium", "Low", "Lowest"}

func (j *jira) priority(name string) object {
	id := strconv.Itoa(slices.Index(jiraPriorities, name) + 1)
	return object{"self": j.self("priority/" + id), "id": id, "name": name, "iconUrl": j.cfg.PublicURL + "/jira/priority/" + id + ".svg"}
}

func (j *jira) project(key string) object {
	id := strconv.Itoa(10000 + slices.Index(j.cfg.JiraProjects, key))
	return object{
		"self": j.self("project/" + id), "id": id, "key": key, "name": key, "projectTypeKey": "software", "simplified": false,
		"avatarUrls": j.avatars(),
	}
}

func (j *jira) issueType(name string) object {
	id := strconv.Itoa(10001 + slices.Index(j.cfg.JiraIssueTypes, name))
	return object{
		"self": j.self("issuetype/" + id), "id": id, "name": name, "description": "", "subtask": false, "hierarchyLevel": 0,
		"avatarId": 10300, "iconUrl": j.cfg.PublicURL + "/jira/issuetype/" + id + ".svg",
	}
}

func (j *jira) avatars() object {
	urls := object{}
	for _, size := range []string{"16x16", "24x24", "32x32", "48x48"} {
		urls[size] = j.cfg.PublicURL + "/jira/avatar/" + size + ".png"
	}
	return urls
}
