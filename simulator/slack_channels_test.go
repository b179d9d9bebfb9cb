package simulator

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// channel creates a channel and returns its ID.
func (w *world) channel(name string) string {
	w.t.Helper()
	got := w.slack("conversations.create", "name", name)
	require.Equal(w.t, true, got["ok"], got)
	return at(got, "channel", "id").(string)
}

func TestAChannelsNameIsTakenForGood(t *testing.T) {
	w := newWorld(t)
	id := w.channel("inc-261123-a")
	require.Equal(t, "inc-261123-a", at(w.slack("conversations.info", "channel", id), "channel", "name"))
	require.Equal(t, "name_taken", w.slack("conversations.create", "name", "inc-261123-a")["error"])
	w.post("channel", id, "text", "hello")
	require.Equal(t, true, w.slack("conversations.archive", "channel", id)["ok"])
	require.Equal(t, "name_taken", w.slack("conversations.create", "name", "inc-261123-a")["error"], "an archived channel keeps its name")
	require.Equal(t, "is_archived", w.slack("chat.postMessage", "channel", id, "text", "hi")["error"])
	require.Equal(t, "already_archived", w.slack("conversations.archive", "channel", id)["error"])
	require.Equal(t, true, at(w.slack("conversations.info", "channel", id), "channel", "is_archived"))
	require.Equal(t, true, at(w.slack("conversations.create", "name", "secret", "is_private", "true"), "channel", "is_private"))
	require.Len(t, w.ledger("slack", "channel"), 2)
}

func TestAChannelsNameFollowsRules(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]string{
		"": "invalid_name_required", strings.Repeat("x", 81): "invalid_name_maxlength", "Inc": "invalid_name_specials",
		"inc 1": "invalid_name_specials", "inc/1": "invalid_name_specials", "--": "invalid_name_punctuation",
	} {
		require.Equal(t, want, w.slack("conversations.create", "name", name)["error"], name)
	}
	w.channel(strings.Repeat("x", 80))
}

func TestPeopleAreInvitedOnce(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackUsers = []string{"U1", "U2", "U3"} })
	id := w.channel("inc-1")
	require.Equal(t, "user_not_in_channel", w.slack("chat.postEphemeral", "channel", id, "user", "U1", "text", "psst")["error"])
	require.Equal(t, true, w.slack("conversations.invite", "channel", id, "users", "U1")["ok"])
	require.Equal(t, true, w.slack("chat.postEphemeral", "channel", id, "user", "U1", "text", "psst")["ok"])

	again := w.slack("conversations.invite", "channel", id, "users", "U1,U2")
	require.Equal(t, "already_in_channel", again["error"])
	require.Equal(t, []any{map[string]any{"user": "U1", "ok": false, "error": "already_in_channel"}}, again["errors"])
	require.Equal(t, "user_not_in_channel", w.slack("chat.postEphemeral", "channel", id, "user", "U2", "text", "psst")["error"], "nobody was invited")

	forced := w.slack("conversations.invite", "channel", id, "users", "U1,U2,U9", "force", "true")
	require.Equal(t, true, forced["ok"])
	require.Equal(t, "user_not_found", at(forced, "errors", 1, "error"))
	require.Equal(t, true, w.slack("chat.postEphemeral", "channel", id, "user", "U2", "text", "psst")["ok"])
	require.Equal(t, "cant_invite_self", w.slack("conversations.invite", "channel", id, "users", slackBotUser)["error"])
	require.Equal(t, "no_user", w.slack("conversations.invite", "channel", id)["error"])
	require.Equal(t, "channel_not_found", w.slack("conversations.invite", "channel", "#inc", "users", "U1")["error"])
	require.Len(t, w.ledger("slack", "invite"), 2)
}

func TestAUserIsFoundByEmail(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SlackUsers = []string{"U0SRE1"} })
	got := w.slack("users.lookupByEmail", "email", "sre1@example.com")
	require.Equal(t, "U0SRE1", at(got, "user", "id"))
	require.Equal(t, "sre1@example.com", at(got, "user", "profile", "email"))
	require.Equal(t, "users_not_found", w.slack("users.lookupByEmail", "email", "sre2@example.com")["error"])
	require.Equal(t, "users_not_found", w.slack("users.lookupByEmail", "email", "sre1@example.org")["error"])

	open := newWorld(t)
	require.Equal(t, "U0SRE2", at(open.slack("users.lookupByEmail", "email", "sre2@example.com"), "user", "id"))
	narrow := newWorld(t, func(c *Config) { c.SlackScopes = []string{"users:read", "chat:write"} })
	refused := narrow.slack("users.lookupByEmail", "email", "sre1@example.com")
	require.Equal(t, "users:read.email", refused["needed"])
	require.Equal(t, "users:read,chat:write", refused["provided"])
}

func TestMetadataHasALimit(t *testing.T) {
	w := newWorld(t)
	metadata := func(n int) string {
		return `{"event_type":"page","event_payload":{"note":"` + strings.Repeat("x", n) + `"}}`
	}
	w.post("channel", "C1", "text", "hi", "metadata", metadata(largestMetadata-60))
	require.Equal(t, "metadata_too_large", w.slack("chat.postMessage", "channel", "C1", "text", "hi", "metadata", metadata(largestMetadata))["error"])
}

func TestTheAppsTokenOpensConnectionsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	open := func(header, form string) map[string]any {
		return w.send(http.MethodPost, "/slack/api/apps.connections.open", anyForm, form, func(r *http.Request) {
			if header != "" {
				r.Header.Set("Authorization", "Bearer "+header)
			}
		}).json
	}
	require.Contains(t, open("xapp-simulator", "")["url"], "ws://")
	require.Equal(t, "not_authed", open("", "token=xapp-simulator")["error"], "only in the header")
	require.Equal(t, "not_allowed_token_type", open(w.cfg.SlackToken, "")["error"])
	require.Equal(t, "invalid_auth", open("xapp-other", "")["error"])
	got := w.send(http.MethodPost, "/slack/api/auth.test", anyForm, "token=xapp-simulator", nil).json
	require.Equal(t, "not_allowed_token_type", got["error"])
}
