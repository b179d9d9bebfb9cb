package pagerduty

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"

	"github.com/seed-44180607/lastgood/integrations/payload"
)

// answer is what the Events API v2 says, in its order.
type answer struct {
	Status  string   `json:"status"`
	Message string   `json:"message"`
	Key     string   `json:"dedup_key,omitempty"`
	Errors  []string `json:"errors,omitempty"`
}

// Accepted is the answer to what was stored.
func Accepted(key string) any {
	return answer{Status: "success", Message: "Event processed", Key: key}
}

// Refused is the answer to what was not.
func Refused(status int, why string) any {
	switch {
	case status == http.StatusUnauthorized:
		why = "Invalid routing key"
	case status >= http.StatusInternalServerError:
		return answer{Status: "error", Message: "Event not processed", Errors: []string{why}}
	}
	return answer{Status: "invalid event", Message: "Event object is invalid", Errors: []string{why}}
}

// Admit says whether the routing_key of a body is one of the tokens. It takes as long
// for a key that is almost right as for any other.
func Admit(_ http.Header, body []byte, tokens []string) bool {
	var m struct {
		RoutingKey string `json:"routing_key"`
	}
	if err := payload.Read(body, &m); err != nil || m.RoutingKey == "" {
		return false
	}
	shown, match := sha256.Sum256([]byte(m.RoutingKey)), 0
	for _, token := range tokens {
		want := sha256.Sum256([]byte(token))
		match |= subtle.ConstantTimeCompare(shown[:], want[:])
	}
	return match == 1
}
