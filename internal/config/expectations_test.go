package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/oncall"
)

func TestEveryFaultOfABadFileOfPolicyTestsIsReportedWithItsLine(t *testing.T) {
	const name = "testdata/policy-tests/bad.yaml"
	tested, err := config.ReadFile(example)
	require.NoError(t, err)
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	_, err = config.ReadPolicyTests(name, tested)
	var faults config.Faults
	require.ErrorAs(t, err, &faults)
	expectFaults(t, name, string(content), faults)
}

func TestAPolicyTestSaysWhatIsExpectedOfWhichMoment(t *testing.T) {
	tested, err := config.ReadFile(example)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "tests.yaml")
	require.NoError(t, os.WriteFile(name, []byte(`
time_zone: America/New_York
tests:
  - {name: one, service: checkout, at: "2026-07-01T12:00", nobody: true}
  - name: two
    service: checkout
    severity: SEV4
    time_zone: Europe/London
    at: "2026-07-01T12:00"
    ack_at: 7m
    overrides: [{schedule: checkout-primary, person: sre-2, from: "2026-07-01T00:00", to: "2026-07-02T00:00"}]
    groups: {S0SRE: [U0SRE1]}
    expect: [{after: 0s, person: sre-1, via: slack, step: 1, round: 2}, {channel: C0LEADS}]
    exactly: true
`), 0o600))

	tests, err := config.ReadPolicyTests(name, tested)

	require.NoError(t, err)
	require.Len(t, tests, 2)
	require.Equal(t, "2026-07-01T12:00:00-04:00", tests[0].At.Format(time.RFC3339))
	require.Equal(t, oncall.Expectation{Exactly: true}, tests[0].Expect)
	require.Zero(t, tests[0].AckAt)
	two := tests[1]
	require.Equal(t, "2026-07-01T12:00:00+01:00", two.At.Format(time.RFC3339))
	require.Equal(t, 7*time.Minute, two.AckAt.Sub(two.At))
	require.Equal(t, incident.SEV4, two.Severity)
	require.Equal(t, map[string][]string{"S0SRE": {"U0SRE1"}}, two.Groups)
	require.Equal(t, two.At, two.Overrides[0].Made, "it beats what the file says")
	at := time.Duration(0)
	require.Equal(t, oncall.Expectation{Exactly: true, Pages: []oncall.Expected{
		{After: &at, Person: "sre-1", Via: oncall.Slack, Step: 1, Round: 2}, {Channel: "C0LEADS"},
	}}, two.Expect)
}

func TestAFileOfPolicyTestsThatCannotBeReadIsAFault(t *testing.T) {
	_, err := config.ReadPolicyTests("testdata/nowhere.yaml", config.File{})
	require.ErrorContains(t, err, "testdata/nowhere.yaml:1: open testdata/nowhere.yaml: no such file or directory; name a file of policy tests")
	empty := filepath.Join(t.TempDir(), "empty.yaml")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	_, err = config.ReadPolicyTests(empty, config.File{})
	require.ErrorContains(t, err, "the file is empty; docs/examples/policy-tests.yaml is one to start from")
	require.NoError(t, os.WriteFile(empty, []byte("tests: []"), 0o600))
	_, err = config.ReadPolicyTests(empty, config.File{})
	require.ErrorContains(t, err, "tests: is missing or empty")
}
