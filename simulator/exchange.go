package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds what a vendor reads of a request, in bytes.
const maxBody = 8 << 20

// call is one request to a vendor, read in full, so that it can be answered
// under the lock without waiting for anybody.
type call struct {
	*http.Request
	body     []byte
	segments []string // path below the vendor's root, each segment unescaped once
	now      time.Time
}

// reply is an answer, complete before it is sent.
type reply struct {
	status int
	header map[string]string
	body   []byte
}

func (a reply) with(name, value string) reply {
	header := map[string]string{name: value}
	for k, v := range a.header {
		if k != name {
			header[k] = v
		}
	}
	a.header = header
	return a
}

func (a reply) write(w http.ResponseWriter) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

func jsonReply(status int, value any) reply {
	return reply{status: status, header: map[string]string{"Content-Type": "application/json;charset=utf-8"}, body: encode(value)}
}

func htmlReply(status int, text string) reply {
	page := fmt.Sprintf("<!DOCTYPE html>\n<html><head><title>%[1]d</title></head><body><h2>HTTP ERROR %[1]d %[2]s</h2><p>%[3]s</p></body></html>\n",
		status, http.StatusText(status), html.EscapeString(text))
	return reply{status: status, header: map[string]string{"Content-Type": "text/html;charset=utf-8"}, body: []byte(page)}
}

func textReply(status int, text string) reply {
	return reply{status: status, header: map[string]string{"Content-Type": "text/plain;charset=utf-8"}, body: []byte(text)}
}

// vendor serves one vendor: the request is read, faults have their say, and
// the answer is worked out under the lock and sent outside of it.
func (s *Simulator) vendor(name string, serve func(*state, call) reply) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			textReply(readFailure(err), "cannot read the request").write(w)
			return
		}
		fault := s.fault(name, r)
		if !fault.DropResponse {
			if !pause(r.Context(), time.Duration(fault.Hang)) {
				return
			}
			if fault.Status != 0 {
				fault.reply(name).write(w)
				return
			}
		}
		var answer reply
		s.do(func(st *state, now time.Time) {
			answer = serve(st, call{Request: r, body: body, segments: segmentsBelow(r.URL), now: now})
		})
		if fault.DropResponse {
			answer = fault.loseAnswer(r.Context(), name)
		}
		answer.write(w)
	})
}

func readFailure(err error) int {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// values returns the parameters of the query and of a form body together.
func (c call) values() url.Values {
	all := c.URL.Query()
	if !strings.HasPrefix(c.Header.Get("Content-Type"), "application/json") {
		form, err := url.ParseQuery(string(c.body))
		if err != nil {
			return all
		}
		for name, values := range form {
			all[name] = append(all[name], values...)
		}
	}
	return all
}

// path joins the segments from the given one on.
func (c call) path(from int) string {
	if from >= len(c.segments) {
		return ""
	}
	return strings.Join(c.segments[from:], "/")
}

// base is scheme and host as the client wrote them.
func (c call) base() string {
	scheme := "http"
	if c.TLS != nil || c.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + c.Host
}

func firstSegment(path string) string {
	first, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	return first
}

// segmentsBelow splits before unescaping: a branch job's name may hold an
// escaped slash.
func segmentsBelow(u *url.URL) []string {
	var found []string
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		if name, err := url.PathUnescape(part); err == nil && name != "" {
			found = append(found, name)
		}
	}
	return found[min(1, len(found)):]
}

// encode writes JSON without turning < and > of messages into escapes.
func encode(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("simulator: encode %T: %v", value, err))
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// intOr reads a decimal number, or returns fallback.
func intOr(text string, fallback int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return fallback
	}
	return n
}

// decoded turns any value into the types that JSON decodes to.
func decoded(value any) any {
	decoder := json.NewDecoder(bytes.NewReader(encode(value)))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		panic(fmt.Sprintf("simulator: decode %T: %v", value, err))
	}
	return plain
}
