package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// pageReported notes what became of a page after it was accepted. One that did not
// arrive counts as failed, and the step as not reached when it was the only one. A
// report on an earlier incident of the same workflow is nobody's.
func pageReported(in *Incident, ev Event) error {
	r := ev.Report
	if !strings.HasPrefix(r.Marker, in.ID+"/") {
		return errNothing
	}
	i := in.pageIndex(r.Marker)
	whom := reportedTo(r)
	if i >= 0 {
		whom = nameOf(in.Climb.Pages[i].Page)
	}
	if r.Failed == "" {
		in.log(ev, PageReported, "The %s to %s was delivered", viaOf(r), whom)
		if i >= 0 && in.Climb.Pages[i].Delivered.IsZero() && !in.Climb.Pages[i].Lost {
			in.arrive(i, ev.At) // The vendor's own answer was lost, or is slower.
		}
		return nil
	}
	in.report(ev, PageFailed, "The %s to %s was not delivered: %s", viaOf(r), whom, firstLine(r.Failed, 300))
	if i >= 0 {
		in.lose(i, firstLine(r.Failed, 300))
	}
	return nil
}

// lose takes a page back that counted as delivered.
func (in *Incident) lose(i int, why string) {
	in.each(in.Climb.Pages[i].Marker, func(p *Page) { p.Delivered, p.Failed, p.Lost = time.Time{}, why, true })
	if !in.Climb.delivered() {
		in.Climb.Reached, in.Climb.Until = in.Climb.ReachedBefore, time.Time{}
		in.Climb.Wanted = in.Climb.Wanted || (in.Climb.Met && in.Status == Acknowledged && !in.Rollback.UnderWay())
		in.Climb.Met = false
	}
}

// viaOf reads the method off a marker, which ends in /via/address, that of a call in /via.
func viaOf(r PageReport) string {
	parts := strings.Split(r.Marker, "/")
	for _, via := range []oncall.Method{oncall.SMS, oncall.Email} {
		if slices.Contains(parts, string(via)) {
			return string(via)
		}
	}
	return "page"
}

func reportedTo(r PageReport) string {
	if r.Person != "" {
		return r.Person
	}
	return "somebody"
}
