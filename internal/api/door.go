package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

const (
	// bursting is how many seconds' worth of calls a source may make at once.
	bursting = 10
	// roomForBodies is how much one source may keep in memory at once, in bytes of bodies.
	roomForBodies = 16 << 20
	// leastRoom is what a call takes of it, however short its body is: it bounds the number of calls.
	leastRoom = 16 << 10
	// busyFor is when to come again while there is no room.
	busyFor = time.Second
)

// door is where the calls of one source come in. Nothing of a call is looked into before it has shown that it may come,
// and nobody can use up what another source is given.
type door struct {
	source Source
	tokens []string
	rate   *rate.Limiter
	room   *semaphore.Weighted
	// strangers are those who have sent a body that has not been looked at yet.
	strangers strangers
}

func newDoor(source Source, tokens []string, perSecond int) *door {
	return &door{
		source: source, tokens: tokens,
		rate: rate.NewLimiter(rate.Limit(perSecond), bursting*perSecond),
		room: semaphore.NewWeighted(roomForBodies), strangers: newStrangers(),
	}
}

// denial is why a call is turned away. After is when to come again, 0 where that is not known.
type denial struct {
	result string
	status int
	why    error
	after  time.Duration
}

// admit gives the body of a call that may come in, and what is to be called once nothing of it is needed any more.
// Whoever has not shown that they may send takes up no room: a stranger could fill it by sending slowly. Whoever shows it
// in the header does not stand among the strangers, where a source has them.
func (d *door) admit(w http.ResponseWriter, r *http.Request) (body []byte, leave func(), no *denial) {
	if no = plain(r); no != nil {
		return nil, nil, no
	}
	shown := !d.source.KeyInBody && allowed(r.Header, d.tokens)
	if d.source.Admit != nil && !shown {
		return d.admitSigned(w, r)
	}
	if no = d.known(shown); no != nil {
		return nil, nil, no
	}
	room := roomFor(r.ContentLength)
	if r.ContentLength < 0 {
		room = MaxBody
	}
	if no = d.enter(room); no != nil {
		return nil, nil, no
	}
	if body, no = whole(w, r); no != nil {
		d.room.Release(room)
		return nil, nil, no
	}
	needed := roomFor(int64(len(body)))
	d.room.Release(room - needed)
	return body, func() { d.room.Release(needed) }, nil
}

// admitSigned is admit for a source whose body itself shows who sent it.
func (d *door) admitSigned(w http.ResponseWriter, r *http.Request) (body []byte, leave func(), no *denial) {
	body, forget, err := d.strangers.read(w, r)
	if err != nil {
		return nil, nil, notWhole(err)
	}
	defer forget()
	if no = d.known(d.source.Admit(r.Header, body, d.tokens)); no != nil {
		return nil, nil, no
	}
	room := roomFor(int64(len(body)))
	if no = d.enter(room); no != nil {
		return nil, nil, no
	}
	return body, func() { d.room.Release(room) }, nil
}

// roomFor is what a body of a length takes up, in bytes.
func roomFor(length int64) int64 { return min(max(length, leastRoom), MaxBody) }

// enter takes room.
func (d *door) enter(room int64) *denial {
	if !d.room.TryAcquire(room) {
		return &denial{busy, http.StatusServiceUnavailable, errors.New("too many calls of this source are under way; send it again"), busyFor}
	}
	return nil
}

// whole reads all of the body.
func whole(w http.ResponseWriter, r *http.Request) ([]byte, *denial) {
	body, err := read(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		return nil, notWhole(err)
	}
	return body, nil
}

func notWhole(err error) *denial {
	result, status := unread(err)
	return &denial{result: result, status: status, why: err}
}

// known turns strangers away, and then those who come too often: a stranger uses up nothing of a source's rate.
func (d *door) known(shown bool) *denial {
	if !shown {
		return &denial{result: unauthorized, status: http.StatusUnauthorized, why: errors.New("no token of this source is shown")}
	}
	if d.rate.Allow() {
		return nil
	}
	// Nothing is reserved: what is given back among others that reserve is not given back in full.
	wait := time.Duration((1 - d.rate.Tokens()) / float64(d.rate.Limit()) * float64(time.Second))
	return &denial{
		limited, http.StatusServiceUnavailable,
		fmt.Errorf("this source calls more often than %v times a second; send it again", float64(d.rate.Limit())), max(wait, time.Millisecond),
	}
}

// plain refuses a body that is packed: how much comes out of it is not to be found out here.
func plain(r *http.Request) *denial {
	packed := strings.TrimSpace(r.Header.Get("Content-Encoding"))
	if packed == "" || strings.EqualFold(packed, "identity") {
		return nil
	}
	return &denial{
		result: packedBody, status: http.StatusUnsupportedMediaType,
		why: fmt.Errorf("the body is packed (Content-Encoding %.40q); send it as it is", packed),
	}
}

// tell writes what only some refusals say in their headers.
func (n denial) tell(h http.Header) {
	switch n.status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="lastgood"`)
	case http.StatusUnsupportedMediaType:
		h.Set("Accept-Encoding", "identity")
	}
	if n.after > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(n.after.Seconds()))))
	}
}
