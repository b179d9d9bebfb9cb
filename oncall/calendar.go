package oncall

import "time"

// Calendar is the latest copy of the calendar file that a schedule names.
type Calendar struct {
	Schedule string     `json:"schedule"` // ID.
	Shifts   []Override `json:"shifts,omitempty"`
	Read     time.Time  `json:"read"`            // When the copy was read.
	Fault    string     `json:"fault,omitempty"` // Not empty: why there is no later copy.
}
