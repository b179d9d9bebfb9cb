package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fault is one way in which a vendor misbehaves. Without a status, a hang or
// drop_response it does nothing and is refused.
type fault struct {
	Name         string            `json:"name,omitempty"`          // to take it back by; a second one of that name replaces the first
	Vendor       string            `json:"vendor"`                  // slack, jenkins, jira, twilio, smtp or shop; empty: all
	Match        string            `json:"match"`                   // substring of "METHOD /path?query"; empty: all
	Status       int               `json:"status,omitempty"`        // answered instead of doing anything
	RetryAfter   int               `json:"retry_after,omitempty"`   // seconds; 0: no Retry-After header, or what is left of For
	Times        int               `json:"times,omitempty"`         // how often; 0: until cleared
	For          duration          `json:"for,omitempty"`           // how long; 0: until cleared
	Until        time.Time         `json:"until,omitzero"`          // when For is over; answered, not asked for
	Hang         duration          `json:"hang,omitempty"`          // waited before anything else
	DropResponse bool              `json:"drop_response,omitempty"` // done, then hung, then the answer is lost; with a status that is answered
	Body         string            `json:"body,omitempty"`          // instead of the vendor's usual one
	Header       map[string]string `json:"header,omitempty"`        // further headers
}

// duration is written as in Go: "10s".
type duration time.Duration

func (d duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(d).String())
}

func (d *duration) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return fmt.Errorf("a duration is a string such as \"10s\": %w", err)
	}
	value, err := time.ParseDuration(text)
	*d = duration(value)
	return err
}

// faults are asked in the order in which they were set; the first that matches acts.
type faults struct {
	set []fault
}

// add sets a fault from now on, and gives it as it is set.
func (f *faults) add(added fault, now time.Time) (fault, error) {
	if !slices.Contains([]string{"", "slack", "jenkins", "jira", "twilio", "smtp", "shop"}, added.Vendor) {
		return fault{}, fmt.Errorf("unknown vendor %q", added.Vendor)
	}
	if added.Status == 0 && added.Hang == 0 && !added.DropResponse {
		return fault{}, errors.New("a fault needs a status, a hang or drop_response")
	}
	if added.Status != 0 && (added.Status < 200 || added.Status > 599) {
		return fault{}, fmt.Errorf("status %d is not between 200 and 599", added.Status)
	}
	if added.For < 0 {
		return fault{}, fmt.Errorf("a fault cannot last for %s", time.Duration(added.For))
	}
	if added.Until = (time.Time{}); added.For > 0 {
		added.Until = now.Add(time.Duration(added.For)).UTC()
	}
	if added.Name != "" {
		f.clear(added.Name)
	}
	f.set = append(f.set, added)
	return added, nil
}

// lasting are the faults whose time is not over.
func (f *faults) lasting(now time.Time) []fault {
	f.set = slices.DeleteFunc(f.set, func(set fault) bool { return !set.Until.IsZero() && !now.Before(set.Until) })
	return append([]fault{}, f.set...)
}

// clear takes back the faults of a name; "" means all.
func (f *faults) clear(name string) {
	f.set = slices.DeleteFunc(f.set, func(set fault) bool { return name == "" || set.Name == name })
}

func (f *faults) take(vendor, request string, now time.Time) fault {
	for i, candidate := range f.lasting(now) {
		if candidate.Vendor != "" && candidate.Vendor != vendor || !strings.Contains(request, candidate.Match) {
			continue
		}
		if candidate.Times == 1 {
			f.set = slices.Delete(f.set, i, i+1)
		} else if candidate.Times > 1 {
			f.set[i].Times--
		}
		if candidate.For > 0 && candidate.RetryAfter == 0 && candidate.Status == http.StatusTooManyRequests {
			candidate.RetryAfter = int(math.Ceil(candidate.Until.Sub(now).Seconds()))
		}
		return candidate
	}
	return fault{}
}

// fault finds and uses up the fault for a request; the zero fault does nothing.
func (s *Simulator) fault(vendor string, r *http.Request) fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.state.faults.set)
	taken := s.state.faults.take(vendor, r.Method+" "+r.URL.RequestURI(), s.cfg.Now())
	if len(s.state.faults.set) < before {
		s.ledger.wake() // The page shows that it is used up.
	}
	return taken
}

// loseAnswer waits as long as the fault says and ends the connection, unless
// a status is to be answered in place of the true one.
func (f fault) loseAnswer(ctx context.Context, vendor string) reply {
	pause(ctx, time.Duration(f.Hang))
	if f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	return f.reply(vendor)
}

// reply dresses a status as the vendor would.
func (f fault) reply(vendor string) reply {
	answer := htmlReply(f.Status, "simulated fault")
	switch {
	case f.Body != "":
		answer = reply{status: f.Status, header: map[string]string{"Content-Type": "application/json;charset=utf-8"}, body: []byte(f.Body)}
	case vendor == "slack" && f.Status == http.StatusTooManyRequests:
		answer = jsonReply(f.Status, map[string]any{"ok": false, "error": "ratelimited"})
	case vendor == "jenkins":
		answer = jenkinsFault(f.Status)
	case vendor == "jira":
		answer = jiraFault(f.Status)
	case vendor == "twilio":
		answer = twilioFault(f.Status)
	}
	if f.RetryAfter > 0 {
		answer = answer.with("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	for name, value := range f.Header {
		answer = answer.with(name, value)
	}
	return answer
}

// pause waits and says whether ctx is still alive.
func pause(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
