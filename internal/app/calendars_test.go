package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/integrations/ical"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// shelf is a keeper that keeps in memory, as the roster's workflow does in its memo.
type shelf struct {
	mutex sync.Mutex
	kept  signals.Kept
	sent  []oncall.Calendar
	away  error
}

func (s *shelf) Roster(context.Context) (signals.Kept, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.kept, s.away
}

func (s *shelf) Calendar(_ context.Context, latest oncall.Calendar) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.away != nil {
		return s.away
	}
	s.sent = append(s.sent, latest)
	s.kept.Calendars = []oncall.Calendar{latest}
	return nil
}

// wire is a source that says what it is told to.
type wire struct {
	mutex  sync.Mutex
	body   string
	err    error
	asked  int
	forgot int
	hang   bool
}

func (w *wire) Fetch(ctx context.Context) ([]byte, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.asked++
	if w.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return []byte(w.body), w.err
}

func (w *wire) Forget() { w.forgot++ }

func (w *wire) times() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.asked
}

func (w *wire) cut() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.err = errors.New("ical: no answer")
}

// desk is one calendar with a shelf and a wire, and what it logs.
type desk struct {
	*calendar
	*shelf
	wire *wire
	log  *bytes.Buffer
	now  time.Time
}

func newDesk(kept ...oncall.Calendar) *desk {
	d := &desk{
		shelf: &shelf{kept: signals.Kept{Calendars: kept}}, wire: &wire{body: weekOf("sre-2")}, log: &bytes.Buffer{},
		now: time.Date(2026, 3, 2, 2, 10, 0, 0, time.UTC),
	}
	d.calendar = d.another()
	return d
}

// another is the calendar of one more worker, or of one that starts again.
func (d *desk) another() *calendar {
	return &calendar{
		schedule: "secondary", source: d.wire, keeper: d.shelf,
		log: slog.New(slog.NewTextHandler(d.log, nil)), options: optionsOf(),
	}
}

func (d *desk) refresh(t *testing.T) bool {
	t.Helper()
	d.now = d.now.Add(5 * time.Minute)
	return d.calendar.refresh(t.Context(), d.now)
}

func (d *desk) warnings() int { return strings.Count(d.log.String(), "level=WARN") }

func weekOf(person string) string {
	return "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260302T000000Z\nDURATION:P7D\nSUMMARY:" + person + "\nEND:VEVENT\nEND:VCALENDAR\n"
}

func shiftsOf(person string) []oncall.Override {
	return []oncall.Override{{Person: person, From: "2026-03-02T00:00:00Z", To: "2026-03-09T00:00:00Z"}}
}

// lastDay is when the time ends that the desk's calendar is read for on 2 March 2026.
var lastDay = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)

func TestACopyThatReachesFurtherIsSent(t *testing.T) {
	d := newDesk()
	require.True(t, d.refresh(t))
	d.now = d.now.AddDate(0, 0, 1)
	require.True(t, d.refresh(t))
	require.Len(t, d.sent, 2)
	require.Equal(t, lastDay.AddDate(0, 0, 1), d.sent[1].Until)
}

func TestACopyThatChangedIsSentAndAnEqualOneIsNot(t *testing.T) {
	d := newDesk()
	require.True(t, d.refresh(t))
	require.Equal(t, []oncall.Calendar{{Schedule: "secondary", Shifts: shiftsOf("sre-2"), Read: d.now, Until: lastDay}}, d.sent)
	require.True(t, d.refresh(t))
	require.True(t, d.another().refresh(t.Context(), d.now), "another worker reads the same")
	require.Len(t, d.sent, 1)

	d.wire.body = weekOf("sre-1")
	require.True(t, d.refresh(t))
	require.Len(t, d.sent, 2)
	require.Equal(t, shiftsOf("sre-1"), d.sent[1].Shifts)
	require.Zero(t, d.warnings())
}

func TestACalendarThatCannotBeReadIsSaidOnceWithItsLastGoodCopy(t *testing.T) {
	d := newDesk()
	d.refresh(t)
	d.refresh(t)
	read := d.now
	d.wire.err = errors.New("ical: no answer")
	for range 3 {
		require.False(t, d.refresh(t))
	}
	require.Equal(t, oncall.Calendar{Schedule: "secondary", Shifts: shiftsOf("sre-2"), Read: read, Until: lastDay, Fault: "ical: no answer"}, d.sent[1])
	require.Len(t, d.sent, 2)
	require.Equal(t, 1, d.warnings())
	require.InDelta(t, d.now.Sub(read).Seconds(), d.age(d.now), 0)

	d.wire.err = nil
	require.True(t, d.refresh(t))
	require.Len(t, d.sent, 3, "the fault is taken back although the shifts are the same")
	require.Empty(t, d.sent[2].Fault)
	require.Contains(t, d.log.String(), "the calendar can be read again")
}

func TestAWorkerThatStartsWhileACalendarIsAwayHoldsOnToTheKeptCopy(t *testing.T) {
	kept := oncall.Calendar{Schedule: "secondary", Shifts: shiftsOf("sre-2"), Read: time.Date(2026, 3, 1, 2, 10, 0, 0, time.UTC)}
	d := newDesk(kept)
	d.wire.err = errors.New("ical: no answer")
	require.False(t, d.refresh(t))
	faulty := kept
	faulty.Fault = "ical: no answer"
	require.Equal(t, []oncall.Calendar{faulty}, d.sent)
	require.InDelta(t, d.now.Sub(kept.Read).Seconds(), d.age(d.now), 0)

	require.False(t, d.another().refresh(t.Context(), d.now))
	require.Len(t, d.sent, 1, "what is known is not said again")
}

func TestAWorkerThatAloneCannotReadACalendarDoesNotQuarrelWithTheOthers(t *testing.T) {
	d := newDesk()
	other := d.another()
	other.source = &wire{err: errors.New("ical: no answer")}
	d.refresh(t)
	for range 3 {
		require.False(t, other.refresh(t.Context(), d.now))
		require.True(t, d.refresh(t))
	}
	require.Len(t, d.sent, 3, "the copy, the news that it cannot be read, and that it can")
	require.Empty(t, d.sent[2].Fault)
}

func TestACopyThatIsLaterThanTheKeptOneIsNotLostWhenBothAreAway(t *testing.T) {
	d := newDesk(oncall.Calendar{Schedule: "secondary", Shifts: shiftsOf("sre-1"), Read: time.Date(2026, 3, 1, 2, 10, 0, 0, time.UTC), Fault: "an earlier one"})
	d.away = errors.New("unavailable")
	require.False(t, d.refresh(t))
	read := d.now
	d.away, d.wire.err = nil, errors.New("ical: no answer")
	require.False(t, d.refresh(t))
	require.Equal(t, []oncall.Calendar{{Schedule: "secondary", Shifts: shiftsOf("sre-2"), Read: read, Until: lastDay, Fault: "ical: no answer"}}, d.sent)
}

func TestACalendarThatWasNeverReadSaysWhy(t *testing.T) {
	d := newDesk()
	d.wire.err = errors.New("ical: 404 Not Found")
	d.refresh(t)
	require.Equal(t, []oncall.Calendar{{Schedule: "secondary", Fault: "ical: 404 Not Found"}}, d.sent)
	require.InDelta(t, math.Inf(1), d.age(d.now), 0)
}

func TestWhatIsNoCalendarDoesNotTakeThePlaceOfTheCopy(t *testing.T) {
	d := newDesk()
	d.refresh(t)
	d.wire.body = "<html>Sign in</html>"
	require.False(t, d.refresh(t))
	require.Equal(t, shiftsOf("sre-2"), d.sent[1].Shifts)
	require.Contains(t, d.sent[1].Fault, "this is no iCalendar file")
	require.Equal(t, 1, d.wire.forgot, "it is not taken for unchanged next time")
}

func TestWhileTemporalIsAwayACopyIsReadAndSentLater(t *testing.T) {
	d := newDesk()
	d.away = errors.New("unavailable")
	require.False(t, d.refresh(t), "it is tried again soon")
	require.Equal(t, shiftsOf("sre-2"), d.copy().Shifts)
	d.away = nil
	require.True(t, d.refresh(t))
	require.Len(t, d.sent, 1)

	d.away, d.wire.err = errors.New("unavailable"), errors.New("ical: no answer")
	require.False(t, d.refresh(t))
	d.away = nil
	require.False(t, d.refresh(t))
	require.Equal(t, "ical: no answer", d.sent[1].Fault)
}

func TestWhatACalendarDoesNotSayIsLoggedWhenItChanges(t *testing.T) {
	d := newDesk()
	d.wire.body = weekOf("Somebody")
	d.refresh(t)
	d.refresh(t)
	require.Equal(t, 1, strings.Count(d.log.String(), "names none of the people"))
}

func TestCalendarsAreReadAtOnceAndThenEveryFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		ctx, stop := context.WithCancel(t.Context())
		wait := calendars{d.calendar}.run(ctx)
		require.Equal(t, 1, d.wire.times())
		<-time.After(time.Hour)
		synctest.Wait()
		asked := d.wire.times()
		require.InDelta(t, 13, asked, 2)

		d.wire.cut()
		<-time.After(30 * time.Minute)
		synctest.Wait()
		require.InDelta(t, asked+28, d.wire.times(), 5, "one that fails is tried every minute")
		stop()
		wait()
	})
}

func TestACalendarThatHangsHoldsUpNeitherTheWorkerNorTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging, good := newDesk(), newDesk()
		hanging.wire.hang = true
		ctx, stop := context.WithCancel(t.Context())
		began := time.Now()
		wait := calendars{hanging.calendar, good.calendar}.run(ctx)
		require.Equal(t, firstWithin, time.Since(began))
		require.Equal(t, began.UTC(), good.copy().Read.UTC())
		stop()
		wait()
		require.Empty(t, hanging.sent, "a worker that stops says nothing of its calendars")
	})
}

func TestTheLaterCopyCounts(t *testing.T) {
	d := newDesk()
	d.refresh(t)
	all := calendars{d.calendar}
	other := oncall.Calendar{Schedule: "third", Read: d.now}
	own := oncall.Calendar{Schedule: "secondary", Shifts: shiftsOf("sre-2"), Read: d.now, Until: lastDay}
	older, later := own, own
	older.Read, older.Shifts = d.now.Add(-time.Minute), shiftsOf("sre-1")
	later.Read, later.Fault = d.now, "ical: no answer"
	for name, test := range map[string]struct{ kept, want []oncall.Calendar }{
		"one that is not kept yet":    {[]oncall.Calendar{other}, []oncall.Calendar{other, own}},
		"over an older one":           {[]oncall.Calendar{older, other}, []oncall.Calendar{own, other}},
		"not over one that is as old": {[]oncall.Calendar{later}, []oncall.Calendar{later}},
	} {
		t.Run(name, func(t *testing.T) {
			before := append([]oncall.Calendar(nil), test.kept...)
			require.Equal(t, test.want, all.over(oncall.Roster{Calendars: test.kept}).Calendars)
			require.Equal(t, before, test.kept, "the given one is left alone")
		})
	}
	require.Equal(t, []oncall.Calendar{older}, calendars{newDesk().calendar}.over(oncall.Roster{Calendars: []oncall.Calendar{older}}).Calendars)
}

func TestTheAgeOfEachCalendarIsShown(t *testing.T) {
	d := newDesk()
	d.refresh(t)
	m := newMetrics()
	m.watch(calendars{d.calendar})
	families, err := m.registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() == "lastgood_calendar_age_seconds" {
			require.Equal(t, "secondary", family.GetMetric()[0].GetLabel()[0].GetValue())
			require.InDelta(t, time.Since(d.now).Seconds(), family.GetMetric()[0].GetGauge().GetValue(), 60)
			return
		}
	}
	require.Fail(t, "no age is shown")
}

func TestOnlySchedulesThatAreCalendarsAreRead(t *testing.T) {
	file := config.File{Roster: oncall.Roster{Schedules: []oncall.Schedule{
		{ID: "primary", TimeZone: "Europe/London"}, {ID: "secondary", ICal: "https://calendar.example.com/hush.ics", TimeZone: "Europe/London"},
	}}}
	all, err := newCalendars(file, &shelf{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "Europe/London", all[0].options.Zone.String())

	file.Roster.Schedules[1].ICal = "ftp://hush"
	_, err = newCalendars(file, &shelf{}, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, ErrConfiguration)
	require.NotContains(t, err.Error(), "hush")
}

func TestTheTimeThatIsReadMovesOnceADay(t *testing.T) {
	morning := Around(optionsOf(), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	require.Equal(t, morning, Around(optionsOf(), time.Date(2026, 3, 2, 23, 59, 59, 0, time.UTC)))
	require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), morning.From)
	require.Equal(t, time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC), morning.To)
}

func optionsOf() ical.Options {
	return ical.Options{Zone: time.UTC, People: []oncall.Person{{ID: "sre-1"}, {ID: "sre-2"}}}
}
