package activities_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

// byBoth runs a test for mails and for texts, each on a clock of its own.
func byBoth(t *testing.T, test func(t *testing.T, m *mail)) {
	t.Helper()
	for name, way := range map[string]func(*postOffice) activities.Way{
		"mail": func(p *postOffice) activities.Way { return activities.ByMail(p) },
		"SMS":  func(p *postOffice) activities.Way { return activities.BySMS(p) },
	} {
		t.Run(name, func(t *testing.T) {
			mailing(t, func(t *testing.T, m *mail) {
				m.way = way(m.post)
				test(t, m)
			})
		})
	}
}

func TestAStormOfMailsOrTextsIsOneAndOneMore(t *testing.T) {
	byBoth(t, func(t *testing.T, m *mail) {
		m.send("x", "a")
		for _, marker := range []string{"b", "c", "d"} {
			m.pass(300 * time.Millisecond)
			m.send("x", marker)
		}
		m.pass(time.Minute)
		require.Equal(t, []string{"0s x: a", "2s x: b c d"}, m.post.sent)
		require.Zero(t, m.result("a").at.With)
		require.Equal(t, 2, m.result("c").at.With)
	})
}

func TestAMailDoesNotWaitForAMessageToTheSameAddress(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.send("x", "a")
		m.way = activities.ByMail(m.post)
		m.send("x", "b")
		m.pass(time.Minute)
		require.ElementsMatch(t, []string{"0s x: a", "0s x: b"}, m.post.sent)
	})
}

func TestALimitOfTextsIsWaitedForAndEndsInOneText(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.way = activities.BySMS(m.post)
		m.post.limitedUntil(5 * time.Second)
		m.send("x", "a")
		m.pass(100 * time.Millisecond)
		m.send("x", "b")
		m.pass(time.Second)
		require.Equal(t, 4*time.Second, m.retry("a"))
		m.pass(3 * time.Second)
		m.send("x", "a")
		m.send("x", "b")
		m.pass(time.Minute)
		require.Equal(t, []string{"5s x: a b"}, m.post.sent)
	})
}

func TestALimitOfUnknownLengthIsAskedAfterLessAndLessOften(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.way = activities.ByMail(m.post)
		var asked []time.Duration
		m.post.answers = func(n int, _ string, _ incident.Message) error {
			asked = append(asked, time.Since(m.post.began))
			if n == 6 {
				return nil
			}
			return limit(0)
		}
		for len(m.post.sent) == 0 {
			_, err := m.outbox.Send(t.Context(), m.stop, m.way, "x", incident.Message{Marker: "a"})
			if err != nil {
				m.pass(failed(t, err).NextRetryDelay())
			}
		}
		require.Equal(t, []time.Duration{0, 2 * time.Second, 4 * time.Second, 8 * time.Second, 13 * time.Second, 18 * time.Second}, asked)
	})
}

func TestATextCarriesNoMoreThanTwilioTakes(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.way = activities.BySMS(m.post)
		m.send("x", "first")
		m.pass(100 * time.Millisecond)
		for i := range incident.TextAtMost + 5 {
			m.send("x", fmt.Sprintf("%03d", i))
		}
		m.pass(2 * time.Second)
		require.Len(t, m.post.sent, 2)
		require.Len(t, strings.Fields(m.post.sent[1])[2:], incident.TextAtMost)
		back := 0
		m.pass(time.Second)
		for i := range incident.TextAtMost + 5 {
			marker := fmt.Sprintf("%03d", i)
			if m.result(marker).err != nil {
				require.LessOrEqual(t, m.retry(marker), 800*time.Millisecond)
				m.send("x", marker)
				back++
			}
		}
		require.Equal(t, 5, back)
		m.pass(time.Minute)
		require.Len(t, strings.Fields(m.post.sent[2])[2:], 5)
	})
}

func TestWhatIsRefusedIsRefusedForAllPagesOfATextOrMail(t *testing.T) {
	byBoth(t, func(t *testing.T, m *mail) {
		m.send("x", "a")
		m.pass(100 * time.Millisecond)
		m.post.answers = func(int, string, incident.Message) error {
			return &rest.Error{Vendor: "twilio", Attempted: "text", Status: http.StatusBadRequest, Code: "21610"}
		}
		m.send("x", "b")
		m.send("x", "c")
		m.pass(2 * time.Second)
		for _, marker := range []string{"b", "c"} {
			require.True(t, failed(t, m.result(marker).err).NonRetryable(), "nobody waits to be refused one by one")
		}
		require.Equal(t, 2, m.post.calls)
	})
}

func TestPagesThatFailedTogetherGoTogetherAgainSoon(t *testing.T) {
	byBoth(t, func(t *testing.T, m *mail) {
		m.post.answers = func(n int, _ string, _ incident.Message) error {
			if n == 1 {
				return errLost
			}
			return nil
		}
		m.send("x", "a")
		m.pass(500 * time.Millisecond)
		for _, marker := range []string{"a", "b", "c"} {
			m.send("x", marker)
			m.pass(10 * time.Millisecond)
		}
		m.pass(time.Minute)
		require.Equal(t, []string{"1s x: a b c"}, m.post.sent)
	})
}

func TestAMailThatEverybodyCalledBackIsStoppedOnItsWay(t *testing.T) {
	byBoth(t, func(t *testing.T, m *mail) {
		m.post.takes = time.Second
		m.send("x", "first")
		m.pass(100 * time.Millisecond)
		one, answerOne := context.WithCancel(t.Context())
		both, answerBoth := context.WithCancel(t.Context())
		m.sendWith(one, "x", "a")
		m.sendWith(both, "x", "b")
		m.pass(2 * time.Second)
		answerOne()
		m.pass(100 * time.Millisecond)
		require.Zero(t, m.result("a").after, "it is on its way with another, and will arrive")
		answerBoth()
		m.pass(time.Minute)
		for _, marker := range []string{"a", "b"} {
			require.ErrorIs(t, m.result(marker).err, context.Canceled)
			require.Equal(t, 2200*time.Millisecond, m.result(marker).after)
		}
		require.Equal(t, []string{"1s x: first"}, m.post.sent)
	})
}

func TestAMailThatSomebodyStillWaitsForArrivesForAll(t *testing.T) {
	byBoth(t, func(t *testing.T, m *mail) {
		m.post.takes = time.Second
		m.send("x", "first")
		m.pass(100 * time.Millisecond)
		answered, answer := context.WithCancel(t.Context())
		m.sendWith(answered, "x", "a")
		m.send("x", "b")
		m.pass(2 * time.Second)
		answer()
		m.pass(time.Minute)
		require.Equal(t, []string{"1s x: first", "3s x: a b"}, m.post.sent)
		require.NoError(t, m.result("a").err)
	})
}
