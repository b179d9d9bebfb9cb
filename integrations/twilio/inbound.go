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

// maxReportURL is how long an address may be that Twilio is to call
// (https://www.twilio.com/docs/api/errors/21609). A text with a longer one goes out
// without.
const maxReportURL = 4000

// reportURL is where Twilio is to report on a text: it brings back what is needed to
// find its pages again.
func reportURL(public string, m incident.Message) string {
	query := url.Values{"pages": named(m.Merged)}
	if m.Card != nil {
		query = url.Values{"workflow": {m.Card.Workflow}, "marker": {m.Marker}}
	}
	return strings.TrimRight(public, "/") + ReportPath + "?" + query.Encode()
}

// gap stands in for the code in what markers have in common.
const gap = "~"

// named writes the markers of pages in short: the codes of those that differ in nothing
// else, and what they have in common.
func named(pages []incident.Message) []string {
	codes := map[string][]string{}
	for _, p := range pages {
		code := incident.Code(p.Card.Incident)
		common := strings.Replace(p.Marker, code, gap, 1)
		codes[common] = append(codes[common], code)
	}
	var all []string
	for _, common := range slices.Sorted(maps.Keys(codes)) {
		all = append(all, strings.Join(codes[common], ".")+gap+common)
	}
	return all
}

// markersOf reads what named has written.
func markersOf(pages []string) (markers []string) {
	for _, group := range pages {
		codes, common, _ := strings.Cut(group, gap)
		for code := range strings.SplitSeq(codes, ".") {
			markers = append(markers, strings.Replace(common, gap, code, 1))
		}
	}
	return markers
}

// DecodeReport reads what became of the pages of a text, and says false while nothing
// has: a text is delivered, or it is not; what lies between is of no use to anybody. The
// reports on a text of several pages name no workflow. Query and body are both covered by
// the signature (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status).
func DecodeReport(query url.Values, body []byte) ([]incident.PageReport, bool, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, false, errors.New("the report is no form")
	}
	of := incident.PageReport{ID: form.Get("MessageSid"), Address: form.Get("To")}
	markers := markersOf(query["pages"])
	if len(markers) == 0 {
		of.Workflow, markers = query.Get("workflow"), []string{query.Get("marker")}
		if of.Workflow == "" {
			return nil, false, errors.New("the report names no workflow")
		}
	}
	status := form.Get("MessageStatus")
	for _, part := range []struct{ name, value string }{{"MessageSid", of.ID}, {"marker", markers[0]}, {"MessageStatus", status}} {
		if part.value == "" {
			return nil, false, fmt.Errorf("the report names no %s", part.name)
		}
	}
	if failed(status) {
		of.Failed = "twilio says " + status + because(form.Get("ErrorCode"))
	}
	reports := make([]incident.PageReport, len(markers))
	for i, marker := range markers {
		reports[i] = of
		reports[i].Marker = marker
	}
	return reports, status == "delivered" || status == "read" || failed(status), nil
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
