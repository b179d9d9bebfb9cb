package simulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// twilio is an account with one number, and the phones that it texts to. It
// answers as https://www.twilio.com/docs/messaging/api/message-resource says.
type twilio struct {
	cfg     Config
	ledger  *ledger
	texts   []*text
	stopped map[string]bool      // numbers that have answered STOP
	fates   map[string]textOrder // by number: what becomes of the texts to it
}

// text is one message, to a phone or from one.
type text struct {
	sid, to, from, body string
	status              string
	code                int // Twilio's error, 0 when there is none
	created, due        time.Time
	callback            string // where its changes are reported
	inbound             bool
	service             string
}

// textOrder decides what becomes of texts that are accepted: delivered, undelivered
// or failed, with Twilio's error code.
type textOrder struct {
	To        string `json:"to"` // a number; empty: all
	Status    string `json:"status"`
	ErrorCode int    `json:"error_code"`
}

func newTwilio(cfg Config, l *ledger) *twilio {
	return &twilio{cfg: cfg, ledger: l, stopped: map[string]bool{}, fates: map[string]textOrder{}}
}

func (t *twilio) serve(c call) reply {
	user, password, _ := c.BasicAuth()
	switch {
	case user != t.cfg.TwilioAccountSID || password != t.cfg.TwilioAuthToken:
		return twilioError(http.StatusUnauthorized, 20003, "Authenticate")
	case c.path(0) != "2010-04-01/Accounts/"+t.cfg.TwilioAccountSID+"/Messages.json":
		return twilioError(http.StatusNotFound, 20404, "The requested resource "+c.URL.Path+" was not found")
	case c.Method == http.MethodPost:
		return t.create(c)
	case c.Method == http.MethodGet:
		return t.list(c)
	default:
		return twilioError(http.StatusMethodNotAllowed, 20004, "Method not allowed")
	}
}

func twilioError(status, code int, message string) reply {
	return jsonReply(status, map[string]any{
		"code": code, "message": message, "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), "status": status,
	})
}

// twilioFault dresses a status that is answered instead of doing anything.
func twilioFault(status int) reply {
	code := map[int]int{http.StatusTooManyRequests: 20429, http.StatusUnauthorized: 20003}[status]
	return twilioError(status, or(code, 20500), http.StatusText(status))
}

var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// maxText is how long a body may be, in characters.
const maxText = 1600

func (t *twilio) create(c call) reply {
	form := c.values()
	to, body, service := form.Get("To"), form.Get("Body"), form.Get("MessagingServiceSid")
	refuse := func(code int, message string) reply { return twilioError(http.StatusBadRequest, code, message) }
	switch {
	case to == "":
		return refuse(21604, "A 'To' phone number is required.")
	case body == "":
		return refuse(21602, "Message body is required.")
	case len([]rune(body)) > maxText:
		return refuse(21617, "The concatenated message body exceeds the 1600 character limit")
	case service == "" && form.Get("From") != t.cfg.TwilioNumber:
		return refuse(21606, "The 'From' phone number provided is not a valid, SMS-capable inbound phone number for your account.")
	case !e164.MatchString(to):
		return refuse(21211, "The 'To' number "+to+" is not a valid phone number.")
	case t.stopped[to]:
		return refuse(21610, "Attempt to send to unsubscribed recipient")
	}
	made := t.add(&text{to: to, from: t.cfg.TwilioNumber, body: body, status: "queued", service: service, callback: form.Get("StatusCallback"), created: c.now})
	if service != "" {
		made.status = "accepted"
	}
	made.due = c.now.Add(t.cfg.TwilioDeliverAfter)
	t.ledger.record(c.now, "twilio", "sms", map[string]any{"to": to, "from": made.from, "body": body, "sid": made.sid})
	return jsonReply(http.StatusCreated, t.show(made))
}

func (t *twilio) add(made *text) *text {
	made.sid = fmt.Sprintf("SM%032x", len(t.texts)+1)
	t.texts = append(t.texts, made)
	return made
}

// list answers with the newest first, of one number when To is given.
func (t *twilio) list(c call) reply {
	query := c.URL.Query()
	most := min(max(intOr(query.Get("PageSize"), 50), 1), 1000)
	found := []map[string]any{}
	for _, one := range slices.Backward(t.texts) {
		if to := query.Get("To"); (to == "" || one.to == to) && len(found) < most {
			found = append(found, t.show(one))
		}
	}
	return jsonReply(http.StatusOK, map[string]any{"messages": found, "page": 0, "page_size": most, "next_page_uri": nil, "uri": c.URL.RequestURI()})
}

func (t *twilio) show(m *text) map[string]any {
	direction, code, service := "outbound-api", any(nil), any(nil)
	if m.inbound {
		direction = "inbound"
	}
	if m.code != 0 {
		code = m.code
	}
	if m.service != "" {
		service = m.service
	}
	return map[string]any{
		"sid": m.sid, "account_sid": t.cfg.TwilioAccountSID, "messaging_service_sid": service, "api_version": "2010-04-01",
		"to": m.to, "from": m.from, "body": m.body, "status": m.status, "direction": direction,
		"error_code": code, "error_message": nil, "num_media": "0", "num_segments": "1", "price": nil, "price_unit": "USD",
		"date_created": m.created.UTC().Format(time.RFC1123Z), "date_updated": m.created.UTC().Format(time.RFC1123Z), "date_sent": nil,
		"uri": "/2010-04-01/Accounts/" + t.cfg.TwilioAccountSID + "/Messages/" + m.sid + ".json",
	}
}

// decide says what becomes of the texts to a number from now on.
func (t *twilio) decide(asked textOrder) error {
	if !slices.Contains([]string{"delivered", "undelivered", "failed"}, asked.Status) {
		return badRequest("status %q is none of delivered, undelivered, failed", asked.Status)
	}
	t.fates[asked.To] = asked
	return nil
}

// call is a request that Twilio makes.
type callback struct {
	address string
	form    url.Values
}

// advance moves texts on, and gives the reports that are due.
func (t *twilio) advance(now time.Time) []callback {
	var due []callback
	for _, m := range t.texts {
		if m.inbound || m.due.IsZero() || m.due.After(now) {
			continue
		}
		if m.status == "queued" || m.status == "accepted" {
			m.status, m.due = "sent", now.Add(t.cfg.TwilioDeliverAfter)
		} else {
			fate, special := t.fates[m.to]
			if !special {
				fate = t.fates[""]
			}
			m.status, m.code, m.due = or(fate.Status, "delivered"), fate.ErrorCode, time.Time{}
		}
		if m.callback == "" {
			continue
		}
		form := url.Values{
			"MessageSid": {m.sid}, "SmsSid": {m.sid}, "AccountSid": {t.cfg.TwilioAccountSID}, "ApiVersion": {"2010-04-01"},
			"From": {m.from}, "To": {m.to}, "MessageStatus": {m.status}, "SmsStatus": {m.status},
		}
		if m.code != 0 {
			form.Set("ErrorCode", fmt.Sprint(m.code))
		}
		due = append(due, callback{m.callback, form})
	}
	return due
}

// signTwilio is Twilio's request signature, of the address and the sorted form.
func signTwilio(token, address string, form url.Values) string {
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	var signed strings.Builder
	signed.WriteString(address)
	for _, name := range names {
		signed.WriteString(name + form.Get(name))
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(signed.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
