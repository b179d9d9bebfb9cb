package slack_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

const marked = `{"ts":"1.5","metadata":{"event_type":"lastgood","event_payload":{"marker":"m1","incident":"INC-1"}}}`

func TestAMessageIsFoundByItsMarker(t *testing.T) {
	vendor := fake(t, `{"ok":true,"messages":[{"ts":"1.9","text":"hello"},`+marked+`]}`)
	got, found, err := vendor.client().Find(t.Context(), "C1", incident.Message{
		Marker: "m1", Since: time.Date(2026, 11, 22, 2, 4, 0, 247000, time.UTC),
	})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, incident.Receipt{Channel: "C1", TS: "1.5"}, got)
	require.Equal(t, []string{"/api/conversations.history"}, vendor.paths())
	form := vendor.calls[0].form
	require.Equal(t, "1795312980.000247", form.Get("oldest"), "a minute before")
	require.Equal(t, "15", form.Get("limit"))
	require.Equal(t, "true", form.Get("include_all_metadata"))
	require.Equal(t, "Bearer "+token, vendor.calls[0].auth)
	require.False(t, form.Has("token"))
}

func TestAPageIsLookedForInTheDirectMessage(t *testing.T) {
	vendor := fake(t, `{"ok":true,"channel":{"id":"D1"}}`, `{"ok":true,"messages":[`+marked+`]}`)
	got, found, err := vendor.client().Find(t.Context(), "U1", incident.Message{Marker: "m1"})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, incident.Receipt{Channel: "D1", TS: "1.5"}, got)
	require.Equal(t, []string{"/api/conversations.open", "/api/conversations.history"}, vendor.paths())
	require.Equal(t, "U1", vendor.calls[0].form.Get("users"))
	require.Equal(t, "D1", vendor.calls[1].form.Get("channel"))
}

func TestAReplyIsLookedForInItsThread(t *testing.T) {
	vendor := fake(t, `{"ok":true,"messages":[`+marked+`]}`)
	_, found, err := vendor.client().Find(t.Context(), "C1", incident.Message{Marker: "m1", Thread: "1.2"})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []string{"/api/conversations.replies"}, vendor.paths())
	require.Equal(t, "1.2", vendor.calls[0].form.Get("ts"))
}

func TestStrangeMessagesDoNotHideOurs(t *testing.T) {
	strange := `{"ts":1.9,"blocks":{"type":7},"attachments":"x","metadata":[]},` +
		`{"ts":"1.8","metadata":{"event_type":"other","event_payload":{"marker":7}}},null,7,`
	vendor := fake(t, `{"ok":true,"messages":[`+strange+marked+`],"has_more":"no"}`)
	_, found, err := vendor.client().Find(t.Context(), "C1", incident.Message{Marker: "m1"})
	require.NoError(t, err)
	require.True(t, found)
}

func TestAnotherMarkerAndAnotherAppAreNotOurs(t *testing.T) {
	vendor := fake(t, `{"ok":true,"messages":[`+marked+
		`,{"ts":"1.6","metadata":{"event_type":"other","event_payload":{"marker":"m2"}}}]}`)
	_, found, err := vendor.client().Find(t.Context(), "C1", incident.Message{Marker: "m2"})
	require.NoError(t, err)
	require.False(t, found)
}

func TestAMessageWithoutAMarkerIsNotLookedFor(t *testing.T) {
	vendor := fake(t, `{"ok":true}`)
	_, found, err := vendor.client().Find(t.Context(), "C1", incident.Message{Notice: "hello"})
	require.NoError(t, err)
	require.False(t, found)
	require.Empty(t, vendor.paths())
}

func TestARefusedLookupIsAnError(t *testing.T) {
	vendor := fake(t, `{"ok":false,"error":"missing_scope","needed":"channels:history"}`)
	_, _, err := vendor.client().Find(t.Context(), "C1", incident.Message{Marker: "m1"})
	require.EqualError(t, err,
		"slack: look for m1 in C1: 403 Forbidden (missing_scope): the bot token lacks the scope channels:history")
}

func TestAGroupHasMembers(t *testing.T) {
	vendor := fake(t, `{"ok":true,"users":["U1","W2"]}`)
	got, err := vendor.client().Members(t.Context(), "S1")
	require.NoError(t, err)
	require.Equal(t, []string{"U1", "W2"}, got)
	require.Equal(t, "S1", vendor.calls[0].form.Get("usergroup"))
}

func TestAGroupIsNotEmptyBecauseTheAnswerIs(t *testing.T) {
	_, err := fake(t, `{"ok":false}`).client().Members(t.Context(), "S1")
	var got *rest.Error
	require.ErrorAs(t, err, &got)
	require.Equal(t, http.StatusBadGateway, got.Status)
}
