package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

const patience = 4 * time.Second

// porter stores through a steady as the API does: with 4 s for a delivery.
type porter struct {
	*steady
	log bytes.Buffer
}

func newPorter() *porter {
	s := &porter{}
	s.steady = newSteady(slog.New(slog.NewTextHandler(&s.log, nil)))
	return s
}

// sends gives the outcome of one delivery, and how long it took.
func (s *porter) sends(t *testing.T, call func(context.Context) (string, error)) (took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	_, err = s.store(ctx, call)
	return time.Since(began), err
}

func unavailable(context.Context) (string, error) {
	return "", serviceerror.NewUnavailable("connection refused")
}

func storedAt(context.Context) (string, error) { return "incident/checkout/1", nil }

func TestADeliveryOutlastsAShortAbsenceOfTemporal(t *testing.T) {
	for name, err := range map[string]error{
		"refused connections": serviceerror.NewUnavailable("connection refused"),
		"a late answer":       serviceerror.NewDeadlineExceeded("context deadline exceeded"),
		"a crowd":             &serviceerror.ResourceExhausted{Message: "namespace rate limit exceeded"},
		"something unknown":   errors.New("connection reset by peer"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, back := newPorter(), time.Now().Add(3*time.Second)
				took, failed := s.sends(t, func(ctx context.Context) (string, error) {
					if time.Now().Before(back) {
						return "", fmt.Errorf("signal alerts to incident/checkout/1: %w", err)
					}
					return storedAt(ctx)
				})
				require.NoError(t, failed)
				require.Less(t, took, patience)
			})
		})
	}
}

func TestADeliveryIsGivenUpInTimeAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		took, err := newPorter().sends(t, func(ctx context.Context) (string, error) {
			attempts++
			return unavailable(ctx)
		})
		require.ErrorContains(t, err, "connection refused")
		require.LessOrEqual(t, took, patience)
		require.Greater(t, attempts, 5)
		require.Less(t, attempts, 40)
	})
}

func TestWhatTemporalTurnsDownIsNotTriedAgain(t *testing.T) {
	for name, err := range map[string]error{
		"no namespace":     serviceerror.NewNamespaceNotFound("prod"),
		"no permission":    serviceerror.NewPermissionDenied("no", ""),
		"a wrong argument": serviceerror.NewInvalidArgument("blob size exceeds limit"),
		"a long message":   &serviceerror.ResourceExhausted{Message: "grpc: received message larger than max (6000000 vs. 4194304)"},
		"a closed one":     signals.ErrClosed,
		"a hung up sender": serviceerror.NewCanceled("context canceled"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, attempts := newPorter(), 0
				for range 10 {
					took, failed := s.sends(t, func(context.Context) (string, error) {
						attempts++
						return "", fmt.Errorf("signal alerts to x: %w", err)
					})
					require.ErrorIs(t, failed, err)
					require.Zero(t, took)
				}
				require.Equal(t, 10, attempts, "once each: Temporal is there")
			})
		})
	}
}

func TestWhileTemporalIsAwayDeliveriesAreAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPorter()
		for range awayAfter {
			_, err := s.sends(t, unavailable)
			require.ErrorContains(t, err, "connection refused")
		}
		for range 10_000 {
			took, err := s.sends(t, func(context.Context) (string, error) {
				t.Error("temporal is not asked")
				return "", nil
			})
			require.ErrorIs(t, err, errAway)
			require.Zero(t, took)
		}
		require.Equal(t, 1, bytes.Count(s.log.Bytes(), []byte("temporal is taken to be away")))

		<-time.After(awayFor + time.Millisecond)
		took, err := s.sends(t, storedAt)
		require.NoError(t, err)
		require.Zero(t, took)
		require.Contains(t, s.log.String(), "temporal takes deliveries again")
	})
}

func TestOneDeliveryAtATimeTriesWhetherTemporalIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPorter()
		for range awayAfter {
			_, _ = s.sends(t, unavailable)
		}
		<-time.After(awayFor + time.Millisecond)
		var asked, answeredAtOnce atomic.Int32
		var crowd sync.WaitGroup
		for range 100 {
			crowd.Go(func() {
				took, err := s.sends(t, func(ctx context.Context) (string, error) {
					asked.Add(1)
					<-ctx.Done()
					return "", ctx.Err()
				})
				if errors.Is(err, errAway) && took == 0 {
					answeredAtOnce.Add(1)
				}
			})
		}
		crowd.Wait()
		require.EqualValues(t, 1, asked.Load())
		require.EqualValues(t, 99, answeredAtOnce.Load())
	})
}

func TestOnlySoManyDeliveriesAreOnTheirWayAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPorter()
		var now, most atomic.Int32
		var crowd sync.WaitGroup
		for range 1000 {
			crowd.Go(func() {
				_, err := s.sends(t, func(ctx context.Context) (string, error) {
					most.Store(max(most.Load(), now.Add(1)))
					defer now.Add(-1)
					<-time.After(50 * time.Millisecond)
					return storedAt(ctx)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		crowd.Wait()
		require.EqualValues(t, turns, most.Load())
	})
}

func TestWhoeverGetsATurnHasTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPorter()
		var crowd sync.WaitGroup
		var begun, kept, noTurn atomic.Int32
		for range 5 * turns {
			crowd.Go(func() {
				_, err := s.sends(t, func(ctx context.Context) (string, error) {
					begun.Add(1)
					<-time.After(1500 * time.Millisecond)
					return storedAt(ctx)
				})
				switch {
				case err == nil:
					kept.Add(1)
				case errors.Is(err, errNoTurn):
					noTurn.Add(1)
				}
			})
		}
		crowd.Wait()
		require.EqualValues(t, 2*turns, kept.Load())
		require.EqualValues(t, 3*turns, noTurn.Load(), "the others are told soon")
		require.Equal(t, kept.Load(), begun.Load(), "nothing is begun in vain")
	})
}

func TestAStormOfOneSourceLeavesTheOthersTheirTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPorter()
		send := func(source string) error {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := s.storeFor(ctx, source, func(ctx context.Context) (string, error) {
				<-time.After(time.Second) // Temporal takes as many a second as there are turns.
				return storedAt(ctx)
			})
			return err
		}
		var senders sync.WaitGroup
		for range 20 {
			for range 10 * turns {
				senders.Go(func() { _ = send("alertmanager") })
			}
			senders.Go(func() { require.NoError(t, send("pagerduty")) })
			<-time.After(time.Second)
		}
		senders.Wait()
	})
}

func TestACrowdThatFindsNoTurnIsNoAbsenceOfTemporal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPorter()
		var crowd sync.WaitGroup
		var noTurn atomic.Int32
		for range 4 * turns {
			crowd.Go(func() {
				_, err := s.sends(t, func(ctx context.Context) (string, error) {
					<-time.After(3 * time.Second)
					return storedAt(ctx)
				})
				if errors.Is(err, errNoTurn) {
					noTurn.Add(1)
				}
			})
		}
		crowd.Wait()
		require.NotZero(t, noTurn.Load())
		_, err := s.sends(t, storedAt)
		require.NoError(t, err)
		require.Empty(t, s.log.String())
	})
}

func TestTheEndOfACallThatIsTooLargeIsNoAbsenceOfTemporal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newPorter()
		slow := func(ctx context.Context) (string, error) {
			select {
			case <-time.After(1500 * time.Millisecond):
				return storedAt(ctx)
			case <-ctx.Done():
				return "", fmt.Errorf("signal alerts to incident/checkout/1: %w", ctx.Err())
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var all sync.WaitGroup
		for range 2 * awayAfter {
			all.Go(func() {
				for ctx.Err() == nil {
					_, _ = s.store(ctx, slow) // The third of each is too late.
				}
			})
		}
		all.Wait()
		_, err := s.sends(t, slow)
		require.NoError(t, err, "others are not turned away for it")
		require.NotContains(t, s.log.String(), "temporal is taken to be away")
	})
}

func TestWhateverTemporalDoesADeliveryIsStoredOrFailsInTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// What Temporal does at each attempt: how long it takes, and what comes of it.
		pauses := rapid.SliceOfN(rapid.IntRange(0, 3000), 1, 40).Draw(rt, "pauses")
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]error{nil, serviceerror.NewUnavailable(""), serviceerror.NewDeadlineExceeded(""), serviceerror.NewInvalidArgument("")}), 1, 40).Draw(rt, "outcomes")
		synctest.Test(t, func(t *testing.T) {
			s, n := newPorter(), 0
			for range 10 {
				kept := false
				took, err := s.sends(t, func(ctx context.Context) (string, error) {
					pause, outcome := pauses[n%len(pauses)], outcomes[n%len(outcomes)]
					n++
					select {
					case <-ctx.Done():
						return "", serviceerror.NewDeadlineExceeded("context deadline exceeded")
					case <-time.After(time.Duration(pause) * time.Millisecond):
					}
					kept = kept || outcome == nil
					return "", outcome
				})
				require.LessOrEqual(t, took, patience)
				require.Equal(t, err == nil, kept, "success is told exactly when it is stored")
			}
		})
	})
}

func TestWithNothingAtTheAddressOfTemporalAMonitorHasItsAnswerInTime(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", nobodysAddress(t))
	temporal, _, err := Temporal(slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	d := newDoorwayOf(t, signals.Client{Temporal: temporal}, nil)

	answeredIn := func(limit time.Duration, group string) {
		began := time.Now()
		if status := d.send(posted(t, with("{}:{}", group))).Code; status != http.StatusServiceUnavailable || time.Since(began) > limit {
			t.Errorf("the answer was %d, after %s", status, time.Since(began))
		}
	}
	var first sync.WaitGroup
	for i := range awayAfter {
		first.Go(func() { answeredIn(5*time.Second, fmt.Sprint(i)) })
	}
	first.Wait()
	answeredIn(500*time.Millisecond, "another")
}

// nobodysAddress is one where nobody listens.
func nobodysAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// clicked answers for Temporal when somebody decides something.
type clicked struct {
	stored
	until time.Time
}

func (c *clicked) SignalWorkflow(ctx context.Context, id, run, signal string, arg any) error {
	if time.Now().Before(c.until) {
		return serviceerror.NewUnavailable("connection refused")
	}
	return c.stored.SignalWorkflow(ctx, id, run, signal, arg)
}

func TestAClickOutlastsAShortAbsenceOfTemporal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		temporal := &clicked{until: time.Now().Add(2 * time.Second)}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		err := persistent{signals.Client{Temporal: temporal}}.Decide(ctx, incident.Click{Workflow: "incident/s/1", Signal: "acknowledge"})
		require.NoError(t, err)
		require.Equal(t, []string{"acknowledge incident/s/1"}, temporal.calls)
	})
}
