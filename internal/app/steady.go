package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sony/gobreaker/v2"
	"go.temporal.io/api/serviceerror"
	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/codes"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

const (
	// turns is how many deliveries are on their way to Temporal at once. The development server stores some 60 a
	// second, so that each is stored within about a second; more of them would only wait there, and time out.
	turns = 64
	// share is how many of them one source has at the most: its storm leaves the others theirs.
	share = turns * 3 / 4
	// awayAfter is how many deliveries in a row must have failed, each with all its attempts, to take Temporal for
	// away, and awayFor is for how long nobody then waits for it. One delivery at a time tries whether it is back.
	awayAfter = 3
	awayFor   = time.Second
	// lately is how long nothing must have been stored, too: the last deliveries of a call that is too large to be stored
	// in its time fail all at once, and tell nothing of Temporal.
	lately = 2 * time.Second
	// againSoon and againLate bound the pause between two attempts.
	againSoon = 50 * time.Millisecond
	againLate = 250 * time.Millisecond
)

var (
	errAway   = errors.New("temporal has not answered for some time; a delivery tries it every second")
	errNoTurn = errors.New("too many deliveries are on their way to temporal")
)

// steady takes deliveries to Temporal through what passes by itself, and keeps them from piling up while it is away.
type steady struct {
	turns   *semaphore.Weighted
	mu      sync.Mutex
	shares  map[string]*semaphore.Weighted // By source.
	circuit *gobreaker.CircuitBreaker[string]
	// stored is when something was last stored, in nanoseconds since 1970.
	stored atomic.Int64
}

func newSteady(log *slog.Logger) *steady {
	s := &steady{turns: semaphore.NewWeighted(turns), shares: map[string]*semaphore.Weighted{}}
	s.circuit = gobreaker.NewCircuitBreaker[string](gobreaker.Settings{
		Timeout: awayFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.ConsecutiveFailures >= awayAfter && time.Since(time.Unix(0, s.stored.Load())) >= lately
		},
		IsSuccessful: func(err error) bool { return err == nil || !passes(err) },
		// Neither a sender who has hung up nor a crowd says anything about Temporal.
		IsExcluded: func(err error) bool {
			return errors.Is(err, errNoTurn) || serviceerror.ToStatus(err).Code() == codes.Canceled
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				log.Warn("temporal is taken to be away: what comes is answered at once")
			}
			if to == gobreaker.StateClosed {
				log.Info("temporal takes deliveries again")
			}
		},
	})
	return s
}

// storeFor is store for a source, which has no more than its share of the turns.
func (s *steady) storeFor(ctx context.Context, source string, call func(context.Context) (string, error)) (string, error) {
	own := s.shareOf(source)
	if err := turn(ctx, own); err != nil {
		return "", err
	}
	defer own.Release(1)
	return s.store(ctx, call)
}

func (s *steady) shareOf(source string) *semaphore.Weighted {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.shares[source]
	if own == nil {
		own = semaphore.NewWeighted(share)
		s.shares[source] = own
	}
	return own
}

// store makes a call that stores something, again and again until it is stored, cannot be, or the context ends. While
// Temporal is known to be away it fails at once.
//
// A call whose answer got lost may store the same twice: each is a request of its own to Temporal. That is harmless for
// alerts, which the incident knows by fingerprint and beginning, and monitors repeat them anyway.
func (s *steady) store(ctx context.Context, call func(context.Context) (string, error)) (string, error) {
	id, err := s.circuit.Execute(func() (string, error) {
		if err := turn(ctx, s.turns); err != nil {
			return "", err
		}
		defer s.turns.Release(1)
		id, err := persist(ctx, call)
		if err == nil {
			s.stored.Store(time.Now().UnixNano())
		}
		return id, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return "", errAway
	}
	return id, err
}

// turn waits for a turn, for half of the time that is left: the rest is for the call. Whoever waited longer would begin
// what cannot be stored in time any more, and in a storm that would be everybody.
func turn(ctx context.Context, turns *semaphore.Weighted) error {
	waiting, cancel := ctx, context.CancelFunc(func() {})
	if _, ends := ctx.Deadline(); ends {
		waiting, cancel = context.WithTimeout(ctx, left(ctx)/2)
	}
	defer cancel()
	if err := turns.Acquire(waiting, 1); err != nil {
		return fmt.Errorf("%w: %w", errNoTurn, err)
	}
	return nil
}

// persist makes a call until it succeeds, cannot, or the context ends, and gives the error of the last attempt. The SDK
// itself repeats what is refused at once, for half of the time that is left, and never what times out.
func persist[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	var last error
	out, err := backoff.Retry(ctx, func() (T, error) {
		out, err := call(ctx)
		if last = err; err != nil && !passes(err) {
			err = backoff.Permanent(err)
		}
		return out, err
	}, backoff.WithBackOff(pauses()), backoff.WithMaxElapsedTime(left(ctx)))
	if err != nil {
		return out, last
	}
	return out, nil
}

func pauses() backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = againSoon, againLate
	return b
}

// left is the time until the context ends: without an end, one attempt.
func left(ctx context.Context) time.Duration {
	end, bounded := ctx.Deadline()
	if !bounded {
		return time.Nanosecond
	}
	return max(time.Until(end), time.Nanosecond)
}

// passes says whether the same call may succeed in a moment. What Temporal understood and turned down stays so.
func passes(err error) bool {
	if errors.Is(err, signals.ErrClosed) {
		return false
	}
	switch status := serviceerror.ToStatus(err); status.Code() {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.Unauthenticated,
		codes.FailedPrecondition, codes.OutOfRange, codes.Unimplemented, codes.DataLoss, codes.Canceled:
		return false
	case codes.ResourceExhausted:
		// gRPC has one code for a crowd, which passes, and for a message that is too long.
		return !strings.Contains(status.Message(), "larger than max")
	default:
		return true
	}
}

// persistent is Temporal for what people decide, which is never turned away at once: there is little of it, and
// somebody waits. The ID of a decision makes it count once, however often it is stored.
type persistent struct{ client signals.Client }

func (p persistent) Decide(ctx context.Context, c incident.Click) error {
	_, err := persist(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, p.client.Decide(ctx, c) })
	return err
}

// outlasting is an opener that outlasts a short absence of Temporal.
type outlasting struct {
	opener
	steady *steady
}

func (o outlasting) Alert(ctx context.Context, service string, d incident.Delivery) (string, error) {
	return o.steady.storeFor(ctx, d.Source, func(ctx context.Context) (string, error) { return o.opener.Alert(ctx, service, d) })
}
