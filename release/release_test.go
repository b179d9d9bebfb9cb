package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/release"
)

func order() release.Order {
	return release.Order{
		Job: "deploy/checkout", Release: "r2", ReleaseParameter: "VERSION", Key: "INC-261123-ABCDEF/1",
		IncidentParameter: "INCIDENT_ID", Parameters: map[string]string{"ENVIRONMENT": "production"},
	}
}

func TestAnOrderSetsTheReleaseAndItsKeyBesideItsParameters(t *testing.T) {
	o := order()
	o.Parameters["VERSION"] = "latest"

	require.Equal(t, map[string]string{
		"ENVIRONMENT": "production", "VERSION": "r2", "INCIDENT_ID": "INC-261123-ABCDEF/1",
	}, o.All())
	require.Equal(t, "latest", o.Parameters["VERSION"], "the order itself stays as it is")
}

func TestABuildMustHaveEveryParameterAsOrdered(t *testing.T) {
	tests := map[string]struct {
		change func(map[string]string)
		want   string
	}{
		"all are":                         {func(map[string]string) {}, ""},
		"the build may have others":       {func(got map[string]string) { got["DEBUG"] = "1" }, ""},
		"another release":                 {func(got map[string]string) { got["VERSION"] = "r3" }, `the build has VERSION="r3", not "r2" as ordered`},
		"a parameter dropped silently":    {func(got map[string]string) { delete(got, "INCIDENT_ID") }, `the build has INCIDENT_ID="", not "INC-261123-ABCDEF/1" as ordered`},
		"another environment":             {func(got map[string]string) { got["ENVIRONMENT"] = "staging" }, `the build has ENVIRONMENT="staging", not "production" as ordered`},
		"the first by name, if more than": {func(got map[string]string) { clear(got) }, `the build has ENVIRONMENT="", not "production" as ordered`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := order().All()
			test.change(got)
			require.Equal(t, test.want, order().Mismatch(got))
		})
	}
	require.NotEmpty(t, order().Mismatch(nil), "a build that tells no parameters is not the one ordered")
}

func TestARunHasEndedWhenNothingMoreHappensToIt(t *testing.T) {
	tests := map[string]struct {
		run  release.Run
		want bool
	}{
		"ordered":                   {release.Run{}, false},
		"in the queue":              {release.Run{Queue: 7}, false},
		"cancelled in the queue":    {release.Run{Queue: 7, Cancelled: true}, true},
		"lost from the queue":       {release.Run{Queue: 7, Lost: true}, true},
		"building":                  {release.Run{Build: 3, Building: true}, false},
		"building with a result":    {release.Run{Build: 3, Building: true, Result: release.Success}, false},
		"built without a result":    {release.Run{Build: 3}, false},
		"ended well":                {release.Run{Build: 3, Result: release.Success}, true},
		"ended badly":               {release.Run{Build: 3, Result: release.Failure}, true},
		"a result without a number": {release.Run{Result: release.Success}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, test.run.Ended()) })
	}
}
