package slack

import (
	"errors"
	"net/http"
	"strings"

	"github.com/slack-go/slack"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

// doer makes a *rest.Error of every answer but 200, before slack-go sees it: it
// tells a limit that names a time from one that does not by different types, and
// has only a parse error for a Retry-After that is a date. Slack itself answers 200
// whenever it understood the call, refusals included.
type doer struct{ client *http.Client }

// Do makes the call.
func (d doer) Do(r *http.Request) (*http.Response, error) {
	response, err := d.client.Do(r)
	if err != nil || response.StatusCode == http.StatusOK {
		return response, err
	}
	defer response.Body.Close()
	return nil, rest.FromResponse(vendor, r.URL.Path, response)
}

// failure makes the *rest.Error of whatever slack-go returned.
func failure(attempted string, err error) *rest.Error {
	if errors.Is(err, errNoMessage) {
		return &rest.Error{Vendor: vendor, Attempted: attempted, Status: http.StatusBadGateway, Maybe: true, Err: err}
	}
	if refusal, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return refused(attempted, refusal.Err, refusal.Needed, refusal.ResponseMetadata.Messages)
	}
	out := rest.FromTransport(vendor, attempted, err)
	out.Attempted = attempted
	return out
}

// refused makes the *rest.Error of Slack's own error code.
func refused(attempted, code, needed string, messages []string) *rest.Error {
	out := &rest.Error{Vendor: vendor, Attempted: attempted, Status: statusOf(code), Code: plain(code, 100)}
	out.Maybe = out.Status >= http.StatusInternalServerError
	switch {
	case needed != "":
		out.Err = errors.New("the bot token lacks the scope " + plain(needed, 200))
	case len(messages) > 0:
		out.Err = errors.New(plain(strings.Join(messages, "; "), 300))
	}
	return out
}

// statusOf is the HTTP status that one of Slack's error codes stands for: in
// https://docs.slack.dev/reference/methods each method lists its own. A code that is
// not here is taken for a fault of the message, which will not pass the next time.
func statusOf(code string) int {
	switch code {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired":
		return http.StatusUnauthorized
	case "missing_scope", "not_in_channel", "user_not_in_channel", "is_archived", "no_permission",
		"access_denied", "not_allowed_token_type", "ekm_access_denied", "team_access_not_granted",
		"messages_tab_disabled", "cannot_dm_bot", "plan_upgrade_required":
		return http.StatusForbidden
	case "channel_not_found", "user_not_found", "users_not_found", "user_not_visible", "message_not_found",
		"cant_update_message", "thread_not_found", "no_such_subteam":
		return http.StatusNotFound
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return http.StatusTooManyRequests
	// Slack says of the first two that a part may have been done.
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org":
		return http.StatusServiceUnavailable
	}
	if strings.HasPrefix(code, "restricted_action") {
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}
