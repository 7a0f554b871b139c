package sent

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Cipher encrypts with the current key, and decrypts with whichever it was. What is
// encrypted is decrypted at the same place alone.
type Cipher interface {
	Encrypt(place, data []byte) (key string, sealed []byte, err error)
	Decrypt(key string, place, sealed []byte) ([]byte, error)
}

// A file begins with a line of magic, a version, and the name of its key, or "-" where
// it is not encrypted. Frames follow: four octets of length, whose highest bit says that
// the frame is the last, and so much data. The first frame says whose the message is,
// the last what was found out at its end, and those between are the text.
const (
	magic     = "popbridge-sent 1 "
	plainKey  = "-"
	maxFrame  = 64 << 10 // octets of text in a frame
	maxSealed = maxFrame + 1<<10
	lastFrame = 1 << 31
)

// head is the first frame.
type head struct {
	Upstream, Account, Owner, Device string
	Host                             string `json:",omitempty"`
	Password, Bearer                 string
	MessageID, Date                  string
	Client, Session                  string
	At                               int64 // in seconds of Unix's time
}

func headOf(m backend.SentMail, at int64) head {
	return head{
		m.Upstream, m.Account, m.Owner.Account, m.Owner.Device, m.Host, m.Password.Reveal(), m.Bearer.Reveal(), m.MessageID, m.Date, m.Client, m.Session, at,
	}
}

func (h head) mail() backend.SentMail {
	return backend.SentMail{
		Upstream: h.Upstream, Host: h.Host, Account: h.Account, Owner: translate.Login{Account: h.Owner, Device: h.Device},
		Password: configs.NewSecret(h.Password), Bearer: configs.NewSecret(h.Bearer), MessageID: h.MessageID, Date: h.Date, Client: h.Client, Session: h.Session,
	}
}

// tail is the last frame.
type tail struct {
	Digest [32]byte // of the text as the device sent it
	Octets int64    // of the text here
}

// writer writes a file's frames.
type writer struct {
	w      *bufio.Writer
	cipher Cipher // nil: not encrypted
	id     string
	frames uint64
	text   []byte // of the frame that is not full
	octets int64
}

func newWriter(f *os.File, id string, c Cipher, h head) (*writer, error) {
	w := &writer{w: bufio.NewWriterSize(f, maxSealed), cipher: c, id: id}
	first, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return w, w.frame(first, false)
}

// place binds a frame to its file, its number, and to being the last or not, so that
// none can be left out or put elsewhere.
func place(id string, n uint64, last bool) []byte {
	return fmt.Appendf(nil, "sent\x00%s\x00%d\x00%t", id, n, last)
}

func (w *writer) frame(data []byte, last bool) error {
	key := plainKey
	if w.cipher != nil {
		var err error
		if key, data, err = w.cipher.Encrypt(place(w.id, w.frames, last), data); err != nil {
			return err
		}
	}
	if w.frames == 0 {
		if _, err := w.w.WriteString(magic + key + "\n"); err != nil {
			return err
		}
	}
	w.frames++
	length := uint32(len(data))
	if last {
		length |= lastFrame
	}
	if err := binary.Write(w.w, binary.BigEndian, length); err != nil {
		return err
	}
	_, err := w.w.Write(data)
	return err
}

func (w *writer) Write(p []byte) (int, error) {
	n := len(p)
	w.octets += int64(n)
	for len(p) > 0 {
		take := min(len(p), maxFrame-len(w.text))
		w.text = append(w.text, p[:take]...)
		p = p[take:]
		if len(w.text) == maxFrame {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (w *writer) flush() error {
	err := w.frame(w.text, false)
	w.text = w.text[:0]
	return err
}

// end writes what is left and the last frame.
func (w *writer) end(digest [32]byte) error {
	if len(w.text) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	last, err := json.Marshal(tail{digest, w.octets})
	if err == nil {
		err = w.frame(last, true)
	}
	if err == nil {
		err = w.w.Flush()
	}
	return err
}

var errDamaged = errors.New("the file is damaged")

// reader reads a file's text, frame by frame.
type reader struct {
	r      *bufio.Reader
	cipher Cipher
	key    string
	id     string
	frames uint64
	text   []byte
	head   head
	tail   tail
	ended  bool
}

func newReader(f io.Reader, id string, c Cipher) (*reader, error) {
	r := &reader{r: bufio.NewReaderSize(f, maxSealed), cipher: c, id: id}
	line, err := r.r.ReadString('\n')
	key, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), magic)
	switch {
	case err != nil, !ok:
		return nil, errDamaged
	case key != plainKey && c == nil:
		return nil, errors.New("it is encrypted, and state.secrets_key is empty")
	}
	r.key = key
	first, last, err := r.frame()
	if err != nil || last {
		return nil, errors.Join(errDamaged, err)
	}
	return r, json.Unmarshal(first, &r.head)
}

func (r *reader) frame() (data []byte, last bool, err error) {
	var length uint32
	if err := binary.Read(r.r, binary.BigEndian, &length); err != nil {
		return nil, false, errDamaged
	}
	last, length = length&lastFrame != 0, length&^lastFrame
	if length > maxSealed {
		return nil, false, errDamaged
	}
	data = make([]byte, length)
	if _, err := io.ReadFull(r.r, data); err != nil {
		return nil, false, errDamaged
	}
	if r.key != plainKey {
		if data, err = r.cipher.Decrypt(r.key, place(r.id, r.frames, last), data); err != nil {
			return nil, false, err
		}
	}
	r.frames++
	return data, last, nil
}

// Read gives the text; at its end the tail is known.
func (r *reader) Read(p []byte) (int, error) {
	for len(r.text) == 0 {
		if r.ended {
			return 0, io.EOF
		}
		data, last, err := r.frame()
		if err != nil {
			return 0, err
		}
		if last {
			r.ended = true
			if err := json.Unmarshal(data, &r.tail); err != nil {
				return 0, errDamaged
			}
			continue
		}
		r.text = data
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}
