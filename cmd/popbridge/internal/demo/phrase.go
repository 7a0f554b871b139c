package demo

import (
	"fmt"
	"strconv"
	"strings"
)

// done puts an +OK into words.
func (s *story) done(c pop3Command, text string) sentence {
	switch c.verb {
	case "CAPA":
		return s.say(c, "asks what the server can do")
	case "STLS":
		return s.say(c, "from here on with TLS")
	case "STAT":
		return s.say(c, stat(text))
	case "LIST":
		if len(c.numbers) > 0 {
			return s.say(c, sized(text))
		}
		return s.say(c, "asks for the sizes of all messages")
	case "UIDL":
		if len(c.numbers) > 0 {
			return s.say(c, "its unique-id: "+lastWord(text))
		}
		return s.say(c, "asks for all unique-ids")
	case "DELE":
		return s.say(c, "marked; nothing happens before QUIT")
	case "RSET":
		return s.say(c, "all marks taken back")
	case "NOOP":
		return s.say(c, "still there")
	case "QUIT":
		return s.farewell(c)
	case "":
		return s.say(c, "an extension, answered")
	}
	return s.say(c, "answered")
}

// farewell says what QUIT did, as the operations show it.
func (s *story) farewell(c pop3Command) sentence {
	told := s.say(c, "nothing to delete")
	if !s.loggedIn {
		told.text = "leaves without login"
	}
	if s.marked == 0 {
		return told
	}
	told.text = count(int64(s.marked), "message") + " hidden from this device"
	for _, o := range told.became {
		switch {
		case o.failed():
		case o.verb == "UID MOVE", o.verb == "UID COPY":
			told.text = count(int64(s.marked), "message") + " to " + unquoted(lastWord(o.text))
			return told
		case o.verb == "UID EXPUNGE":
			told.text = count(int64(s.marked), "message") + " gone for good"
		case o.verb == "UID STORE" && !strings.Contains(o.text, `\Seen`):
			told.text = count(int64(s.marked), "message") + " marked deleted"
		}
	}
	return told
}

// stat reads "41 7340032"; any other text stays as it is.
func stat(text string) string {
	var messages, octets int64
	if n, _ := fmt.Sscanf(text, "%d %d", &messages, &octets); n < 2 {
		return text
	}
	return count(messages, "message") + ", " + size(octets)
}

// sized reads "3 5242880".
func sized(text string) string {
	var number, octets int64
	if n, _ := fmt.Sscanf(text, "%d %d", &number, &octets); n < 2 {
		return text
	}
	return fmt.Sprintf("message %d has %s", number, count(octets, "octet"))
}

func lastWord(text string) string {
	return text[strings.LastIndexByte(text, ' ')+1:]
}

func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

// size is a number of octets for people: decimal units, one place.
func size(octets int64) string {
	switch {
	case octets < 1000:
		return count(octets, "octet")
	case octets < 999_950:
		return fmt.Sprintf("%.1f KB", float64(octets)/1e3)
	case octets < 999_950_000:
		return fmt.Sprintf("%.1f MB", float64(octets)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(octets)/1e9)
}
