package app

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
)

// refusedRow is an input that must not get in. A row is a call of Alertmanager unless it makes its own.
type refusedRow struct {
	name   string
	body   string
	change func(*http.Request)              // Of the call.
	call   func(t *testing.T) *http.Request // Instead of the call.
	fails  error                            // What Temporal says.
	status int
	says   string // In the problem's detail.
	counts string // source/result of lastgood_alerts_total, or result of another metric with its name.
}

func path(p string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = p } }

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func refusedByWhoSends() []refusedRow {
	const no, counts = "no token of this source is shown", "alertmanager/unauthorized"
	authorization := func(value string) func(*http.Request) { return header("Authorization", value) }
	return []refusedRow{
		{name: "no token", change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 401, says: no, counts: counts},
		{name: "a wrong token", change: authorization("Bearer guess"), status: 401, says: no, counts: counts},
		{name: "an empty token", change: authorization("Bearer "), status: 401, says: no, counts: counts},
		{name: "the beginning of a token", change: authorization("Bearer " + alertToken[:len(alertToken)-1]), status: 401, says: no, counts: counts},
		{name: "a token and more", change: authorization("Bearer " + alertToken + "x"), status: 401, says: no, counts: counts},
		{name: "a token in capitals", change: authorization("Bearer " + strings.ToUpper(alertToken)), status: 401, says: no, counts: counts},
		{name: "both tokens as one", change: authorization("Bearer " + alertToken + ",alert-token-2"), status: 401, says: no, counts: counts},
		{name: "another scheme", change: authorization("Token " + alertToken), status: 401, says: no, counts: counts},
		{name: "a token without a scheme", change: authorization(alertToken), status: 401, says: no, counts: counts},
		{name: "the token of another source", change: authorization("Bearer oncall-token"), status: 401, says: no, counts: counts},
		{name: "the token as the user of basic auth", change: func(r *http.Request) { r.SetBasicAuth(alertToken, "") }, status: 401, says: no, counts: counts},
		{name: "the token in the query", change: func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "token=" + alertToken
		}, status: 401, says: no, counts: counts},
		{name: "the token after a wrong one", change: func(r *http.Request) {
			r.Header["Authorization"] = []string{"Bearer guess", "Bearer " + alertToken}
		}, status: 401, says: no, counts: counts},
	}
}

func refusedByHowItIsSent() []refusedRow {
	const noSource = "there is no such source of alerts"
	method := func(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
	return []refusedRow{
		{name: "GET", change: method("GET"), status: 405, says: "GET is not served", counts: "alertmanager/method"},
		{name: "PUT", change: method("PUT"), status: 405, says: "PUT is not served", counts: "alertmanager/method"},
		{name: "DELETE", change: method("DELETE"), status: 405, says: "DELETE is not served", counts: "alertmanager/method"},
		{name: "a made up method", change: method(strings.Repeat("X", 5000)), status: 405, says: "XXXXXXXXXXXXXXXXXXXX is not", counts: "alertmanager/method"},
		{name: "an unknown source", change: path("/v1/alerts/nobody"), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "a source within a source", change: path(deliveryPath + "/x"), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "a slash too many", change: path(deliveryPath + "/"), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "another spelling of a source", change: path("/v1/alerts/Alertmanager"), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "a source with a long name", change: path("/v1/alerts/" + strings.Repeat("x", 9000)), status: 404, says: noSource, counts: "unknown/unknown"},
		{name: "gzip", change: header("Content-Encoding", "gzip"), status: 415, says: `packed (Content-Encoding "gzip")`, counts: "alertmanager/packed"},
		{name: "several codings", change: header("Content-Encoding", "identity, br"), status: 415, says: "send it as it is", counts: "alertmanager/packed"},
		{name: "1 MiB and a byte", body: strings.Repeat(" ", 1<<20+1), status: 413, says: "larger than 1048576 bytes", counts: "alertmanager/too_large"},
		{name: "2 MiB of unknown length", body: strings.Repeat("[", 2<<20), change: func(r *http.Request) { r.ContentLength = -1 }, status: 413, says: "larger", counts: "alertmanager/too_large"},
		{name: "a call that breaks off", change: func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(goodBody[:50]), broken{}))
		}, status: 400, says: "read the body: unexpected EOF", counts: "alertmanager/unreadable"},
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func refusedAsNoJSON() []refusedRow {
	rows := []refusedRow{
		{name: "no body", body: "\x00none", says: "byte 0"},
		{name: "blanks", body: "  \n\t ", says: "breaks off"},
		{name: "a word", body: "alert", says: "byte 1"},
		{name: "a form", body: "status=firing&alerts=1", says: "breaks off"},
		{name: "XML", body: "<alert/>", says: "byte 1"},
		{name: "half of a body", body: goodBody[:len(goodBody)/2], says: "unexpected end of JSON input"},
		{name: "JSON behind the JSON", body: goodBody + "{}", says: "after top-level value"},
		{name: "a second body", body: goodBody + "\n" + goodBody, says: "after top-level value"},
		{name: "a bracket too many", body: goodBody + "}", says: "after top-level value"},
		{name: "a comment", body: "/* */" + goodBody, says: "byte 1"},
		{name: "a comma too many", body: with(`]}`, `],}`), says: "breaks off"},
		{name: "NaN", body: with(`"4"`, `NaN`), says: "breaks off"},
		{name: "a NUL as it is", body: with("Down", "Do\x00wn"), says: "invalid character '\\x00'"},
		{name: "a line break in a text", body: with("Down", "Do\nwn"), says: "invalid character '\\n'"},
		{name: "half an escape", body: with("Down", `Do\u12wn`), says: "breaks off"},
		{name: "two byte order marks", body: "\uFEFF\uFEFF" + goodBody, says: "byte 1"},
		{name: "UTF-16", body: "{\x00}\x00", says: "breaks off"},
		{name: "10,000 arrays in one another", body: strings.Repeat("[", 10000) + strings.Repeat("]", 10000), says: "deeper than 32 levels"},
		{name: "half a million objects", body: strings.Repeat(`{"a":`, 180_000), says: "deeper than 32 levels"},
		{name: "nesting within a label", body: with(`"Down"`, strings.Repeat("[", 40)+strings.Repeat("]", 40)), says: "deeper than 32 levels"},
	}
	return each(rows, 400, "alertmanager/unreadable")
}

func refusedByItsFields() []refusedRow {
	rows := []refusedRow{
		{name: "an array at the top", body: "[" + goodBody + "]", says: "the body is a array"},
		{name: "a text at the top", body: `"firing"`, says: "the body is a string"},
		{name: "a number at the top", body: `4`, says: "the body is a number"},
		{name: "a long number in the place of a text", body: with(`"4"`, `"4","groupKey":`+strings.Repeat("9", 5000)), says: "groupKey is a number"},
		{name: "null", body: `null`, says: "status is"},
		{name: "an empty object", body: `{}`, says: "status is"},
		{name: "no alerts", body: with(`"alerts":`, `"others":`), says: "alerts is missing or empty"},
		{name: "an empty list of alerts", body: with(goodAlert, ""), says: "alerts is missing or empty"},
		{name: "alerts that are null", body: with("["+goodAlert+"]", "null"), says: "alerts is missing or empty"},
		{name: "alerts that are an object", body: with("["+goodAlert+"]", goodAlert), says: "alerts is a object"},
		{name: "alerts that are texts", body: with(goodAlert, `"a"`), says: "is a string"},
		{name: "an alert that is null", body: with(goodAlert, "null"), says: "alerts[0].status is"},
		{name: "an unknown status", body: with(`"status":"firing","alerts"`, `"status":"burning","alerts"`), says: `status is "burning"`},
		{name: "a status in capitals", body: with(`"status":"firing","alerts"`, `"status":"FIRING","alerts"`), says: `status is "FIRING"`},
		{name: "a long status", body: with(`"status":"firing","alerts"`, `"status":"`+strings.Repeat("x", 100_000)+`","alerts"`), says: `"xxxxxxxx`},
		{name: "an alert of unknown status", body: with(`"status":"firing","labels"`, `"status":"?","labels"`), says: `alerts[0].status is "?"`},
		{name: "no group", body: with(`"groupKey":"{}:{}",`, ""), says: "groupKey is missing"},
		{name: "a group that is a number", body: with(`"{}:{}"`, "4"), says: "groupKey is a number"},
		{name: "no fingerprint", body: with(`,"fingerprint":"aa49"`, ""), says: "alerts[0].fingerprint is missing"},
		{name: "a fingerprint of two lines", body: with("aa49", `a\na`), says: "is no fingerprint"},
		{name: "a fingerprint with a NUL", body: with("aa49", `a\u0000a`), says: "is no fingerprint"},
		{name: "a fingerprint without an end", body: with("aa49", strings.Repeat("a", 200)), says: "is no fingerprint"},
		{name: "no beginning", body: with(`"startsAt":"2026-11-22T23:22:25Z",`, ""), says: "startsAt is missing"},
		{name: "a beginning in words", body: with("2026-11-22T23:22:25Z", "yesterday"), says: "startsAt is \"yesterday\", not a time"},
		{name: "a beginning in seconds", body: with(`"2026-11-22T23:22:25Z"`, "1795389745"), says: "is a number"},
		{name: "the 30th of February", body: with("2026-11-22", "2026-02-30"), says: "not a time"},
		{name: "the year 10000", body: with("2026-11-22T23:22:25Z", "9999-12-31T23:59:59-01:00"), says: "not a time"},
		{name: "an end in words", body: with(`"fingerprint"`, `"endsAt":"soon","fingerprint"`), says: "endsAt is \"soon\""},
		{name: "labels in a list", body: with(`{"alertname":"Down","service":"s"}`, `["Down"]`), says: "labels is a array"},
		{name: "a label that is a number", body: with(`"Down"`, "4"), says: "labels is a number"},
		{name: "a label that is an object", body: with(`"Down"`, `{"$ne":1}`), says: "is a object"},
		{name: "annotations in a text", body: with(`"annotations":{}`, `"annotations":"a"`), says: "annotations is a string"},
		{name: "one bad alert among good ones", body: with(goodAlert, goodAlert+","+strings.Replace(goodAlert, "aa49", "", 1)), says: "alerts[1].fingerprint"},
	}
	return each(rows, 400, "alertmanager/unreadable")
}

func refusedAsNobodys() []refusedRow {
	return []refusedRow{
		{name: "an unknown service", body: with(`"s"`, `"nobody"`), status: 422, says: `no service matches the labels {alertname="Down", service="nobody"}`, counts: "alertmanager/no_service"},
		{name: "no labels", body: with(`"labels":{"alertname":"Down","service":"s"},`, ""), status: 422, says: "the labels {}", counts: "alertmanager/no_service"},
		{name: "long labels", body: with(`"s"`, `"`+strings.Repeat("x", 9000)+`"`), status: 422, says: "…", counts: "alertmanager/no_service"},
	}
}

func refusedByTemporal() []refusedRow {
	rows := []refusedRow{
		{name: "Temporal refuses the connection", fails: serviceerror.NewUnavailable("connection refused")},
		{name: "Temporal does not answer in time", fails: serviceerror.NewDeadlineExceeded("too late")},
		{name: "Temporal is overloaded", fails: &serviceerror.ResourceExhausted{Message: "limit"}},
		{name: "there is no namespace", fails: serviceerror.NewNamespaceNotFound("prod")},
		{name: "Temporal denies the permission", fails: serviceerror.NewPermissionDenied("no", "")},
		{name: "Temporal does not take the payload", fails: serviceerror.NewInvalidArgument("blob size exceeds limit")},
		{name: "something else is wrong", fails: errors.New("secret-inside")},
	}
	for i := range rows {
		rows[i].says = "safe to send all of them again"
	}
	return each(rows, 503, "alertmanager/not_stored")
}

func refusedFromSlack() []refusedRow {
	const interactions, commands = "/slack/interactions", "/slack/commands"
	call := func(path, body string, changes ...func(*http.Request)) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			r := bySlack(t, path, body, time.Now())
			for _, change := range changes {
				change(r)
			}
			return r
		}
	}
	old := func(t *testing.T) *http.Request {
		return bySlack(t, interactions, "payload=%7B%7D", time.Now().Add(-6*time.Minute))
	}
	return []refusedRow{
		{name: "a click without a signature", call: call(interactions, "payload=%7B%7D", func(r *http.Request) { r.Header.Del("X-Slack-Signature") }), status: 401, says: "signature is missing", counts: "interactions unauthorized"},
		{name: "a click with another's signature", call: call(interactions, "payload=%7B%7D", header("X-Slack-Signature", "v0=00")), status: 401, says: "does not match", counts: "interactions unauthorized"},
		{name: "an old click", call: old, status: 401, says: "too old", counts: "interactions unauthorized"},
		{name: "a click without a payload", call: call(interactions, "a=b"), status: 400, says: "0 payloads", counts: "interactions unreadable"},
		{name: "a click with two payloads", call: call(interactions, "payload=%7B%7D&payload=%7B%7D"), status: 400, says: "2 payloads", counts: "interactions unreadable"},
		{name: "a click that is no JSON", call: call(interactions, "payload=hello"), status: 400, says: "invalid character", counts: "interactions unreadable"},
		{name: "a click on a button without a value", call: call(interactions, `payload={"type":"block_actions","actions":[{"action_id":"acknowledge"}]}`), status: 400, says: "value of the button", counts: "interactions unreadable"},
		{name: "a click of 2 MiB", call: call(interactions, strings.Repeat("x", 2<<20)), status: 413, says: "larger", counts: "interactions too_large"},
		{name: "a command without a signature", call: call(commands, "command=x", header("X-Slack-Signature", "")), status: 401, says: "signature is missing", counts: "commands unauthorized"},
		{name: "a command that is no form", call: call(commands, "%zz"), status: 400, says: "no form", counts: "commands unreadable"},
		{name: "a command of nobody", call: call(commands, "command=x&trigger_id=1"), status: 400, says: "user_id", counts: "commands unreadable"},
	}
}

// refusedFromOthers are calls of the other monitors; what all bodies share is not told again.
func refusedFromOthers() []refusedRow {
	call := func(path, token, body string, changes ...func(*http.Request)) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			t.Helper()
			r := posted(t, body)
			r.URL.Path = path
			r.Header.Set("Authorization", "Bearer "+token)
			for _, change := range changes {
				change(r)
			}
			return r
		}
	}
	const (
		grafana, datadog, pagerduty = "/v1/alerts/grafana", "/v1/alerts/datadog", "/v2/enqueue"
		trigger                     = `{"routing_key":"routing-key-1","event_action":"trigger","dedup_key":"k","payload":{"summary":"down","source":"s","severity":"critical"}}`
	)
	event := func(old, replacement string) func(*testing.T) *http.Request {
		return call(pagerduty, "", strings.Replace(trigger, old, replacement, 1))
	}
	return []refusedRow{
		{name: "Grafana without a token", call: call(grafana, "", goodBody), status: 401, says: "no token", counts: "grafana/unauthorized"},
		{name: "Grafana with Alertmanager's token", call: call(grafana, alertToken, goodBody), status: 401, says: "no token", counts: "grafana/unauthorized"},
		{name: "Grafana with a wrong signature", call: call(grafana, "", goodBody, header("X-Grafana-Alerting-Signature", strings.Repeat("ab", 32))), status: 401, says: "no token", counts: "grafana/unauthorized"},
		{name: "Grafana with half a signature", call: call(grafana, "", goodBody, header("X-Grafana-Alerting-Signature", "xyz")), status: 401, says: "no token", counts: "grafana/unauthorized"},
		{name: "Grafana by GET", call: call(grafana, "grafana-token", goodBody, func(r *http.Request) { r.Method = http.MethodGet }), status: 405, says: "only POST", counts: "grafana/method"},
		{name: "Grafana in gzip", call: call(grafana, "grafana-token", goodBody, header("Content-Encoding", "gzip")), status: 415, says: "packed", counts: "grafana/packed"},
		{name: "Grafana with 2 MiB", call: call(grafana, "grafana-token", strings.Repeat(" ", 2<<20)), status: 413, says: "larger", counts: "grafana/too_large"},
		{name: "Grafana without alerts", call: call(grafana, "grafana-token", with(goodAlert, "")), status: 400, says: "alerts is missing or empty", counts: "grafana/unreadable"},
		{name: "Datadog with another's token", call: call(datadog, "grafana-token", `{}`), status: 401, says: "no token", counts: "datadog/unauthorized"},
		{name: "Datadog without a monitor", call: call(datadog, "datadog-token", `{}`), status: 400, says: "monitor", counts: "datadog/unreadable"},
		{name: "Datadog that filled nothing in", call: call(datadog, "datadog-token", `{"monitor":"$ALERT_ID","transition":"$ALERT_TRANSITION"}`), status: 400, says: "monitor", counts: "datadog/unreadable"},
		{name: "an event without a key", call: event(`"routing_key":"routing-key-1",`, ""), status: 401, says: "Invalid routing key", counts: "pagerduty/unauthorized"},
		{name: "an event with a wrong key", call: event("routing-key-1", "guess"), status: 401, says: "Invalid routing key", counts: "pagerduty/unauthorized"},
		{name: "an event with the key in the header", call: call(pagerduty, "routing-key-1", strings.Replace(trigger, "routing-key-1", "", 1)), status: 401, says: "Invalid routing key", counts: "pagerduty/unauthorized"},
		{name: "an event that is no JSON", call: call(pagerduty, "", "trigger"), status: 401, says: "Invalid routing key", counts: "pagerduty/unauthorized"},
		{name: "an event of an unknown kind", call: event(`"trigger"`, `"explode"`), status: 400, says: "event_action", counts: "pagerduty/unreadable"},
		{name: "an event without a payload", call: event(`"payload"`, `"other"`), status: 400, says: "payload", counts: "pagerduty/unreadable"},
		{name: "an event for no service", call: event(`"s"`, `"nobody"`), status: 422, says: "no service matches", counts: "pagerduty/no_service"},
		{name: "an event by GET", call: call(pagerduty, "", trigger, func(r *http.Request) { r.Method = http.MethodGet }), status: 405, says: "only POST", counts: "pagerduty/method"},
	}
}

// refusedFromAMapping are calls of a monitor that lastgood.yaml alone knows.
func refusedFromAMapping() []refusedRow {
	const (
		path = "/v1/alerts/uptime"
		good = `{"id":1,"down":true,"since":"2026-11-22T23:22:25Z","text":"down","service":"s"}`
	)
	call := func(body string, changes ...func(*http.Request)) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			t.Helper()
			r := posted(t, body)
			r.URL.Path = path
			r.Header.Set("Authorization", "Bearer uptime-token")
			for _, change := range changes {
				change(r)
			}
			return r
		}
	}
	checks := func(all string) string { return `{"checks":[` + all + `]}` }
	but := func(old, replacement string) string { return checks(strings.Replace(good, old, replacement, 1)) }
	rows := each([]refusedRow{
		{name: "a mapped body that is empty", call: call(""), says: "breaks off"},
		{name: "a mapped body that is a form", call: call("down=1"), says: "breaks off"},
		{name: "two mapped bodies", call: call(checks(good) + checks(good)), says: "something stands behind the JSON"},
		{name: "a mapped body nested absurdly", call: call(strings.Repeat("[", 1000)), says: "deeper than 32 levels"},
		{name: "a mapped body without its list", call: call(`{}`), says: `the body has no alerts by "body.checks": it comes to nothing, not to a list`},
		{name: "a mapped body whose list is none", call: call(`{"checks":{}}`), says: "it comes to an object, not to a list"},
		{name: "a mapped body that is a list itself", call: call(`[]`), says: `the body has no alerts by "body.checks"`},
		{name: "more mapped alerts than are taken", call: call(checks(strings.Repeat("0,", 5000) + "0")), says: "more than 5000"},
		{name: "a mapped alert that is null", call: call(checks("null")), says: `alerts[0] has no group by "alert.id"`},
		{name: "a mapped alert without identity", call: call(but(`"id":1`, `"id":null`)), says: "it comes to nothing"},
		{name: "a mapped alert that is neither firing nor resolved", call: call(but("true", `"yes"`)), says: `alerts[0] has no firing by "alert.down": it comes to a text, not to true or false`},
		{name: "a mapped beginning in words", call: call(but("2026-11-22T23:22:25Z", "yesterday")), says: `it comes to "yesterday", not to a time`},
		{name: "a mapped label that is an object", call: call(but(`"s"`, `{"a":1}`)), says: "has no labels.service"},
		{name: "one bad mapped alert among good ones", call: call(checks(good + "," + strings.Replace(good, "true", "1", 1))), says: "alerts[1] has no firing"},
	}, 400, "uptime/unreadable")
	return append(rows, []refusedRow{
		{name: "a mapped source without a token", call: call(checks(good), func(r *http.Request) { r.Header.Del("Authorization") }), status: 401, says: "no token", counts: "uptime/unauthorized"},
		{name: "a mapped source with Alertmanager's token", call: call(checks(good), header("Authorization", "Bearer "+alertToken)), status: 401, says: "no token", counts: "uptime/unauthorized"},
		{name: "a mapped source by GET", call: call(checks(good), func(r *http.Request) { r.Method = http.MethodGet }), status: 405, says: "only POST", counts: "uptime/method"},
		{name: "a mapped source in gzip", call: call(checks(good), header("Content-Encoding", "gzip")), status: 415, says: "packed", counts: "uptime/packed"},
		{name: "a mapped source with 2 MiB", call: call(strings.Repeat(" ", 2<<20)), status: 413, says: "larger", counts: "uptime/too_large"},
		{name: "a mapped alert of no service", call: call(but(`"s"`, `"nobody"`)), status: 422, says: `no service matches the labels {service="nobody"}`, counts: "uptime/no_service"},
		{name: "a mapped alert while Temporal is away", call: call(checks(good)), fails: serviceerror.NewUnavailable("connection refused"), status: 503, says: "safe to send all of them again", counts: "uptime/not_stored"},
	}...)
}

func refusedBeats() []refusedRow {
	call := func(name string, changes ...func(*http.Request)) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			t.Helper()
			r := posted(t, "")
			r.URL.Path = "/v1/heartbeats/" + name
			r.Header.Set("Authorization", "Bearer beat-token")
			for _, change := range changes {
				change(r)
			}
			return r
		}
	}
	body := func(from io.Reader) func(*http.Request) {
		return func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(from), -1 }
	}
	return []refusedRow{
		{name: "a beat without a token", call: call("backup", func(r *http.Request) { r.Header.Del("Authorization") }), status: 401, says: "no token of the source heartbeat", counts: "beats unauthorized"},
		{name: "a beat with Alertmanager's token", call: call("backup", header("Authorization", "Bearer "+alertToken)), status: 401, says: "no token", counts: "beats unauthorized"},
		{name: "a beat of nobody without a token", call: call("nobody", header("Authorization", "Bearer guess")), status: 401, says: "no token", counts: "beats unauthorized"},
		{name: "a beat of nobody", call: call("nobody"), status: 404, says: "there is no heartbeat of this name", counts: "beats unknown_heartbeat"},
		{name: "a beat with a long name", call: call(strings.Repeat("x", 9000)), status: 404, says: "there is no heartbeat of this name", counts: "beats unknown_heartbeat"},
		{name: "a beat of 2 MiB", call: call("backup", body(strings.NewReader(strings.Repeat("x", 2<<20)))), status: 413, says: "larger", counts: "beats too_large"},
		{name: "a beat that breaks off", call: call("backup", body(broken{})), status: 400, says: "unexpected EOF", counts: "beats unreadable"},
		{name: "a beat while Temporal is away", call: call("backup"), fails: serviceerror.NewUnavailable("secret-inside"), status: 503, says: "safe to send it again", counts: "beats not_stored"},
	}
}

func each(rows []refusedRow, status int, counts string) []refusedRow {
	for i := range rows {
		rows[i].status, rows[i].counts = status, counts
	}
	return rows
}

func refusedRows() []refusedRow {
	var rows []refusedRow
	for _, some := range [][]refusedRow{
		refusedByWhoSends(), refusedByHowItIsSent(), refusedAsNoJSON(), refusedByItsFields(), refusedAsNobodys(), refusedByTemporal(), refusedFromSlack(), refusedFromOthers(), refusedFromAMapping(), refusedBeats(),
	} {
		rows = append(rows, some...)
	}
	return rows
}
