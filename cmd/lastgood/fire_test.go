package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASavedAlertIsSentAsItIs(t *testing.T) {
	t.Setenv("ALERT_TOKENS", "grafana:other, alertmanager:old:token,alertmanager:new")
	var got string
	starter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + " " + r.Header.Get("Content-Type") + " " + string(body)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"incidents":[]}`+"\n")
	}))
	t.Cleanup(starter.Close)
	file := written(t, "alert.json", ` {"version":"4"} `)

	sent := run(t, "fire", file, "--to", starter.URL+"/v1/alerts/alertmanager")

	require.Zero(t, sent.code, sent.complaint)
	require.Equal(t, `POST /v1/alerts/alertmanager Bearer old:token application/json  {"version":"4"} `, got)
	require.JSONEq(t, `{"incidents":[]}`, sent.out)
}

func TestAnAlertThatIsNotTakenSaysWhyAndWhatToDo(t *testing.T) {
	file := written(t, "alert.json", "{}")
	for name, test := range map[string]struct {
		status int
		says   string
	}{
		"no token":             {http.StatusUnauthorized, "401 Unauthorized: nothing shown; set ALERT_TOKENS as the starter's"},
		"Temporal is away":     {http.StatusServiceUnavailable, "503 Service Unavailable: nothing shown; it was not stored, and is safe to send again"},
		"a body without sense": {http.StatusBadRequest, "starter: send the alert: 400 Bad Request: nothing shown"},
	} {
		t.Run(name, func(t *testing.T) {
			starter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "nothing shown", test.status)
			}))
			t.Cleanup(starter.Close)

			sent := run(t, "fire", file, "--to", starter.URL+"/v1/alerts/alertmanager")

			require.Equal(t, failed, sent.code)
			require.Empty(t, sent.out)
			require.Contains(t, sent.complaint, test.says)
		})
	}
}

func TestFireNeedsAFileAndAnAddress(t *testing.T) {
	file := written(t, "alert.json", "{}")
	for name, args := range map[string][]string{
		"no file":        {"fire", "--to", "http://127.0.0.1:1/v1/alerts/alertmanager"},
		"no such file":   {"fire", filepath.Join(t.TempDir(), "none.json"), "--to", "http://127.0.0.1:1/v1/alerts/alertmanager"},
		"no address":     {"fire", file},
		"half a one":     {"fire", file, "--to", "localhost:8080/v1/alerts/alertmanager"},
		"another scheme": {"fire", file, "--to", "ftp://h/v1/alerts/alertmanager"},
	} {
		t.Run(name, func(t *testing.T) {
			sent := run(t, args...)
			require.Equal(t, usage, sent.code)
			require.NotEmpty(t, sent.complaint)
		})
	}
}

func TestTheTokensMayStandInAFile(t *testing.T) {
	t.Setenv("ALERT_TOKENS_FILE", written(t, "tokens", "grafana:other,alertmanager:filed\n"))
	var shown string
	starter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = r.Header.Get("Authorization")
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(starter.Close)
	file, to := written(t, "alert.json", "{}"), starter.URL+"/v1/alerts/alertmanager"

	require.Zero(t, run(t, "fire", file, "--to", to).code)
	require.Equal(t, "Bearer filed", shown)

	t.Setenv("ALERT_TOKENS_FILE", filepath.Join(t.TempDir(), "none"))
	sent := run(t, "fire", file, "--to", to)
	require.Equal(t, usage, sent.code)
	require.Contains(t, sent.complaint, "ALERT_TOKENS_FILE: open ")
}
