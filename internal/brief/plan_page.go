package brief

import (
	_ "embed"
	"html/template"
	"io"
	"strconv"
	"sync"
)

//go:embed plan.html
var planHTML string

var planTemplate = sync.OnceValues(func() (*template.Template, error) {
	return template.New("plan").Funcs(template.FuncMap{"percent": func(x float64) int { return int(100*x + 0.5) }, "keys": sortedKeys, "hour": hour, "km": func(m float64) string { return strconv.FormatFloat(m/1000, 'f', 1, 64) }, "rate": func(x *float64) string { return strconv.FormatFloat(*x, 'f', 4, 64) }}).Parse(planHTML)
})

// WritePage writes a plan as one page to read and print: no script, no request.
func (p *Plan) WritePage(w io.Writer) error {
	t, err := planTemplate()
	if err != nil {
		return err
	}
	words := ""
	if p.Chosen != nil {
		words = p.Chosen.words
	}
	day := ""
	if p.Timetable != nil {
		day = p.Timetable.words
	}
	return t.Execute(w, struct {
		*Plan
		CSP      string
		Style    template.CSS
		Words    string
		DayWords string
	}{p, pagePolicy(pageCSS+planCSS, ""), template.CSS(pageCSS + planCSS), words, day})
}

// planCSS adds what a plan needs to the style of the page of findings.
const planCSS = `
.plan table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.4rem 0}
.plan th,.plan td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-top:1px solid var(--line);font-weight:400}
.plan thead th{border-top:0;color:var(--soft);font-size:.82rem}
.plan .num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.plan section{margin:1.4rem 0}.plan .task{break-inside:avoid;border-top:3px double var(--line);padding-top:.8rem}
.plan .no td,.plan .no th{color:var(--soft)}
.plan ul{margin:.2rem 0;padding-left:1.1rem;font-size:.84rem;color:var(--soft)}
`
