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

const checkoutJob = "job/deploy/job/checkout/"

// trigger asks for a build and returns the path of its queue item.
func (w *world) trigger(form ...string) string {
	w.t.Helper()
	got := w.jenkins(http.MethodPost, checkoutJob+"buildWithParameters", form...)
	require.Equal(w.t, http.StatusCreated, got.status, got.text)
	return w.itemPath(got)
}

func (w *world) itemPath(got result) string {
	w.t.Helper()
	location := got.header.Get("Location")
	require.True(w.t, strings.HasPrefix(location, w.url+"/jenkins/queue/item/"), location)
	return strings.TrimPrefix(location, w.url+"/jenkins/")
}

func (w *world) item(path string) map[string]any {
	w.t.Helper()
	return w.jenkins(http.MethodGet, path+"api/json").json
}

func TestJenkinsKnowsItsFoldersAndJobs(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.JenkinsRootURL = "http://jenkins.internal:8080"
		c.Services = []Service{{Name: "checkout"}, {Name: "search", Job: "team a/search", Freestyle: true}}
	})
	root := w.jenkins(http.MethodGet, "api/json")
	require.NotEmpty(t, root.header.Get("X-Jenkins"))
	require.Equal(t, "http://jenkins.internal:8080/", root.json["url"])
	require.Equal(t, "deploy", at(root.json, "jobs", 0, "name"))
	require.Equal(t, "checkout", at(w.jenkins(http.MethodGet, "job/deploy/api/json").json, "jobs", 0, "name"))

	job := w.jenkins(http.MethodGet, checkoutJob+"api/json").json
	require.Equal(t, pipelineClass, job["_class"])
	require.Equal(t, "http://jenkins.internal:8080/job/deploy/job/checkout/", job["url"])
	definitions := at(job, "property", 0, "parameterDefinitions")
	require.Equal(t, "VERSION", at(definitions, 0, "name"))
	require.Equal(t, "StringParameterDefinition", at(definitions, 0, "type"))
	require.Equal(t, []any{"staging", "production"}, at(definitions, 1, "choices"))
	require.Equal(t, "staging", at(definitions, 1, "defaultParameterValue", "value"))
	require.EqualValues(t, 5, at(job, "builds", 0, "number"))
	require.Nil(t, at(job, "builds", 0, "result"), "builds are shown in full only to a tree or a depth")

	other := w.jenkins(http.MethodGet, "job/team%20a/job/search/api/json").json
	require.Equal(t, freestyleClass, other["_class"])
	require.Contains(t, other["url"], "/job/team%20a/job/search/")
}

func TestATreeCutsTheAnswerDown(t *testing.T) {
	w := newWorld(t)
	tree := "name,builds[number,result,actions[parameters[name,value]]]{0,2}"
	got := w.jenkins(http.MethodGet, checkoutJob+"api/json?tree="+url.QueryEscape(tree)).json
	require.Len(t, got["builds"], 2)
	require.Len(t, got, 3, "name, builds and _class")
	require.Equal(t, "SUCCESS", at(got, "builds", 1, "result"))
	require.Nil(t, at(got, "builds", 1, "timestamp"))
	require.Equal(t, "2026.11.3", at(got, "builds", 1, "actions", 1, "parameters", 0, "value"))
	require.Equal(t, map[string]any{}, at(got, "builds", 1, "actions", 2))
	require.Nil(t, at(got, "builds", 1, "actions", 0, "causes"))
	require.Len(t, w.jenkins(http.MethodGet, checkoutJob+"api/json?tree="+url.QueryEscape("allBuilds[number]{2,}")).json["allBuilds"], 3)
	require.Equal(t, http.StatusBadRequest, w.jenkins(http.MethodGet, checkoutJob+"api/json?tree=builds%5Bnumber").status)
}

func TestTheHistoryIsOfGoodReleasesHoursOld(t *testing.T) {
	w := newWorld(t)
	build := w.jenkins(http.MethodGet, checkoutJob+"4/api/json").json
	require.Equal(t, "SUCCESS", build["result"])
	require.EqualValues(t, w.clock.Now().Add(-7*time.Hour).UnixMilli(), build["timestamp"])
	require.Equal(t, "Chloe Martin", at(build, "changeSets", 0, "items", 0, "author", "fullName"))
	require.Equal(t, "chloe", at(build, "actions", 0, "causes", 0, "userId"))
	require.Len(t, at(build, "actions", 3, "lastBuiltRevision", "SHA1"), 40)
	rebuilt := w.jenkins(http.MethodGet, checkoutJob+"3/api/json").json
	require.Equal(t, []any{}, rebuilt["changeSets"], "the second deployment of a release brings no commits")
	require.Equal(t, "2026.11.3", w.send(http.MethodGet, "/shop/api/checkout", "", "", nil).json["release"])
}

func TestABuildGoesFromTheQueueToItsResult(t *testing.T) {
	w := newWorld(t)
	item := w.trigger("VERSION", "2026.11.2", "ENVIRONMENT", "production", "INCIDENT_ID", "INC-1/1", "UNKNOWN", "x")
	waiting := w.item(item)
	require.Equal(t, "hudson.model.Queue$WaitingItem", waiting["_class"])
	require.Equal(t, "\nVERSION=2026.11.2\nENVIRONMENT=production\nINCIDENT_ID=INC-1/1", waiting["params"])
	require.Contains(t, waiting["why"], "In the quiet period")

	w.clock.pass(w.cfg.QuietPeriod)
	require.Equal(t, "hudson.model.Queue$BuildableItem", w.item(item)["_class"])
	w.clock.pass(handOff)
	left := w.item(item)
	require.Equal(t, "hudson.model.Queue$LeftItem", left["_class"])
	require.Contains(t, left, "executable")
	require.Nil(t, left["executable"])
	w.clock.pass(handOff)
	require.EqualValues(t, 6, at(w.item(item), "executable", "number"))

	running := w.jenkins(http.MethodGet, checkoutJob+"6/api/json").json
	require.Equal(t, true, running["building"])
	require.Nil(t, running["result"])
	require.EqualValues(t, 0, running["duration"])
	require.Equal(t, waiting["id"], running["queueId"])
	w.clock.pass(w.cfg.BuildDuration)
	over := w.jenkins(http.MethodGet, checkoutJob+"lastSuccessfulBuild/api/json").json
	require.EqualValues(t, 6, over["number"])
	require.Equal(t, false, over["building"])
	require.EqualValues(t, 2000, over["duration"])

	require.Equal(t, map[string]any{"VERSION": "2026.11.2", "ENVIRONMENT": "production", "INCIDENT_ID": "INC-1/1"},
		w.ledger("jenkins", "build")[0]["parameters"])
	require.Equal(t, "SUCCESS", w.ledger("jenkins", "build-finished")[0]["result"])
	require.Equal(t, "2026.11.2", w.ledger("shop", "release")[0]["release"])
}

func TestALeftItemIsForgottenAfterFiveMinutes(t *testing.T) {
	w := newWorld(t)
	item := w.trigger("VERSION", "2026.11.2")
	w.clock.pass(5 * time.Minute)
	require.Equal(t, http.StatusOK, w.jenkins(http.MethodGet, item).status)
	w.clock.pass(time.Minute)
	gone := w.jenkins(http.MethodGet, item+"api/json")
	require.Equal(t, http.StatusNotFound, gone.status)
	require.Contains(t, gone.header.Get("Content-Type"), "text/html")
}

func TestEqualRequestsFoldWhileTheyWait(t *testing.T) {
	w := newWorld(t)
	request := []string{"VERSION", "2026.11.2", "INCIDENT_ID", "INC-1/1"}
	item := w.trigger(request...)
	folded := w.jenkins(http.MethodPost, checkoutJob+"buildWithParameters", request...)
	require.Equal(t, http.StatusSeeOther, folded.status)
	require.Equal(t, item, w.itemPath(folded))
	require.Contains(t, w.jenkins(http.MethodGet, item).text, "Queue item exists")
	require.NotEqual(t, item, w.trigger("VERSION", "2026.11.2", "INCIDENT_ID", "INC-2/1"))

	w.clock.pass(time.Second)
	again := w.trigger(request...)
	require.NotEqual(t, item, again, "it runs already, so the request is a second build")
	w.clock.pass(time.Minute)
	w.clock.pass(time.Minute)
	require.Len(t, w.ledger("jenkins", "build"), 3)
	require.Len(t, w.ledger("jenkins", "coalesce"), 1)
}

func TestAJobRunsOneBuildAtATime(t *testing.T) {
	w := newWorld(t)
	w.trigger("VERSION", "2026.11.1")
	second := w.trigger("VERSION", "2026.11.2")
	w.clock.pass(time.Second)
	blocked := w.item(second)
	require.Equal(t, "hudson.model.Queue$BlockedItem", blocked["_class"])
	require.Contains(t, blocked["why"], "#6 is already in progress")
	require.Len(t, w.jenkins(http.MethodGet, "queue/api/json").json["items"], 1)
	w.clock.pass(2 * time.Second)
	require.EqualValues(t, 7, at(w.item(second), "executable", "number"))
}

func TestACancelledItemNeverGetsABuild(t *testing.T) {
	w := newWorld(t)
	item := w.trigger("VERSION", "2026.11.2")
	id := fmt.Sprint(w.item(item)["id"])
	require.Equal(t, http.StatusNoContent, w.jenkins(http.MethodPost, "queue/cancelItem", "id", id).status)
	w.clock.pass(time.Minute)
	got := w.item(item)
	require.Equal(t, true, got["cancelled"])
	require.Nil(t, got["executable"])
	require.Empty(t, w.ledger("jenkins", "build"))
	require.Equal(t, http.StatusUnprocessableEntity, w.jenkins(http.MethodPost, "queue/cancelItem", "id", id).status)
	require.Equal(t, http.StatusNotFound, w.jenkins(http.MethodPost, "queue/cancelItem", "id", "99").status)
}

func TestJenkinsRefusesBuilds(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Services = []Service{{Name: "checkout"}, {Name: "plain", Job: "plain", Parameters: []Parameter{}, History: []Deployment{}}}
	})
	build := checkoutJob + "buildWithParameters"
	require.Equal(t, http.StatusMethodNotAllowed, w.jenkins(http.MethodGet, build).status)
	require.Equal(t, http.StatusBadRequest, w.jenkins(http.MethodPost, "job/plain/buildWithParameters").status)
	require.Equal(t, http.StatusCreated, w.jenkins(http.MethodPost, "job/plain/build").status)
	require.Equal(t, http.StatusCreated, w.jenkins(http.MethodPost, "job/plain/build").status, "folding does not show here")
	require.Equal(t, http.StatusInternalServerError, w.jenkins(http.MethodPost, build, "ENVIRONMENT", "moon").status)
	require.Equal(t, http.StatusInternalServerError, w.jenkins(http.MethodPost, build, "VERSION", "1", "VERSION", "2").status)
	require.Equal(t, http.StatusNotFound, w.jenkins(http.MethodPost, "job/deploy/job/search/buildWithParameters").status)
	require.Equal(t, http.StatusFound, w.jenkins(http.MethodPost, checkoutJob+"disable").status)
	disabled := w.jenkins(http.MethodPost, build, "VERSION", "1")
	require.Equal(t, http.StatusConflict, disabled.status)
	require.Contains(t, disabled.text, "<html>")
	require.Equal(t, http.StatusFound, w.jenkins(http.MethodPost, checkoutJob+"enable").status)
	require.Equal(t, http.StatusCreated, w.jenkins(http.MethodPost, build+"?delay=0sec", "VERSION", "1").status)
}

func TestWhoMayTalkToJenkins(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.JenkinsPassword = "secret" })
	as := func(method, path, password string, dress func(*http.Request)) result {
		return w.send(method, "/jenkins/"+path, "", "", func(r *http.Request) {
			if password != "" {
				r.SetBasicAuth(w.cfg.JenkinsUser, password)
			}
			if dress != nil {
				dress(r)
			}
		})
	}
	require.Equal(t, http.StatusForbidden, as(http.MethodGet, "api/json", "", nil).status)
	require.Equal(t, http.StatusUnauthorized, as(http.MethodGet, "api/json", "wrong", nil).status)
	require.Equal(t, http.StatusOK, as(http.MethodGet, "api/json", "secret", nil).status)
	build := checkoutJob + "buildWithParameters?VERSION=1"
	without := as(http.MethodPost, build, "secret", nil)
	require.Equal(t, http.StatusForbidden, without.status)
	require.Contains(t, without.text, "No valid crumb was included in the request")

	issued := as(http.MethodGet, "crumbIssuer/api/json/api/json", "secret", nil)
	require.Equal(t, crumbField, issued.json["crumbRequestField"])
	session, _, _ := strings.Cut(issued.header.Get("Set-Cookie"), ";")
	withCrumb := func(r *http.Request) {
		r.Header.Set(crumbField, issued.json["crumb"].(string))
		r.Header.Set("Cookie", session)
	}
	require.Equal(t, http.StatusCreated, as(http.MethodPost, build, "secret", withCrumb).status)
}

func TestAScriptedBuildFailsAndDeploysNothing(t *testing.T) {
	w := newWorld(t)
	w.control("jenkins/script", `{"job":"deploy/checkout","release":"2026.11.2","result":"FAILURE","duration":"10s"}`)
	w.trigger("VERSION", "2026.11.2", "ENVIRONMENT", "production")
	w.clock.pass(9 * time.Second)
	require.Empty(t, w.ledger("jenkins", "build-finished"))
	w.clock.pass(2 * time.Second)
	require.Equal(t, "FAILURE", w.ledger("jenkins", "build-finished")[0]["result"])
	require.Empty(t, w.ledger("shop", "release"))
	job := w.jenkins(http.MethodGet, checkoutJob+"api/json").json
	require.EqualValues(t, 6, at(job, "lastFailedBuild", "number"))
	require.EqualValues(t, 5, at(job, "lastSuccessfulBuild", "number"))
	require.Contains(t, w.jenkins(http.MethodGet, checkoutJob+"6/consoleText").text, "Finished: FAILURE")
}

func TestAnUnstableBuildIsDeployedAndSuccessfulButNotStable(t *testing.T) {
	w := newWorld(t)
	w.control("jenkins/script", `{"job":"deploy/checkout","result":"UNSTABLE"}`)
	w.trigger("VERSION", "2026.11.2", "ENVIRONMENT", "production")
	w.clock.pass(time.Minute)
	job := w.jenkins(http.MethodGet, checkoutJob+"api/json").json
	require.EqualValues(t, 6, at(job, "lastSuccessfulBuild", "number"))
	require.EqualValues(t, 5, at(job, "lastStableBuild", "number"))
	require.Equal(t, "2026.11.2", w.ledger("shop", "release")[0]["release"])
}

func TestAHeldBuildRunsUntilItIsFinishedOrStopped(t *testing.T) {
	w := newWorld(t)
	w.control("jenkins/script", `{"job":"deploy/checkout","hold":true}`)
	w.trigger("VERSION", "2026.11.2", "ENVIRONMENT", "production")
	w.clock.pass(time.Hour)
	require.Equal(t, true, w.jenkins(http.MethodGet, checkoutJob+"6/api/json").json["building"])
	w.control("jenkins/finish", `{"job":"deploy/checkout"}`)
	require.Equal(t, "SUCCESS", w.jenkins(http.MethodGet, checkoutJob+"6/api/json").json["result"])

	w.trigger("VERSION", "2026.11.1", "ENVIRONMENT", "production")
	w.clock.pass(time.Hour)
	require.Equal(t, http.StatusMethodNotAllowed, w.jenkins(http.MethodGet, checkoutJob+"7/stop").status)
	require.Equal(t, http.StatusFound, w.jenkins(http.MethodPost, checkoutJob+"7/stop").status)
	require.Equal(t, "ABORTED", w.jenkins(http.MethodGet, checkoutJob+"7/api/json").json["result"])
	require.Equal(t, http.StatusFound, w.jenkins(http.MethodPost, checkoutJob+"7/stop").status, "a finished build does not mind")
	require.Len(t, w.ledger("jenkins", "stop"), 1)
	require.Len(t, w.ledger("shop", "release"), 1)
}

func TestAFreestyleBuildHasItsResultBeforeItIsOver(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Services = []Service{{Name: "checkout", Freestyle: true}} })
	w.trigger("VERSION", "2026.11.2", "ENVIRONMENT", "production")
	w.clock.pass(w.cfg.QuietPeriod + 2*handOff + w.cfg.BuildDuration)
	got := w.jenkins(http.MethodGet, checkoutJob+"6/api/json").json
	require.Equal(t, "SUCCESS", got["result"])
	require.Equal(t, true, got["building"])
	require.Contains(t, got, "changeSet")
	require.NotContains(t, got, "changeSets")
	w.clock.pass(postBuild)
	require.Equal(t, false, w.jenkins(http.MethodGet, checkoutJob+"6/api/json").json["building"])
}

func TestTheLogComesInParts(t *testing.T) {
	w := newWorld(t)
	w.trigger("VERSION", "2026.11.2")
	w.clock.pass(time.Second)
	first := w.jenkins(http.MethodGet, checkoutJob+"6/logText/progressiveText?start=0")
	require.Equal(t, "true", first.header.Get("X-More-Data"))
	w.clock.pass(time.Minute)
	rest := w.jenkins(http.MethodGet, checkoutJob+"6/logText/progressiveText?start="+first.header.Get("X-Text-Size"))
	require.Empty(t, rest.header.Get("X-More-Data"))
	require.Equal(t, w.jenkins(http.MethodGet, checkoutJob+"6/consoleText").text, first.text+rest.text)
}

func TestARestartForgetsItemsThatHaveLeft(t *testing.T) {
	w := newWorld(t)
	running := w.trigger("VERSION", "2026.11.1")
	w.clock.pass(time.Second)
	waiting := w.trigger("VERSION", "2026.11.2")
	w.control("jenkins/restart", `{"down":"5s"}`)
	starting := w.jenkins(http.MethodGet, "api/json")
	require.Equal(t, http.StatusServiceUnavailable, starting.status)
	require.Contains(t, starting.text, "<html>")
	w.clock.pass(5 * time.Second)
	require.Equal(t, http.StatusNotFound, w.jenkins(http.MethodGet, running).status)
	require.Equal(t, http.StatusOK, w.jenkins(http.MethodGet, waiting).status)
	w.clock.pass(time.Minute)
	require.Len(t, w.ledger("jenkins", "build"), 2)
	require.Equal(t, "SUCCESS", w.jenkins(http.MethodGet, checkoutJob+"6/api/json").json["result"], "a Pipeline build goes on")

	lost := w.trigger("VERSION", "2026.11.3")
	w.control("jenkins/restart", `{"lose_queue":true}`)
	require.Equal(t, http.StatusNotFound, w.jenkins(http.MethodGet, lost).status)
	w.clock.pass(time.Minute)
	require.Len(t, w.ledger("jenkins", "build"), 2)
}

func TestADeveloperDeploysThroughTheSameJob(t *testing.T) {
	w := newWorld(t)
	w.control("deploy", `{"service":"checkout","release":"2026.11.4","user":"ben","commits":[{"author":"Ben Okafor","message":"Faster\n\nMuch.","paths":["a.go"]}]}`)
	w.clock.pass(time.Minute)
	build := w.jenkins(http.MethodGet, checkoutJob+"6/api/json").json
	require.Equal(t, "ben", at(build, "actions", 0, "causes", 0, "userId"))
	require.Equal(t, "Faster", at(build, "changeSets", 0, "items", 0, "msg"))
	require.Equal(t, []any{"a.go"}, at(build, "changeSets", 0, "items", 0, "affectedPaths"))
	require.Equal(t, "Ben Okafor", at(build, "culprits", 0, "fullName"))
	refused := w.send(http.MethodPost, "/control/deploy", "application/json", `{"service":"nothing"}`, nil)
	require.Equal(t, http.StatusNotFound, refused.status)
}
