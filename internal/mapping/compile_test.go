package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/mapping"
)

// uptime is a source whose body is one alert.
func uptime() mapping.Source {
	return mapping.Source{
		ID: "uptime", Group: `alert.monitor.id`, Firing: `alert.status == "down"`, Resolves: true,
		Labels: map[string]string{"service": `alert.service`, "env": `"production"`},
	}
}

func compiled(t *testing.T, s mapping.Source) *mapping.Mapping {
	t.Helper()
	m, faults := mapping.Compile(s)
	require.Empty(t, faults)
	return m
}

func TestWhatAnExpressionGetsWrongIsNamedWithItsColumn(t *testing.T) {
	for text, want := range map[string]string{
		`alert.status == `:                                "column 16: unexpected token EOF",
		`alrt.status == "down"`:                           "column 1: unknown name alrt",
		`alert.status = "down"`:                           `column 14: unexpected token Operator("=")`,
		`"down"`:                                          "must come to true or false: expected bool, but got string",
		`alert.size + 1`:                                  "",
		`1 + "a" == "1a"`:                                 "column 3: invalid operation: + (mismatched types int and string)",
		`os.Getenv("HOME") == ""`:                         "column 4: there is no such function; those that there are: all, any,",
		`now() > alert.at`:                                "column 1: the function now cannot be used; those that can: all, any,",
		`len(repeat(alert.a, 9999)) > 1`:                  "column 5: the function repeat cannot be used",
		`reduce(body.a, #acc + #) > 1`:                    "column 1: the function reduce cannot be used",
		`sum(body.a) > 1`:                                 "column 1: the function sum cannot be used",
		`date(alert.at) > date(body.at)`:                  "column 1: the function date cannot be used",
		`meter(alert.at) == 1`:                            "column 1: there is no such function",
		`$env.body == 1`:                                  "column 1: unknown name $env",
		`alert.f(1)`:                                      "column 7: there is no such function",
		`alert.name matches alert.pattern`:                "column 12: what is matched must be written out, in quotes",
		`alert.name matches "("`:                          "column 12: error parsing regexp: missing closing ): `(`",
		`len(1..1000000) > 1`:                             "column 6: ranges cannot be used",
		`len(split(alert.a, alert.b)) > 1`:                "column 5: the arguments of split behind the first must be written out, in quotes",
		`replace(alert.a, "", "x") == ""`:                 "column 1: the arguments of replace behind the first must be written out, in quotes",
		"alert.a == 1\n  and alert.b = 2":                 `line 2, column 15: unexpected token Operator("=")`,
		strings.Repeat("a", 1001):                         "has more than 1000 characters",
		strings.Repeat("alert.a+", 400)[:900] + "1":       "compilation failed: expression exceeds maximum allowed nodes",
		`alert.a == 1`:                                    "",
		`any(alert.tags, # == "prod")`:                    "",
		`(alert.tags | find(.name == "x"))?.value == "y"`: "",
		`let s = lower(trim(alert.s)); s in ["down", "critical"] || s startsWith "d"`: "",
	} {
		t.Run(text[:min(len(text), 60)], func(t *testing.T) {
			s := uptime()
			s.Firing = text
			_, faults := mapping.Compile(s)
			if want == "" {
				require.Empty(t, faults)
				return
			}
			require.Len(t, faults, 1)
			require.Equal(t, "firing", faults[0].Field)
			require.Contains(t, faults[0].Problem, want)
		})
	}
}

func TestAllFaultsOfASourceAreFoundAtOnce(t *testing.T) {
	_, faults := mapping.Compile(mapping.Source{
		ID: "x", Alerts: `alert.checks`, When: `1`, Severity: `alert.`, Resolves: true, Labels: map[string]string{"service": ``, "env": `production`},
	})
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"group", "firing", "labels.service", "alerts", "when", "severity", "labels.env"}, fields)
	require.Equal(t, "column 1: unknown name alert", faults[3].Problem)
}

func TestAMonitorThatNeverResolvesNeedsNoFiring(t *testing.T) {
	s := uptime()
	s.Resolves = false
	_, faults := mapping.Compile(s)
	require.Equal(t, "firing", faults[0].Field)
	s.Firing = ""
	compiled(t, s)
}

func TestTheAlertsOfAListMustBeToldApart(t *testing.T) {
	s := uptime()
	s.Alerts, s.Group = `body.checks`, `body.host`
	_, faults := mapping.Compile(s)
	require.Equal(t, []mapping.Fault{{
		Field: "fingerprint", Problem: "is missing; the group is the same for every alert of the list, tell them apart here",
	}}, faults)
	s.Fingerprint = `alert.name`
	compiled(t, s)
}
