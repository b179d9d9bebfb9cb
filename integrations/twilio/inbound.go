package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-44180607/lastgood/incident"
)

// ReportPath is where Twilio reports what became of a text, below PUBLIC_URL.
const ReportPath = "/twilio/status"

// Verify checks that Twilio signed a call: X-Twilio-Signature is the HMAC-SHA1, in
// base64, of the address as Twilio called it and of every parameter of the form,
// name and value, sorted by name
// (https://www.twilio.com/docs/usage/webhooks/webhooks-security). The token is the
// account's primary one. Twilio leaves out the port of some addresses, so that both
// forms count. The same call passes again: who carries out a decision looks at its ID.
func Verify(token string, header http.Header, address string, body []byte) error {
	signature := header.Get("X-Twilio-Signature")
	switch {
	case token == "":
		return errors.New("no auth token is configured")
	case signature == "":
		return errors.New("the signature is missing")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return errors.New("the body is no form")
	}
	for _, called := range forms(address) {
		if hmac.Equal([]byte(sign(token, called, form)), []byte(signature)) {
			return nil
		}
	}
	return errors.New("the signature does not match: the address that Twilio calls must begin with PUBLIC_URL, and the token be the account's primary one")
}

func sign(token, address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			mac.Write([]byte(name + value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// forms are the ways to write an address: as it is, and without its port or with
// the usual one.
func forms(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return []string{address}
	}
	scheme, rest, _ := strings.Cut(address, "://")
	_, after, _ := strings.Cut(rest, u.Host)
	if u.Port() != "" {
		return []string{address, scheme + "://" + u.Hostname() + after}
	}
	usual := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return []string{address, scheme + "://" + u.Host + usual + after}
}

// DecodeText reads what somebody texted
// (https://www.twilio.com/docs/messaging/guides/webhook-request).
func DecodeText(body []byte) (incident.Text, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return incident.Text{}, errors.New("the text is no form")
	}
	text := incident.Text{ID: form.Get("MessageSid"), From: form.Get("From"), Body: form.Get("Body")}
	if text.ID == "" || text.From == "" {
		return incident.Text{}, errors.New("the text names no MessageSid or no From")
	}
	return text, nil
}

// reportURL is where Twilio is to report on a page: it brings back what is needed
// to find the page again.
func reportURL(public string, m incident.Message) string {
	query := url.Values{"workflow": {m.Card.Workflow}, "marker": {m.Marker}}
	return strings.TrimRight(public, "/") + ReportPath + "?" + query.Encode()
}

// DecodeReport reads what became of a text, and says false while nothing has: a
// text is delivered, or it is not; what lies between is of no use to anybody. Query
// and body are both covered by the signature
// (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status).
func DecodeReport(query url.Values, body []byte) (incident.PageReport, bool, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return incident.PageReport{}, false, errors.New("the report is no form")
	}
	r := incident.PageReport{
		ID: form.Get("MessageSid"), Address: form.Get("To"), Workflow: query.Get("workflow"), Marker: query.Get("marker"),
	}
	for _, part := range []struct{ name, value string }{
		{"MessageSid", r.ID}, {"workflow", r.Workflow}, {"marker", r.Marker}, {"MessageStatus", form.Get("MessageStatus")},
	} {
		if part.value == "" {
			return incident.PageReport{}, false, fmt.Errorf("the report names no %s", part.name)
		}
	}
	switch status := form.Get("MessageStatus"); {
	case status == "delivered" || status == "read":
		return r, true, nil
	case failed(status):
		r.Failed = "twilio says " + status + because(form.Get("ErrorCode"))
		return r, true, nil
	default:
		return r, false, nil
	}
}

// because names the error, in words where it is one of those that happen
// (https://www.twilio.com/docs/api/errors).
func because(code string) string {
	if code == "" || code == "0" {
		return ""
	}
	words := map[string]string{
		"30003": "the phone is off or away", "30004": "blocked by the receiver", "30005": "no such phone",
		"30006": "a landline, or a network that takes no texts", "30007": "filtered by the network", "30008": "unknown error",
		"30034": "the sender is not registered in the US",
	}[code]
	if words == "" {
		return " (" + code + ")"
	}
	return " (" + code + ": " + words + ")"
}

// Answer is the TwiML that texts an answer to whoever texted
// (https://www.twilio.com/docs/messaging/twiml).
func Answer(text string) (mediaType string, body []byte) {
	var out strings.Builder
	out.WriteString(xml.Header + "<Response><Message>")
	// A strings.Builder takes everything.
	_ = xml.EscapeText(&out, []byte(text))
	out.WriteString("</Message></Response>\n")
	return "text/xml; charset=utf-8", []byte(out.String())
}
