package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-44180607/lastgood/oncall"
)

// Mail is which server takes mails.
type Mail struct {
	Host     string
	Port     int
	User     string
	Password Secret
	From     string
	// Security is tls, mandatory, opportunistic or never: the first is TLS from the
	// first byte, the others say whether STARTTLS is asked for.
	Security string
}

// On says whether mails can be sent.
func (m Mail) On() bool { return m.Host != "" }

// Twilio is how to reach Twilio.
type Twilio struct {
	AccountSID string
	AuthToken  Secret
	// From is a phone number, or the SID of a Messaging Service.
	From   string
	APIURL string
}

// On says whether texts can be sent.
func (t Twilio) On() bool { return t.AccountSID != "" }

// Warnings say what a configuration without faults leaves undone.
func (c Config) Warnings(process Process) []string {
	var out []string
	if c.Twilio.On() && c.PublicURL == "" {
		out = append(out, "PUBLIC_URL is not set: nobody can answer a page by SMS, and a text that gets lost is not noticed")
	}
	if process != Worker {
		return out
	}
	for _, way := range []struct {
		via  oncall.Method
		on   bool
		name string
	}{{oncall.Email, c.Mail.On(), "SMTP_URL"}, {oncall.SMS, c.Twilio.On(), "TWILIO_ACCOUNT_SID"}} {
		if people := c.pagedBy(way.via); !way.on && len(people) > 0 {
			out = append(out, fmt.Sprintf("%s is not set: the contact rules by %s of %s fail when they are due",
				way.name, way.via, strings.Join(people, ", ")))
		}
	}
	return out
}

func (c Config) pagedBy(via oncall.Method) []string {
	var people []string
	for _, p := range c.Roster.People {
		if slices.ContainsFunc(p.Contact, func(r oncall.ContactRule) bool { return r.Via == via }) {
			people = append(people, p.ID)
		}
	}
	return people
}

const smtpForm = "write it like smtp://user:password@host:587?from=lastgood@example.com"

// mail reads SMTP_URL. Its text is never repeated: it carries a password.
func (v *variables) mail(e Env) Mail {
	text := v.secret("SMTP_URL", e.SMTPURL, e.SMTPURLFile)
	if text.Empty() {
		return Mail{}
	}
	u, err := url.Parse(text.Reveal())
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		v.fault("SMTP_URL", "is no URL of a mail server; %s, with %%40 for an @ in the password", smtpForm)
		return Mail{}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		v.fault("SMTP_URL", "has more than a host and the query; %s", smtpForm)
	}
	for name := range query {
		if name != "from" && name != "starttls" {
			v.fault("SMTP_URL", "has the unknown parameter %q; there are from and starttls", name)
		}
	}
	m := Mail{Host: u.Hostname(), Port: v.smtpPort(u), From: query.Get("from"), User: u.User.Username()}
	password, _ := u.User.Password()
	m.Password = NewSecret(password)
	if _, err := mail.ParseAddress(m.From); err != nil {
		v.fault("SMTP_URL", "names no sender; end it with ?from=lastgood@example.com")
	}
	if (m.User == "") != m.Password.Empty() {
		v.fault("SMTP_URL", "has one of user and password without the other; %s", smtpForm)
	}
	m.Security = v.security(u, query.Get("starttls"), m)
	return m
}

func (v *variables) smtpPort(u *url.URL) int {
	switch {
	case u.Port() == "" && u.Scheme == "smtps":
		return 465
	case u.Port() == "":
		return 587
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		v.fault("SMTP_URL", "has no port between 1 and 65535")
	}
	return int(port)
}

// security is TLS for smtps. For smtp it is STARTTLS, without which nothing is sent,
// unless the server is on this machine or the URL says otherwise.
func (v *variables) security(u *url.URL, starttls string, m Mail) string {
	switch {
	case u.Scheme == "smtps":
		if starttls != "" {
			v.fault("SMTP_URL", "is smtps and asks for starttls; it is one or the other")
		}
		return "tls"
	case starttls == "" && onThisMachine(m.Host):
		return "never"
	case starttls == "":
		return "mandatory"
	case !slices.Contains([]string{"mandatory", "opportunistic", "never"}, starttls):
		v.fault("SMTP_URL", "has a starttls that is none of mandatory, opportunistic, never")
	case starttls == "never" && !m.Password.Empty() && !onThisMachine(m.Host):
		v.fault("SMTP_URL", "would send the password in the clear; leave out starttls=never")
	}
	return starttls
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

var (
	// A number as E.164 has it, which is what Twilio takes.
	phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
	accountSID  = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	serviceSID  = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
)

func (v *variables) twilio(e Env) Twilio {
	t := Twilio{
		AccountSID: e.TwilioAccountSID, From: e.TwilioFrom,
		AuthToken: v.secret("TWILIO_AUTH_TOKEN", e.TwilioAuthToken, e.TwilioAuthTokenFile),
		APIURL:    v.url("TWILIO_API_URL", e.TwilioAPIURL),
	}
	if t.AccountSID == "" && t.AuthToken.Empty() && t.From == "" {
		return t
	}
	v.need(t.AccountSID != "", "TWILIO_ACCOUNT_SID", "Twilio is configured in part: set it, or unset TWILIO_AUTH_TOKEN and TWILIO_FROM")
	v.need(!t.AuthToken.Empty(), "TWILIO_AUTH_TOKEN", "Twilio is configured in part: set it or TWILIO_AUTH_TOKEN_FILE, or unset TWILIO_ACCOUNT_SID")
	v.need(t.From != "", "TWILIO_FROM", "Twilio is configured in part: set it to your Twilio number, or unset TWILIO_ACCOUNT_SID")
	if t.AccountSID != "" && !accountSID.MatchString(t.AccountSID) {
		v.fault("TWILIO_ACCOUNT_SID", "is no account SID: AC and 32 hexadecimal digits")
	}
	if t.From != "" && !phoneNumber.MatchString(t.From) && !serviceSID.MatchString(t.From) {
		v.fault("TWILIO_FROM", "%q is neither a number like +15005550006 nor the SID of a Messaging Service (MG…)", t.From)
	}
	return t
}

// reachable checks the addresses that people are reached at, and that an answer by
// SMS means one person.
func (d *document) reachable(all []oncall.Person) {
	var phones []string
	for i, p := range all {
		path := fmt.Sprintf("people[%d]", i)
		if address, err := mail.ParseAddress(p.Email); p.Email != "" && (err != nil || address.Address != p.Email) {
			d.fault(path+".email", "%q is no mail address like sre-1@example.com", p.Email)
		}
		if p.Phone != "" && !phoneNumber.MatchString(p.Phone) {
			d.fault(path+".phone", "%q is no number with its country code like +440000000001", p.Phone)
		}
		if first := slices.Index(phones, p.Phone); p.Phone != "" && first >= 0 {
			d.fault(path+".phone", "%s is %s's already; an answer by SMS must mean one person", p.Phone, all[first].ID)
		}
		phones = append(phones, p.Phone)
	}
}
