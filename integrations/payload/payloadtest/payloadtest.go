// Package payloadtest holds the decoders of all monitors to the same promises: saved
// bodies become the deliveries beside them, and whatever a decoder takes is fit to be
// kept and shown.
package payloadtest

import (
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
)

// Decode is a decoder with its configuration.
type Decode func(body []byte) (incident.Delivery, error)

var update = flag.Bool("update", false, "write what is decoded now beside the saved bodies")

// suffix marks what a body of the same name becomes.
const suffix = ".delivery.json"

// Golden decodes each body beneath a folder and compares it with the delivery beside it.
func Golden(t *testing.T, folder string, decode Decode) {
	t.Helper()
	for _, name := range bodies(t, folder) {
		t.Run(strings.TrimSuffix(name, ".json"), func(t *testing.T) {
			got, err := decode(read(t, name))
			require.NoError(t, err)
			Fit(t, got)
			beside := strings.TrimSuffix(name, ".json") + suffix
			if *update {
				text, err := json.MarshalIndent(got, "", "  ")
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(beside, append(text, '\n'), 0o644))
			}
			text, err := json.Marshal(got)
			require.NoError(t, err)
			require.JSONEq(t, string(read(t, beside)), string(text))
		})
	}
}

// Fuzz decodes whatever comes to mind, beginning with the bodies beneath a folder and
// a few more. A decoder takes a body, always as the same, or says where it is wrong.
func Fuzz(f *testing.F, folder string, decode Decode, more ...string) {
	f.Helper()
	for _, name := range bodies(f, folder) {
		f.Add(read(f, name))
	}
	for _, seed := range append(more, "", "null", "[]", "{}", `{"alerts":[null]}`, strings.Repeat("[", 100), "{}{}") {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decode(body)
		again, errAgain := decode(body)
		require.Equal(t, got, again)
		require.Equal(t, err, errAgain)
		if err == nil {
			Fit(t, got)
			return
		}
		var fault *payload.Error
		require.ErrorAs(t, err, &fault)
		require.NotEmpty(t, fault.Where)
		require.NotEmpty(t, fault.Why)
		require.Empty(t, got.Alerts, "nothing is taken of a body that is refused")
	})
}

// Fit says that a delivery may be stored, and shown to people.
func Fit(t *testing.T, d incident.Delivery) {
	t.Helper()
	require.NotEmpty(t, d.Source)
	require.NotEmpty(t, d.Group)
	require.LessOrEqual(t, len(d.Group), payload.MaxGroup)
	address(t, d.URL)
	require.NotEmpty(t, d.Alerts)
	for _, a := range d.Alerts {
		require.NotEmpty(t, a.Fingerprint)
		require.LessOrEqual(t, len(a.Fingerprint), payload.MaxFingerprint)
		require.False(t, a.StartsAt.IsZero())
		require.False(t, a.Firing && !a.EndsAt.IsZero(), "what fires has no end")
		require.True(t, a.Severity.Valid())
		require.NotEmpty(t, a.Name)
		shown(t, a.Fingerprint, payload.MaxFingerprint)
		shown(t, a.Name, payload.MaxName+len("alert "))
		shown(t, a.Summary, payload.MaxSummary)
		address(t, a.URL)
		address(t, a.Runbook)
		require.LessOrEqual(t, len(a.Labels), payload.MaxLabels)
		for name, value := range a.Labels {
			require.NotEmpty(t, name)
			shown(t, name, payload.MaxName)
			shown(t, value, payload.MaxValue)
		}
	}
	// Years that RFC 3339 cannot write are refused here.
	_, err := json.Marshal(d)
	require.NoError(t, err)
}

// shown says that a text is one line, without what a terminal or a page would obey.
func shown(t *testing.T, text string, most int) {
	t.Helper()
	require.LessOrEqual(t, utf8.RuneCountInString(text), most)
	require.False(t, strings.ContainsFunc(text, obeyed), "%q", text)
}

func obeyed(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

func address(t *testing.T, text string) {
	t.Helper()
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	require.NoError(t, err)
	require.Contains(t, []string{"http", "https"}, u.Scheme)
	require.Nil(t, u.User)
	require.LessOrEqual(t, len(text), payload.MaxURL)
	require.False(t, strings.ContainsFunc(text, obeyed), "%q", text)
}

func bodies(t testing.TB, folder string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "fuzz":
			return filepath.SkipDir
		case strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, suffix):
			found = append(found, name)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(name)
	require.NoError(t, err)
	return body
}
