package oncall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

// fields are the fields that faults name.
func fields(t *testing.T, faults []error) []string {
	t.Helper()
	var names []string
	for _, err := range faults {
		var fault oncall.Fault
		require.ErrorAs(t, err, &fault)
		require.NotEmpty(t, fault.Problem)
		names = append(names, fault.Field)
	}
	return names
}

func TestAPolicyNamesEachFieldThatIsWrong(t *testing.T) {
	office := func() *oncall.Window { return &oncall.Window{From: "09:00", To: "18:00", TimeZone: "Europe/London"} }
	tests := map[string]struct {
		spoil func(*oncall.Policy)
		field []string
	}{
		"nothing":           {func(*oncall.Policy) {}, nil},
		"no id":             {func(p *oncall.Policy) { p.ID = "" }, []string{"id"}},
		"no steps":          {func(p *oncall.Policy) { p.Steps, p.Repeat.FromStep = nil, 0 }, []string{"steps"}},
		"nobody":            {func(p *oncall.Policy) { p.Steps[1].Page = nil }, []string{"steps[1].page"}},
		"target of two":     {func(p *oncall.Policy) { p.Steps[0].Page[0].Schedule = "x" }, []string{"steps[0].page[0]"}},
		"target of none":    {func(p *oncall.Policy) { p.Steps[0].Page[0] = oncall.Target{} }, []string{"steps[0].page[0]"}},
		"no wait":           {func(p *oncall.Policy) { p.Steps[0].AckWithin = 0 }, []string{"steps[0].ack_within"}},
		"too short a wait":  {func(p *oncall.Policy) { p.Steps[0].AckWithin = 999 * time.Millisecond }, []string{"steps[0].ack_within"}},
		"a wait of 1 s":     {func(p *oncall.Policy) { p.Steps[0].AckWithin = time.Second }, nil},
		"window, zone":      {func(p *oncall.Policy) { p.Steps[0].OnlyIf.TimeZone = "" }, []string{"steps[0].only_if"}},
		"window, hour":      {func(p *oncall.Policy) { p.Steps[0].WaitUntil.To = "9 am" }, []string{"steps[0].wait_until"}},
		"window, day":       {func(p *oncall.Policy) { p.Steps[0].OnlyIf.Days = []time.Weekday{7} }, []string{"steps[0].only_if"}},
		"repeat, negative":  {func(p *oncall.Policy) { p.Repeat.Times = -1 }, []string{"repeat.times"}},
		"repeat, beyond":    {func(p *oncall.Policy) { p.Repeat.FromStep = 3 }, []string{"repeat.from_step"}},
		"ack timeout":       {func(p *oncall.Policy) { p.AckTimeout = -time.Second }, []string{"ack_timeout"}},
		"all faults at one": {func(p *oncall.Policy) { p.ID, p.AckTimeout, p.Repeat.Times = "", -1, -1 }, []string{"id", "repeat.times", "ack_timeout"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := oncall.Policy{ID: "p", Steps: stepsOf(2), Repeat: oncall.Repeat{Times: 2, FromStep: 2}, AckTimeout: time.Hour}
			p.Steps[0].OnlyIf, p.Steps[0].WaitUntil = office(), office()
			test.spoil(&p)
			require.Equal(t, test.field, fields(t, p.Validate()))
		})
	}
}

func TestAScheduleNamesEachFieldThatIsWrong(t *testing.T) {
	tests := map[string]struct {
		spoil func(*oncall.Schedule)
		field []string
	}{
		"nothing":            {func(*oncall.Schedule) {}, nil},
		"a calendar":         {func(s *oncall.Schedule) { *s = oncall.Schedule{ID: "x", ICal: "https://example.com/x.ics"} }, nil},
		"no id":              {func(s *oncall.Schedule) { s.ID = "" }, []string{"id"}},
		"no zone":            {func(s *oncall.Schedule) { s.TimeZone = "" }, []string{"time_zone"}},
		"zone unknown":       {func(s *oncall.Schedule) { s.TimeZone = "Europe/Nowhere" }, []string{"time_zone"}},
		"no layers":          {func(s *oncall.Schedule) { s.Layers = nil }, []string{"layers"}},
		"layers and ical":    {func(s *oncall.Schedule) { s.ICal = "https://example.com/x.ics" }, []string{"layers"}},
		"nobody":             {func(s *oncall.Schedule) { s.Layers[0].People = nil }, []string{"layers[0].people"}},
		"somebody unnamed":   {func(s *oncall.Schedule) { s.Layers[0].People = []string{"a", ""} }, []string{"layers[0].people"}},
		"no period":          {func(s *oncall.Schedule) { s.Layers[0].Every = oncall.Period{} }, []string{"layers[0].every"}},
		"period below 1 h":   {func(s *oncall.Schedule) { s.Layers[0].Every.Count = 0 }, []string{"layers[0].every"}},
		"period beyond all":  {func(s *oncall.Schedule) { s.Layers[0].Every.Count = 10000 }, []string{"layers[0].every"}},
		"unit of none":       {func(s *oncall.Schedule) { s.Layers[0].Every.Unit = "m" }, []string{"layers[0].every"}},
		"hand-off":           {func(s *oncall.Schedule) { s.Layers[0].Handoff = "2026-02-30T09:00" }, []string{"layers[0].handoff"}},
		"window":             {func(s *oncall.Schedule) { s.Layers[0].Only[0].To = "25:00" }, []string{"layers[0].only[0]"}},
		"override, nobody":   {func(s *oncall.Schedule) { s.Overrides[0].Person = "" }, []string{"overrides[0].person"}},
		"override, unread":   {func(s *oncall.Schedule) { s.Overrides[0].From = "now" }, []string{"overrides[0]"}},
		"override, reversed": {func(s *oncall.Schedule) { s.Overrides[0].To = s.Overrides[0].From }, []string{"overrides[0].to"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := rotation(t, "Europe/London", "2026-01-05T09:00", "1w", "a", "b")
			s.Layers[0].Only = []oncall.Window{{From: "08:00", To: "20:00"}}
			s.Overrides = []oncall.Override{{Person: "c", From: "2026-12-24T09:00", To: "2026-12-27T09:00"}}
			test.spoil(&s)
			require.Equal(t, test.field, fields(t, s.Validate()))
		})
	}
}

func TestAPersonNamesEachFieldThatIsWrong(t *testing.T) {
	tests := map[string]struct {
		spoil func(*oncall.Person)
		field []string
	}{
		"nothing":         {func(*oncall.Person) {}, nil},
		"no id":           {func(p *oncall.Person) { p.ID = "" }, []string{"id"}},
		"zone unknown":    {func(p *oncall.Person) { p.TimeZone = "Local" }, []string{"time_zone"}},
		"no address":      {func(p *oncall.Person) { p.Email = "" }, []string{"contact[1].via"}},
		"unknown method":  {func(p *oncall.Person) { p.Contact[2].Via = oncall.SlackChannel }, []string{"contact[2].via"}},
		"a method twice":  {func(p *oncall.Person) { p.Contact[2].Via = oncall.Slack }, []string{"contact[2].via"}},
		"after, negative": {func(p *oncall.Person) { p.Contact[2].After = -1 }, []string{"contact[2].after"}},
		"unreachable":     {func(p *oncall.Person) { p.Contact, p.Slack = nil, "" }, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := team().People[0]
			p.TimeZone = "Europe/London"
			test.spoil(&p)
			require.Equal(t, test.field, fields(t, p.Validate()))
		})
	}
}

func TestATargetNamesExactlyOne(t *testing.T) {
	require.Empty(t, oncall.Target{SlackGroup: "S0SRE"}.Validate())
	require.EqualError(t, oncall.Target{}.Validate()[0], "exactly one of schedule, person, slack_channel, slack_group must be given")
	require.EqualError(t, oncall.Policy{Steps: stepsOf(1)}.Validate()[0], "id: is missing")
}
