package main

import (
	"encoding/json"
	"fmt"
	"io"

	"popbridge/configs"
	"popbridge/proxy/upstream"
)

// checkReport is what check has to say: as it comes to people, and at its end to
// scripts.
type checkReport struct {
	out    io.Writer
	json   bool
	failed bool // something could not be reached

	File     string           `json:"file"`
	Problems []checkedProblem `json:"problems"`
	Findings []checkedFinding `json:"findings"`
}

type checkedProblem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Key     string `json:"key,omitempty"`
	Text    string `json:"text"`
	Warning bool   `json:"warning"`
}

type checkedFinding struct {
	Subject string `json:"subject"`
	Verdict string `json:"verdict"` // ok, warning or FAILED
	Text    string `json:"text"`
}

func newCheckReport(o checkOptions, problems configs.Problems, out io.Writer) *checkReport {
	r := &checkReport{out: out, json: o.json, File: o.config, Problems: []checkedProblem{}, Findings: []checkedFinding{}}
	if !r.json {
		report(out, problems)
	}
	for _, p := range problems {
		r.Problems = append(r.Problems, checkedProblem(p))
	}
	return r
}

// say is a line for people alone.
func (r *checkReport) say(format string, args ...any) {
	if !r.json {
		fmt.Fprintf(r.out, format+"\n", args...)
	}
}

// tell says what was found of a subject, one line each.
func (r *checkReport) tell(subject string, findings ...upstream.Finding) {
	for _, f := range findings {
		one := checkedFinding{subject, "ok", f.Text}
		switch {
		case f.Err != nil:
			one.Verdict, one.Text, r.failed = "FAILED", f.Err.Error(), true
		case f.Warning:
			one.Verdict = "warning"
		}
		r.Findings = append(r.Findings, one)
		r.say("%s: %s: %s", one.Subject, one.Verdict, one.Text)
	}
}

// end prints what scripts read.
func (r *checkReport) end() error {
	if !r.json {
		return nil
	}
	e := json.NewEncoder(r.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
