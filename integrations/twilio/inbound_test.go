package twilio_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/twilio"
)

// The examples of Twilio's own documents: of the guide to webhook security, and of
// the libraries' (https://www.twilio.com/docs/libraries/reference/twilio-php/).
func TestTheSignaturesOfTwiliosOwnExamplesAreRight(t *testing.T) {
	const address = "https://mycompany.com/myapp.php?foo=1&bar=2"
	for number, signature := range map[string]string{
		"+12349013030": "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
		"+14158675309": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
	} {
		body := url.Values{
			"CallSid": {"CA1234567890ABCDE"}, "From": {number}, "Caller": {number}, "To": {"+18005551212"}, "Digits": {"1234"},
		}
		header := http.Header{"X-Twilio-Signature": {signature}}
		require.NoError(t, twilio.Verify("12345", header, address, []byte(body.Encode())))
		for name, change := range map[string]func(){
			"another token":     func() { require.Error(t, twilio.Verify("12346", header, address, []byte(body.Encode()))) },
			"no token":          func() { require.Error(t, twilio.Verify("", header, address, []byte(body.Encode()))) },
			"another address":   func() { require.Error(t, twilio.Verify("12345", header, address+"&x=1", []byte(body.Encode()))) },
			"another parameter": func() { require.Error(t, twilio.Verify("12345", header, address, []byte(body.Encode()+"&x=1"))) },
			"no signature":      func() { require.Error(t, twilio.Verify("12345", nil, address, []byte(body.Encode()))) },
			"no form":           func() { require.Error(t, twilio.Verify("12345", header, address, []byte("%zz"))) },
		} {
			t.Run(name, func(*testing.T) { change() })
		}
	}
}

func TestAnAddressIsTheSameWithAndWithoutItsPort(t *testing.T) {
	// Signed for https://lastgood.example.com/twilio/sms with the token 12345.
	header := http.Header{"X-Twilio-Signature": {"79VqaKq0VJQwXIf4QvfRTALg2VE="}}
	for _, address := range []string{"https://lastgood.example.com/twilio/sms", "https://lastgood.example.com:8443/twilio/sms"} {
		require.NoError(t, twilio.Verify("12345", header, address, []byte("Body=OK")), address)
	}
	require.Error(t, twilio.Verify("12345", header, "https://example.com/twilio/sms", []byte("Body=OK")))
}

func TestATextIsRead(t *testing.T) {
	got, err := twilio.DecodeText([]byte("MessageSid=SM7&From=%2B440000000001&To=%2B15005550006&Body=ok+7qxm2a%0A&NumMedia=0"))
	require.NoError(t, err)
	require.Equal(t, incident.Text{ID: "SM7", From: phone, Body: "ok 7qxm2a\n"}, got)
	for _, body := range []string{"", "From=%2B44", "MessageSid=SM7", "%zz"} {
		_, err := twilio.DecodeText([]byte(body))
		require.Error(t, err)
	}
}

func TestAReportSaysWhetherATextHasArrived(t *testing.T) {
	query := url.Values{"workflow": {"incident/checkout/00"}, "marker": {"INC-1/page/1"}}
	for status, c := range map[string]struct {
		code, failed string
		ends         bool
	}{
		"delivered":   {"", "", true},
		"read":        {"", "", true},
		"undelivered": {"30003", "twilio says undelivered (30003: the phone is off or away)", true},
		"failed":      {"30999", "twilio says failed (30999)", true},
		"canceled":    {"", "twilio says canceled", true},
		"sent":        {"", "", false},
		"queued":      {"", "", false},
	} {
		body := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {status}, "To": {phone}, "ErrorCode": {c.code}}
		got, ends, err := twilio.DecodeReport(query, []byte(body.Encode()))
		require.NoError(t, err)
		require.Equal(t, c.ends, ends, status)
		require.Equal(t, []incident.PageReport{{ID: "SM1", Workflow: "incident/checkout/00", Marker: "INC-1/page/1", Address: phone, Failed: c.failed}}, got)
	}
	for _, body := range []string{"", "MessageSid=SM1", "MessageStatus=sent", "%zz"} {
		_, _, err := twilio.DecodeReport(query, []byte(body))
		require.Error(t, err)
	}
	_, _, err := twilio.DecodeReport(nil, []byte("MessageSid=SM1&MessageStatus=delivered"))
	require.EqualError(t, err, "the report names no workflow")
}

func TestAnAnswerIsEscaped(t *testing.T) {
	kind, body := twilio.Answer(`Nothing <done> & "over"`)
	require.Equal(t, "text/xml; charset=utf-8", kind)
	require.Equal(t, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Response><Message>Nothing &lt;done&gt; &amp; &#34;over&#34;</Message></Response>\n", string(body))
}
