package simulator

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	folderClass       = "com.cloudbees.hudson.plugins.folder.Folder"
	pipelineClass     = "org.jenkinsci.plugins.workflow.job.WorkflowJob"
	freestyleClass    = "hudson.model.FreeStyleProject"
	definitionsClass  = "hudson.model.ParametersDefinitionProperty"
	stringParamClass  = "hudson.model.StringParameterDefinition"
	choiceParamClass  = "hudson.model.ChoiceParameterDefinition"
	stringValueClass  = "hudson.model.StringParameterValue"
	oneAtATimeClass   = "org.jenkinsci.plugins.workflow.job.properties.DisableConcurrentBuildsJobProperty"
	newestBuildsShown = 100
)

// object is a bean as Jenkins exports it.
type object = map[string]any

// lens is how much of a job a request wants to see: which fields, and whether
// builds in full or by number and URL only.
type lens struct {
	deep   bool
	fields map[string]*pruner // nil: all
}

func lensOf(c call) lens {
	query := c.URL.Query()
	if wanted, err := parseTree(query.Get("tree")); err == nil {
		return lens{deep: true, fields: wanted.fields}
	}
	return lens{deep: intOr(query.Get("depth"), 0) > 0}
}

func (l lens) wants(name string) bool {
	return l.fields == nil || l.fields[name] != nil || l.fields["*"] != nil
}

func (j *jenkins) url(name string) string {
	return j.cfg.JenkinsRootURL + jobPath(name)
}

// jobPath is where a job or a folder is, below the root.
func jobPath(name string) string {
	var out strings.Builder
	for part := range strings.SplitSeq(name, "/") {
		out.WriteString("job/" + url.PathEscape(part) + "/")
	}
	return out.String()
}

func (j *jenkins) jobURL(of *job) string {
	return j.url(of.name)
}

func (j *jenkins) buildURL(b *build) string {
	return fmt.Sprintf("%s%d/", j.jobURL(b.job), b.number)
}

func (j *jenkins) isFolder(name string) bool {
	return slices.ContainsFunc(j.names, func(job string) bool { return strings.HasPrefix(job, name+"/") })
}

func (j *jenkins) rootJSON(c call) object {
	return object{
		"_class": "hudson.model.Hudson", "mode": "NORMAL", "nodeName": "", "nodeDescription": "the built-in node",
		"numExecutors": len(j.names), "quietingDown": false, "useCrumbs": true, "useSecurity": true,
		"url": j.cfg.JenkinsRootURL, "jobs": j.children("", c.now), "views": []any{},
	}
}

func (j *jenkins) folderJSON(name string, now time.Time) object {
	return object{
		"_class": folderClass, "actions": []any{object{}}, "description": nil, "displayName": lastName(name),
		"fullDisplayName": strings.ReplaceAll(name, "/", " » "), "fullName": name, "name": lastName(name),
		"url": j.url(name), "jobs": j.children(name+"/", now), "views": []any{},
	}
}

// children lists the jobs and folders right below a prefix.
func (j *jenkins) children(prefix string, now time.Time) []object {
	listed, seen := []object{}, map[string]bool{}
	for _, name := range j.names {
		rest, ok := strings.CutPrefix(name, prefix)
		child, below, folder := strings.Cut(rest, "/")
		if !ok || seen[child] {
			continue
		}
		seen[child] = true
		if folder && below != "" {
			listed = append(listed, object{"_class": folderClass, "name": child, "url": j.url(prefix + child)})
			continue
		}
		of := j.jobs[name]
		listed = append(listed, object{"_class": of.class(), "name": child, "url": j.jobURL(of), "color": of.color(now)})
	}
	return listed
}

func lastName(name string) string {
	return name[strings.LastIndex(name, "/")+1:]
}

func (j *job) class() string {
	if j.service.Freestyle {
		return freestyleClass
	}
	return pipelineClass
}

func (j *job) color(now time.Time) string {
	color := "notbuilt"
	if done := j.permalink("lastCompletedBuild", now); done != nil {
		color = map[string]string{resultSuccess: "blue", resultUnstable: "yellow", resultFailure: "red"}[done.result]
		color = or(color, "aborted")
	}
	if j.disabled {
		return "disabled"
	}
	if b := j.last(); b != nil && b.building(now) {
		color += "_anime"
	}
	return color
}

func (j *jenkins) jobJSON(of *job, now time.Time, through lens) object {
	definitions := of.definitions()
	shown := object{
		"_class": of.class(), "actions": []any{object{}, definitions, object{}}, "description": nil,
		"displayName": lastName(of.name), "displayNameOrNull": nil, "fullDisplayName": of.fullDisplayName(),
		"fullName": of.name, "name": lastName(of.name), "url": j.jobURL(of), "buildable": !of.disabled,
		"color": of.color(now), "healthReport": []any{}, "inQueue": false, "keepDependencies": false,
		"nextBuildNumber": of.nextNumber(), "queueItem": nil, "concurrentBuild": false, "disabled": of.disabled,
		"property": []any{definitions},
	}
	if !of.service.Freestyle {
		shown["property"] = []any{definitions, object{"_class": oneAtATimeClass}}
	}
	if len(of.service.Parameters) == 0 {
		shown["actions"], shown["property"] = []any{object{}}, []any{}
	}
	for _, item := range j.queue {
		if item.job == of && item.left.IsZero() {
			shown["inQueue"], shown["queueItem"] = true, j.itemJSON(item, now)
		}
	}
	if through.wants("builds") {
		shown["builds"] = j.showBuilds(of.builds[max(0, len(of.builds)-newestBuildsShown):], now, through.deep)
	}
	if through.fields["allBuilds"] != nil {
		shown["allBuilds"] = j.showBuilds(of.builds, now, true)
	}
	for _, name := range permalinks {
		shown[name] = nil
		if b := of.permalink(name, now); b != nil && through.wants(name) {
			shown[name] = j.show(b, now, through.deep)
		}
	}
	return shown
}

func (j *job) definitions() object {
	list := []object{}
	for _, declared := range j.service.Parameters {
		shown := object{"_class": stringParamClass, "type": "StringParameterDefinition", "name": declared.Name, "description": nil}
		value := declared.Default
		if len(declared.Choices) > 0 {
			shown["_class"], shown["type"] = choiceParamClass, "ChoiceParameterDefinition"
			shown["choices"] = declared.Choices
			value = or(value, declared.Choices[0])
		}
		shown["defaultParameterValue"] = object{"_class": stringValueClass, "name": declared.Name, "value": value}
		list = append(list, shown)
	}
	return object{"_class": definitionsClass, "parameterDefinitions": list}
}

// permalinks in the order of Jenkins' Job.java, which says what each means.
var permalinks = []string{
	"firstBuild", "lastBuild", "lastCompletedBuild", "lastFailedBuild", "lastStableBuild",
	"lastSuccessfulBuild", "lastUnstableBuild", "lastUnsuccessfulBuild",
}

func (j *job) permalink(name string, now time.Time) *build {
	if name == "firstBuild" && len(j.builds) > 0 {
		return j.builds[0]
	}
	for _, b := range slices.Backward(j.builds) {
		over := !b.building(now)
		matches := map[string]bool{
			"lastBuild":             true,
			"lastCompletedBuild":    over,
			"lastFailedBuild":       over && b.result == resultFailure,
			"lastStableBuild":       over && b.result == resultSuccess,
			"lastSuccessfulBuild":   over && (b.result == resultSuccess || b.result == resultUnstable),
			"lastUnstableBuild":     over && b.result == resultUnstable,
			"lastUnsuccessfulBuild": over && b.result != resultSuccess,
		}[name]
		if matches {
			return b
		}
	}
	return nil
}

// build finds a build by number or permalink.
func (j *job) build(name string, now time.Time) *build {
	if number, err := strconv.Atoi(name); err == nil && number >= 1 && number <= len(j.builds) {
		return j.builds[number-1]
	}
	return j.permalink(name, now)
}

// showBuilds lists builds newest first.
func (j *jenkins) showBuilds(builds []*build, now time.Time, deep bool) []object {
	shown := []object{}
	for _, b := range slices.Backward(builds) {
		shown = append(shown, j.show(b, now, deep))
	}
	return shown
}

func (j *jenkins) show(b *build, now time.Time, deep bool) object {
	if deep {
		return j.buildJSON(b, now)
	}
	return object{"_class": b.class(), "number": b.number, "url": j.buildURL(b)}
}

func (j *jenkins) queueJSON(now time.Time) object {
	items := []object{}
	for _, item := range slices.Backward(j.queue) {
		if item.left.IsZero() {
			items = append(items, j.itemJSON(item, now))
		}
	}
	return object{"_class": "hudson.model.Queue", "discoverableItems": []any{}, "items": items}
}

func (j *jenkins) itemJSON(item *queueItem, now time.Time) object {
	shown := object{
		"actions": []any{parametersAction(item.params), causeAction(item.user)}, "blocked": false, "buildable": false,
		"id": item.id, "inQueueSince": item.since.UnixMilli(), "params": paramsText(item.params), "stuck": false,
		"task": object{
			"_class": item.job.class(), "name": lastName(item.job.name), "url": j.jobURL(item.job), "color": item.job.color(now),
		},
		"url": fmt.Sprintf("queue/item/%d/", item.id), "why": nil,
	}
	switch {
	case !item.left.IsZero():
		shown["_class"], shown["cancelled"], shown["executable"] = "hudson.model.Queue$LeftItem", item.cancelled, nil
		if item.build != nil {
			shown["executable"] = j.show(item.build, now, false)
		}
	case now.Before(item.due):
		shown["_class"], shown["timestamp"] = "hudson.model.Queue$WaitingItem", item.due.UnixMilli()
		shown["why"] = fmt.Sprintf("In the quiet period. Expires in %.1f sec", item.due.Sub(now).Seconds())
	case item.job.busy(j.queue, now):
		shown["_class"], shown["blocked"] = "hudson.model.Queue$BlockedItem", true
		shown["buildableStartMilliseconds"] = item.due.UnixMilli()
		shown["why"] = fmt.Sprintf("Build #%d is already in progress (ETA: N/A)", len(item.job.builds))
	default:
		shown["_class"], shown["buildable"], shown["pending"] = "hudson.model.Queue$BuildableItem", true, false
		shown["buildableStartMilliseconds"], shown["why"] = item.due.UnixMilli(), "Waiting for next available executor"
	}
	return shown
}

func parametersAction(params []parameter) object {
	if len(params) == 0 {
		return object{}
	}
	list := []object{}
	for _, p := range params {
		list = append(list, object{"_class": stringValueClass, "name": p.name, "value": p.value})
	}
	return object{"_class": "hudson.model.ParametersAction", "parameters": list}
}

func causeAction(user string) object {
	return object{"_class": "hudson.model.CauseAction", "causes": []object{{
		"_class": "hudson.model.Cause$UserIdCause", "shortDescription": "Started by user " + user, "userId": user, "userName": user,
	}}}
}

func paramsText(params []parameter) string {
	var out strings.Builder
	for _, p := range params {
		out.WriteString("\n" + p.name + "=" + p.value)
	}
	return out.String()
}
