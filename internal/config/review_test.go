package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/config"
)

const strange = `version: 1
people:
  - {id: a, slack: U0A, phone: "+44", contact: [{via: slack}, {via: sms, after: 5m}]}
  - {id: b}
schedules:
  - id: days
    time_zone: Europe/London
    layers:
      - {people: [a], every: 1w, handoff: "2026-01-05T09:00", only: [{days: [mon, tue, wed, thu, fri]}]}
policies:
  - id: p
    steps:
      - page: [{schedule: days}]
        ack_within: 2m
      - {page: [{person: b}]}
  - {id: forgotten, steps: [{page: [{person: a}], ack_within: 6m}]}
  - {id: shadowed, steps: [{page: [{person: a}], ack_within: 6m}]}
services:
  - {id: s, match: [{service: s}], policy: shadowed, policy_for: {SEV1: p, SEV2: p, SEV3: p, SEV4: p}}
maintenance:
  - {service: s, from: "2026-11-27T02:00:00Z", to: "2026-11-27T04:00:00Z"}
  - {service: s, from: "2026-11-27T22:00:00Z", to: "2026-11-28T04:00:00Z", reason: upgrade}
  - {service: "*", from: "2026-11-01T00:00:00Z", to: "2026-12-24T00:00:00Z"}
`

func TestWhatIsHardlyMeantIsNamedWithItsLine(t *testing.T) {
	file, err := config.Parse("x.yaml", []byte(strange))
	require.NoError(t, err)
	require.Equal(t, []string{
		"x.yaml:4: people[1]: b cannot be reached: there is no slack, and there are no contact rules",
		"x.yaml:6: schedules[0]: nobody is on call in days from Sat 2026-11-28 00:00 Europe/London to Mon 2026-11-30 00:00 Europe/London",
		"x.yaml:6: schedules[0]: nobody is on call in days from Sat 2026-12-05 00:00 Europe/London to Mon 2026-12-07 00:00 Europe/London",
		"x.yaml:6: schedules[0]: nobody is on call in days from Sat 2026-12-12 00:00 Europe/London to Mon 2026-12-14 00:00 Europe/London",
		"x.yaml:6: schedules[0]: 2 more gaps in days until Sun 2026-12-27 12:00 Europe/London",
		"x.yaml:13: policies[0].steps[0]: ends 2m after its first page, before the contact rules a (sms after 5m)",
		"x.yaml:15: policies[0].steps[1]: pages nobody: b cannot be reached",
		"x.yaml:16: policies[1]: forgotten is the policy of no service, for any severity",
		"x.yaml:17: policies[2]: shadowed is the policy of no service, for any severity",
		"x.yaml:21: maintenance[0]: is over since 2026-11-27T04:00:00Z; take it out",
		"x.yaml:23: maintenance[2]: lasts longer than 30 days; nobody is paged in it",
	}, file.Review(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)))
}

func TestTheExampleIsAllMeant(t *testing.T) {
	file, err := config.ReadFile(example)
	require.NoError(t, err)
	require.Empty(t, file.Review(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)))
}
