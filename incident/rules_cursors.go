package incident

import "slices"

func cardShown(in *Incident, ev Event) error {
	in.Cursors.Card, in.Cursors.CardRevision = ev.Receipt, ev.Revision
	return nil
}

func threadShown(in *Incident, ev Event) error {
	in.Cursors.Thread = ev.Index
	return nil
}

func pageShown(in *Incident, ev Event) error {
	i := slices.IndexFunc(in.Cursors.Pages, func(s Sent) bool { return s.Receipt == ev.Receipt })
	if i < 0 {
		return errNothing
	}
	in.Cursors.Pages[i].Shown = ev.Shown
	return nil
}

func noticeSent(in *Incident, ev Event) error {
	in.Cursors.Notices = ev.Index
	return nil
}

// attempted notes what is about to be told, whether or not it will arrive.
func attempted(in *Incident, ev Event) error {
	tried := &in.Cursors.Tried
	tried.Card = tried.Card || ev.Tried.Card
	tried.Thread = max(tried.Thread, ev.Tried.Thread)
	tried.Notice = max(tried.Notice, ev.Tried.Notice)
	tried.Entry = max(tried.Entry, ev.Tried.Entry)
	return nil
}

func ticketTried(in *Incident, ev Event) error {
	in.Cursors.TicketTried = ev.At
	return nil
}

func ticketOpened(in *Incident, ev Event) error {
	in.Cursors.Ticket = ev.Ticket
	in.log(ev, TicketOpened, "Ticket %s opened", ev.Ticket.Key)
	in.Timeline[len(in.Timeline)-1].URL = ev.Ticket.URL
	return nil
}

func ticketWritten(in *Incident, ev Event) error {
	in.Cursors.TicketRevision, in.Cursors.TicketEntry = ev.Revision, ev.Index
	return nil
}

func ticketClosed(in *Incident, _ Event) error {
	in.Cursors.TicketClosed = true
	return nil
}

// fellBehind says once that a vendor cannot be reached: what is to be told to
// it is kept.
func fellBehind(in *Incident, ev Event) error {
	if slices.Contains(in.Cursors.Late, ev.Vendor) {
		return errNothing
	}
	in.Cursors.Late = append(in.Cursors.Late, ev.Vendor)
	in.log(ev, FellBehind, "%s is behind and will catch up: %s", ev.Vendor, firstLine(ev.Reason, 300))
	return nil
}

func caughtUp(in *Incident, ev Event) error {
	i := slices.Index(in.Cursors.Late, ev.Vendor)
	if i < 0 {
		return errNothing
	}
	in.Cursors.Late = slices.Delete(in.Cursors.Late, i, i+1)
	in.log(ev, CaughtUp, "%s has caught up", ev.Vendor)
	return nil
}

// switchedOff says once that a vendor is not configured: nothing is told to it.
func switchedOff(in *Incident, ev Event) error {
	if slices.Contains(in.Cursors.Off, ev.Vendor) {
		return errNothing
	}
	in.Cursors.Off = append(in.Cursors.Off, ev.Vendor)
	in.log(ev, SwitchedOff, "%s is not configured: nothing is recorded there", ev.Vendor)
	return nil
}

func launched(in *Incident, _ Event) error {
	in.Cursors.Launched = in.Rollback.Attempt
	return nil
}

func abortSent(in *Incident, _ Event) error {
	in.Cursors.AbortSent = in.Rollback.Attempt
	return nil
}
