package activities

import (
	"context"
	"strings"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

// Enricher finds out what was deployed and what to go back to.
type Enricher struct {
	Surveyor Surveyor
}

// SurveyOrder says whose deployments to read.
type SurveyOrder struct {
	Deployments *incident.Deployments  `json:"deployments,omitempty"`
	Rollback    *incident.RollbackPlan `json:"rollback,omitempty"`
	// Tried are the releases that are not offered again.
	Tried []string `json:"tried,omitempty"`
}

// Survey reads the deployments and chooses the release to go back to.
func (e *Enricher) Survey(ctx context.Context, o SurveyOrder) (incident.Facts, error) {
	switch {
	case o.Deployments == nil:
		return incident.Facts{Asked: true}, nil
	case e.Surveyor == nil:
		return incident.Facts{Asked: true, Obstacle: "Jenkins is not configured"}, nil
	}
	survey, err := e.Surveyor.Survey(ctx, *o.Deployments, o.Rollback)
	if err != nil {
		return incident.Facts{}, fail(err)
	}
	rules := release.Rules{Tried: o.Tried}
	if o.Rollback != nil {
		rules.MinimumInService = o.Rollback.MinimumInService
	}
	facts := incident.Facts{Asked: true, Choice: survey.Choose(rules)}
	if o.Rollback != nil && len(survey.Undeclared) > 0 {
		facts.Obstacle = "the job " + o.Rollback.Job + " does not declare the parameter " +
			strings.Join(survey.Undeclared, ", ") + ", so Jenkins would drop it"
	}
	return facts, nil
}
