package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"popbridge/translate"
)

//go:embed templates
var templateFiles embed.FS

// templates are those of the page, ready to be filled in.
type templates struct{ of map[string]*template.Template }

// view is what a template is filled in with.
type view struct {
	Title   string
	Here    string // which of the screens it is
	Token   string // of the login's forms; empty where nobody is logged in
	Notice  *notice
	Data    any
	Version string
	Back    string
}

// newTemplates reads them. They are built in, so that a mistake in one is found by any test.
func newTemplates() *templates {
	t := &templates{of: make(map[string]*template.Template)}
	frame := template.Must(template.New("").Funcs(words()).ParseFS(templateFiles, "templates/frame.html", "templates/parts.html"))
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(f.Name(), ".html"); name != "frame" && name != "parts" {
			t.of[name] = template.Must(template.Must(frame.Clone()).ParseFS(templateFiles, path.Join("templates", f.Name())))
		}
	}
	return t
}

// write fills in a template. It is sent only when it is whole.
func (p *Page) write(w http.ResponseWriter, status int, name string, v view) {
	v.Version = p.version
	var out bytes.Buffer
	if err := p.templates.of[name].ExecuteTemplate(&out, "frame", v); err != nil {
		p.log.Error("a page could not be made", "page", name, "error", err)
		http.Error(w, "a fault of popbridge; its log says more", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}

// sorry shows what went wrong to somebody who may not be logged in.
func (p *Page) sorry(w http.ResponseWriter, status int, title, text string) {
	p.write(w, status, "sorry", view{Title: title, Data: sentence(text)})
}

// words are what templates may call.
func words() template.FuncMap {
	return template.FuncMap{
		"ago": ago, "full": full, "machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"plain": plain, "sentence": sentence, "count": func(n any, thing string) string { return counted(n, thing) },
		"left": left, "urgency": urgency, "icon": icon, "join": strings.Join, "entry": newEntry, "fields": newFields, "size": size, "remaining": remaining,
	}
}

// entry is one of the list of screens.
type entry struct {
	Title, Address, Icon string
	Here                 bool
}

func newEntry(v view, title, address, icon string) entry {
	return entry{title, address, icon, v.Here == title}
}

// fields are what the form of a device brings unseen.
type fields struct{ Token, Back, Account, Device string }

func newFields(token, back, account, device string) fields {
	return fields{token, back, account, device}
}

func counted(n any, thing string) string {
	switch n := n.(type) {
	case int:
		return translate.Count(n, thing)
	case int64:
		return translate.Count(n, thing)
	}
	return fmt.Sprint(n, " ", thing)
}

// full is a time as the service's clock shows it.
func full(t time.Time) string { return t.Local().Format("Monday 2 January 2006 15:04:05 MST") }

// ago says how long ago a time is, or how long it is until then.
func ago(t time.Time) string {
	d := time.Since(t)
	if d < -time.Minute {
		return "in " + long(-d)
	}
	if d < 10*time.Second {
		return "just now"
	}
	return long(d) + " ago"
}

// long says how long something takes, in its largest unit.
func long(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// size says how many octets there are, as people do.
func size(octets int64) string {
	units := []string{"octets", "kB", "MB", "GB", "TB"}
	n, unit := float64(octets), 0
	for n >= 1000 && unit < len(units)-1 {
		n, unit = n/1000, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d octets", octets)
	}
	return fmt.Sprintf("%.1f %s", n, units[unit])
}

// plain shows what cannot be printed as a question mark in a box: what devices and the
// authors of messages have chosen must not turn the direction of a line.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// sentence begins words with a capital, unless a name comes first, and ends them.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	first, _, _ := strings.Cut(text, " ")
	if !strings.ContainsAny(first, "@._:<") {
		r, n := utf8.DecodeRuneInString(text)
		text = string(unicode.ToUpper(r)) + text[n:]
	}
	if last := text[len(text)-1]; last != '.' && last != '?' && last != '!' {
		text += "."
	}
	return text
}
