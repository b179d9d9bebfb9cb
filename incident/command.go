package incident

// Command is what a person typed where people talk, on its way in.
type Command struct {
	// ID is the command's own: the same one may arrive twice.
	ID string
	// User is who typed it, in the vendor's words, before a person is known.
	User string
	// Words are what was typed. A mention of somebody is an @ and the user ID.
	Words []string
}
