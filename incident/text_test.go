package incident_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
)

func TestATextIsReadAsPeopleWriteIt(t *testing.T) {
	ack := func(code string) incident.TextAnswer { return incident.TextAnswer{Action: "acknowledge", Code: code} }
	esc := func(code string) incident.TextAnswer { return incident.TextAnswer{Action: "escalate", Code: code} }
	for text, want := range map[string]incident.TextAnswer{
		"OK 7QXM2A":                ack("7QXM2A"),
		"ok 7qxm2a":                ack("7QXM2A"),
		" Ok, 7QXM2A. ":            ack("7QXM2A"),
		"ACK 7QXM2A":               ack("7QXM2A"),
		"7QXM2A ok":                ack("7QXM2A"),
		"7QXM2A":                   ack("7QXM2A"),
		"INC-261128-7QXM2A":        ack("7QXM2A"),
		"ok inc-261128-7qxm2a":     ack("7QXM2A"),
		"OK 7QXM2A #3owq":          ack("7QXM2A"), // With the tag of the page.
		"OK #7QXM2A":               ack("7QXM2A"),
		"0K 8O1VQT":                ack("BOIVQT"), // A code has no 0, 1 and 8.
		"OK":                       ack(""),
		"ack!":                     ack(""),
		"ESC 7QXM2A":               esc("7QXM2A"),
		"escalate 7qxm2a":          esc("7QXM2A"),
		"ESC":                      esc(""),
		"OK 7QXM2":                 {},
		"OK 7QXM2A please":         {},
		"OK 7QXM19":                {}, // 9 is no character of base32, and like none.
		"what is going on?":        {},
		"":                         {},
		"OK OK":                    {},
		"FOO-261128-7QXM2A":        {},
		strings.Repeat("OK ", 500): {},
	} {
		t.Run(text, func(t *testing.T) { require.Equal(t, want, incident.ReadText(text)) })
	}
}

func TestEveryCodeIsReadBackFromItsIncidentID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`[A-Z2-7]{6}`).Draw(t, "code")
		verb := rapid.SampledFrom([]string{"OK ", "ack ", "", "ESC "}).Draw(t, "verb")
		id := "INC-261128-" + code
		require.Equal(t, code, incident.Code(id))
		for _, name := range []string{code, strings.ToLower(code), id} {
			require.Equal(t, code, incident.ReadText(verb+name).Code)
		}
	})
}

func FuzzAnyTextIsReadOrLeftAlone(f *testing.F) {
	f.Add("OK 7QXM2A")
	f.Fuzz(func(t *testing.T, text string) {
		got := incident.ReadText(text)
		require.Contains(t, []string{"", "acknowledge", "escalate"}, got.Action)
		require.Contains(t, []int{0, 6}, len(got.Code))
	})
}
