package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
)

// byText gives a step of several methods for one person, with the first page delivered.
func byText(t *testing.T) *story {
	t.Helper()
	s := begins(t, checkout())
	plan := s.plan()
	plan.Passed = ""
	for i, via := range []oncall.Method{oncall.SMS, oncall.Email} {
		plan.Pages = append(plan.Pages, oncall.Page{
			Person: "sre-1", Name: "First responder", Via: via, Address: "+440000000001", At: s.now.Add(time.Duration(i) * time.Minute),
		})
	}
	s.happens(incident.Event{Kind: incident.StepOpened, Plan: plan})
	return s.happens(taken(s, 0, "accepted as SM1"))
}

func taken(s *story, i int, said string) incident.Event {
	ev := s.page(incident.Paged, i)
	ev.Receipt = incident.Receipt{Said: said}
	return ev
}

// reported is what a carrier says of a page; each text has its own ID.
func reported(s *story, i int, id, failed string) incident.Event {
	return incident.Event{
		Kind: incident.PageReported, Decision: incident.Decision{ID: "report/" + id},
		Report: incident.PageReport{ID: id, Marker: s.in.Climb.Pages[i].Marker, Failed: failed},
	}
}

func TestWhatBecameOfATextIsTold(t *testing.T) {
	s := byText(t)
	require.Equal(t, "Paged First responder by sms: accepted as SM1", s.last().Text)
	require.Empty(t, s.in.Cursors.Pages, "a text cannot be kept current")

	until := s.in.Climb.Until
	s.after(time.Second).happens(reported(s, 0, "SM1", ""))
	require.Equal(t, "The sms to First responder was delivered", s.last().Text)
	require.Equal(t, until, s.in.Climb.Until)
}

func TestATextThatIsLostAfterItWasAcceptedCountsAsFailed(t *testing.T) {
	s := byText(t)
	s.after(time.Second).happens(reported(s, 0, "SM1", "undelivered (30003)"))

	require.Equal(t, incident.PageFailed, s.last().Kind)
	require.Equal(t, "The sms to First responder was not delivered: undelivered (30003)", s.last().Text)
	require.Equal(t, "undelivered (30003)", s.in.Climb.Pages[0].Failed)
	require.Zero(t, s.in.Climb.Pages[0].Delivered)
	require.Zero(t, s.in.Climb.Until, "nobody was reached")
	require.False(t, s.in.Climb.Reached)

	s.after(time.Second).happens(taken(s, 1, "250 queued"))
	require.Equal(t, s.now.Add(5*time.Minute), s.in.Climb.Until)
}

func TestALostTextLeavesAPageThatArrivedAlone(t *testing.T) {
	s := byText(t)
	until := s.in.Climb.Until
	s.happens(taken(s, 1, "250 queued"), reported(s, 0, "SM1", "failed"))
	require.Equal(t, until, s.in.Climb.Until)
	require.True(t, s.in.Climb.Reached)
}

func TestARoundThatReachedSomebodyEarlierHasReachedSomebody(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1").runsOut().opens("sre-2")
	s.happens(s.page(incident.Paged, 0), reported(s, 0, "SM1", "failed"))
	require.True(t, s.in.Climb.Reached)
}

func TestTheFirstReportOnATextCounts(t *testing.T) {
	s := byText(t)
	s.happens(reported(s, 0, "SM1", ""))
	for _, failed := range []string{"", "undelivered"} {
		require.True(t, isDuplicate(s.apply(reported(s, 0, "SM1", failed))))
	}
	require.NotZero(t, s.in.Climb.Pages[0].Delivered)
}

func TestAReportMayOvertakeTheVendorsAnswer(t *testing.T) {
	s := byText(t)
	s.happens(reported(s, 1, "MX1", "undelivered"))
	until := s.in.Climb.Until
	s.happens(taken(s, 1, "accepted as MX1"))
	require.Equal(t, "undelivered", s.in.Climb.Pages[1].Failed)
	require.Zero(t, s.in.Climb.Pages[1].Delivered)
	require.Equal(t, until, s.in.Climb.Until)
}

func TestAReportThatATextArrivedIsAsGoodAsTheVendorsAnswer(t *testing.T) {
	s := byText(t)
	s.happens(reported(s, 0, "SM1", "undelivered")).after(time.Second).happens(reported(s, 1, "SM2", ""))
	require.Equal(t, s.now, s.in.Climb.Pages[1].Delivered)
	require.Equal(t, s.now.Add(5*time.Minute), s.in.Climb.Until)
}

func TestAReportOnAPageThatIsOverIsToldAndNoMore(t *testing.T) {
	s := byText(t)
	late := reported(s, 0, "SM1", "undelivered")
	late.Report.Person = "sre-1"
	s.happens(by("sre-1", incident.WasAcknowledged))
	climb := s.in.Climb
	s.happens(late)
	require.Equal(t, "The sms to First responder was not delivered: undelivered", s.last().Text)
	require.Equal(t, climb.Until, s.in.Climb.Until)
	require.False(t, s.in.Climb.Wanted, "somebody responds")

	s = byText(t)
	gone := reported(s, 0, "SM1", "undelivered")
	gone.Report.Person = "sre-1"
	s.runsOut().happens(gone)
	require.Equal(t, "The sms to sre-1 was not delivered: undelivered", s.last().Text)
}

func TestALostTextOfAnEscalationThatSomebodyWantedIsWantedStill(t *testing.T) {
	s := begins(t, checkout()).reaches("sre-1").happens(by("sre-1", incident.WasAcknowledged), by("sre-1", incident.Escalated)).opens("sre-2")
	require.True(t, s.in.Climb.Wanted)
	s.happens(s.page(incident.Paged, 0))
	require.False(t, s.in.Climb.Wanted)
	s.happens(reported(s, 0, "SM1", "undelivered"))
	require.True(t, s.in.Climb.Wanted)
	require.Equal(t, incident.Acknowledged, s.in.Status)
}

func TestAReportOnAnEarlierIncidentIsNobodys(t *testing.T) {
	s := byText(t)
	foreign := reported(s, 0, "SM1", "undelivered")
	foreign.Report.Marker = "INC-260101-ABCDEF/page/0.1.1.0/sms/+440000000001"
	s.ignores(foreign)
}
