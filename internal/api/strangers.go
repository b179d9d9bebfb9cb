package api

import (
	"errors"
	"io"
	"net/http"

	"golang.org/x/sync/semaphore"
)

// roomForStrangers is how much of bodies may be in memory at once, in bytes, whose senders are not known yet.
const roomForStrangers = 16 << 20

var errCrowded = errors.New("too many calls are under way; send it again")

// strangers reads the bodies that show themselves who sent them, and only as a whole. Anybody may send one: all of them
// together take up so much memory, and what is beyond has to come again. Whoever sends slowly takes up what was sent.
type strangers struct{ room *semaphore.Weighted }

func newStrangers() strangers { return strangers{semaphore.NewWeighted(roomForStrangers)} }

// read gives the whole body, and what is to be called once it is known who sent it; or errTooLarge, errSlow, or errCrowded.
func (s strangers) read(w http.ResponseWriter, r *http.Request) (body []byte, leave func(), err error) {
	from := &counted{from: http.MaxBytesReader(w, r.Body, MaxBody), room: s.room}
	if body, err = read(from); err != nil {
		from.leave()
		return nil, nil, err
	}
	return body, from.leave, nil
}

// counted takes room for what is read through it.
type counted struct {
	from  io.Reader
	room  *semaphore.Weighted
	taken int64
}

// Read reads on while there is room.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if !c.room.TryAcquire(int64(n)) {
		return 0, errCrowded
	}
	c.taken += int64(n)
	return n, err
}

func (c *counted) leave() { c.room.Release(c.taken) }

// unread says what it means for a call that its body could not be read.
func unread(err error) (result string, status int) {
	switch {
	case errors.Is(err, errTooLarge):
		return tooLarge, http.StatusRequestEntityTooLarge
	case errors.Is(err, errCrowded), errors.Is(err, errSlow):
		return busy, http.StatusServiceUnavailable
	default:
		return unreadable, http.StatusBadRequest
	}
}
