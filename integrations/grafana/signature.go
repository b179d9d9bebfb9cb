package grafana

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// Headers of a signed call. Signature is Grafana's default; the other one has no
// default, and is signed and sent only when the contact point names it.
const (
	SignatureHeader = "X-Grafana-Alerting-Signature"
	TimestampHeader = "X-Grafana-Alerting-Timestamp"
)

// Tolerance is how old the timestamp of a call may be, or how far ahead.
const Tolerance = 5 * time.Minute

// Signed says whether the header carries the signature of a body by one of the
// secrets: the HMAC-SHA256 in hexadecimal of the body, or of "timestamp:body" where
// there is a timestamp, in seconds since 1970.
// https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/#hmac-signature
func Signed(h http.Header, body []byte, secrets []string, now time.Time) bool {
	shown, err := hex.DecodeString(h.Get(SignatureHeader))
	if err != nil || len(shown) == 0 {
		return false
	}
	timestamp := h.Get(TimestampHeader)
	if timestamp != "" && !recent(timestamp, now) {
		return false
	}
	match := false
	for _, secret := range secrets {
		// Each is tried, so that the time taken does not say which one fits.
		match = hmac.Equal(shown, sign(secret, timestamp, body)) || match
	}
	return match
}

func sign(secret, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	if timestamp != "" {
		mac.Write([]byte(timestamp + ":"))
	}
	mac.Write(body)
	return mac.Sum(nil)
}

func recent(timestamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= Tolerance
}
