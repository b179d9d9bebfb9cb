package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACheckWarnsOfWhatIsHardlyMeantAndEndsWell(t *testing.T) {
	got := run(t, "check", written(t, "night.yaml", strings.Replace(night, "slack: U0BOB", "", 1)))
	require.Zero(t, got.code)
	require.Contains(t, got.complaint, "night.yaml:4: people[1]: bob cannot be reached, and is on call in primary")
	require.Contains(t, got.complaint, "night.yaml:12: policies[0].steps[0]: ends 5m after its first page, before the contact rules ada (sms after 5m)")
	require.Contains(t, got.out, "night.yaml: good; services: 2, people: 2, schedules: 1")
}
