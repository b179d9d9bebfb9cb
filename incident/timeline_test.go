package incident_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// flaps lets the alert of an incident go and come again, and somebody be paged, for a time.
func (s *story) flaps(every, lasts time.Duration) {
	s.t.Helper()
	for end := s.now.Add(lasts); s.now.Before(end); {
		since := s.in.Alerts[0].StartsAt
		s.after(every / 2).happens(delivers(ratio(since)))
		over := ratio(since)
		over.Firing, over.EndsAt = false, s.now
		s.happens(delivers(over)).after(every / 2).happens(delivers(ratio(s.now)))
		s.reaches("sre-1")
	}
}

func TestAnAlertThatComesAndGoesForDaysDoesNotMakeAnIncidentLarge(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1")
	s.happens(by("sre-2", incident.NoteAdded, comment("nobody knows why")))
	s.flaps(time.Minute, 12*time.Hour)
	s.happens(by("sre-2", incident.NoteAdded, comment("still nobody")))
	s.flaps(time.Minute, 36*time.Hour)

	require.LessOrEqual(t, len(s.in.Timeline), 2000)
	require.Greater(t, s.in.Written(), 5*2000)
	require.Less(t, len(encode(t, s.in)), warning)
	require.Equal(t, 1, s.count(incident.Curtailed))
	require.Equal(t, 2, s.count(incident.NoteAdded), "what people do is kept")
	require.Equal(t, "Opened for checkout as SEV2", s.in.Timeline[0].Text)
	for i, e := range s.in.Timeline[:100] {
		require.Equal(t, i+1, e.N, "how it began is kept")
	}
	missing := 0
	for i, e := range s.in.Timeline {
		if i > 0 {
			require.Greater(t, e.N, s.in.Timeline[i-1].N)
			missing += e.N - s.in.Timeline[i-1].N - 1
		}
		if e.Kind == incident.Curtailed {
			said, err := strconv.Atoi(regexp.MustCompile(`^\d+`).FindString(e.Text))
			require.NoError(t, err)
			missing -= said - 1 // It stands in the place of one.
		}
	}
	require.Zero(t, missing)
	require.Len(t, s.in.Cursors.Pages, 100)
	require.Equal(t, s.in.Cursors.Pages[99].Receipt.TS, "1."+s.in.Climb.Pages[0].Marker, "the latest pages are kept current")
	s.carry()
}

func TestWhatIsBeingToldIsKeptUntilItHasBeen(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1")
	s.flaps(time.Minute, 3*time.Hour)
	last := s.in.Written()
	s.happens(incident.Event{Kind: incident.ThreadShown, Index: last - 40}, incident.Event{Kind: incident.Attempted, Tried: incident.Tried{Thread: last}})
	telling := s.in.Since(last - 40)

	s.flaps(time.Minute, 12*time.Hour)
	require.Equal(t, telling, s.in.UpTo(last)[len(s.in.UpTo(last))-40:])

	s.happens(incident.Event{Kind: incident.ThreadShown, Index: last})
	s.flaps(time.Minute, 12*time.Hour)
	require.NotEqual(t, telling[0], s.in.Since(last - 41)[0])
}

func TestACommentOfACurtailedTimelineSaysWhereItEnds(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1")
	s.flaps(time.Minute, 12*time.Hour)
	from := 0
	for range 100 {
		comment, next := incident.CommentOf(s.in, from)
		require.Contains(t, comment.Body, fmt.Sprintf("timeline %d-%d", from+1, next))
		if from = next; from == s.in.Written() {
			break
		}
	}
	require.Equal(t, s.in.Written(), from)
}
