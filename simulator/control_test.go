package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const anyForm = "application/x-www-form-urlencoded"

func (w *world) rawPost(text string) (result, error) {
	w.t.Helper()
	return w.try(http.MethodPost, "/slack/api/chat.postMessage", anyForm, "token="+w.cfg.SlackToken+"&channel=C1&text="+text, nil)
}

func TestAFaultActsAsOftenAsItSays(t *testing.T) {
	w := newWorld(t)
	w.control("faults", `{"vendor":"slack","match":"chat.postMessage","status":429,"retry_after":2,"times":2}`)
	for range 2 {
		got, err := w.rawPost("hi")
		require.NoError(t, err)
		require.Equal(t, http.StatusTooManyRequests, got.status)
		require.Equal(t, "2", got.header.Get("Retry-After"))
		require.Equal(t, true, w.slack("auth.test")["ok"], "other methods go on working")
	}
	w.post("channel", "C1", "text", "hi")
	require.Len(t, w.ledger("slack", "message"), 1)
}

func TestAFaultLooksLikeItsVendor(t *testing.T) {
	w := newWorld(t)
	cases := []struct {
		fault, path string
		header      map[string]string
		text        string
	}{
		{`{"vendor":"slack","status":500}`, "/slack/api/auth.test", nil, "<html>"},
		{`{"vendor":"jenkins","status":403}`, "/jenkins/api/json", map[string]string{"X-Required-Permission": "hudson.model.Item.Build"}, "<html>"},
		{`{"vendor":"jira","status":429,"retry_after":7}`, "/jira/rest/api/2/myself", map[string]string{"RateLimit-Reason": "jira-burst-based", "Retry-After": "7"}, "Rate limit"},
		{`{"vendor":"jira","status":400}`, "/jira/rest/api/2/myself", nil, "errorMessages"},
		{`{"vendor":"jira","status":503}`, "/jira/rest/api/2/myself", nil, "<html>"},
		{`{"vendor":"slack","status":200,"body":"{\"ok\":false,\"error\":\"fatal_error\"}","header":{"X-More":"1"}}`, "/slack/api/auth.test", map[string]string{"X-More": "1"}, "fatal_error"},
	}
	for _, c := range cases {
		w.control("faults", c.fault)
		got := w.send(http.MethodGet, c.path, "", "", nil)
		require.Contains(t, c.fault, fmt.Sprintf(`"status":%d`, got.status))
		require.Contains(t, got.text, c.text, c.fault)
		for name, value := range c.header {
			require.Equal(t, value, got.header.Get(name), c.fault)
		}
		w.control("faults", `{"clear":true}`)
	}
}

func TestALostAnswerLeavesItsEffect(t *testing.T) {
	w := newWorld(t)
	w.control("faults", `{"vendor":"slack","match":"chat.postMessage","drop_response":true,"times":1}`)
	_, err := w.rawPost("hi")
	require.Error(t, err)
	require.Len(t, w.ledger("slack", "message"), 1)
	w.control("faults", `{"vendor":"slack","match":"chat.postMessage","drop_response":true,"status":502,"times":1}`)
	got, err := w.rawPost("hi")
	require.NoError(t, err)
	require.Equal(t, http.StatusBadGateway, got.status)
	require.Len(t, w.ledger("slack", "message"), 2)
}

func TestAFaultThatLastsForATimeEndsByItself(t *testing.T) {
	w := newWorld(t)
	set := w.send(http.MethodPost, "/control/faults", "application/json", `{"vendor":"slack","match":"chat.","status":429,"for":"10s"}`, nil)
	require.Equal(t, "2026-11-23T09:00:10Z", set.json["until"])

	w.clock.pass(3200 * time.Millisecond)
	got, err := w.rawPost("hi")
	require.NoError(t, err)
	require.Equal(t, http.StatusTooManyRequests, got.status)
	require.Equal(t, "7", got.header.Get("Retry-After"), "what is left, in whole seconds")

	w.clock.pass(6800 * time.Millisecond)
	w.post("channel", "C1", "text", "hi")
	require.Len(t, w.ledger("slack", "message"), 1)
	require.Equal(t, "[]", w.send(http.MethodGet, "/control/faults", "", "", nil).text)
}

func TestAHangDelaysTheAnswer(t *testing.T) {
	w := newWorld(t)
	w.control("faults", `{"vendor":"slack","hang":"30ms","times":1}`)
	began := time.Now()
	require.Equal(t, true, w.slack("auth.test")["ok"])
	require.GreaterOrEqual(t, time.Since(began), 30*time.Millisecond)
}

func TestAFaultThatMakesNoSenseIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{
		`{"vendor":"slack"}`, `{"vendor":"teams","status":500}`, `{"status":42}`, `{"vendor":"slack","hang":"soon"}`, `{"vendor":"slack","stat":500}`, `{`,
		`{"vendor":"slack","status":429,"for":"-1s"}`,
	} {
		require.Equal(t, http.StatusBadRequest, w.send(http.MethodPost, "/control/faults", "application/json", body, nil).status, body)
	}
	w.control("faults", `{"vendor":"slack","status":500}`)
	require.Contains(t, w.send(http.MethodGet, "/control/faults", "", "", nil).text, `"status":500`)
	require.Equal(t, http.StatusNoContent, w.send(http.MethodDelete, "/control/faults", "", "", nil).status)
	require.Equal(t, "[]", w.send(http.MethodGet, "/control/faults", "", "", nil).text)
}

func TestTheLedgerIsInOrderAndReadFromANumberOn(t *testing.T) {
	w := newWorld(t)
	w.post("channel", "C1", "text", "one")
	w.ticket("INC-1")
	var entries []entry
	require.NoError(t, json.Unmarshal([]byte(w.send(http.MethodGet, "/control/ledger", "", "", nil).text), &entries))
	require.Len(t, entries, 2)
	require.Equal(t, 1, entries[0].N)
	require.Equal(t, "jira", entries[1].Vendor)
	require.Equal(t, w.clock.Now(), entries[1].At)
	require.NoError(t, json.Unmarshal([]byte(w.send(http.MethodGet, "/control/ledger?since=1", "", "", nil).text), &entries))
	require.Len(t, entries, 1)
	require.Equal(t, "[]", w.send(http.MethodGet, "/control/ledger?since=2", "", "", nil).text)
}

func TestWhoWaitsForTheLedgerIsWoken(t *testing.T) {
	w := newWorld(t)
	got := make(chan result)
	go func() { got <- w.send(http.MethodGet, "/control/ledger?effect=message&wait=20s", "", "", nil) }()
	w.ticket("INC-1")
	w.post("channel", "C1", "text", "hi")
	require.Contains(t, (<-got).text, `"effect":"message"`)
	require.Equal(t, "[]", w.send(http.MethodGet, "/control/ledger?since=9&wait=1ms", "", "", nil).text)
	require.Equal(t, http.StatusBadRequest, w.send(http.MethodGet, "/control/ledger?wait=soon", "", "", nil).status)
}

func TestAResetPutsEverythingBackToTheSeed(t *testing.T) {
	w := newWorld(t)
	ship := func() {
		w.send(http.MethodPost, "/shop/ship", "application/json", `{"service":"checkout","release":"2026.11.4","bad":true}`, nil)
		w.clock.pass(time.Minute)
	}
	ship()
	w.post("channel", "C1", "text", "hi")
	w.ticket("INC-1")
	w.control("faults", `{"vendor":"slack","status":500}`)
	w.control("reset", "")
	require.Empty(t, w.ledger("", ""))
	require.Equal(t, "2026.11.3", w.send(http.MethodGet, "/shop/api/checkout", "", "", nil).json["release"])
	require.EqualValues(t, 6, w.jenkins(http.MethodGet, checkoutJob+"api/json").json["nextBuildNumber"])
	require.Equal(t, "OPS-1", w.ticket("INC-1"))
	require.Empty(t, w.slack("conversations.history", "channel", "C1")["messages"])
	ship()
	require.EqualValues(t, 6, w.ledger("jenkins", "build")[0]["number"])
}

func TestTheZeroConfigurationWorks(t *testing.T) {
	server := httptest.NewServer(New(Config{}))
	defer server.Close()
	response, err := http.Post(server.URL+"/slack/api/auth.test", anyForm, strings.NewReader("token=xoxb-simulator"))
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	require.Equal(t, http.StatusOK, response.StatusCode)
}
