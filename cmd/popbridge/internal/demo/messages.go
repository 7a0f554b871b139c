package demo

import (
	"bytes"
	"embed"
	"encoding/base64"
	"io"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"slices"
	"time"
)

// The written messages are files, so that one can read them. Git keeps their
// line ends (mail/.gitattributes).
//
//go:embed mail/*.eml
var mailFiles embed.FS

// largeFile is the message whose attachment is too large for the repository; it
// is filled in here until the whole message has nearly largeOctets.
const (
	largeFile   = "mail/03-scanner-site-plans.eml"
	largeOctets = 5_000_000
)

// letter is a message on its way into a mailbox.
type letter struct {
	octets []byte
	date   time.Time // INTERNALDATE
}

// corpus returns n messages, the written ones first and then variations, or just
// the written ones where n is 0. No date is later than now; the oldest variation
// follows the newest written message.
func corpus(now time.Time, n int) []letter {
	letters := written()
	newest := letters[0].date
	for _, l := range letters {
		if l.date.After(newest) {
			newest = l.date
		}
	}
	variations := max(0, n-len(letters))
	if n > 0 {
		letters = letters[:min(n, len(letters))]
	}
	first := now.Truncate(time.Minute).Add(-time.Duration(variations) * variationInterval)
	// Whole days, so that a scanner does not scan at three in the morning.
	days := int(first.Sub(newest).Hours() / 24)
	if first.Before(newest) {
		days--
	}
	for i := range letters {
		letters[i] = shift(letters[i], days)
	}
	for i := range variations {
		letters = append(letters, variation(i, first.Add(time.Duration(i+1)*variationInterval)))
	}
	return letters
}

// written reads the embedded messages in the order of their names, which is that
// of their arrival.
func written() []letter {
	names, err := fs.Glob(mailFiles, "mail/*.eml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	slices.Sort(names)
	letters := make([]letter, 0, len(names))
	for _, name := range names {
		octets, err := mailFiles.ReadFile(name)
		if err != nil {
			panic(err) // embedded
		}
		if name == largeFile {
			octets = enlarge(octets, largeOctets)
		}
		l := letter{octets: octets}
		if date, found := firstDate(octets); found {
			l.date = date
		} else { // a device without a clock: it arrived just after the last
			l.date = letters[len(letters)-1].date.Add(time.Minute)
		}
		letters = append(letters, l)
	}
	return letters
}

const dateLayout = "Mon, 02 Jan 2006 15:04:05 -0700"

// datePattern matches what dateLayout writes, which always has one length.
func datePattern() *regexp.Regexp {
	return regexp.MustCompile(`[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}`)
}

// firstDate is that of the topmost Received field or else of Date.
func firstDate(octets []byte) (time.Time, bool) {
	header, _ := split(octets)
	date, err := time.Parse(dateLayout, string(datePattern().Find(header)))
	return date, err == nil
}

// shift moves every date in the header; the number of octets stays.
func shift(l letter, days int) letter {
	by := time.Duration(days) * 24 * time.Hour
	header, body := split(l.octets)
	header = datePattern().ReplaceAllFunc(header, func(text []byte) []byte {
		date, err := time.Parse(dateLayout, string(text))
		if err != nil {
			return text
		}
		return []byte(date.Add(by).Format(dateLayout))
	})
	return letter{octets: slices.Concat(header, body), date: l.date.Add(by)}
}

// enlarge fills the attachment at the end of a multipart with a PDF's first line
// and octets that no compression makes smaller, as a scan has, until the
// message has exactly size octets.
func enlarge(octets []byte, size int) []byte {
	at := bytes.LastIndex(octets, []byte("\r\n--"))
	tail := octets[at:]
	source := rand.NewChaCha8([32]byte{'s', 'c', 'a', 'n'})
	lines := base64Lines(io.MultiReader(bytes.NewReader([]byte("%PDF-1.4\n")), source), size-len(octets))
	return slices.Concat(octets[:at], lines, tail)
}

// base64Lines returns at most n octets of base64 in lines of 76 characters, each
// begun with its CRLF.
func base64Lines(r io.Reader, n int) []byte {
	const raw, encoded = 57, 78
	line := make([]byte, raw)
	out := make([]byte, 0, n)
	for len(out)+encoded <= n {
		if _, err := io.ReadFull(r, line); err != nil {
			panic(err) // the source never ends
		}
		out = append(out, "\r\n"...)
		out = base64.StdEncoding.AppendEncode(out, line)
	}
	return out
}
