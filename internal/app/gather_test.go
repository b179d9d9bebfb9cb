package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// store is Temporal as far as a gathering needs it.
type store struct {
	mu    sync.Mutex
	began time.Time
	// takes is how long each call takes; fails is what it comes to.
	takes time.Duration
	fails error
	// calls says when each began and what it brought.
	calls []string
}

func (s *store) Alert(ctx context.Context, service string, d incident.Delivery) (string, error) {
	call := fmt.Sprintf("%s %s", time.Since(s.began), service)
	for _, a := range d.Alerts[:min(len(d.Alerts), 9)] {
		call += " " + a.Fingerprint
		if !a.Firing {
			call += " resolved"
		}
	}
	s.mu.Lock()
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	select {
	case <-time.After(s.takes):
		return "incident/" + service, s.fails
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// sender posts to a gathering, each call on its own, and collects the answers.
type sender struct {
	t         *testing.T
	gathering *gathering
	store     *store
	pending   sync.WaitGroup
	mu        sync.Mutex
	answers   []string
}

func gathers(t *testing.T, s *store) *sender {
	s.began = time.Now()
	return &sender{t: t, gathering: newGathering(s), store: s}
}

func one(fingerprint string, firing bool) incident.Delivery {
	return incident.Delivery{Group: "g", Alerts: []incident.Alert{{Fingerprint: fingerprint, Firing: firing}}}
}

func (s *sender) post(at time.Duration, service string, d incident.Delivery) {
	s.pending.Go(func() {
		<-time.After(at)
		ctx, cancel := context.WithTimeout(s.t.Context(), 4*time.Second)
		defer cancel()
		id, err := s.gathering.Alert(ctx, service, d)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.answers = append(s.answers, fmt.Sprintf("%s %s %s %v", time.Since(s.store.began), d.Alerts[0].Fingerprint, id, err))
	})
}

// end waits for all answers, and for the gathering to forget the groups.
func (s *sender) end() {
	s.t.Helper()
	s.pending.Wait()
	<-time.After(gatherFor)
	synctest.Wait()
	require.Empty(s.t, s.gathering.groups)
	require.Zero(s.t, s.gathering.waiting)
}

func (s *sender) expect(calls, answers []string) {
	s.t.Helper()
	s.end()
	require.Equal(s.t, calls, s.store.calls)
	require.Equal(s.t, answers, s.answers)
}

func TestALoneDeliveryGoesOnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := gathers(t, &store{takes: 20 * time.Millisecond})
		s.post(0, "checkout", one("a", true))
		s.post(5*time.Millisecond, "search", one("b", true))
		s.post(2*time.Second, "checkout", one("a", false))
		s.expect(
			[]string{"0s checkout a", "5ms search b", "2s checkout a resolved"},
			[]string{"20ms a incident/checkout <nil>", "25ms b incident/search <nil>", "2.02s a incident/checkout <nil>"},
		)
	})
}

func TestWhatComesWithinASecondIsStoredTogetherAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := gathers(t, &store{takes: 20 * time.Millisecond})
		s.post(0, "checkout", one("a", true))
		s.post(10*time.Millisecond, "checkout", one("a", true))
		s.post(500*time.Millisecond, "checkout", one("b", true))
		s.post(600*time.Millisecond, "checkout", one("b", true))
		s.post(900*time.Millisecond, "checkout", one("b", false))
		s.post(1500*time.Millisecond, "checkout", one("c", true))
		s.end()
		require.Len(t, s.answers, 6)
		require.Equal(t, "20ms a incident/checkout <nil>", s.answers[0])
		for _, answer := range s.answers[1:5] {
			require.Regexp(t, `^1\.02s [ab] incident/checkout <nil>$`, answer, "nobody is told before it is stored")
		}
		require.Equal(t, []string{"0s checkout a", "1s checkout a b b resolved", "2s checkout c"}, s.store.calls)
	})
}

func TestWhatCouldNotBeStoredIsAnErrorForEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := gathers(t, &store{takes: time.Second, fails: errors.New("away")})
		s.post(0, "checkout", one("a", true))
		s.post(100*time.Millisecond, "checkout", one("b", true))
		s.post(200*time.Millisecond, "checkout", one("b", true))
		s.expect(
			[]string{"0s checkout a", "1s checkout b"},
			[]string{"1s a incident/checkout away", "2s b incident/checkout away", "2s b incident/checkout away"},
		)
	})
}

func TestNobodyWaitsLongerThanTheyWould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := gathers(t, &store{takes: time.Hour})
		s.post(0, "checkout", one("a", true))
		s.post(time.Second, "checkout", one("b", true))
		s.post(2*time.Second, "checkout", one("c", true))
		s.end()
		require.Equal(t, []string{"0s checkout a", "4s checkout b c"}, s.store.calls)
		require.Len(t, s.answers, 3)
		for i, want := range []string{"4s a  ", "5s b  ", "6s c  "} {
			require.Regexp(t, "^"+want+".*context deadline exceeded$", s.answers[i])
		}
	})
}

func TestACallerThatGoesTakesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := gathers(t, &store{takes: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		s.pending.Go(func() {
			_, err := s.gathering.Alert(ctx, "checkout", one("a", true))
			require.ErrorIs(t, err, context.Canceled)
		})
		<-time.After(100 * time.Millisecond)
		cancel()
		s.post(0, "checkout", one("b", true))
		s.expect([]string{"0s checkout a", "1s checkout b"}, []string{"2s b incident/checkout <nil>"})
	})
}

func TestWhatWaitsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := func(n int, name string) (d incident.Delivery) {
			d.Group = "g"
			for i := range n {
				d.Alerts = append(d.Alerts, incident.Alert{Fingerprint: fmt.Sprint(name, i), Labels: map[string]string{"pod": "p"}})
			}
			return d
		}
		s := gathers(t, &store{takes: 3 * time.Second})
		s.post(0, "checkout", many(mayWait+1, "a")) // Nothing else waits: it goes on.
		s.post(time.Second, "checkout", many(mayWait, "b"))
		s.post(2*time.Second, "search", one("c", true)) // Another group is not held up.
		s.post(2*time.Second, "checkout", one("d", true))
		<-time.After(2500 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, []string{"2s d  store 1 alerts of checkout: 20000 others wait to be stored; send them again later"}, s.answers)
		held := s.gathering.groups[groupOf("checkout", many(1, "b"))]
		require.NotNil(t, held.delivery.Alerts[19].Labels)
		require.Nil(t, held.delivery.Alerts[20].Labels, "what waits is brief")
		s.end()
		require.Len(t, s.answers, 4)
	})
}

// What a delivery says beside its alerts keeps it apart from others, or is settled by
// Union: whoever adds a field decides which.
func TestEveryFieldOfADeliveryIsSettledWhenTwoBecomeOne(t *testing.T) {
	require.Equal(t, 8, reflect.TypeFor[incident.Delivery]().NumField())
	d := incident.Delivery{Source: "alertmanager", Group: "g", URL: "http://a", NeverResolves: true}
	others := []incident.Delivery{d, d, d}
	others[0].Source, others[1].Group, others[2].NeverResolves = "grafana", "h", false
	for _, other := range others {
		require.NotEqual(t, groupOf("checkout", d), groupOf("checkout", other))
	}
	replica := d
	replica.URL, replica.LeftOut = "http://b", 3
	require.Equal(t, groupOf("checkout", d), groupOf("checkout", replica), "replicas of one monitor have addresses of their own")
	require.Equal(t, "http://b", d.Union(replica).URL)
	require.Equal(t, 3, d.Union(replica).LeftOut)
	require.Equal(t, "http://b", replica.Union(incident.Delivery{}).URL)
	again := incident.Delivery{By: "ana", Note: "since noon"}
	same := d.Union(again).Union(incident.Delivery{})
	require.Equal(t, []string{"ana", "since noon"}, []string{same.By, same.Note})
}
