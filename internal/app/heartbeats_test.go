package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// tower is the workflows behind heartbeats, in memory.
type tower struct {
	watches map[string]incident.Watch
	ended   map[string]bool
	beats   []time.Time
	sent    []string
	away    error
}

func newTower() *tower {
	return &tower{watches: map[string]incident.Watch{}, ended: map[string]bool{}}
}

func (t *tower) Beat(_ context.Context, name string, at time.Time) error {
	w, known := t.watches[name]
	switch {
	case t.away != nil:
		return t.away
	case !known || t.ended[name]:
		return signals.ErrUnwatched
	}
	t.beats = append(t.beats, at)
	t.watches[name] = w.Beat(at, time.Now())
	return nil
}

func (t *tower) Watch(_ context.Context, before incident.Watch, c signals.Configured) error {
	if t.away != nil {
		return t.away
	}
	w, name := before, c.Heartbeat.Name
	if running, known := t.watches[name]; known && !t.ended[name] {
		w = running
	}
	t.sent = append(t.sent, "watch "+name)
	t.watches[name], t.ended[name] = w.Configure(c.Heartbeat, c.Read, time.Now()), false
	return nil
}

func (t *tower) Watched(_ context.Context, name string) (incident.Watch, bool, error) {
	w, known := t.watches[name]
	return w, known && !t.ended[name], t.away
}

func (t *tower) Watches(context.Context) (all []incident.Watch, err error) {
	for _, name := range slices.Sorted(maps.Keys(t.watches)) {
		if !t.ended[name] {
			all = append(all, t.watches[name])
		}
	}
	return all, t.away
}

func (t *tower) Retire(_ context.Context, name string, r signals.Retirement) error {
	t.sent = append(t.sent, "retire "+name)
	t.watches[name] = t.watches[name].Retire(r.Read, time.Now())
	t.ended[name] = t.watches[name].Over()
	return t.away
}

func heartbeatOf(name string, every, grace time.Duration) incident.Heartbeat {
	return incident.Heartbeat{Name: name, Service: "s", Every: every, Grace: grace, Severity: incident.SEV2}
}

// starting is a starter that reads its configuration now.
func (t *tower) starting(all ...incident.Heartbeat) *heartbeats {
	return newHeartbeats(all, t, time.Now(), newMetrics(), slog.New(slog.DiscardHandler))
}

func TestWhatIsWatchedIsWhatTheConfigurationHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTower()
		a, b := heartbeatOf("a", time.Hour, 0), heartbeatOf("b", time.Hour, 0)
		first := w.starting(a, b)
		require.NoError(t, first.compare(t.Context()))
		require.ElementsMatch(t, []string{"watch a", "watch b"}, w.sent)
		require.NoError(t, first.compare(t.Context()))
		require.Len(t, w.sent, 2, "what is so already is left alone")

		pass(time.Minute)
		w.sent = nil
		slower := heartbeatOf("a", 2*time.Hour, 0)
		second := w.starting(slower)
		require.NoError(t, second.compare(t.Context()))
		require.Equal(t, []string{"watch a", "retire b"}, w.sent)
		require.Equal(t, slower, w.watches["a"].Heartbeat)

		w.sent = nil
		require.NoError(t, first.compare(t.Context()), "that b was retired by a later configuration is no reason to try again every second")
		require.Empty(t, w.sent, "a starter of before changes nothing")
		require.ErrorIs(t, first.Beat(t.Context(), "b"), signals.ErrUnwatched)
	})
}

func TestAHeartbeatThatWasTerminatedIsWatchedAgainWithWhatItsIncidentKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTower()
		h := w.starting(heartbeatOf("a", time.Hour, 0))
		require.NoError(t, h.compare(t.Context()))
		pass(2 * time.Hour)
		silent := w.watches["a"].Begin(time.Now(), time.Now()).At(time.Now())
		silent.Told = incident.Silence{Service: "s", From: silent.Silent}
		w.watches["a"], w.ended["a"] = silent, true

		require.NoError(t, h.Beat(t.Context(), "a"), "the beat starts it again")
		require.False(t, w.ended["a"])
		require.Equal(t, silent.Told, w.watches["a"].Told)
		news, owed := w.watches["a"].Owed(time.Now())
		require.True(t, owed)
		require.False(t, news.Delivery.Firing())
	})
}

func TestOneHeartbeatThatCannotBeWatchedKeepsNoOtherFromIt(t *testing.T) {
	w := newTower()
	w.away = errors.New("temporal is away")
	require.Error(t, w.starting(heartbeatOf("a", time.Hour, 0)).compare(t.Context()))
}

func TestComparingIsTriedUntilTemporalAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTower()
		w.away = errors.New("temporal is away")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		h := w.starting(heartbeatOf("a", time.Hour, 0))
		go func() { h.run(ctx); close(done) }()
		synctest.Wait()
		w.away = nil
		pass(connectEvery)
		synctest.Wait()
		require.Equal(t, []string{"watch a"}, w.sent)
		w.ended["a"] = true
		pass(compareEvery)
		synctest.Wait()
		require.Equal(t, []string{"watch a", "watch a"}, w.sent, "one that is terminated is watched again within a minute")
		stop()
		<-done
	})
}

func TestWhoBeatsFarMoreOftenThanItHasToIsStoredNowAndThenAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTower()
		h := w.starting(heartbeatOf("a", time.Hour, 100*time.Second)) // Spaced by 10 s.
		require.NoError(t, h.compare(t.Context()))
		began := time.Now().UTC()
		for range 25 {
			require.NoError(t, h.Beat(t.Context(), "a"))
			pass(time.Second)
		}
		synctest.Wait()
		pass(time.Minute)
		synctest.Wait()
		require.Equal(t, began, w.beats[0], "the first one at once")
		require.LessOrEqual(t, len(w.beats), 7, "one in 10 s; two where a beat comes in the moment in which another has waited long enough")
		require.Equal(t, began.Add(24*time.Second), w.watches["a"].Last, "the latest one is not lost")
	})
}

func TestABeatThatWaitsIsStoredWhenTheStarterStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTower()
		h := w.starting(heartbeatOf("a", time.Hour, time.Hour))
		require.NoError(t, h.compare(t.Context()))
		require.NoError(t, h.Beat(t.Context(), "a"))
		pass(5 * time.Second)
		require.NoError(t, h.Beat(t.Context(), "a"))
		require.Len(t, w.beats, 1)
		h.flush()
		require.Len(t, w.beats, 2)
	})
}

func TestABeatThatWaitsIsTriedUntilItIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTower()
		h := w.starting(heartbeatOf("a", time.Hour, 100*time.Second))
		require.NoError(t, h.compare(t.Context()))
		require.NoError(t, h.Beat(t.Context(), "a"))
		pass(time.Second)
		require.NoError(t, h.Beat(t.Context(), "a"))
		w.away = errors.New("temporal is away")
		pass(15 * time.Second)
		synctest.Wait()
		w.away = nil
		pass(2 * flushAgain)
		synctest.Wait()
		require.Len(t, w.beats, 2)
	})
}

func TestABeatIsRefusedWhileTemporalIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTower()
		h := w.starting(heartbeatOf("a", time.Hour, time.Hour))
		require.NoError(t, h.compare(t.Context()))
		w.away = errors.New("temporal is away")
		require.ErrorIs(t, h.Beat(t.Context(), "a"), w.away)
		w.away = nil
		require.NoError(t, h.Beat(t.Context(), "a"))
		require.Len(t, w.beats, 1, "the refused one does not hold the next one back")
	})
}

func TestWithoutGraceABeatASecondIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTower()
		h := w.starting(heartbeatOf("a", time.Hour, 0))
		require.NoError(t, h.compare(t.Context()))
		for range 428 { // 3 s. No beat comes in the very moment in which another is stored.
			require.NoError(t, h.Beat(t.Context(), "a"))
			pass(7 * time.Millisecond)
		}
		synctest.Wait()
		require.Len(t, w.beats, 4, "the first, and the last of each second")
	})
}

func TestTheMetricsShowWhenAHeartbeatOfTheConfigurationWasHeard(t *testing.T) {
	m := newMetrics()
	h := newHeartbeats([]incident.Heartbeat{heartbeatOf("a", time.Hour, 0)}, newTower(), time.Now(), m, slog.New(slog.DiscardHandler))
	h.show(incident.Watch{Heartbeat: heartbeatOf("a", 0, 0), Last: time.Unix(1_800_000_000, 0)})
	h.show(incident.Watch{Heartbeat: heartbeatOf("gone", 0, 0), Last: time.Unix(1_800_000_000, 0)})
	require.Equal(t, []float64{1_800_000_000}, gauges(t, m.registry, "lastgood_heartbeat_last_beat_timestamp_seconds"))
}

func TestAnswersAboutTheSelfCheckAreGivenAgainForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		c := &checked{read: func(context.Context) (signals.SelfCheck, error) {
			reads++
			return signals.SelfCheck{Good: time.Now(), Every: time.Minute}, nil
		}}
		for range 100 {
			_, err := c.SelfCheck(t.Context())
			require.NoError(t, err)
		}
		require.Equal(t, 1, reads)
		registry := prometheus.NewRegistry()
		registry.MustRegister(c.gauge())
		pass(checkedFor - 1)
		require.InDelta(t, checkedFor.Seconds(), gauges(t, registry, "lastgood_self_check_age_seconds")[0], 0.001)
		pass(1)
		require.Equal(t, []float64{0}, gauges(t, registry, "lastgood_self_check_age_seconds"))
		require.Equal(t, 2, reads)
		c.read = func(context.Context) (signals.SelfCheck, error) {
			return signals.SelfCheck{}, errors.New("temporal is away")
		}
		pass(checkedFor)
		require.Equal(t, []float64{math.Inf(1)}, gauges(t, registry, "lastgood_self_check_age_seconds"))
	})
}

// gauges are the values of a gauge that is registered.
func gauges(t *testing.T, r *prometheus.Registry, name string) (values []float64) {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			values = append(values, m.GetGauge().GetValue())
		}
	}
	return values
}
