package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// temporal is the roster's memo, and what is wrong with reading it.
type temporal struct {
	kept  signals.Kept
	takes time.Duration
	err   error
	calls int
	log   bytes.Buffer
}

func (f *temporal) read(ctx context.Context) (signals.Kept, error) {
	f.calls++
	select {
	case <-time.After(f.takes):
		return f.kept, f.err
	case <-ctx.Done():
		return signals.Kept{}, ctx.Err()
	}
}

func (f *temporal) people() *people {
	file := oncall.Roster{People: []oncall.Person{{ID: "sre-1"}}}
	return newPeople(file, f.read, time.Second, slog.New(slog.NewTextHandler(&f.log, nil)))
}

func entered(id string) signals.Kept {
	return signals.Kept{Overrides: []oncall.Override{{ID: id}}, Calendars: []oncall.Calendar{{Schedule: id}}}
}

// ask gives the ID of the override that is known, and how long it took to know it.
func ask(t *testing.T, p *people) (id string, took time.Duration) {
	t.Helper()
	began := time.Now()
	roster, err := p.Roster(t.Context())
	require.NoError(t, err)
	require.Equal(t, "sre-1", roster.People[0].ID, "the file is always known")
	require.Len(t, roster.Calendars, len(roster.Overrides))
	for _, o := range roster.Overrides {
		id = o.ID
	}
	return id, time.Since(began)
}

func TestAnOverrideIsKnownWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &temporal{}
		p := f.people()
		id, _ := ask(t, p)
		require.Empty(t, id)
		f.kept = entered("a")
		pass(time.Second)
		id, _ = ask(t, p)
		require.Equal(t, "a", id)
	})
}

func TestAStormOfPagesIsOneReadingASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &temporal{kept: entered("a"), takes: 20 * time.Millisecond}
		p := f.people()
		for range 3 {
			var storm sync.WaitGroup
			for range 200 {
				storm.Go(func() {
					id, took := ask(t, p)
					require.Equal(t, "a", id)
					require.LessOrEqual(t, took, 20*time.Millisecond)
				})
			}
			storm.Wait()
			pass(time.Second)
		}
		require.Equal(t, 3, f.calls)
	})
}

func TestTheLastGoodCopyHoldsWhileTemporalIsAway(t *testing.T) {
	for name, goWrong := range map[string]func(*temporal){
		"refuses": func(f *temporal) { f.err = errors.New("connection refused") },
		"hangs":   func(f *temporal) { f.takes = time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &temporal{kept: entered("a")}
				p := f.people()
				_, _ = ask(t, p)
				goWrong(f)
				for range 3 {
					pass(time.Second)
					id, took := ask(t, p)
					require.Equal(t, "a", id)
					require.LessOrEqual(t, took, 500*time.Millisecond)
					_, took = ask(t, p)
					require.Zero(t, took, "the next one within the second does not wait again")
				}
				require.Equal(t, 1, strings.Count(f.log.String(), "cannot be read"), "an outage is told once")

				*f = temporal{kept: entered("b"), log: f.log}
				pass(time.Second)
				id, _ := ask(t, p)
				require.Equal(t, "b", id)
				require.Contains(t, f.log.String(), "can be read again")
			})
		})
	}
}

func TestWithoutAnyCopyAPageGoesByTheFileAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &temporal{takes: time.Hour}
		p := f.people()
		id, took := ask(t, p)
		require.Empty(t, id)
		require.Equal(t, 500*time.Millisecond, took)

		roster, err := p.Known(t.Context())
		require.ErrorContains(t, err, "the overrides entered at run time are not known")
		require.Len(t, roster.People, 1)
	})
}

// Others wait for the same reading.
func TestAReadingOutlivesTheOneWhoAskedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &temporal{kept: entered("a"), takes: 100 * time.Millisecond}
		p := f.people()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		roster, err := p.Known(gone)
		require.NoError(t, err)
		require.Len(t, roster.Overrides, 1)
	})
}

// pass lets time go by in the bubble.
func pass(d time.Duration) { <-time.After(d) }
