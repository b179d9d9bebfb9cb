package jira_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

const (
	// firstID is the ID of the first transition of a flow.
	firstID = 11
	illegal = `{"errorMessages":["It seems that you have tried to perform an illegal workflow operation."],"errors":{}}`
)

// way is a transition of a workflow: from a status, by a name, to a status.
type way struct{ from, name, to string }

// flow is a project's workflow with one issue in it. A transition that does not
// leave the status that the issue has is refused, as Jira does.
type flow struct {
	mutex      sync.Mutex
	status     string
	ways       []way
	categories map[string]string
	made       []string
	// refuse answers the next transition in place of the workflow.
	refuse http.HandlerFunc
	// meanwhile is where somebody else moves the issue while refuse answers.
	meanwhile string
}

func (f *flow) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{issue: f.read, transitions: f.list, transition: f.move}
}

func (f *flow) json(status string) string {
	return fmt.Sprintf(`{"id":"1","name":%q,"statusCategory":{"id":2,"key":%q,"name":"x"}}`, status, f.categories[status])
}

func (f *flow) read(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	says(200, `{"id":"10000","key":"OPS-7","fields":{"status":%s}}`, f.json(f.status))(w, r)
}

func (f *flow) list(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var list []string
	for i, way := range f.ways {
		if way.from == f.status {
			list = append(list, fmt.Sprintf(`{"id":"%d","name":%q,"to":%s,"fields":{}}`, i+firstID, way.name, f.json(way.to)))
		}
	}
	says(200, `{"expand":"transitions","transitions":[%s]}`, strings.Join(list, ","))(w, r)
}

func (f *flow) move(w http.ResponseWriter, r *http.Request) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.refuse != nil {
		refuse := f.refuse
		f.refuse = nil
		if f.meanwhile != "" {
			f.status = f.meanwhile
		}
		refuse(w, r)
		return
	}
	var asked struct {
		Transition struct {
			ID int `json:"id,string"`
		} `json:"transition"`
	}
	_ = json.NewDecoder(r.Body).Decode(&asked)
	number := asked.Transition.ID - firstID
	if number < 0 || number >= len(f.ways) || f.ways[number].from != f.status {
		says(400, illegal)(w, r)
		return
	}
	f.status = f.ways[number].to
	f.made = append(f.made, f.ways[number].name)
	w.WriteHeader(http.StatusNoContent)
}

var categories = map[string]string{
	"To Do": "new", "Backlog": "new", "In Progress": "indeterminate", "Review": "indeterminate", "Waiting": "indeterminate",
	"Done": "done", "Closed": "done", "Won't do": "done", "Fixed": "indeterminate",
}

func TestATicketIsClosedByTheWaysThatItsProjectHas(t *testing.T) {
	simple := []way{
		{"To Do", "Start", "In Progress"},
		{"In Progress", "Back", "To Do"},
		{"In Progress", "Give up", "Won't do"},
		{"In Progress", "Finish", "Done"},
		{"Done", "Reopen", "To Do"},
	}
	tests := map[string]struct {
		ways   []way
		status string
		done   string
		made   []string
	}{
		"by the name of the status":           {simple, "In Progress", "Done", []string{"Finish"}},
		"by the name of the transition":       {simple, "In Progress", "finish", []string{"Finish"}},
		"to any status that counts as done":   {simple, "In Progress", "Finished", []string{"Give up"}},
		"with no name given":                  {simple, "In Progress", "", []string{"Give up"}},
		"over another status":                 {simple, "To Do", "Done", []string{"Start", "Finish"}},
		"done already":                        {simple, "Done", "Done", nil},
		"done in another way":                 {simple, "Won't do", "Done", nil},
		"done by name, whatever the category": {simple, "Fixed", "Fixed", nil},
		"over two, without going round": {
			[]way{
				{"To Do", "Start", "In Progress"},
				{"In Progress", "Wait", "Waiting"},
				{"In Progress", "Back", "To Do"},
				{"Waiting", "Go on", "In Progress"},
				{"Waiting", "Review", "Review"},
				{"Waiting", "Finish", "Done"},
			}, "To Do", "Done", []string{"Start", "Wait", "Finish"},
		},
		"rather forward than back": {
			[]way{{"To Do", "Later", "Backlog"}, {"To Do", "Start", "In Progress"}, {"In Progress", "Finish", "Done"}},
			"To Do", "Done",
			[]string{"Start", "Finish"},
		},
		"through the only way there is": {
			[]way{{"Review", "Back", "To Do"}, {"To Do", "Finish", "Done"}},
			"Review", "Done",
			[]string{"Back", "Finish"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &flow{status: tt.status, ways: tt.ways, categories: categories}
			s := newServer(t, f.routes())
			plan := incident.TicketPlan{Done: tt.done}
			require.NoError(t, s.client().Close(t.Context(), "OPS-7", plan))
			require.Equal(t, tt.made, f.made)

			require.NoError(t, s.client().Close(t.Context(), "OPS-7", plan), "again")
			require.Equal(t, tt.made, f.made)
		})
	}
}

func TestATicketThatCannotBeClosedSaysWhatItMayBecome(t *testing.T) {
	tests := map[string]struct {
		ways []way
		want string
	}{
		"no way":     {nil, `from "To Do" it may become nothing`},
		"in circles": {[]way{{"To Do", "Start", "Review"}, {"Review", "Back", "To Do"}}, `from "Review" it may become "To Do"`},
		"too far": {
			[]way{{"To Do", "a", "In Progress"}, {"In Progress", "b", "Waiting"}, {"Waiting", "c", "Review"}, {"Review", "d", "Done"}},
			`after 3 transitions it is "Review"`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &flow{status: "To Do", ways: tt.ways, categories: categories}
			err := newServer(t, f.routes()).client().Close(t.Context(), "OPS-7", view.Plan)
			require.True(t, refusal(t, err).Refused())
			require.ErrorContains(t, err, "jira: close ticket OPS-7")
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestATransitionThatIsRefusedCountsOnlyIfTheTicketStaysWhereItIs(t *testing.T) {
	field := says(400, `{"errorMessages":[],"errors":{"resolution":"Resolution is required."}}`)
	tests := map[string]struct {
		refuse    http.HandlerFunc
		meanwhile string
		fails     string
		made      []string
	}{
		"a field is required":             {field, "", "400 Bad Request: resolution: Resolution is required.", nil},
		"somebody has closed it":          {says(400, illegal), "Done", "", nil},
		"somebody has moved it on":        {says(409, illegal), "Review", "", []string{"Approve"}},
		"nothing is known of the outcome": {page(502), "", "502 Bad Gateway", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &flow{
				status: "To Do", categories: categories, refuse: tt.refuse, meanwhile: tt.meanwhile,
				ways: []way{{"To Do", "Finish", "Done"}, {"Review", "Approve", "Done"}},
			}
			err := newServer(t, f.routes()).client().Close(t.Context(), "OPS-7", view.Plan)
			require.Equal(t, tt.made, f.made)
			if tt.fails == "" {
				require.NoError(t, err)
				return
			}
			require.NotNil(t, refusal(t, err))
			require.EqualError(t, err, `jira: make ticket OPS-7 "Done": `+tt.fails)
		})
	}
}

func TestAnIssueWithoutAStatusIsAnError(t *testing.T) {
	for _, answer := range []string{`{"key":"OPS-7"}`, `{"key":"OPS-7","fields":{}}`} {
		s := newServer(t, map[string]http.HandlerFunc{issue: says(200, "%s", answer)})
		require.NotNil(t, refusal(t, s.client().Close(t.Context(), "OPS-7", view.Plan)))
	}
}

func TestAResolutionIsGivenOnlyWhereItIsRequired(t *testing.T) {
	tests := map[string]struct {
		fields string
		want   string
	}{
		"no screen":              {`{}`, `{"transition":{"id":"5"}}`},
		"none required":          {`{"resolution":{"required":false,"allowedValues":[{"id":"1","name":"Fixed"}]}}`, `{"transition":{"id":"5"}}`},
		"another field required": {`{"customfield_1":{"required":true}}`, `{"transition":{"id":"5"}}`},
		"the plainest":           {`{"resolution":{"required":true,"allowedValues":[{"id":"2","name":"Won't Fix"},{"id":"1","name":"Fixed"}]}}`, `{"transition":{"id":"5"},"fields":{"resolution":{"id":"1"}}}`},
		"the first":              {`{"resolution":{"required":true,"allowedValues":[{"id":"7","name":"Erledigt"},{"id":"8","name":"Verworfen"}]}}`, `{"transition":{"id":"5"},"fields":{"resolution":{"id":"7"}}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &flow{status: "To Do", categories: categories}
			s := newServer(t, map[string]http.HandlerFunc{
				issue:       f.read,
				transitions: says(200, `{"transitions":[{"id":"5","name":"Close Issue","to":%s,"fields":%s}]}`, f.json("Closed"), tt.fields),
				transition: func(w http.ResponseWriter, _ *http.Request) {
					f.mutex.Lock()
					defer f.mutex.Unlock()
					f.status = "Closed"
					w.WriteHeader(http.StatusNoContent)
				},
			})
			require.NoError(t, s.client().Close(t.Context(), "OPS-7", view.Plan))
			require.Equal(t, fields(t, tt.want), s.last(transition).body)
			require.Equal(t, []string{"transitions.fields"}, s.last(transitions).query["expand"])
		})
	}
}
