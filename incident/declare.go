package incident

import (
	"strings"
	"time"
)

// Form is what somebody is asked who declares an incident, with what is filled in
// already.
type Form struct {
	// Trigger lets it be shown to whoever caused it, once and within moments.
	Trigger  string
	Services []string
	// Service and Summary are filled in; empty for neither.
	Service, Summary string
	// At is when it was asked for. It comes back with the declaration.
	At time.Time
}

// Declaration is such a form, filled in.
type Declaration struct {
	// ID is the form's own: the same one is sent again when the answer to the first
	// was lost.
	ID string
	// User is who declares, in the vendor's words, before a person is known.
	User     string
	Service  string
	Summary  string
	Severity Severity
	// Description is empty when there is no more to say.
	Description string
	At          time.Time
}

// The longest texts of a declaration that are taken, in characters.
const (
	MaxDeclaredSummary     = 150
	MaxDeclaredDescription = 1000
)

// Faults says what of a declaration cannot be taken, by field: service, summary,
// severity, description.
func (d Declaration) Faults(services []string) map[string]string {
	faults := map[string]string{}
	known := false
	for _, s := range services {
		known = known || s == d.Service
	}
	switch {
	case d.Service == "":
		faults["service"] = "Choose a service."
	case !known:
		faults["service"] = "There is no such service in lastgood.yaml."
	}
	switch n := len([]rune(d.Summary)); {
	case strings.TrimSpace(d.Summary) == "":
		faults["summary"] = "Say what is wrong."
	case n > MaxDeclaredSummary:
		faults["summary"] = "Say it in 150 characters; there is room for more below."
	}
	if !d.Severity.Valid() {
		faults["severity"] = "Choose one of SEV1 to SEV4."
	}
	if len([]rune(d.Description)) > MaxDeclaredDescription {
		faults["description"] = "1000 characters at most."
	}
	return faults
}

// Delivery is a declaration as a monitor would say it: a group of its own with one
// alert, which only people end. The same declaration is the same delivery.
func (d Declaration) Delivery(by string) Delivery {
	return Delivery{
		Source: "slack", Group: "declared/" + d.ID, NeverResolves: true,
		By: by, Note: strings.TrimSpace(d.Description),
		Alerts: []Alert{{
			Fingerprint: d.ID, StartsAt: d.At, Firing: true, Severity: d.Severity,
			Name: "Declared by " + by, Summary: oneLine(d.Summary, MaxDeclaredSummary),
			Labels: map[string]string{"service": d.Service, "declared_by": by},
		}},
	}
}

// declare keeps who declared the incident, and what they have to say.
func (in *Incident) declare(ev Event) {
	in.DeclaredBy = ev.Delivery.By
	if ev.Delivery.Note == "" {
		in.log(ev, WasDeclared, "Declared by %s", in.DeclaredBy)
		return
	}
	in.log(ev, WasDeclared, "Declared by %s: %s", in.DeclaredBy, ev.Delivery.Note)
}
