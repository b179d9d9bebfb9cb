package incident

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

const (
	// maxRemembered is how many alerts are kept by name. Those beyond are the crowd: of
	// each it is known which it is, since when, how severe it is and whether it fires.
	maxRemembered = 500
	// maxKnown is how many are kept in all. As JSON they stay below 512 KiB, from where
	// on Temporal warns (limit.blobSize).
	maxKnown = 20_000
)

// settle keeps the alerts within bounds. What fires and has a name stays in front; of
// the crowd those are forgotten that resolved first. What fires is never forgotten
// unless there are more than can be told apart: then only a person ends it.
func (in *Incident) settle() {
	if len(in.Alerts) <= maxRemembered {
		return
	}
	in.sort()
	for i := maxRemembered; i < len(in.Alerts); i++ {
		in.Alerts[i] = in.Alerts[i].nameless()
	}
	surplus := len(in.Alerts) - maxKnown
	if surplus <= 0 {
		return
	}
	all := slices.DeleteFunc(in.Alerts, func(a Alert) bool {
		drop := surplus > 0 && !a.Firing && a.untitled()
		if drop {
			surplus--
		}
		return drop
	})
	in.Alerts = all[:min(len(all), maxKnown)]
	in.Countless = in.Countless || surplus > 0
}

// Crowded says whether more alerts are known than are kept by name.
func (in Incident) Crowded() bool { return len(in.Alerts) > maxRemembered }

// sort brings the alerts into the order of their places, unless those that are kept by
// name are where they belong: a group of thousands changes mostly in the crowd.
func (in *Incident) sort() {
	front := in.Alerts[:maxRemembered]
	if !slices.ContainsFunc(front, func(a Alert) bool { return a.place() > 0 }) {
		return
	}
	all := make([]Alert, 0, len(in.Alerts))
	for place := range 3 {
		for i := range in.Alerts {
			if in.Alerts[i].place() == place {
				all = append(all, in.Alerts[i])
			}
		}
	}
	in.Alerts = all
}

// place puts what fires and has a name first, and the nameless last.
func (a *Alert) place() int {
	switch {
	case a.untitled():
		return 2
	case a.Firing:
		return 0
	default:
		return 1
	}
}

// nameless is an alert of the crowd.
func (a Alert) nameless() Alert {
	return Alert{
		Fingerprint: short(a.Fingerprint), StartsAt: packable(a.StartsAt), Firing: a.Firing, Severity: a.Severity,
		NeverResolves: a.NeverResolves, Blind: a.Blind,
	}
}

// packable is the moment, or the first or last that a count of nanoseconds can say.
func packable(t time.Time) time.Time {
	first, last := time.Unix(0, math.MinInt64).UTC(), time.Unix(0, math.MaxInt64).UTC()
	switch {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	default:
		return t
	}
}

// short is a fingerprint of 16 hexadecimal digits: Alertmanager's own are that already.
func short(fingerprint string) string {
	if len(fingerprint) == 16 && strings.Trim(fingerprint, "0123456789abcdef") == "" {
		return fingerprint
	}
	sum := sha256.Sum256([]byte(fingerprint))
	return hex.EncodeToString(sum[:8])
}

// find gives the index of an alert that is known, -1 when it is not.
func (in *Incident) find(fingerprint string) int {
	if in.index != nil {
		if i, known := in.index[fingerprint]; known {
			return i
		}
		if i, known := in.index[short(fingerprint)]; known && in.Alerts[i].untitled() {
			return i
		}
		return -1
	}
	brief := short(fingerprint)
	for i := range in.Alerts {
		a := &in.Alerts[i]
		if a.Fingerprint == fingerprint || a.Fingerprint == brief && a.untitled() {
			return i
		}
	}
	return -1
}

// add puts an alert behind the others.
func (in *Incident) add(a Alert) {
	in.Alerts = append(in.Alerts, a)
	if in.index != nil {
		in.index[a.Fingerprint] = len(in.Alerts) - 1
	}
}

// replace puts an alert in the place of one that is known.
func (in *Incident) replace(i int, a Alert) {
	in.Alerts[i] = a
	if in.index != nil {
		in.index[a.Fingerprint] = i // One of the crowd has had a short one until now.
	}
}

// few is up to how many alerts are looked for one by one.
const few = 16

// indexed makes find quick while a delivery is taken: thousands of alerts would else
// be looked for among thousands, each by itself.
func (in *Incident) indexed(d Delivery) (done func()) {
	if len(d.Alerts) <= few {
		return func() {}
	}
	in.index = make(map[string]int, len(in.Alerts))
	for i, a := range in.Alerts {
		in.index[a.Fingerprint] = i
	}
	return func() { in.index = nil }
}

// bare is an incident without its ways of writing and reading JSON.
type bare Incident

// written is an incident as JSON: the crowd in 17 bytes each.
type written struct {
	bare
	Crowd []byte `json:"crowd,omitempty"`
}

// MarshalJSON writes the crowd as one short text.
func (in Incident) MarshalJSON() ([]byte, error) {
	out := written{bare: bare(in)}
	if len(in.Alerts) > maxRemembered {
		out.Alerts = in.Alerts[:maxRemembered]
		for _, a := range in.Alerts[maxRemembered:] {
			out.Crowd = a.pack(out.Crowd)
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (in *Incident) UnmarshalJSON(text []byte) error {
	var read written
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if len(read.Crowd)%packed != 0 {
		return fmt.Errorf("read the crowd of %s: %d bytes are no multiple of %d", read.ID, len(read.Crowd), packed)
	}
	*in = Incident(read.bare)
	for one := range slices.Chunk(read.Crowd, packed) {
		in.Alerts = append(in.Alerts, unpack(one))
	}
	return nil
}

// packed is how many bytes an alert of the crowd takes: fingerprint, start, and a byte
// of marks.
const packed = 8 + 8 + 1

const (
	markFiring = 1 << iota
	markNeverResolves
	markBlind
	markSeverity // Times the number of the severity, from here on.
)

func (a Alert) pack(to []byte) []byte {
	fingerprint, _ := hex.DecodeString(short(a.Fingerprint)) // Always digits.
	to = binary.BigEndian.AppendUint64(append(to, fingerprint...), uint64(packable(a.StartsAt).UnixNano()))
	marks := byte(slices.Index(packedSeverities, a.Severity)+1) * markSeverity
	if a.Firing {
		marks |= markFiring
	}
	if a.NeverResolves {
		marks |= markNeverResolves
	}
	if a.Blind {
		marks |= markBlind
	}
	return append(to, marks)
}

func unpack(one []byte) Alert {
	a := Alert{
		Fingerprint: hex.EncodeToString(one[:8]),
		StartsAt:    time.Unix(0, int64(binary.BigEndian.Uint64(one[8:16]))).UTC(),
		Firing:      one[16]&markFiring != 0, NeverResolves: one[16]&markNeverResolves != 0,
		Blind: one[16]&markBlind != 0,
	}
	if i := int(one[16]/markSeverity) - 1; i >= 0 && i < len(packedSeverities) {
		a.Severity = packedSeverities[i]
	}
	return a
}

var packedSeverities = []Severity{SEV1, SEV2, SEV3, SEV4}
