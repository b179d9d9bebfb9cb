package signals

import (
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/incident"
)

// Search attributes: what the Temporal UI can list incidents by.
var (
	IncidentID             = temporal.NewSearchAttributeKeyKeyword("IncidentId")
	IncidentService        = temporal.NewSearchAttributeKeyKeyword("IncidentService")
	IncidentTeam           = temporal.NewSearchAttributeKeyKeyword("IncidentTeam")
	IncidentEnvironment    = temporal.NewSearchAttributeKeyKeyword("IncidentEnvironment")
	IncidentSeverity       = temporal.NewSearchAttributeKeyKeyword("IncidentSeverity")
	IncidentStatus         = temporal.NewSearchAttributeKeyKeyword("IncidentStatus")
	IncidentAcknowledgedBy = temporal.NewSearchAttributeKeyKeyword("IncidentAcknowledgedBy")
	IncidentBadRelease     = temporal.NewSearchAttributeKeyKeyword("IncidentBadRelease")
	IncidentEscalationStep = temporal.NewSearchAttributeKeyInt64("IncidentEscalationStep")
	IncidentOpenedAt       = temporal.NewSearchAttributeKeyTime("IncidentOpenedAt")
)

// Attributes are the search attributes with their types, as a namespace must
// have them registered.
func Attributes() map[string]enums.IndexedValueType {
	return map[string]enums.IndexedValueType{
		IncidentID.GetName():             enums.INDEXED_VALUE_TYPE_KEYWORD,
		IncidentService.GetName():        enums.INDEXED_VALUE_TYPE_KEYWORD,
		IncidentTeam.GetName():           enums.INDEXED_VALUE_TYPE_KEYWORD,
		IncidentEnvironment.GetName():    enums.INDEXED_VALUE_TYPE_KEYWORD,
		IncidentSeverity.GetName():       enums.INDEXED_VALUE_TYPE_KEYWORD,
		IncidentStatus.GetName():         enums.INDEXED_VALUE_TYPE_KEYWORD,
		IncidentAcknowledgedBy.GetName(): enums.INDEXED_VALUE_TYPE_KEYWORD,
		IncidentBadRelease.GetName():     enums.INDEXED_VALUE_TYPE_KEYWORD,
		IncidentEscalationStep.GetName(): enums.INDEXED_VALUE_TYPE_INT,
		IncidentOpenedAt.GetName():       enums.INDEXED_VALUE_TYPE_DATETIME,
	}
}

// Facets are the values that the search attributes of an incident have.
type Facets struct {
	ID, Severity, Status, AcknowledgedBy, BadRelease string
	Step                                             int64
}

// FacetsOf reads the facets off a state.
func FacetsOf(in incident.Incident) Facets {
	f := Facets{
		ID: in.ID, Severity: string(in.Severity), Status: string(in.Status),
		AcknowledgedBy: in.AcknowledgedBy, Step: int64(in.Climb.At.Step),
	}
	if in.Rollback.Attempt > 0 {
		f.BadRelease = in.Rollback.Bad
	}
	return f
}

// Since lists the updates that lead from old facets to these, in a fixed order.
func (f Facets) Since(old Facets) []temporal.SearchAttributeUpdate {
	var updates []temporal.SearchAttributeUpdate
	set := func(key temporal.SearchAttributeKeyKeyword, was, is string) {
		switch {
		case was == is:
		case is == "":
			updates = append(updates, key.ValueUnset())
		default:
			updates = append(updates, key.ValueSet(is))
		}
	}
	set(IncidentID, old.ID, f.ID)
	set(IncidentSeverity, old.Severity, f.Severity)
	set(IncidentStatus, old.Status, f.Status)
	set(IncidentAcknowledgedBy, old.AcknowledgedBy, f.AcknowledgedBy)
	set(IncidentBadRelease, old.BadRelease, f.BadRelease)
	if old.Step != f.Step {
		updates = append(updates, IncidentEscalationStep.ValueSet(f.Step))
	}
	return updates
}
