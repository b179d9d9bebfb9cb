package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
)

var (
	backup = incident.Heartbeat{Name: "nightly-backup", Service: "backup", Every: 24 * time.Hour, Grace: 30 * time.Minute, Severity: incident.SEV3}
	began  = time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC)
)

// watched is the backup, watched since began by settings read then.
func watched() incident.Watch {
	return incident.Watch{Heartbeat: backup, Configured: began}.Begin(began, began)
}

func after(d time.Duration) time.Time { return began.Add(d) }

func TestAHeartbeatIsSilentOnceEveryAndGraceHavePassedSinceItsLastBeat(t *testing.T) {
	const patience = 24*time.Hour + 30*time.Minute
	for name, tt := range map[string]struct {
		watch incident.Watch
		at    time.Duration
		want  time.Duration // When it became silent; 0: it is not.
	}{
		"never heard, and there is time":  {watched(), patience - 1, 0},
		"never heard":                     {watched(), patience, patience},
		"never heard, noticed late":       {watched(), 90 * time.Hour, patience},
		"late, within the grace":          {watched().Beat(after(time.Hour), after(time.Hour)), time.Hour + patience - 1, 0},
		"beyond the grace":                {watched().Beat(after(time.Hour), after(time.Hour)), time.Hour + patience, time.Hour + patience},
		"an older beat changes nothing":   {watched().Beat(after(2*time.Hour), after(3*time.Hour)).Beat(after(time.Hour), after(3*time.Hour)), 2*time.Hour + patience - 1, 0},
		"a beat without a moment is now":  {watched().Beat(time.Time{}, after(5*time.Hour)), 5*time.Hour + patience, 5*time.Hour + patience},
		"a clock ahead gives no more":     {watched().Beat(after(90*time.Hour), after(5*time.Hour)), 5*time.Hour + patience, 5*time.Hour + patience},
		"watched before a worker was up":  {incident.Watch{Heartbeat: backup}.Begin(began, after(time.Hour)), patience, patience},
		"one that waited for a worker":    {watched().Beat(after(time.Hour), after(20*time.Hour)), time.Hour + patience, time.Hour + patience},
		"what is retired is not expected": {watched().Retire(after(1), after(1)), 9000 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := tt.watch.At(after(tt.at))
			if tt.want == 0 {
				require.Zero(t, got.Silent)
				return
			}
			require.Equal(t, after(tt.want), got.Silent)
			require.Equal(t, got, got.At(after(tt.at+time.Hour)), "it stays silent since the same moment")
		})
	}
}

func TestTheIncidentOfASilentHeartbeatSaysSinceWhenAndTheNextBeatResolvesIt(t *testing.T) {
	w := watched().Beat(after(time.Hour), after(time.Hour))
	due := time.Hour + 24*time.Hour + 30*time.Minute
	_, owed := w.Owed(after(due))
	require.False(t, owed)

	w = w.At(after(due))
	news, owed := w.Owed(after(due))
	require.True(t, owed)
	require.Equal(t, incident.News{
		Service: "backup", Told: incident.Silence{Service: "backup", From: after(due)},
		Delivery: incident.Delivery{Source: "heartbeat", Group: "heartbeat/nightly-backup", Alerts: []incident.Alert{{
			Fingerprint: "heartbeat/nightly-backup", StartsAt: after(due), Firing: true, Severity: incident.SEV3, Name: "Silent: nightly-backup",
			Summary: "nightly-backup has not been heard of for 24 h 30 min; its last beat was at Wed 1 Jul 03:00:00 UTC",
			Labels:  map[string]string{"heartbeat": "nightly-backup", "service": "backup"},
		}}},
	}, news)
	w = w.Delivered(news)
	_, owed = w.Owed(after(due))
	require.False(t, owed, "it is told once")

	beat := due + time.Hour
	w = w.Beat(after(beat), after(beat))
	news, owed = w.Owed(after(beat))
	require.True(t, owed)
	require.False(t, news.Delivery.Firing())
	require.Equal(t, after(due), news.Delivery.Alerts[0].StartsAt, "the same alert")
	require.Equal(t, after(beat), news.Delivery.Alerts[0].EndsAt)
	require.Equal(t, incident.Watch{Heartbeat: backup, Configured: began, Since: began, Last: after(beat)}, w.Delivered(news))
}

func TestOneThatWasNeverHeardSaysSo(t *testing.T) {
	w := watched().At(after(25 * time.Hour))
	news, _ := w.Owed(after(25 * time.Hour))
	require.Equal(t, "nightly-backup has never been heard of in the 25 h 00 min that it is watched", news.Delivery.Alerts[0].Summary)
}

func TestASilenceThatEndsBeforeItIsToldIsNotTold(t *testing.T) {
	w := watched().At(after(25*time.Hour)).Beat(after(26*time.Hour), after(26*time.Hour))
	_, owed := w.Owed(after(26 * time.Hour))
	require.False(t, owed)
}

func TestTheLatestSettingsCount(t *testing.T) {
	hourly := backup
	hourly.Every, hourly.Grace = time.Hour, 0
	now := after(10 * time.Hour)

	w := watched().Configure(hourly, began.Add(-1), now)
	require.Equal(t, watched(), w, "those of an older reading change nothing")
	require.Equal(t, watched(), watched().Retire(began.Add(-1), now))

	w = watched().Configure(hourly, now, now)
	require.Zero(t, w.Silent, "who is asked to beat more often has the new time for it")
	require.Equal(t, now.Add(time.Hour), w.Due())

	silent := watched().At(after(25 * time.Hour))
	weekly := backup
	weekly.Every = 7 * 24 * time.Hour
	require.Zero(t, silent.Configure(weekly, after(26*time.Hour), after(26*time.Hour)).Silent, "who may beat more seldom is not silent yet")
	require.Equal(t, silent.Silent, silent.Configure(hourly, after(26*time.Hour), after(26*time.Hour)).Silent, "who is silent stays silent")
}

func TestAHeartbeatThatMovesToAnotherServiceIsTakenFromTheFirst(t *testing.T) {
	now := after(25 * time.Hour)
	w := watched().At(now)
	news, _ := w.Owed(now)
	moved := backup
	moved.Service = "storage"
	w = w.Delivered(news).Configure(moved, now, now)

	news, owed := w.Owed(now)
	require.True(t, owed)
	require.Equal(t, "backup", news.Service)
	require.False(t, news.Delivery.Firing())
	news, owed = w.Delivered(news).Owed(now)
	require.True(t, owed)
	require.Equal(t, "storage", news.Service)
	require.True(t, news.Delivery.Firing())
}

func TestARetiredHeartbeatIsOverOnceItsIncidentKnows(t *testing.T) {
	now := after(25 * time.Hour)
	w := watched().At(now)
	news, _ := w.Owed(now)
	w = w.Delivered(news).Retire(now, now)
	require.False(t, w.Over())
	news, owed := w.Owed(now)
	require.True(t, owed)
	require.False(t, news.Delivery.Firing())
	require.True(t, w.Delivered(news).Over())

	back := w.Delivered(news).Configure(backup, now.Add(1), now)
	require.False(t, back.Over())
	require.Equal(t, now.Add(24*time.Hour+30*time.Minute), back.Due(), "it begins anew")
}

// Whatever comes in whatever order: an incident is open exactly while the heartbeat is silent, each silence has a moment
// of its own, and a beat on time never opens one.
func TestWhateverHappensTheIncidentsKnowWhatIsSilent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		second := func(most int, label string) time.Duration {
			return time.Duration(rapid.IntRange(1, most).Draw(t, label)) * time.Second
		}
		now := began
		w := incident.Watch{Heartbeat: incident.Heartbeat{Name: "job", Service: "a", Every: second(60, "every"), Grace: second(60, "grace")}, Configured: now}.Begin(now, now)
		open := map[string]time.Time{}
		var latest time.Time
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(second(90, "pause"))
			heard := w.Last
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				at := now.Add(-second(30, "on its way"))
				w = w.Beat(at, now)
				require.False(t, w.Last.Before(heard), "a beat is not forgotten")
			case 1:
				w = w.Configure(incident.Heartbeat{
					Name: "job", Service: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "service"), Every: second(60, "every"), Grace: second(60, "grace"),
				}, now, now)
			default:
				w = w.At(now)
			}
			require.Equal(t, !w.Silent.IsZero(), !w.Due().After(now))
			require.Equal(t, w, w.At(now), "the same moment twice is the same")
			for news, owed := w.Owed(now); owed && rapid.Bool().Draw(t, "gets through"); news, owed = w.Owed(now) {
				a := news.Delivery.Alerts[0]
				if a.Firing {
					require.True(t, a.StartsAt.After(latest) || news.Service != "" && a.StartsAt.Equal(latest))
					latest = a.StartsAt
					open[news.Service] = a.StartsAt
				} else {
					require.Equal(t, open[news.Service], a.StartsAt, "what resolves is what fired")
					require.False(t, a.EndsAt.Before(a.StartsAt))
					delete(open, news.Service)
				}
				w = w.Delivered(news)
			}
			if _, owed := w.Owed(now); !owed {
				require.Equal(t, !w.Silent.IsZero(), len(open) == 1)
			}
			require.LessOrEqual(t, len(open), 1)
		}
	})
}
