package activities_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

// network is what a post office has besides: nothing of it is called.
type network interface {
	Edit(ctx context.Context, at incident.Receipt, m incident.Message) error
	Find(ctx context.Context, to string, m incident.Message) (incident.Receipt, bool, error)
}

// postOffice is a chat that takes its time, limits and fails as it is told, on the clock
// of the test.
type postOffice struct {
	network
	mutex sync.Mutex
	began time.Time
	sent  []string
	takes time.Duration
	// answers says what comes of the n-th call, from 1 on; nil for well.
	answers func(n int, to string, m incident.Message) error
	calls   int
}

func (p *postOffice) Post(ctx context.Context, to string, m incident.Message) (incident.Receipt, error) {
	select {
	case <-time.After(p.takes):
	case <-ctx.Done():
		return incident.Receipt{}, &rest.Error{Vendor: "slack", Attempted: "post to " + to, Maybe: true, Err: ctx.Err()}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.calls++
	if p.answers != nil {
		if err := p.answers(p.calls, to, m); err != nil {
			return incident.Receipt{}, err
		}
	}
	p.sent = append(p.sent, fmt.Sprintf("%s %s: %s", time.Since(p.began), to, strings.Join(markers(m), " ")))
	return incident.Receipt{Channel: "D" + to, TS: fmt.Sprint(p.calls)}, nil
}

// Send takes mails and texts as it takes messages.
func (p *postOffice) Send(ctx context.Context, to string, m incident.Message) (incident.Receipt, error) {
	return p.Post(ctx, to, m)
}

func markers(m incident.Message) []string {
	if len(m.Merged) == 0 {
		return []string{m.Marker}
	}
	var all []string
	for _, page := range m.Merged {
		all = append(all, page.Marker)
	}
	slices.Sort(all)
	return all
}

func limit(d time.Duration) error {
	return &rest.Error{Vendor: "slack", Attempted: "post", Status: http.StatusTooManyRequests, RetryAfter: d}
}

// limitedUntil is a Slack that takes nothing before a moment.
func (p *postOffice) limitedUntil(d time.Duration, where ...string) {
	p.answers = func(_ int, to string, _ incident.Message) error {
		left := d - time.Since(p.began)
		if left <= 0 || (len(where) > 0 && !slices.Contains(where, to)) {
			return nil
		}
		return limit(left)
	}
}

// mail is what sends pages in a test: each in a goroutine of its own, as activities are.
type mail struct {
	t       *testing.T
	post    *postOffice
	way     activities.Way
	outbox  *activities.Outbox
	stop    chan struct{}
	mutex   sync.Mutex
	results map[string]result
}

type result struct {
	at    incident.Receipt
	err   error
	after time.Duration
}

func newMail(t *testing.T) *mail {
	post := &postOffice{began: time.Now()}
	return &mail{t: t, post: post, way: activities.ByChat(post), outbox: activities.NewOutbox(), stop: make(chan struct{}), results: map[string]result{}}
}

// mailing runs a test on a clock of its own. At its end every lane must be forgotten:
// a sender that is left over fails it.
func mailing(t *testing.T, test func(t *testing.T, m *mail)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMail(t)
		test(t, m)
		m.pass(time.Hour)
	})
}

func (m *mail) send(to, marker string) { m.sendWith(m.t.Context(), to, marker) }

func (m *mail) sendWith(ctx context.Context, to, marker string) {
	way := m.way
	go func() {
		page := incident.Message{Page: true, Marker: marker, Card: &incident.Card{Incident: marker}}
		at, err := m.outbox.Send(ctx, m.stop, way, to, page)
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.results[marker] = result{at, err, time.Since(m.post.began)}
	}()
}

// pass lets time go by, and everything happen that is due by then.
func (m *mail) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (m *mail) result(marker string) result {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.results[marker]
}

// retry says that the page came back unsent, and gives the delay that it asks for.
func (m *mail) retry(marker string) time.Duration {
	m.t.Helper()
	got := failed(m.t, m.result(marker).err)
	require.Equal(m.t, activities.Limited, got.Type())
	require.False(m.t, got.NonRetryable())
	return got.NextRetryDelay()
}

func TestTheFirstPageLeavesAtOnceAndThoseBehindItTogether(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.takes = 200 * time.Millisecond
		m.send("U1", "a")
		m.pass(100 * time.Millisecond)
		m.send("U1", "b")
		m.pass(500 * time.Millisecond)
		m.send("U1", "c")
		require.Equal(t, 2, func() int { synctest.Wait(); return m.outbox.Waiting("Slack") }())
		m.pass(10 * time.Second)

		require.Equal(t, []string{"200ms U1: a", "1.2s U1: b c"}, m.post.sent)
		require.Equal(t, incident.Receipt{Channel: "DU1", TS: "1"}, m.result("a").at)
		require.Equal(t, incident.Receipt{Channel: "DU1", TS: "2", With: 1}, m.result("b").at)
		require.Equal(t, m.result("b").at, m.result("c").at)
		require.Zero(t, m.outbox.Waiting("Slack"))
	})
}

func TestAPageThatComesLaterLeavesAtOnceAgain(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.send("U1", "a")
		m.pass(time.Second)
		m.send("U1", "b")
		m.pass(time.Minute)
		m.send("U1", "c")
		m.pass(time.Minute)
		require.Equal(t, []string{"0s U1: a", "1s U1: b", "1m1s U1: c"}, m.post.sent)
	})
}

func TestALimitHoldsUpItsOwnAddressAlone(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.limitedUntil(10*time.Second, "U1")
		m.send("U1", "a")
		m.send("U2", "b")
		m.pass(time.Second)
		m.send("U1", "c")
		m.pass(time.Second)

		require.Equal(t, []string{"0s U2: b"}, m.post.sent)
		require.Equal(t, 9*time.Second, m.retry("a"), "back a second before the end of the limit")
		require.Equal(t, 8*time.Second, m.retry("c"), "Slack is not asked again before it allows it")
		require.Equal(t, 2, m.post.calls)
	})
}

func TestWhatComesBackBeforeTheEndOfALimitLeavesTogetherAtItsEnd(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.limitedUntil(10 * time.Second)
		m.send("U1", "a")
		m.pass(9 * time.Second)
		for _, marker := range []string{"a", "b", "c"} {
			m.send("U1", marker)
			m.pass(200 * time.Millisecond)
		}
		m.pass(time.Minute)
		require.Equal(t, []string{"10s U1: a b c"}, m.post.sent)
		require.Equal(t, 2, m.result("a").at.With)
	})
}

func TestAShortLimitIsWaitedForInTheLane(t *testing.T) {
	for name, c := range map[string]struct {
		says time.Duration
		at   string
	}{"that says how long": {1200 * time.Millisecond, "1.2s"}, "that does not": {0, "1s"}} {
		t.Run(name, func(t *testing.T) {
			mailing(t, func(t *testing.T, m *mail) {
				m.post.answers = func(n int, _ string, _ incident.Message) error {
					if n == 1 {
						return limit(c.says)
					}
					return nil
				}
				m.send("U1", "a")
				m.pass(300 * time.Millisecond)
				m.send("U1", "b")
				m.pass(time.Minute)
				require.Equal(t, []string{c.at + " U1: a b"}, m.post.sent)
			})
		})
	}
}

func TestALongLimitSendsEveryoneBackWhoWaits(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.takes = 300 * time.Millisecond
		m.post.limitedUntil(30 * time.Second)
		m.send("U1", "a")
		m.pass(100 * time.Millisecond)
		m.send("U1", "b")
		m.pass(200 * time.Millisecond)
		require.Equal(t, 28700*time.Millisecond, m.retry("a"))
		require.Equal(t, 28695*time.Millisecond, m.retry("b"), "not both at once")
		require.Zero(t, m.outbox.Waiting("Slack"))
	})
}

func TestAPageBehindOneThatHangsGoesBackInTime(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.takes = time.Hour
		m.send("U1", "a")
		m.pass(100 * time.Millisecond)
		m.send("U1", "b")
		m.pass(2200 * time.Millisecond)
		require.Equal(t, 100*time.Millisecond, m.retry("b"))
		m.pass(300 * time.Millisecond)

		require.Equal(t, 2600*time.Millisecond, m.result("a").after, "within the one attempt that Temporal allows")
		require.ErrorIs(t, m.result("a").err, context.DeadlineExceeded)
		require.Empty(t, m.post.sent)
	})
}

func TestAPageThatIsAnsweredWhileItWaitsIsNotSent(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.send("U1", "a")
		synctest.Wait()
		answered, answer := context.WithCancel(t.Context())
		m.sendWith(answered, "U1", "b")
		m.send("U1", "c")
		m.pass(500 * time.Millisecond)
		answer()
		m.pass(time.Minute)
		require.Equal(t, []string{"0s U1: a", "1s U1: c"}, m.post.sent)
		require.ErrorIs(t, m.result("b").err, context.Canceled)
		require.Zero(t, m.result("c").at.With)
	})
}

func TestAPageThatIsAnsweredOnItsWayArrivesAndIsKnown(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.takes = 300 * time.Millisecond
		answered, answer := context.WithCancel(t.Context())
		m.sendWith(answered, "U1", "a")
		m.pass(100 * time.Millisecond)
		answer()
		m.pass(time.Minute)
		require.Equal(t, []string{"300ms U1: a"}, m.post.sent)
		require.NoError(t, m.result("a").err)
	})
}

func TestAWorkerThatStopsSendsBackWhatWaits(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.takes = 300 * time.Millisecond
		m.send("U1", "a")
		synctest.Wait()
		m.send("U1", "b")
		m.pass(100 * time.Millisecond)
		close(m.stop)
		m.pass(time.Minute)
		require.Equal(t, []string{"300ms U1: a"}, m.post.sent, "what is on its way arrives")
		require.Equal(t, 100*time.Millisecond, m.retry("b"), "another worker takes it up")
	})
}

func TestThePagesOfAFailedMessageFailAlike(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.answers = func(n int, _ string, _ incident.Message) error { return []error{nil, errAway, errRefused}[n-1] }
		m.send("U1", "a")
		synctest.Wait()
		m.send("U1", "b")
		m.send("U1", "c")
		m.pass(2 * time.Second)
		for _, marker := range []string{"b", "c"} {
			require.Equal(t, activities.Unavailable, failed(t, m.result(marker).err).Type())
		}
		m.send("U1", "d")
		synctest.Wait()
		require.True(t, failed(t, m.result("d").err).NonRetryable())
	})
}

func TestPagesThatSlackTakesNotMergedGoOneByOne(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.answers = func(_ int, _ string, page incident.Message) error {
			if len(page.Merged) > 0 {
				return &rest.Error{Vendor: "slack", Attempted: "post", Status: http.StatusBadRequest, Code: "msg_blocks_too_long"}
			}
			return nil
		}
		m.send("U1", "a")
		synctest.Wait()
		m.send("U1", "b")
		synctest.Wait()
		m.send("U1", "c")
		m.pass(time.Minute)
		require.Equal(t, []string{"0s U1: a", "1s U1: b", "2s U1: c"}, m.post.sent)
	})
}

func TestAHugeBatchLeavesInSeveralMessages(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.limitedUntil(time.Second)
		for i := range incident.MergeAtMost + 5 {
			m.send("U1", fmt.Sprintf("%03d", i))
		}
		m.pass(time.Minute)
		require.Len(t, m.post.sent, 2)
		require.Len(t, strings.Fields(m.post.sent[0])[2:], incident.MergeAtMost)
		require.Len(t, strings.Fields(m.post.sent[1])[2:], 5)
	})
}

func TestAPageThatIsInItsLaneAlreadyIsNotPutThereTwice(t *testing.T) {
	mailing(t, func(t *testing.T, m *mail) {
		m.post.takes = 300 * time.Millisecond
		m.send("U1", "a")
		m.pass(100 * time.Millisecond)
		m.send("U1", "a")
		m.pass(300 * time.Millisecond)
		m.send("U1", "b")
		synctest.Wait()
		given, up := context.WithCancel(t.Context())
		m.sendWith(given, "U1", "b")
		synctest.Wait()
		up()
		m.pass(time.Minute)
		require.Equal(t, []string{"300ms U1: a", "1.3s U1: b"}, m.post.sent, "one that gives up leaves the other's page alone")
	})
}
