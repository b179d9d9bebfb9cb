package jira_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

func TestAnUpdateWritesTheTextsAndUpsertsTheLink(t *testing.T) {
	for name, upsert := range map[string]http.HandlerFunc{
		"made":               says(http.StatusCreated, `{"id":10000,"self":"https://x/rest/api/2/issue/OPS-7/remotelink/10000"}`),
		"replaced":           says(http.StatusOK, `{"id":10000,"self":"https://x/rest/api/2/issue/OPS-7/remotelink/10000"}`),
		"replaced, no words": status(http.StatusOK),
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{edit: status(http.StatusNoContent), link: upsert})
			require.NoError(t, s.client().Update(t.Context(), "OPS-7", view))
			require.Equal(t, []string{edit, link}, s.names())
			require.Equal(t, fields(t, `{"fields":{"summary":"SEV1 checkout: 5xx > 5%","description":"h2. What happened"}}`), s.last(edit).body)
			require.Equal(t, fields(t, `{"globalId":"incident=INC-261122-ABCDEF","object":{"url":"http://127.0.0.1:8233/run","title":"Temporal run"}}`), s.last(link).body)
		})
	}
}

func TestAnUpdateWithoutALinkMakesNone(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{edit: status(http.StatusNoContent)})
	v := view
	v.Link = incident.Link{Text: "nowhere"}
	require.NoError(t, s.client().Update(t.Context(), "OPS-7", v))
	require.Equal(t, []string{edit}, s.names())
}

func TestALinkThatIsRefusedFailsTheUpdate(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{edit: status(http.StatusNoContent), link: says(403, `{"errorMessages":["No permission to link issues."],"errors":{}}`)})
	err := s.client().Update(t.Context(), "OPS-7", view)
	require.EqualError(t, err, "jira: link ticket OPS-7: 403 Forbidden: No permission to link issues.")
}

func TestACommentIsItsBodyAndNothingElse(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{comment: says(http.StatusCreated, `{"id":"1","body":"hi"}`)})
	require.NoError(t, s.client().Comment(t.Context(), "OPS-7", incident.Comment{Marker: "{{m-1}}", Body: "10:00 Paged\n{{m-1}}"}, false))
	require.Equal(t, map[string]any{"body": "10:00 Paged\n{{m-1}}"}, s.last(comment).body)
	require.Equal(t, []string{comment}, s.names())
}

func TestACommentThatIsThereIsNotDoubled(t *testing.T) {
	tests := map[string]struct {
		there string
		posts bool
	}{
		"none yet":       {`{"comments":[],"maxResults":20,"total":0}`, true},
		"others":         {`{"comments":[{"id":"3","body":"Looking into it"},{"id":"2","body":"10:00 Paged {{m-1}}"}]}`, true},
		"the same":       {`{"comments":[{"id":"3","body":"Looking into it"},{"id":"2","body":"10:05 Acknowledged\n{{m-2}}"}]}`, false},
		"without a body": {`{"comments":[{"id":"3"}]}`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{comments: says(200, "%s", tt.there), comment: says(http.StatusCreated, `{"id":"4"}`)})
			require.NoError(t, s.client().Comment(t.Context(), "OPS-7", incident.Comment{Marker: "{{m-2}}", Body: "10:05 Acknowledged {{m-2}}"}, true))
			require.Equal(t, map[string][]string{"orderBy": {"-created"}, "maxResults": {"20"}}, s.last(comments).query)
			want := []string{comments}
			if tt.posts {
				want = append(want, comment)
			}
			require.Equal(t, want, s.names())
		})
	}
}

func TestACommentIsNotMadeWhenItIsUnknownWhetherItIsThere(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{comments: page(503), comment: says(http.StatusCreated, `{}`)})
	err := s.client().Comment(t.Context(), "OPS-7", incident.Comment{Marker: "m", Body: "m"}, true)
	require.Equal(t, http.StatusServiceUnavailable, refusal(t, err).Status)
	require.Equal(t, []string{comments}, s.names())
}

func TestALongCommentKeepsItsMarker(t *testing.T) {
	for name, body := range map[string]string{
		"marker at the end":   strings.Repeat("🔥", 20000) + "{{m-1}}",
		"marker at the start": "{{m-1}}" + strings.Repeat("é", 40000),
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, map[string]http.HandlerFunc{comment: says(http.StatusCreated, `{"id":"1"}`)})
			require.NoError(t, s.client().Comment(t.Context(), "OPS-7", incident.Comment{Marker: "{{m-1}}", Body: body}, false))
			sent, _ := s.last(comment).body["body"].(string)
			require.Equal(t, 1, strings.Count(sent, "{{m-1}}"))
			require.Contains(t, sent, "The rest does not fit into Jira.")
			units := 0
			for _, r := range sent {
				units++
				if r > 0xFFFF {
					units++
				}
			}
			require.LessOrEqual(t, units, 32767)
			require.Greater(t, units, 32700)
		})
	}
}
