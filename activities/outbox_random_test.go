package activities_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

// weather is a vendor that limits, fails and takes its time as the dice say. What it does
// not take has not arrived.
type weather struct {
	network
	mutex sync.Mutex
	dice  *rand.Rand
	// limited is until when it takes nothing; busy says that a message is under way.
	limited time.Time
	busy    bool
	// began is when the latest message with a page left, arrived how many have arrived;
	// answered are the pages that were given up for their answer.
	began    map[string]time.Time
	arrived  map[string]int
	answered map[string]bool
	faults   []string
}

func newWeather(seed uint64) *weather {
	return &weather{
		dice:  rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // The same each time, to be looked at again.
		began: map[string]time.Time{}, answered: map[string]bool{}, arrived: map[string]int{},
	}
}

func (w *weather) Post(ctx context.Context, _ string, m incident.Message) (incident.Receipt, error) {
	takes, says, failure := w.begins(m)
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		says, failure = 0, &rest.Error{Vendor: "vendor", Attempted: "send", Err: ctx.Err()}
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.busy = false
	w.limited = time.Now().Add(says)
	if failure != nil {
		return incident.Receipt{}, failure
	}
	for _, marker := range markers(m) {
		w.arrived[marker]++
	}
	return incident.Receipt{Channel: "D1", TS: "1"}, nil
}

// Send takes mails as it takes messages.
func (w *weather) Send(ctx context.Context, to string, m incident.Message) (incident.Receipt, error) {
	return w.Post(ctx, to, m)
}

// begins says what becomes of a message, and notes what should not be.
func (w *weather) begins(m incident.Message) (takes, says time.Duration, failure error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.busy {
		w.faults = append(w.faults, "two messages are under way")
	}
	if time.Now().Before(w.limited) {
		w.faults = append(w.faults, "a message is sent before the end of a limit")
	}
	w.busy = true
	for _, marker := range markers(m) {
		w.began[marker] = time.Now()
	}
	takes = time.Duration(w.dice.IntN(1500)) * time.Millisecond
	switch w.dice.IntN(6) {
	case 0:
		says = time.Duration(w.dice.IntN(9)) * time.Second
		return takes, says, limit(says)
	case 1:
		return takes, 0, errUnsent
	case 2:
		if len(m.Merged) > 0 {
			return takes, 0, errTooLong
		}
	}
	return takes, 0, nil
}

// pages tries a page as Temporal does, until it has arrived, is refused for good or is answered.
func (w *weather) pages(ctx context.Context, o *activities.Outbox, way activities.Way, marker string) (refused bool) {
	page := incident.Message{Page: true, Marker: marker, Card: &incident.Card{Incident: marker}}
	for ctx.Err() == nil {
		_, err := o.Send(ctx, nil, way, "U1", page)
		var failed *temporal.ApplicationError
		switch errors.As(err, &failed); {
		case err == nil:
			return false
		case failed != nil && failed.NonRetryable():
			return true
		case failed != nil:
			<-time.After(max(failed.NextRetryDelay(), 500*time.Millisecond))
		}
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.answered[marker] = true
	return false
}

// check notes what is wrong with what has become of a page.
func (w *weather) check(marker string, answers time.Time, refused bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	switch n := w.arrived[marker]; {
	case w.began[marker].After(answers):
		w.faults = append(w.faults, marker+" is sent after its answer")
	case n > 1:
		w.faults = append(w.faults, marker+" arrives twice")
	case n == 0 && !w.answered[marker] && !refused:
		w.faults = append(w.faults, marker+" is lost")
	}
}

func TestWhateverTheVendorDoesEachPageArrivesOnceOrIsAnsweredBefore(t *testing.T) {
	const storms = 300
	for seed := range uint64(storms) {
		for name, way := range map[string]func(*weather) activities.Way{
			"Slack": func(w *weather) activities.Way { return activities.ByChat(w) },
			"mail":  func(w *weather) activities.Way { return activities.ByMail(w) },
		} {
			synctest.Test(t, func(t *testing.T) {
				w, outbox := newWeather(seed), activities.NewOutbox()
				dice := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // The same each time.
				var all sync.WaitGroup
				for i := range 2 + dice.IntN(12) {
					comes, goes := time.Duration(dice.IntN(6000))*time.Millisecond, time.Duration(dice.IntN(20_000))*time.Millisecond
					all.Go(func() {
						<-time.After(comes)
						answers := time.Now().Add(goes)
						ctx, cancel := context.WithDeadline(t.Context(), answers)
						defer cancel()
						marker := fmt.Sprint("page ", i)
						refused := w.pages(ctx, outbox, way(w), marker)
						<-time.After(time.Hour)
						w.check(marker, answers, refused)
					})
				}
				all.Wait()
				require.Empty(t, w.faults, "%s in storm %d", name, seed)
			})
		}
	}
}
