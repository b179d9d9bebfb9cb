package simulator

import (
	"fmt"
	"html/template"
	"net/http"
	"time"
)

// indexPage links the parts and says how the shop is doing.
var indexPage = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>lastgood simulator</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#1c2733;background:#f6f7f9}
h1{font-size:1.5rem;margin:0 0 .2rem}p{color:#5b6775;margin:.2rem 0 1.5rem}
table{width:100%;border-collapse:collapse;background:#fff;border-radius:8px;overflow:hidden;box-shadow:0 1px 3px #0002}
th,td{text-align:left;padding:.6rem .9rem;border-bottom:1px solid #eef0f3}th{font-size:.8rem;color:#5b6775}
.good{color:#0a7d3c}.bad{color:#c0232c;font-weight:600}nav a{margin-right:1.2rem;color:#1257b8}nav{margin-top:1.5rem}
</style></head><body>
<h1>lastgood simulator</h1><p>Slack, Jenkins, Jira, a shop and its monitor. {{.Effects}} effects in the ledger.</p>
<table><tr><th>Service</th><th>Release in production</th><th>Error ratio</th></tr>
{{range .Services}}<tr><td>{{.Name}}</td><td>{{.Release}}</td><td class="{{if .Bad}}bad{{else}}good{{end}}">{{.Percent}}</td></tr>
{{end}}</table>
<nav><a href="/control/ledger">Ledger</a><a href="/control/messages">Slack messages</a><a href="/control/faults">Faults</a><a href="/shop/api">Shop</a><a href="/shop/metrics">Metrics</a></nav>
</body></html>
`))

func percent(ratio float64) string {
	return fmt.Sprintf("%.1f%%", ratio*100)
}

type indexRow struct {
	Name, Release, Percent string
	Bad                    bool
}

func (s *Simulator) index(w http.ResponseWriter, _ *http.Request) {
	var shown struct {
		Effects  int
		Services []indexRow
	}
	s.do(func(st *state, _ time.Time) {
		shown.Effects = len(s.ledger.entries)
		for _, name := range st.shop.names {
			service := st.shop.services[name]
			shown.Services = append(shown.Services, indexRow{name, service.release, percent(service.ratio()), service.ratio() > alertAbove})
		}
	})
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := indexPage.Execute(w, shown); err != nil {
		s.cfg.Logger.Warn("index page not written", "error", err)
	}
}
