package slack

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

func commandForm(text string) []byte {
	return []byte(url.Values{
		"command": {"/lastgood"}, "text": {text}, "user_id": {"U0SRE1"}, "trigger_id": {"13345224609.738474920"}, "channel_id": {"C1"},
	}.Encode())
}

func TestASlashCommandIsReadIntoWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                {},
		"  oncall   primary ":             {"oncall", "primary"},
		"override p <@U0SRE2|ann> for 2h": {"override", "p", "@U0SRE2", "for", "2h"},
		"override p <@U0SRE2> for 2h":     {"override", "p", "@U0SRE2", "for", "2h"},
		"override “p” `bob`":              {"override", "p", "bob"},
		"a &amp; b":                       {"a", "&", "b"},
		"@ann":                            {"@ann"},
	} {
		got, err := DecodeCommand(commandForm(text))
		require.NoError(t, err)
		require.Equal(t, incident.Command{ID: "13345224609.738474920", User: "U0SRE1", Words: want}, got, text)
	}
}

func TestASlashCommandThatIsNotWholeIsRefused(t *testing.T) {
	for body, says := range map[string]string{
		"%zz":                        "no form",
		"command=%2Flastgood&text=x": "user_id",
		"command=%2Fx&user_id=U1":    "trigger_id",
		"user_id=U1&trigger_id=1":    "command",
		strings.Repeat("x", 1<<20+1): "longer than",
	} {
		_, err := DecodeCommand([]byte(body))
		require.ErrorContains(t, err, says)
	}
}

func TestAnAnswerToACommandIsForOnePersonAndHidesNoMarkup(t *testing.T) {
	content, err := json.Marshal(Ephemeral([]string{"primary: <!channel> & bob", "second\nline"}))
	require.NoError(t, err)
	require.JSONEq(t, `{"response_type":"ephemeral","text":"primary: &lt;!channel&gt; &amp; bob\nsecond line"}`, string(content))

	long := Ephemeral([]string{strings.Repeat("ü", 2000), strings.Repeat("é", 2000), "end"}).(ephemeral)
	require.Equal(t, strings.Repeat("ü", 2000)+"\n… and 2 more, too many for one message", long.Text, "what does not fit is left out, by lines")
}

func FuzzNoSlashCommandIsReadIntoAnythingButWords(f *testing.F) {
	f.Add("override p <@U0SRE2|ann> for 2h")
	f.Add("<@<@U1>>\x00")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := DecodeCommand(commandForm(text))
		require.NoError(t, err)
		for _, word := range got.Words {
			require.NotEmpty(t, word)
			require.Equal(t, []string{word}, strings.Fields(word))
		}
	})
}
