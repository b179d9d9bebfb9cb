package oncall

import "time"

// Method is a way to reach somebody.
type Method string

// The methods a contact rule may name, and SlackChannel for a page that goes to a channel instead of a person.
const (
	Slack        Method = "slack"
	Email        Method = "email"
	SMS          Method = "sms"
	SlackChannel Method = "slack-channel"
)

// ContactRule says by which method a person is paged, and how long after the page is due.
type ContactRule struct {
	Via   Method        `json:"via"`
	After time.Duration `json:"after,omitempty"`
}

// Person is somebody who can be paged. An empty address means that the person cannot be reached that way.
type Person struct {
	ID       string        `json:"id"`
	Name     string        `json:"name,omitempty"`
	TimeZone string        `json:"time_zone,omitempty"` // IANA name.
	Slack    string        `json:"slack,omitempty"`     // Slack user ID.
	Email    string        `json:"email,omitempty"`
	Phone    string        `json:"phone,omitempty"`
	Contact  []ContactRule `json:"contact,omitempty"`
}

// Rules gives the person's contact rules: by default Slack, at once.
func (p Person) Rules() []ContactRule {
	if len(p.Contact) == 0 {
		return []ContactRule{{Via: Slack}}
	}
	return p.Contact
}

// Address is where the person is reached by a method; empty when that is not known.
func (p Person) Address(via Method) string {
	switch via {
	case Slack:
		return p.Slack
	case Email:
		return p.Email
	case SMS:
		return p.Phone
	case SlackChannel:
		return ""
	default:
		return ""
	}
}

// Roster is everything about people that can change while an incident is open.
type Roster struct {
	People    []Person   `json:"people"`
	Schedules []Schedule `json:"schedules"`
	Overrides []Override `json:"overrides,omitempty"` // Made at run time; each names its schedule.
	Calendars []Calendar `json:"calendars,omitempty"` // The latest copy of each calendar that a schedule names.
	// Maintenance are the windows in which nobody is paged: those of the file and those entered at run time.
	Maintenance []Maintenance       `json:"maintenance,omitempty"`
	Groups      map[string][]string `json:"groups,omitempty"` // Slack group ID to the Slack user IDs of its members.
	// GroupFaults says why the members of a group are not known, or not lately.
	GroupFaults map[string]string `json:"group_faults,omitempty"`
}

func (r Roster) person(id string) (Person, bool) {
	for _, p := range r.People {
		if p.ID == id {
			return p, true
		}
	}
	return Person{}, false
}

func (r Roster) bySlack(id string) (Person, bool) {
	for _, p := range r.People {
		if p.Slack == id && id != "" {
			return p, true
		}
	}
	return Person{}, false
}

func (r Roster) schedule(id string) (Schedule, bool) {
	for _, s := range r.Schedules {
		if s.ID == id {
			return s, true
		}
	}
	return Schedule{}, false
}
