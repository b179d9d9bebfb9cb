package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// blinded is a triggered incident whose alerts fire for want of data.
func blinded(t *testing.T) *story {
	t.Helper()
	s := given(t, triggered)
	for i := range s.in.Alerts {
		s.in.Alerts[i].Blind = true
	}
	return s
}

func TestNoRollbackIsOfferedForWantOfData(t *testing.T) {
	s := blinded(t)
	require.Nil(t, s.in.Offer())
	require.Equal(t, []string{"acknowledge", "escalate", "resolve"}, actions(s.in.Buttons()))
	require.Equal(t, []string{"No rollback is offered. The monitor has no data, which is no sign of a bad release"}, card(s).Notes)
	require.Equal(t,
		"The monitor has no data, which is no sign of a bad release. To roll back all the same, name the release: r2.",
		s.refuses(by("sre-1", incident.RollbackAsked, via("cli"))))
}

func TestWhoeverNamesTheReleaseRollsBackWithoutData(t *testing.T) {
	s := blinded(t)
	s.happens(by("sre-1", incident.RollbackAsked, via("cli"), target("r2")))
	require.Equal(t, "r2", s.in.Rollback.Release)
}

func TestAnAlertWithDataBringsTheOfferBack(t *testing.T) {
	s := blinded(t)
	other := ratio(s.now)
	other.Fingerprint = "f2"
	s.happens(fires(other))
	require.Equal(t, "r2", s.in.Offer().Release)

	s.happens(stops(other, s.now.Add(time.Minute)))
	require.Equal(t, "r2", s.in.Offer().Release, "what had data was no mere lack of it")
}

func TestAnAlertThatLosesItsDataKeepsTheOffer(t *testing.T) {
	s := given(t, triggered)
	lost := ratio(s.after(time.Minute).now)
	lost.Blind = true
	s.happens(fires(lost))
	require.Equal(t, "r2", s.in.Offer().Release, "a service that is all gone has no data either")
}

func TestAnIncidentWithoutAlertsIsNotBlind(t *testing.T) {
	require.False(t, incident.Incident{}.Blind())
}
