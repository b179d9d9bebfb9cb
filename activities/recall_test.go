package activities_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

// What was answered while it was on its way, and was not taken then, has no second way.

var errTooLong = &rest.Error{Vendor: "slack", Attempted: "post", Status: http.StatusBadRequest, Code: "msg_blocks_too_long"}

// onlyCall lets the n-th message alone fail.
func (p *postOffice) onlyCall(n int, with error) {
	p.answers = func(call int, _ string, _ incident.Message) error {
		if call == n {
			return with
		}
		return nil
	}
}

func TestAPageThatIsAnsweredOnItsWayAndNotTakenIsNotSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		refusal error
		others  string
	}{
		"limited":              {limit(time.Second), "2.6s U1: b"},
		"not taken as one":     {errTooLong, "1.6s U1: b"},
		"limited, unsaid time": {limit(0), "2.6s U1: b"},
	} {
		t.Run(name, func(t *testing.T) {
			mailing(t, func(t *testing.T, m *mail) {
				m.post.takes = 300 * time.Millisecond
				m.post.onlyCall(2, c.refusal)
				m.send("U1", "first")
				m.pass(500 * time.Millisecond)
				answered, answer := context.WithCancel(t.Context())
				m.sendWith(answered, "U1", "a")
				m.send("U1", "b")
				m.pass(600 * time.Millisecond)
				answer() // Both are on their way.
				m.pass(time.Minute)
				require.Equal(t, []string{"300ms U1: first", c.others}, m.post.sent)
				require.ErrorIs(t, m.result("a").err, context.Canceled)
			})
		})
	}
}

func TestAPageThatIsAnsweredWhenItIsBackInItsLaneIsNotSentAgain(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.send("U1", "first")
		m.pass(500 * time.Millisecond)
		m.post.takes = 2 * time.Second
		m.post.onlyCall(2, errTooLong)
		m.send("U1", "a")
		synctest.Wait()
		answered, answer := context.WithCancel(t.Context())
		m.sendWith(answered, "U1", "b")
		m.pass(3 * time.Second) // The message of both was refused after 2 s: a is on its way, b is next.
		answer()
		m.pass(time.Minute)
		require.Equal(t, []string{"0s U1: first", "5s U1: a"}, m.post.sent)
		require.ErrorIs(t, m.result("b").err, context.Canceled)
		require.Equal(t, 3500*time.Millisecond, m.result("b").after)
	})
}

func TestAMessageNamesAnIncidentOnce(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.way = activities.BySMS(m.post)
		m.send("+441", "first")
		m.pass(time.Second)
		for _, marker := range []string{"step", "call"} {
			go func() {
				page := incident.Message{Page: true, Marker: marker, Card: &incident.Card{Incident: "INC-2"}}
				_, _ = m.outbox.Send(t.Context(), m.stop, m.way, "+441", page)
			}()
			synctest.Wait()
		}
		m.send("+441", "other")
		m.pass(1100 * time.Millisecond)
		require.Equal(t, []string{"0s +441: first", "2s +441: other step"}, m.post.sent)
		require.Equal(t, 1, m.outbox.Waiting("SMS"), "the second page of the incident")
	})
}

func TestAPageThatCannotBeDrawnFailsAloneAndEndsNoWorker(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.answers = func(_ int, _ string, page incident.Message) error {
			for _, marker := range markers(page) {
				if marker == "b" {
					panic("nobody thought of this")
				}
			}
			return nil
		}
		m.send("U1", "a")
		synctest.Wait()
		m.send("U1", "b")
		m.send("U1", "c")
		m.pass(time.Minute)
		require.Len(t, m.post.sent, 2)
		require.NoError(t, m.result("c").err)
		require.True(t, failed(t, m.result("b").err).NonRetryable(), "another way is tried at once")
	})
}
