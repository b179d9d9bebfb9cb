// Package activities is what workflows ask of the world: one file for each job.
// Activities turn a vendor's failure into one that Temporal understands, and see
// to it that a second attempt does not do a thing twice. They hold no state of an
// incident and decide nothing about it.
package activities

// Names of the activities. A running workflow remembers an activity by its name.
const (
	ResolveStepName = "ResolveStep"
	ReachName       = "Reach"
	PermitName      = "Permit"
	SurveyName      = "Survey"
	LookBackName    = "LookBack"
	PageName        = "Page"
	ShowCardName    = "ShowCard"
	SayName         = "Say"
	RefreshPageName = "RefreshPage"
	WhisperName     = "Whisper"
	TriggerName     = "TriggerRollback"
	FollowName      = "FollowRollback"
	StopName        = "StopRollback"
	OpenTicketName  = "OpenTicket"
	WriteTicketName = "WriteTicket"
	CloseTicketName = "CloseTicket"
	TellSilenceName = "TellSilence"
	CheckSelfName   = "CheckSelf"
)
