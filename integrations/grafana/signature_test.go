package grafana_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/grafana"
)

var (
	now     = time.Date(2026, 11, 22, 23, 22, 25, 0, time.UTC)
	secrets = []string{"old-secret", "new-secret"}
	body    = []byte(`{"status":"firing"}`)
)

const signatureOfOpenSSL = "f3558685e570e10e5220341a04e4c2a3e793b80d9b66617c6d5a1401682d299d"

// signature is that of a text, reckoned as Grafana does.
func signature(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// The figure is that of `printf '{"status":"firing"}' | openssl dgst -sha256 -hmac new-secret`.
func TestTheSignatureIsTheOneThatOthersReckon(t *testing.T) {
	require.Equal(t, signatureOfOpenSSL, signature("new-secret", string(body)))
}

func TestACallSignedWithEitherSecretIsAdmitted(t *testing.T) {
	at := strconv.FormatInt(now.Unix(), 10)
	for name, h := range map[string]http.Header{
		"new secret":                {grafana.SignatureHeader: {signature("new-secret", string(body))}},
		"old secret":                {grafana.SignatureHeader: {signature("old-secret", string(body))}},
		"in capitals":               {grafana.SignatureHeader: {strings.ToUpper(signature("old-secret", string(body)))}},
		"with a timestamp":          {grafana.SignatureHeader: {signature("new-secret", at+":"+string(body))}, grafana.TimestampHeader: {at}},
		"5 minutes old":             stamped(now.Add(-5 * time.Minute)),
		"by a clock that runs fast": stamped(now.Add(5 * time.Minute)),
	} {
		t.Run(name, func(t *testing.T) { require.True(t, grafana.Signed(h, body, secrets, now)) })
	}
}

func TestACallThatIsNotSignedNowWithASecretIsTurnedAway(t *testing.T) {
	right := signature("new-secret", string(body))
	at := strconv.FormatInt(now.Unix(), 10)
	for name, h := range map[string]http.Header{
		"nothing":                      {},
		"an empty signature":           {grafana.SignatureHeader: {""}},
		"no hexadecimal":               {grafana.SignatureHeader: {"sha256=" + right}},
		"half of it":                   {grafana.SignatureHeader: {right[:32]}},
		"another secret":               {grafana.SignatureHeader: {signature("guess", string(body))}},
		"another body":                 {grafana.SignatureHeader: {signature("new-secret", string(body)+" ")}},
		"an empty secret":              {grafana.SignatureHeader: {signature("", string(body))}},
		"under another header":         {"X-Signature": {right}},
		"a timestamp that is unsigned": {grafana.SignatureHeader: {right}, grafana.TimestampHeader: {at}},
		"a signed timestamp left out":  {grafana.SignatureHeader: {signature("new-secret", at+":"+string(body))}},
		"another timestamp":            {grafana.SignatureHeader: {signature("new-secret", at+":"+string(body))}, grafana.TimestampHeader: {at + "1"}},
		"a timestamp that is none":     {grafana.SignatureHeader: {signature("new-secret", "now:"+string(body))}, grafana.TimestampHeader: {"now"}},
		"too old":                      stamped(now.Add(-5*time.Minute - time.Second)),
		"too far ahead":                stamped(now.Add(5*time.Minute + time.Second)),
	} {
		t.Run(name, func(t *testing.T) { require.False(t, grafana.Signed(h, body, secrets, now)) })
	}
	require.False(t, grafana.Signed(http.Header{grafana.SignatureHeader: {right}}, body, nil, now), "a source without tokens")
}

// stamped is a call that was signed at a moment.
func stamped(at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return http.Header{
		grafana.SignatureHeader: {signature("new-secret", stamp+":"+string(body))},
		grafana.TimestampHeader: {stamp},
	}
}
