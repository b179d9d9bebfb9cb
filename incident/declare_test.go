package incident_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

var declared = incident.Declaration{
	ID: "V0FORM", User: "U0SRE1", Service: "checkout", Summary: "the shop is down", Severity: incident.SEV1,
	Description: "since the\nlast deployment", At: noon,
}

func TestADeclaredIncidentSaysWhoDeclaredIt(t *testing.T) {
	s := begins(t, checkout())
	delivery := incident.Event{Kind: incident.Delivered, Delivery: declared.Delivery("ana")}
	s.happens(delivery)

	require.Contains(t, s.said(0), "Declared: Declared by ana: since the last deployment")
	notes := incident.CardOf(s.in, incident.Places{}).Notes
	require.Contains(t, notes, "Declared by ana")
	require.Contains(t, notes, "Somebody has to resolve "+s.in.ID+": no monitor says when it is over")
	require.Equal(t, "ana", s.in.DeclaredBy)

	s.ignores(delivery) // The same form says nothing new.
}

func TestWithoutADescriptionTheNameIsAll(t *testing.T) {
	s := begins(t, checkout())
	d := declared
	d.Description = " "
	s.happens(incident.Event{Kind: incident.Delivered, Delivery: d.Delivery("ana")})
	require.Contains(t, s.said(0), "Declared: Declared by ana")
}

func TestADeclarationOfManyLinesIsOneAlertOfOneLine(t *testing.T) {
	d := declared
	d.Summary = " down\r\nsince " + strings.Repeat("x", 200)
	got := d.Delivery("ana")
	require.Len(t, got.Alerts, 1)
	require.Len(t, []rune(got.Alerts[0].Summary), 150)
	require.True(t, strings.HasPrefix(got.Alerts[0].Summary, "down since x"))
	require.True(t, got.Firing())
	require.True(t, got.NeverResolves)
}
