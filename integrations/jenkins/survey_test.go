package jenkins_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

const declared = `"property":[{"_class":"hudson.model.BuildDiscarderProperty"},
	{"_class":"hudson.model.ParametersDefinitionProperty","parameterDefinitions":[
	{"_class":"hudson.model.StringParameterDefinition","name":"VERSION"},
	{"_class":"hudson.model.ChoiceParameterDefinition","name":"ENVIRONMENT"},
	{"_class":"hudson.model.StringParameterDefinition","name":"INCIDENT_ID"}]}]`

func TestASurveyReadsHistoryAndParametersInOneRequest(t *testing.T) {
	var tree string
	s := newServer(t, map[string]http.HandlerFunc{
		"GET " + checkout + "/api/json": func(w http.ResponseWriter, r *http.Request) {
			tree = r.URL.Query().Get("tree")
			sends(`{"_class":"hudson.model.FreeStyleProject","builds":[
				{"number":16,"url":"%[1]s/16/","building":true,"result":"SUCCESS","timestamp":1763800000000,"duration":0,%[2]s},
				{"number":15,"url":"%[1]s/15/","building":false,"result":"FAILURE","timestamp":1763700000000,"duration":61500,
				 "actions":[{"causes":[{"userName":"Ada Lovelace","userId":"ada"}]},
				            {"parameters":[{"name":"VERSION","value":"1.4.2"},{"name":"ENVIRONMENT","value":"production"}]}],
				 "changeSet":{"_class":"hudson.plugins.git.GitChangeSetList","items":[
				   {"commitId":"c0ffee","msg":"Round half up\n\nCloses OPS-1","author":{"fullName":"Grace Hopper"}}]}},
				{"number":14,"url":"%[1]s/14/","building":false,"result":null,"timestamp":1763600000000,"duration":0,"actions":[]}
			],%[3]s}`, root+checkout, ordered(), declared)(w, r)
		},
	})
	got, err := s.client().Survey(t.Context(), deployments, plan)
	require.NoError(t, err)
	require.Equal(t, release.Survey{History: []release.Deployment{
		{
			Release: "1.4.1", Build: 16, URL: root + checkout + "/16/", Result: release.Success, Running: true,
			Started: time.UnixMilli(1763800000000).UTC(), Incident: order.Key, Here: true,
		},
		{
			Release: "1.4.2", Build: 15, URL: root + checkout + "/15/", Result: release.Failure, Here: true, By: "Ada Lovelace",
			Started:  time.UnixMilli(1763700000000).UTC(),
			Finished: time.UnixMilli(1763700061500).UTC(),
			Commits:  []release.Commit{{ID: "c0ffee", Author: "Grace Hopper", Subject: "Round half up"}},
		},
		{
			Build: 14, URL: root + checkout + "/14/", Running: true,
			Started: time.UnixMilli(1763600000000).UTC(),
		},
	}}, got)
	require.Len(t, s.made(), 1)
	require.Contains(t, tree, "{0,50}")
	require.Equal(t, strings.Count(tree, "["), strings.Count(tree, "]"))
}

func TestAPipelineHasAChangeSetForEachRepository(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{
		"GET " + checkout + "/api/json": sends(`{"builds":[{"number":9,"result":"SUCCESS","actions":[{"causes":[{"shortDescription":"Started by timer"}]}],"changeSets":[
			{"kind":"git","items":[{"commitId":"a1","msg":"First","author":{"fullName":"Ada"}},{"commitId":"a2","msg":"Second","author":null}]},
			{"kind":"git","items":[{"commitId":"b1","msg":"In the library","author":{"fullName":"Bob"}},{"commitId":"a1","msg":"First","author":{"fullName":"Ada"}}]},
			{"kind":"svn","items":[{"msg":"Without an ID","author":{"fullName":"Cem"}},{"msg":"Another","author":{"fullName":"Cem"}}]}]}]}`),
	})
	got, err := s.client().Survey(t.Context(), deployments, nil)
	require.NoError(t, err)
	require.Equal(t, []release.Commit{
		{ID: "a1", Author: "Ada", Subject: "First"},
		{ID: "a2", Subject: "Second"},
		{ID: "b1", Author: "Bob", Subject: "In the library"},
		{ID: "9/3", Author: "Cem", Subject: "Without an ID"},
		{ID: "9/4", Author: "Cem", Subject: "Another"},
	}, got.History[0].Commits)
	require.Equal(t, "Started by timer", got.History[0].By)
	require.False(t, got.History[0].Here)
	require.Empty(t, got.Undeclared)
}

func TestALongHistoryOfChangesIsBounded(t *testing.T) {
	var items []string
	for i := range 300 {
		items = append(items, fmt.Sprintf(`{"commitId":"%d","msg":%q,"author":{"fullName":"Ada"}}`, i, strings.Repeat("é", 500)))
	}
	s := newServer(t, map[string]http.HandlerFunc{
		"GET " + checkout + "/api/json": sends(`{"builds":[{"number":9,"result":"SUCCESS","changeSet":{"items":[%s]}}]}`, strings.Join(items, ",")),
	})
	got, err := s.client().Survey(t.Context(), deployments, nil)
	require.NoError(t, err)
	require.Len(t, got.History[0].Commits, 100)
	require.Equal(t, strings.Repeat("é", 119)+"…", got.History[0].Commits[0].Subject)
}

func TestABuildIsHereWhenEveryParameterIsEqualAsText(t *testing.T) {
	tests := map[string]struct {
		where   map[string]string
		actions string
		here    bool
	}{
		"no condition":           {nil, `[]`, true},
		"text":                   {map[string]string{"ENV": "prod"}, `[{"parameters":[{"name":"ENV","value":"prod"}]}]`, true},
		"other text":             {map[string]string{"ENV": "prod"}, `[{"parameters":[{"name":"ENV","value":"test"}]}]`, false},
		"a flag":                 {map[string]string{"LIVE": "true"}, `[{"parameters":[{"name":"LIVE","value":true}]}]`, true},
		"a number":               {map[string]string{"ZONE": "12000000"}, `[{"parameters":[{"name":"ZONE","value":12000000}]}]`, true},
		"a fraction":             {map[string]string{"SHARE": "0.5"}, `[{"parameters":[{"name":"SHARE","value":0.5}]}]`, true},
		"one of two":             {map[string]string{"ENV": "prod", "ZONE": "1"}, `[{"parameters":[{"name":"ENV","value":"prod"}]}]`, false},
		"in two actions":         {map[string]string{"ENV": "prod", "ZONE": "1"}, `[{"parameters":[{"name":"ENV","value":"prod"}]},{},{"parameters":[{"name":"ZONE","value":1}]}]`, true},
		"not there is not empty": {map[string]string{"ENV": ""}, `[]`, false},
		"a secret has no value":  {map[string]string{"PASSWORD": "hush"}, `[{"parameters":[{"name":"PASSWORD"}]}]`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{
				"GET " + checkout + "/api/json": sends(`{"builds":[{"number":1,"actions":%s}]}`, tt.actions),
			})
			d := deployments
			d.Where = tt.where
			got, err := s.client().Survey(t.Context(), d, nil)
			require.NoError(t, err)
			require.Equal(t, tt.here, got.History[0].Here)
		})
	}
}

func TestParametersThatJenkinsWouldDropAreNamed(t *testing.T) {
	tests := map[string]struct {
		definitions string
		plan        incident.RollbackPlan
		want        []string
	}{
		"all declared":      {declared, *plan, nil},
		"none declared":     {`"property":[{}]`, *plan, []string{"ENVIRONMENT", "INCIDENT_ID", "VERSION"}},
		"not parameterised": {`"property":[]`, *plan, []string{"ENVIRONMENT", "INCIDENT_ID", "VERSION"}},
		"one more is set": {
			declared,
			incident.RollbackPlan{
				Job: plan.Job, ReleaseParameter: "VERSION", IncidentParameter: "INCIDENT_ID",
				Parameters: map[string]string{"VERSION": "-", "REGION": "eu"},
			},
			[]string{"REGION"},
		},
		"names are exact": {
			declared,
			incident.RollbackPlan{Job: "/deploy/checkout/", ReleaseParameter: "version", IncidentParameter: "INCIDENT_ID"},
			[]string{"version"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{"GET " + checkout + "/api/json": sends(`{"builds":[],%s}`, tt.definitions)})
			got, err := s.client().Survey(t.Context(), deployments, &tt.plan)
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Undeclared)
			require.Len(t, s.made(), 1)
		})
	}
}

// apart is the plan of a service that another job rolls back, with names of its own.
var apart = &incident.RollbackPlan{
	Job: "rollback checkout", ReleaseParameter: "TO", IncidentParameter: "WHY",
	Parameters: map[string]string{"TARGET": "prod"},
}

const rollbackCheckout = "/job/rollback%20checkout"

func TestTheBuildsOfAnotherJobThatRollsBackAreReadAtTheSameTime(t *testing.T) {
	first, second := make(chan struct{}), make(chan struct{})
	meet := func(arrived, other chan struct{}, answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			select {
			case <-other:
				answer(w, r)
			case <-r.Context().Done():
			}
		}
	}
	const deployed = `{"number":%d,"result":"SUCCESS","timestamp":%d,"duration":1000,
		"actions":[{"parameters":[{"name":"VERSION","value":"%s"},{"name":"ENVIRONMENT","value":"production"}]}]}`
	const rolledBack = `{"number":%d,"url":"http://r/%d/","result":"SUCCESS","timestamp":%d,"duration":1000,
		"actions":[{"parameters":[{"name":"TO","value":"7.1"},{"name":"WHY","value":"INC-261122-ABCDEF/1"},{"name":"TARGET","value":"%s"}]}],
		"changeSet":{"items":[{"commitId":"c0ffee","msg":"Of the job itself"}]}}`
	s := newServer(t, map[string]http.HandlerFunc{
		"GET " + checkout + "/api/json": meet(first, second, sends(`{"builds":[`+deployed+`,`+deployed+`],"property":[]}`,
			2, 1763600000000, "7.3", 1, 1763400000000, "7.2")),
		"GET " + rollbackCheckout + "/api/json": meet(second, first, func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Query().Get("tree"), "changeSet") {
				t.Error("the changes of a job that only rolls back are of no use")
			}
			sends(`{"builds":[`+rolledBack+`,`+rolledBack+`],"property":[{"parameterDefinitions":[{"name":"TO"},{"name":"WHY"}]}]}`,
				2, 2, 1763500000000, "prod", 1, 1, 1763300000000, "test")(w, r)
		}),
	})
	got, err := s.client().Survey(t.Context(), deployments, apart)
	require.NoError(t, err)
	var history []string
	for _, d := range got.History {
		history = append(history, fmt.Sprintf("%s %s#%d %s %t", d.Release, d.Job, d.Build, d.Incident, d.Here))
	}
	require.Equal(t, []string{
		"7.3 #2  true",
		"7.1 rollback checkout#2 INC-261122-ABCDEF/1 true",
		"7.2 #1  true",
		"7.1 rollback checkout#1 INC-261122-ABCDEF/1 false",
	}, history)
	require.Equal(t, "http://r/2/", got.History[1].URL)
	require.Equal(t, []string{"TARGET"}, got.Undeclared)
	require.Len(t, s.made(), 2)
}

func TestASurveyFailsWhenTheJobThatRollsBackCannotBeRead(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{"GET " + checkout + "/api/json": sends(`{"builds":[{"number":3}]}`)})
	got, err := s.client().Survey(t.Context(), deployments, apart)
	require.ErrorContains(t, err, "read the builds of rollback checkout")
	require.Empty(t, got)
}

func TestAFolderIsASegmentAndABranchIsEscapedTwice(t *testing.T) {
	tests := map[string]string{
		"checkout":                    "/job/checkout",
		"/deploy/eu west/checkout/":   "/job/deploy/job/eu%20west/job/checkout",
		"checkout/feature%2Fx":        "/job/checkout/job/feature%252Fx",
		"what?/50% #1":                "/job/what%3F/job/50%25%20%231",
		"Zahlung/Größe":               "/job/Zahlung/job/Gr%C3%B6%C3%9Fe",
		"deploy/checkout;drop&all=it": "/job/deploy/job/checkout%3Bdrop&all=it",
	}
	for job, path := range tests {
		t.Run(job, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{
				"GET " + path + "/api/json":             sends(`{"builds":[]}`),
				"POST " + path + "/buildWithParameters": located(http.StatusCreated, root+"/queue/item/5/"),
			})
			d, o := deployments, order
			d.Job, o.Job = job, job
			_, err := s.client().Survey(t.Context(), d, nil)
			require.NoError(t, err)
			_, err = s.client().Trigger(t.Context(), o)
			require.NoError(t, err)
		})
	}
}
