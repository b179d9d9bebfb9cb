package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/config"
)

const shared = `version: 1
people: [{id: a, slack: U0A}]
policies: [{id: p, steps: [{page: [{person: a}]}]}]
services:
  - {id: alone, match: [{service: alone}], policy: p, deployments: {jenkins: {job: deploy/cart, release_parameter: V}}}
  - {id: shop, match: [{service: shop}], policy: p}
  - {id: cart, match: [{service: cart}], policy: p, joins: {parent: shop}}
  - {id: web, match: [{service: web}], policy: p, joins: {deployment: true}, deployments: {jenkins: {job: deploy/web, release_parameter: V, where: {ENV: prod, ZONE: a}}}}
  - {id: api, match: [{service: api}], policy: p, joins: {deployment: true}, deployments: {jenkins: {job: deploy/web, release_parameter: V, where: {ZONE: a, ENV: prod}}}}
  - {id: other-zone, match: [{service: other}], policy: p, joins: {deployment: true}, deployments: {jenkins: {job: deploy/web, release_parameter: V, where: {ENV: prod, ZONE: b}}}}
  - {id: third, match: [{service: third}], policy: p, joins: {deployment: true}, deployments: {jenkins: {job: deploy/web, release_parameter: V, where: {ENV: prod, ZONE: b}}}}
`

func TestServicesJoinTheirParentOrTheFirstThatSharesTheirDeployment(t *testing.T) {
	file, err := config.Parse("x.yaml", []byte(shared))
	require.NoError(t, err)
	for service, want := range map[string]string{
		"alone": "", "shop": "shop", "cart": "shop", "web": "web", "api": "web", "other-zone": "other-zone", "third": "other-zone", "unknown": "",
	} {
		owner, shares := file.Owner(service)
		require.Equal(t, want, owner, "%s", service)
		require.Equal(t, want != "", shares)
	}
	require.Empty(t, file.Unused())
}

func TestWhoJoinsNobodyOrARollbackThatIsNeverOfferedIsWarnedOf(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(shared, "\n"), "\n")
	lonely := strings.Join(lines[:len(lines)-1], "\n")
	lonely = strings.Replace(lonely, "joins: {parent: shop}", `joins: {parent: shop}, rollback: {jenkins: {job: deploy/cart, release_parameter: V, incident_parameter: I}}`, 1)
	file, err := config.Parse("x.yaml", []byte(lonely))
	require.NoError(t, err)
	require.Equal(t, []string{
		"x.yaml:7: services[2].rollback: accepted, not acted on by this version: its alerts join shop, whose rollback is offered",
		"x.yaml:10: services[5].joins.deployment: no other service that says so has the same job and parameters: it joins nobody",
	}, file.Unused())
}
