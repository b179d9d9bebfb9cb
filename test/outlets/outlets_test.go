package outlets

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/jira"
	"github.com/seed-44180607/lastgood/integrations/slack"
	"github.com/seed-44180607/lastgood/integrations/twilio"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// outlet is a place where text from outside is shown. Shows gives all texts that are shown there, as its program gets
// them; acts finds in one of them what that program makes more of than text.
type outlet struct {
	name  string
	shows func(t *testing.T, text string) []string
	acts  func(text string) []string
}

// outlets are all there are, but for the page of the simulator, which a test there holds to setting text as text, and
// the command line, whose output a test there looks at.
var outlets = []outlet{
	{name: "Slack's card", shows: drawn(func(text string) incident.Message { c := cardOf(text); return incident.Message{Card: &c} }), acts: entities},
	{name: "Slack's page", shows: drawn(func(text string) incident.Message { return paged(oncall.Slack, text) }), acts: entities},
	{name: "Slack's page of several", shows: drawn(func(text string) incident.Message { return several(oncall.Slack, text) }), acts: entities},
	{name: "Slack's thread", shows: drawn(func(text string) incident.Message { return incident.Message{Entries: incidentOf(text).Timeline} }), acts: entities},
	{name: "Slack's notice", shows: drawn(func(text string) incident.Message { return incident.Message{Notice: "Informed: " + text} }), acts: entities},
	{name: "Slack's loud notice", shows: drawn(func(text string) incident.Message { return incident.Message{Notice: "Exhausted: " + text, Loud: true} }), acts: entities},
	{name: "Slack's private answer", shows: whispered, acts: entities},
	{name: "Slack's answer to a command", shows: ephemeral, acts: entities},
	{name: "Slack's answer to a form", shows: confirmed, acts: entities},
	{name: "Jira's ticket", shows: ticketed, acts: wiki},
	{name: "Jira's comment", shows: commented, acts: wiki},
	{name: "a mail's headers", shows: headers(paged), acts: func(string) []string { return nil }},
	{name: "a mail in words", shows: mailed("text/plain", paged), acts: func(string) []string { return nil }},
	{name: "a mail in HTML", shows: mailed("text/html", paged), acts: tags},
	{name: "the headers of a mail for several", shows: headers(several), acts: func(string) []string { return nil }},
	{name: "a mail for several in words", shows: mailed("text/plain", several), acts: func(string) []string { return nil }},
	{name: "a mail for several in HTML", shows: mailed("text/html", several), acts: tags},
	{name: "a text for several", shows: func(_ *testing.T, text string) []string { return []string{twilio.Draw(several(oncall.SMS, text))} }, acts: func(string) []string { return nil }},
	{name: "a text", shows: func(_ *testing.T, text string) []string { return []string{twilio.Draw(paged(oncall.SMS, text))} }, acts: func(string) []string { return nil }},
	{name: "Temporal's details", shows: func(_ *testing.T, text string) []string { return []string{signals.Details(incidentOf(text))} }, acts: markdown},
	{name: "Temporal's summary", shows: summarised, acts: markdown},
}

func TestWhatComesFromOutsideDoesNothingWhereItIsShown(t *testing.T) {
	for _, o := range outlets {
		t.Run(o.name, func(t *testing.T) {
			usual := o.shows(t, harmless)
			require.Contains(t, strings.Join(usual, "\n"), harmless, "it is shown here")
			for name, text := range hostile {
				t.Run(name, func(t *testing.T) {
					shown := o.shows(t, text)
					require.Len(t, shown, len(usual))
					for i := range shown {
						require.Empty(t, added(o.acts(usual[i]), o.acts(shown[i])), "%.500q", shown[i])
						requireVisible(t, shown[i])
						require.LessOrEqual(t, strings.Count(shown[i], "\n"), strings.Count(usual[i], "\n"), "%.500q", shown[i])
					}
				})
			}
		})
	}
}

// added are the acts that there are more of than usual.
func added(usual, shown []string) (more []string) {
	left := map[string]int{}
	for _, act := range usual {
		left[act]++
	}
	for _, act := range shown {
		if left[act]--; left[act] < 0 {
			more = append(more, act)
		}
	}
	return more
}

// requireVisible asserts that a text steers no terminal and turns no direction.
func requireVisible(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		unseen := unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
		require.False(t, unseen, "%U in %.500q", r, text)
	}
}

// drawn gives the texts of a message in Slack that are read as mrkdwn, and the one that a locked phone shows. Those
// that are shown as they are count too, as plain.
func drawn(message func(text string) incident.Message) func(*testing.T, string) []string {
	return func(t *testing.T, text string) []string {
		t.Helper()
		blocks, fallback := slack.Draw(message(text))
		encoded, err := json.Marshal(blocks)
		require.NoError(t, err)
		var decoded any
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		// How many there are differs: what says nothing is left out.
		return []string{strings.ReplaceAll(fallback+" "+strings.Join(textsIn(decoded), " "), "\n", " ")}
	}
}

func textsIn(v any) (texts []string) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			texts = append(texts, textsIn(one)...)
		}
	case map[string]any:
		text, _ := v["text"].(string)
		switch v["type"] {
		case "mrkdwn":
			return []string{text}
		case "plain_text":
			return []string{plainMark.Replace(text)}
		}
		for _, name := range slices.Sorted(keys(v)) {
			texts = append(texts, textsIn(v[name])...)
		}
	}
	return texts
}

// plainMark takes away what means nothing in a text that Slack shows as it is.
var plainMark = strings.NewReplacer("<", "", ">", "", "`", "")

func keys(m map[string]any) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

var entity = regexp.MustCompile("<[^>]*>|```")

// entities are Slack's mentions, links and dates, without what they are called; a link to a place that hostile names
// would stand out.
func entities(text string) (found []string) {
	for _, e := range entity.FindAllString(text, -1) {
		to, _, _ := strings.Cut(strings.Trim(e, "<>"), "|")
		found = append(found, to)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// answering is a server that keeps bodies and gives one answer.
func answering(t *testing.T, answer string) (url string, bodies *[]string) {
	t.Helper()
	bodies = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*bodies = append(*bodies, string(body))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, bodies
}

func whispered(t *testing.T, text string) []string {
	t.Helper()
	url, bodies := answering(t, `{"ok":true,"message_ts":"1.000001"}`)
	to := incident.Reply{Channel: "C1", User: "U1"}
	require.NoError(t, slack.New(slack.Config{Token: "x", APIURL: url}).Whisper(t.Context(), to, "Nothing was done: "+text))
	require.Len(t, *bodies, 1)
	form := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader((*bodies)[0]))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return []string{form.PostFormValue("text")}
}

func ephemeral(t *testing.T, text string) []string {
	t.Helper()
	encoded, err := json.Marshal(slack.Ephemeral([]string{"primary: " + text, text}))
	require.NoError(t, err)
	var answer struct{ Text string }
	require.NoError(t, json.Unmarshal(encoded, &answer))
	return []string{answer.Text}
}

func confirmed(t *testing.T, text string) []string {
	t.Helper()
	d := incident.Declaration{Service: text, Summary: text, Severity: incident.SEV1}
	encoded, err := json.Marshal(slack.Declared(d, text))
	require.NoError(t, err)
	var answer any
	require.NoError(t, json.Unmarshal(encoded, &answer))
	return []string{strings.ReplaceAll(strings.Join(textsIn(answer), " "), "\n", " ")}
}

func jiraAt(t *testing.T, url string) *jira.Client {
	t.Helper()
	c, err := jira.New(jira.Config{URL: url, User: "u", Token: "x"})
	require.NoError(t, err)
	return c
}

func ticketed(t *testing.T, text string) []string {
	t.Helper()
	url, bodies := answering(t, `{"key":"OPS-1"}`)
	view := incident.TicketOf(incidentOf(text), incident.Places{TemporalUI: "https://temporal.example.com"})
	_, err := jiraAt(t, url).Create(t.Context(), view)
	require.NoError(t, err)
	var sent struct {
		Fields struct{ Summary, Description string }
	}
	require.NoError(t, json.Unmarshal([]byte((*bodies)[0]), &sent))
	// A summary is shown as it is.
	return []string{strings.NewReplacer("[", "", "{", "", "|", "", "!", "", `\`, "", "]", "", "}", "").Replace(sent.Fields.Summary), sent.Fields.Description}
}

func commented(t *testing.T, text string) []string {
	t.Helper()
	url, bodies := answering(t, `{"id":"1"}`)
	comment, _ := incident.CommentOf(incidentOf(text), 0)
	require.NoError(t, jiraAt(t, url).Comment(t.Context(), "OPS-1", comment, false))
	var sent struct{ Body string }
	require.NoError(t, json.Unmarshal([]byte((*bodies)[0]), &sent))
	return []string{sent.Body}
}

var (
	escaped   = regexp.MustCompile(`\\.`)
	wikiMarks = regexp.MustCompile(`[\[\]{}|!]|(?m)^(h[1-6]\.|bq\.|----|[*#-]+ )`)
)

// wiki finds what Jira makes more of than text, but for letters that are drawn in another way.
func wiki(text string) []string {
	return wikiMarks.FindAllString(escaped.ReplaceAllString(text, ""), -1)
}

var markdownMarks = regexp.MustCompile(`[\[\]<|]`)

func markdown(text string) []string {
	return markdownMarks.FindAllString(escaped.ReplaceAllString(text, ""), -1)
}

// summarising is Temporal as far as it takes the summary of a new workflow.
type summarising struct {
	client.Client
	summary string
}

func (s *summarising) SignalWithStartWorkflow(_ context.Context, _, _ string, _ any, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	s.summary = o.StaticSummary
	return nil, nil
}

func summarised(t *testing.T, text string) []string {
	t.Helper()
	temporal := &summarising{}
	_, err := signals.Client{Temporal: temporal}.Alert(t.Context(), signals.Opening{Service: incidentOf("").Service}, deliveryOf(text))
	require.NoError(t, err)
	return []string{temporal.summary}
}
