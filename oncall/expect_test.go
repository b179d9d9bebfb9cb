package oncall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

// differences are the fields of each line that are not as expected.
func differences(e oncall.Expectation, rows []oncall.Row) [][]string {
	var out [][]string
	for _, line := range e.Compare(rows) {
		out = append(out, line.Differs)
	}
	return out
}

func TestOnlyWhatIsExpectedOfAPageIsCompared(t *testing.T) {
	row := oncall.Row{
		After: 5 * time.Minute, Position: at(2, 1),
		Page: oncall.Page{Person: "sre-2", Via: oncall.Slack, Address: "U2"},
	}
	channel := oncall.Row{Position: at(3, 1), Page: oncall.Page{Via: oncall.SlackChannel, Address: "C1"}}
	tests := map[string]struct {
		expected oncall.Expected
		row      oncall.Row
		differs  []string
	}{
		"nothing said":  {oncall.Expected{}, row, nil},
		"all as it is":  {row.Told(), row, nil},
		"a channel":     {oncall.Expected{Channel: "C1"}, channel, nil},
		"after":         {oncall.Expected{After: new(time.Duration(0))}, row, []string{"after"}},
		"step":          {oncall.Expected{Step: 1}, row, []string{"step"}},
		"round":         {oncall.Expected{Round: 2}, row, []string{"round"}},
		"via":           {oncall.Expected{Via: oncall.SMS}, row, []string{"via"}},
		"person":        {oncall.Expected{Person: "sre-1"}, row, []string{"person"}},
		"other channel": {oncall.Expected{Channel: "C2"}, channel, []string{"channel"}},
		"no channel":    {oncall.Expected{Channel: "U2"}, row, []string{"channel"}},
		"several":       {oncall.Expected{After: new(time.Duration(0)), Person: "sre-1", Step: 2}, row, []string{"after", "person"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := oncall.Expectation{Pages: []oncall.Expected{test.expected}}
			require.Equal(t, [][]string{test.differs}, differences(e, []oncall.Row{test.row}))
		})
	}
}

func TestTheFirstPagesAreComparedOrExactlyAll(t *testing.T) {
	one, two := oncall.Expected{Person: "sre-1"}, oncall.Expected{Person: "sre-2"}
	rows := []oncall.Row{{Page: oncall.Page{Person: "sre-1"}}, {Page: oncall.Page{Person: "sre-2"}}}
	first := oncall.Expectation{Pages: []oncall.Expected{one}}
	require.Equal(t, [][]string{nil}, differences(first, rows))
	first.Exactly = true
	require.Equal(t, [][]string{nil, {"one page more"}}, differences(first, rows))
	require.Equal(t, [][]string{nil, nil, {"no page"}}, differences(oncall.Expectation{Pages: []oncall.Expected{one, two, one}}, rows))
	require.Equal(t, [][]string{{"person"}, {"person"}}, differences(oncall.Expectation{Pages: []oncall.Expected{two, one}}, rows), "the order counts")
	require.Empty(t, differences(oncall.Expectation{Exactly: true}, nil), "nobody, as expected")
}

func TestAnExpectedPageIsWrittenAsASentence(t *testing.T) {
	require.Equal(t, "5m0s sre-2 by slack step 2 round 1",
		oncall.Expected{After: new(5 * time.Minute), Person: "sre-2", Via: oncall.Slack, Step: 2, Round: 1}.String())
	require.Equal(t, "C1 step 3", oncall.Expected{Channel: "C1", Step: 3}.String())
	require.Equal(t, "0s anybody", oncall.Expected{After: new(time.Duration(0))}.String())
}
