package incident_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// labelled gives alerts of one group with labels, written name=value.
func labelled(rows ...map[string]string) (alerts []incident.Alert) {
	for i, labels := range rows {
		a := ratio(noon)
		a.Fingerprint, a.Summary, a.Name, a.Labels = fmt.Sprint("g", i), "", "Full", labels
		alerts = append(alerts, a)
	}
	return alerts
}

func TestTheAlertsOfAGroupAreToldApartByWhatDiffers(t *testing.T) {
	tests := map[string]struct {
		rows []map[string]string
		want []string
	}{
		"one":              {[]map[string]string{{"instance": "a"}}, []string{"Full"}},
		"one label":        {[]map[string]string{{"instance": "a", "env": "x"}, {"instance": "b", "env": "x"}}, []string{"Full (instance=a)", "Full (instance=b)"}},
		"the best label":   {[]map[string]string{{"disk": "1", "pod": "a"}, {"disk": "1", "pod": "b"}, {"disk": "2", "pod": "c"}}, []string{"Full (pod=a)", "Full (pod=b)", "Full (pod=c)"}},
		"two labels":       {[]map[string]string{{"disk": "1", "pod": "a"}, {"disk": "2", "pod": "a"}, {"disk": "1", "pod": "b"}}, []string{"Full (disk=1, pod=a)", "Full (disk=2, pod=a)", "Full (disk=1, pod=b)"}},
		"a label missing":  {[]map[string]string{{"env": "x", "pod": "a"}, {"env": "x"}}, []string{"Full (pod=a)", "Full"}},
		"nothing differs":  {[]map[string]string{{"env": "x"}, {"env": "x"}}, []string{"Full", "Full"}},
		"severity is said": {[]map[string]string{{"severity": "page"}, {"severity": "ticket"}}, []string{"Full", "Full"}},
		"without labels":   {[]map[string]string{nil, nil}, []string{"Full", "Full"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := begins(t, checkout())
			s.in.Alerts = nil
			s.happens(delivers(labelled(test.rows...)...))
			require.Equal(t, test.want, card(s).Alerts)
		})
	}
}

func TestALabelThatTheTitleNamesIsNotRepeated(t *testing.T) {
	s := begins(t, checkout())
	s.in.Alerts = nil
	alerts := labelled(map[string]string{"instance": "web-1"}, map[string]string{"instance": "web-2"}, map[string]string{"instance": "web-3"})
	alerts[0].Summary = "web-1 is full"
	s.happens(delivers(alerts...))
	require.Equal(t, []string{"web-1 is full", "Full (instance=web-2)", "Full (instance=web-3)"}, card(s).Alerts)
}

func TestTheCardListsTheWorstOfAGroupFirstAndCountsTheRest(t *testing.T) {
	s := begins(t, checkout())
	var alerts []incident.Alert
	for i := range 9 {
		alerts = append(alerts, labelled(map[string]string{"instance": fmt.Sprint(i)})...)
		alerts[i].Fingerprint = fmt.Sprint("i", i)
	}
	alerts[7].Severity = incident.SEV1
	s.happens(delivers(alerts...))
	c := card(s)
	require.Equal(t, []string{"Full (instance=7)", "12 % of requests fail", "Full (instance=0)", "Full (instance=1)", "Full (instance=2)"}, c.Alerts)
	require.Equal(t, 5, c.More)
	require.Contains(t, incident.TicketOf(s.in, incident.Places{}).Description, "* Full (instance=8): firing since")
}
