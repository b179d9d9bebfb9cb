package signals_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// keywordLimit is how many Keyword attributes a namespace on SQL has.
const keywordLimit = 10

func TestEveryAttributeIsListedWithItsType(t *testing.T) {
	types := map[string]int{}
	for _, kind := range signals.Attributes() {
		types[kind.String()]++
	}
	require.Equal(t, map[string]int{"Keyword": 8, "Int": 1, "Datetime": 1}, types)
	require.LessOrEqual(t, types["Keyword"], keywordLimit)
}

// values are the attributes that updates set, by name.
func values(updates []temporal.SearchAttributeUpdate) map[string]any {
	list := map[string]any{}
	for key, value := range temporal.NewSearchAttributes(updates...).GetUntypedValues() {
		list[key.GetName()] = value
	}
	return list
}

func TestOnlyTheFacetsThatChangedAreUpdated(t *testing.T) {
	old := signals.Facets{ID: "INC-1", Severity: "SEV2", Status: "triggered", Step: 1}
	tests := map[string]struct {
		now  signals.Facets
		want map[string]any
	}{
		"nothing": {old, map[string]any{}},
		"acknowledged": {
			signals.Facets{ID: "INC-1", Severity: "SEV2", Status: "acknowledged", AcknowledgedBy: "sre-1", Step: 1},
			map[string]any{"IncidentStatus": "acknowledged", "IncidentAcknowledgedBy": "sre-1"},
		},
		"climbed on": {
			signals.Facets{ID: "INC-1", Severity: "SEV2", Status: "triggered", Step: 2},
			map[string]any{"IncidentEscalationStep": int64(2)},
		},
		"raised, with a rollback": {
			signals.Facets{ID: "INC-1", Severity: "SEV1", Status: "triggered", Step: 1, BadRelease: "r3"},
			map[string]any{"IncidentSeverity": "SEV1", "IncidentBadRelease": "r3"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, values(test.now.Since(old)))
		})
	}
	require.Len(t, old.Since(signals.Facets{}), 4, "a new incident sets all it has")
}

func TestAFacetThatIsGoneIsUnset(t *testing.T) {
	old := signals.Facets{ID: "INC-1", AcknowledgedBy: "sre-1"}
	updates := signals.Facets{ID: "INC-1"}.Since(old)
	require.Len(t, updates, 1)
	require.Empty(t, values(updates))
}

func TestTheFacetsOfAnIncident(t *testing.T) {
	in := incident.Incident{
		ID: "INC-1", Severity: incident.SEV2, Status: incident.Acknowledged, AcknowledgedBy: "sre-1",
		Climb: incident.Climb{At: oncall.Position{Step: 2, Round: 1}}, Rollback: incident.Rollback{Bad: "r3"},
	}
	want := signals.Facets{ID: "INC-1", Severity: "SEV2", Status: "acknowledged", AcknowledgedBy: "sre-1", Step: 2}
	require.Equal(t, want, signals.FacetsOf(in))

	in.Rollback.Attempt, want.BadRelease = 1, "r3"
	require.Equal(t, want, signals.FacetsOf(in))
}
