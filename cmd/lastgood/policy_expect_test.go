package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheExamplesOfPolicyTestsPass(t *testing.T) {
	got := run(t, "policy", "test", "../../docs/examples/policy-tests.yaml", "--config", "../../docs/examples/lastgood.yaml")
	require.Zero(t, got.code, got.out+got.complaint)
	require.Contains(t, got.out, "ok    at night the one on call is paged at once\n")
	require.Contains(t, got.out, "\n5 of 5 passed\n")
}

// tests are two tests of the file night, of which the second is wrong.
const tests = `time_zone: Europe/London
tests:
  - {name: Ada has the first week, service: checkout, at: "2026-01-06T03:00", expect: [{person: ada}]}
  - name: Bob is next
    service: checkout
    at: "2026-01-06T03:00"
    overrides: [{schedule: primary, person: bob, from: "2026-01-05T22:02", to: "2026-01-06T00:00"}]
    expect: [{after: 0s, person: ada, via: slack}, {after: 5m, person: bob, step: 2}]
`

func TestAFailedPolicyTestSetsTheTwoSideBySideAndEndsWithOne(t *testing.T) {
	got := run(t, "policy", "test", written(t, "tests.yaml", tests))
	require.Equal(t, failed, got.code)
	require.Equal(t, "1 policy test failed", got.complaint)
	require.Equal(t, `ok    Ada has the first week
FAIL  Bob is next
      checkout SEV2, policy night, from Tue 6 Jan 2026 03:00:00 GMT on
           EXPECTED          ACTUAL                             THEIR TIME                   DIFFERS
      ok   0s ada by slack   0s ada by slack step 1 round 1     Tue 03:00:00 Europe/London   
      !=   5m0s bob step 2   2m0s ada by email step 1 round 1   Tue 03:02:00 Europe/London   after, step, person
      Step 2 is passed: only paged 09:00 to 18:00 Europe/London.
1 of 2 passed
`, got.out)
}

func TestPolicyTestsAsJSON(t *testing.T) {
	got := run(t, "policy", "test", written(t, "tests.yaml", tests), "--output", "json")
	require.Equal(t, failed, got.code)
	require.JSONEq(t, `[
		{"test": "Ada has the first week", "passed": true, "lines": [{"expected": "ada", "actual": "0s ada by slack step 1 round 1"}]},
		{"test": "Bob is next", "passed": false, "lines": [
			{"expected": "0s ada by slack", "actual": "0s ada by slack step 1 round 1"},
			{"expected": "5m0s bob step 2", "actual": "2m0s ada by email step 1 round 1", "differs": ["after", "step", "person"]}]}
	]`, got.out)
}

func TestAnUnreadableFileOfPolicyTestsEndsWithTwo(t *testing.T) {
	for name, test := range map[string]struct {
		args      []string
		complaint string
	}{
		"no file":         {[]string{"nowhere.yaml"}, "nowhere.yaml:1: open nowhere.yaml: no such file or directory"},
		"a fault in it":   {[]string{written(t, "tests.yaml", "tests: [{name: a, service: chekout}]\n")}, "tests.yaml:1: tests[0].service: there is no service chekout; did you mean checkout?"},
		"no lastgood":     {[]string{"tests.yaml", "--config", "nowhere.yaml"}, "nowhere.yaml: no such file or directory"},
		"none is named":   {nil, "accepts 1 arg(s), received 0; see lastgood policy test --help"},
		"another command": {[]string{"a", "b"}, "accepts 1 arg(s), received 2"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, append([]string{"policy", "test"}, test.args...)...)
			require.Equal(t, usage, got.code)
			require.Contains(t, got.complaint, test.complaint)
			require.Empty(t, got.out)
		})
	}
}

func TestWithoutAConfigurationACommandSaysWhichVariableIsMissing(t *testing.T) {
	t.Setenv("LASTGOOD_CONFIG", "")
	require.NoError(t, os.Unsetenv("LASTGOOD_CONFIG"))
	root := rootCommand()
	root.SetArgs([]string{"policy", "preview", "--service", "checkout"})
	err := root.ExecuteContext(t.Context())
	require.ErrorContains(t, err, "LASTGOOD_CONFIG: is missing; set it to the path of lastgood.yaml")
	require.Equal(t, usage, exitCode(err))
}

func TestAPolicyTestReadsCalendarsThatAreFiles(t *testing.T) {
	folder := t.TempDir()
	at := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	at("shifts.ics", []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20270301T090000Z\nDURATION:P7D\nSUMMARY:sre-1\nEND:VEVENT\nEND:VCALENDAR\n"))
	file := func(name, ical string) string {
		return at(name, []byte(`version: 1
people: [{id: sre-1, slack: U0SRE1}]
schedules: [{id: secondary, ical: "`+ical+`"}]
policies: [{id: p, steps: [{page: [{schedule: secondary}]}]}]
services: [{id: s, match: [{service: s}], policy: p}]
`))
	}
	tests := at("tests.yaml", []byte(`tests:
  - {name: within the shift, service: s, at: "2027-03-02T03:00:00Z", expect: [{person: sre-1}]}
  - {name: before it, service: s, at: "2027-03-01T08:00:00Z", expect: [{after: 1h, person: sre-1}]}
`))
	got := run(t, "policy", "test", tests, "--config", file("lastgood.yaml", "shifts.ics"))
	require.Zero(t, got.code, got.out+got.complaint)
	require.Contains(t, got.out, "2 of 2 passed")

	got = run(t, "policy", "test", tests, "--config", file("lost.yaml", "nowhere.ics"))
	require.Equal(t, failed, got.code)
	require.Equal(t, 1, strings.Count(got.complaint, "warning: read the calendar of secondary"), "each is said once")
}
