package signals

import (
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

// Opening is what an incident starts with: the service as it is configured now.
type Opening struct {
	Service  incident.Service  `json:"service"`
	Policies incident.Policies `json:"policies"`
	// TemporalUI is the address of the Temporal UI, for links; "" when unknown.
	TemporalUI string `json:"temporal_ui,omitempty"`
	// LookBack has the incident say which one of the same workflow ID came before it.
	LookBack bool `json:"look_back,omitempty"`
	// Resumed is the state of an incident that continues as a new run.
	Resumed *incident.Incident `json:"resumed,omitempty"`
}

// Rollback is what a rollback starts with: a target that is decided and approved.
type Rollback struct {
	Service string        `json:"service"`
	Order   release.Order `json:"order"`
	// Timeout bounds the whole rollback, from the trigger to the build's end.
	Timeout time.Duration `json:"timeout"`
	// Subscribers are the workflow IDs of the incidents that are told.
	Subscribers []string `json:"subscribers"`
	By          string   `json:"by"`
}

// Joining is what an incident sends that wants to follow a running rollback.
type Joining struct {
	Subscriber string `json:"subscriber"`
}

// Record is what is left to be delivered when an incident has ended.
type Record struct {
	Incident   incident.Incident `json:"incident"`
	TemporalUI string            `json:"temporal_ui,omitempty"`
}

// Escalation answers the query of the same name.
type Escalation struct {
	Status incident.Status `json:"status"`
	Step   int             `json:"step"`
	Round  int             `json:"round"`
	// Paging are those who are being paged now; Next those who are paged when they
	// do not answer, At when.
	Paging []string  `json:"paging,omitempty"`
	Next   []string  `json:"next,omitempty"`
	At     time.Time `json:"at,omitzero"`
}
