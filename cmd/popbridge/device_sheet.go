package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"popbridge/proxy/ledger/database"
)

// sheetHead is the first line of a deviceSheet.
var sheetHead = []string{"account", "device", "password"}

// deviceSheet is a CSV file of device passwords, a line for each account. Nothing else
// has the passwords, so that a line is on disk before the ledger takes its password:
// however the run ends, no device has a password that nobody knows. The file is locked
// until it is closed.
type deviceSheet struct {
	file      *os.File
	device    string
	passwords map[string]string // by account, as lines were found
	pending   bytes.Buffer      // lines that are not on disk yet
}

// openSheet makes the file, or opens the one that an earlier run for the same device has
// left. One with anything else in it is an error, and stays as it is.
func openSheet(path, device string) (s *deviceSheet, err error) {
	s = &deviceSheet{device: device, passwords: make(map[string]string)}
	s.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	made := err == nil
	if errors.Is(err, fs.ErrExist) {
		s.file, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, err
	}
	if err = s.begin(made); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), s.file.Close())
	}
	return s, nil
}

func (s *deviceSheet) begin(made bool) error {
	info, err := s.file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is not a file: name one, which is read again if the run is interrupted")
	}
	if err := database.LockFile(s.file); errors.Is(err, database.ErrHeld) {
		return errors.New("another run writes to it: let that one end first")
	} else if err != nil {
		return err
	}
	if err := s.read(); err != nil {
		return err
	}
	if err := s.file.Chmod(0o600); err != nil {
		return err
	}
	if !made {
		return nil
	}
	folder, err := os.Open(filepath.Dir(s.file.Name()))
	if err != nil {
		return err
	}
	_ = folder.Sync() // not every system syncs folders
	return folder.Close()
}

// read takes over the lines of an earlier run. One that it has not ended is cut off: its
// password was not given to the ledger.
func (s *deviceSheet) read() error {
	data, err := io.ReadAll(s.file)
	if err != nil {
		return err
	}
	head := strings.Join(sheetHead, ",") + "\n"
	if len(data) < len(head) && strings.HasPrefix(head, string(data)) {
		if err := s.cut(0); err != nil {
			return err
		}
		s.pending.WriteString(head)
		return s.flush()
	}
	if !bytes.HasPrefix(data, []byte(head)) {
		return fmt.Errorf("it exists, and does not begin with the line %q: name a file that does not exist", strings.TrimSpace(head))
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	r := csv.NewReader(bytes.NewReader(data[:whole]))
	r.FieldsPerRecord = len(sheetHead)
	for line := 1; ; line++ {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return s.cut(int64(whole))
		case err != nil:
			return err
		case line == 1:
			continue
		case record[1] != s.device:
			return fmt.Errorf("it is the file of another run: line %d is for device %q, and this run makes passwords for device %q. Name a file that does not exist", line, record[1], s.device)
		}
		if _, twice := s.passwords[record[0]]; twice {
			return fmt.Errorf("line %d: account %q is in an earlier line already; remove the one whose password does not work", line, record[0])
		}
		s.passwords[record[0]] = record[2]
	}
}

// cut ends the file at an offset, and writes go on from there.
func (s *deviceSheet) cut(at int64) error {
	if err := s.file.Truncate(at); err != nil {
		return err
	}
	_, err := s.file.Seek(at, io.SeekStart)
	return err
}

// knows fails where the file has an account that is not among those of this run: it is
// another run's then, however alike they look.
func (s *deviceSheet) knows(accounts map[string]bool) error {
	for account := range s.passwords {
		if !accounts[account] {
			return fmt.Errorf("%s is the file of another run: it has account %q, which --accounts does not name. Name a file that does not exist", s.file.Name(), account)
		}
	}
	return nil
}

// add takes a line, which is on disk after flush.
func (s *deviceSheet) add(account, password string) {
	s.passwords[account] = password
	w := csv.NewWriter(&s.pending)
	_ = w.Write([]string{account, s.device, password}) // a buffer takes everything
	w.Flush()
}

// flush returns when all lines outlive a loss of power.
func (s *deviceSheet) flush() error {
	if s.pending.Len() == 0 {
		return nil
	}
	_, err := s.file.Write(s.pending.Bytes())
	if err == nil {
		err = s.file.Sync()
	}
	s.pending.Reset()
	return err
}

func (s *deviceSheet) close() error { return s.file.Close() }
