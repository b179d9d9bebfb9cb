package twilio

// ReportURL is where Twilio is to report on a text.
var ReportURL = reportURL
