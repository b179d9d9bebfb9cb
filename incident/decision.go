package incident

import "time"

// Decision is what a person decided, as it travels in a signal. "by" alone is
// enough when it is sent by hand from the Temporal UI.
type Decision struct {
	// ID makes a decision count once; without one it is never a duplicate.
	ID string `json:"id,omitempty"`
	// Incident is the IncidentId meant; empty means the one that is running.
	Incident string `json:"incident,omitempty"`
	// By is the person's ID.
	By string `json:"by"`
	// Via is slack, sms, cli or temporal-ui.
	Via     string    `json:"via,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Comment string    `json:"comment,omitempty"`
	// Release is the one to go back to, as named on the button.
	Release string `json:"release,omitempty"`
	// Chosen is true when the release was picked from the list of known-good ones.
	Chosen   bool     `json:"chosen,omitempty"`
	For      string   `json:"for,omitempty"`
	Person   string   `json:"person,omitempty"`
	Severity Severity `json:"severity,omitempty"`
	// Alert is the fingerprint of the one alert that a monitor's acknowledgement is for:
	// it counts only while that fires. Empty means the incident as a whole.
	Alert string `json:"alert,omitempty"`
	// Reply says where the person waits for an answer.
	Reply *Reply `json:"reply,omitempty"`
}

// Reply is where to answer a person privately.
type Reply struct {
	Channel string `json:"channel"`
	Thread  string `json:"thread,omitempty"`
	User    string `json:"user"`
}

// Click is a decision on its way in: the workflow and the signal that a button
// was made for, and what was decided.
type Click struct {
	Workflow string
	Signal   string
	Decision Decision
	// User is who clicked, in the vendor's words, before a person is known.
	User string
}
